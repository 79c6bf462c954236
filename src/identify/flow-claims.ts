import type { ResolvedName } from './dns-memory.js';
import type { NameClaim } from './hello/types.js';

/** A claim and from when on it holds. */
export interface TimedClaim extends NameClaim {
  /** UNIX microseconds of the hello. */
  time: number;
  /** Where in the connection the hello stood: a second copy of it is no second claim. */
  place: number;
  /** The hello was whole. */
  whole: boolean;
  simKey: number;
}

const MAX_CLAIMS = 8;
const MAX_SHOWN = 64;

/** What is known of a flow beside its key. */
export class FlowClaims {
  /** Claims in the order of their hellos; those that a later one replaced go once they are billed. */
  private claims: TimedClaim[] | undefined;
  /** The newest claim. */
  last: TimedClaim | undefined;
  /** Names of the peer when the flow was first looked at: a TTL that runs out does not change a flow that goes on. */
  dns: readonly ResolvedName[] | undefined;
  /** Whose memory `dns` is from. */
  dnsScope = 0;
  /** All that was claimed, for showing; null where it is not asked for. */
  readonly all: NameClaim[] | null;

  constructor(keepAll: boolean) {
    this.all = keepAll ? [] : null;
  }

  setDns(scope: number, names: readonly ResolvedName[]): void {
    this.dnsScope = scope;
    this.dns = names;
  }

  /** Keeps a name for showing, whoever claimed it. */
  show({ kind, name, literal, standing }: NameClaim): void {
    if (this.all === null || this.all.length >= MAX_SHOWN) return;
    const text = name ?? literal;
    if (text === null) return;
    if (this.all.some((each) => each.kind === kind && (each.name ?? each.literal) === text)) return;
    this.all.push({ kind, name, literal, standing });
  }

  /** Takes a claim. Returns true if what the flow claims changed. */
  take(claim: TimedClaim): boolean {
    this.show(claim);
    const { last } = this;
    if (last === undefined) {
      this.last = claim;
      return true;
    }
    const same = last.name === claim.name && last.standing === claim.standing && last.simKey === claim.simKey;
    if (last.kind === claim.kind && last.place === claim.place && last.simKey === claim.simKey)
      return this.takeAgain(last, claim, same);
    if (same) {
      last.place = claim.place;
      last.whole = claim.whole;
      return false;
    }
    const claims = (this.claims ??= [last]);
    if (claims.length >= MAX_CLAIMS) this.replaceLast({ ...claim, time: last.time, standing: 'ambiguous' });
    else {
      claims.push(claim);
      this.last = claim;
    }
    return true;
  }

  /** The same place in the connection: more of a hello, or its bytes once more. */
  private takeAgain(last: TimedClaim, claim: TimedClaim, same: boolean): boolean {
    if (!last.whole) {
      this.replaceLast({ ...claim, time: last.time });
      return !same;
    }
    if (same || last.standing === 'ambiguous') return false;
    // Other bytes in the same place: one of them is meant to mislead.
    this.replaceLast({ ...last, standing: 'ambiguous' });
    return true;
  }

  private replaceLast(claim: TimedClaim): void {
    this.last = claim;
    if (this.claims !== undefined) this.claims[this.claims.length - 1] = claim;
  }

  /**
   * The claims that the octets of a record can belong to. The first claim of a flow covers what came before it; a later
   * one holds from its hello on.
   */
  within(firstTime: number, lastTime: number, simKey: number): readonly TimedClaim[] {
    if (this.last === undefined) return [];
    const own = (this.claims ?? [this.last]).filter((claim) => claim.simKey === simKey);
    let from = 0;
    for (let i = 1; i < own.length; i += 1) if ((own[i] as TimedClaim).time <= firstTime) from = i;
    let to = from + 1;
    while (to < own.length && (own[to] as TimedClaim).time <= lastTime) to += 1;
    return own.slice(from, to);
  }

  /** Drops what a record that ended at `lastTime` has left behind. True if the next record will be decided otherwise. */
  settle(lastTime: number): boolean {
    const { claims } = this;
    if (claims === undefined) return false;
    let current = 0;
    for (let i = 1; i < claims.length; i += 1) if ((claims[i] as TimedClaim).time <= lastTime) current = i;
    claims.splice(0, current);
    if (claims.length === 1) this.claims = undefined;
    return true;
  }

  /** Claims not yet left behind, for showing. */
  get current(): readonly NameClaim[] {
    return this.claims ?? (this.last === undefined ? [] : [this.last]);
  }
}
