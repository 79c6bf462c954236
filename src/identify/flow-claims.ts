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

/** What is known of a flow beside its key. */
export class FlowClaims {
  /** Claims in the order of their hellos; those that a later one replaced go once they are billed. */
  claims: TimedClaim[] = [];
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
  show(claim: NameClaim): void {
    if (this.all === null || this.all.length >= 64) return;
    const text = claim.name ?? claim.literal;
    if (text === null) return;
    if (this.all.some((each) => each.kind === claim.kind && (each.name ?? each.literal) === text)) return;
    this.all.push({
      kind: claim.kind,
      name: claim.name,
      literal: claim.literal,
      standing: claim.standing,
    });
  }

  /** Takes a claim. Returns true if what the flow claims changed. */
  take(claim: TimedClaim): boolean {
    this.show(claim);
    const last = this.claims.at(-1);
    if (last === undefined) {
      this.claims.push(claim);
      return true;
    }
    const same = last.name === claim.name && last.standing === claim.standing && last.simKey === claim.simKey;
    if (last.kind === claim.kind && last.place === claim.place && last.simKey === claim.simKey) {
      if (!last.whole) {
        this.claims[this.claims.length - 1] = { ...claim, time: last.time };
        return !same;
      }
      if (same || last.standing === 'ambiguous') return false;
      // The same place in the connection, other bytes: one of them is meant to mislead.
      this.claims[this.claims.length - 1] = { ...last, standing: 'ambiguous' };
      return true;
    }
    if (same) {
      last.place = claim.place;
      last.whole = claim.whole;
      return false;
    }
    if (this.claims.length >= MAX_CLAIMS) {
      this.claims[this.claims.length - 1] = { ...claim, time: last.time, standing: 'ambiguous' };
      return true;
    }
    this.claims.push(claim);
    return true;
  }

  /**
   * The claims that the octets of a record can belong to. The first claim of a flow covers what came before it; a later
   * one holds from its hello on.
   */
  within(firstTime: number, lastTime: number, simKey: number): TimedClaim[] {
    const own = this.claims.filter((claim) => claim.simKey === simKey);
    let from = 0;
    for (let i = 1; i < own.length; i += 1) if ((own[i] as TimedClaim).time <= firstTime) from = i;
    let to = from + 1;
    while (to < own.length && (own[to] as TimedClaim).time <= lastTime) to += 1;
    return own.slice(from, to);
  }

  /** Drops what a record that ended at `lastTime` has left behind. True if the next record will be decided otherwise. */
  settle(lastTime: number): boolean {
    let last = 0;
    for (let i = 1; i < this.claims.length; i += 1)
      if ((this.claims[i] as TimedClaim).time <= lastTime) last = i;
    if (last === 0) return this.claims.length > 1;
    this.claims.splice(0, last);
    return true;
  }
}
