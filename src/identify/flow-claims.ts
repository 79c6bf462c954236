import type { NameClaim } from './hello/types.js';
import { Interner } from './interner.js';

/** A claim, from when on it holds, and whose it is. */
export interface HeldClaim {
  claim: NameClaim;
  /** UNIX microseconds of the hello. */
  time: number;
  simKey: number;
}

/** A claim as its hello gives it. */
export interface TakenClaim extends HeldClaim {
  /** Where in the connection the hello stood: a second copy of it is no second claim. */
  place: number;
  /** The hello was whole. */
  whole: boolean;
}

const MAX_CLAIMS = 8;
const MAX_SHOWN = 64;
/** Flows that change their name at a time; what more change it is billed, as if it could be read in two ways. */
const MAX_CHANGING = 65_536;
const KEPT_CLAIMS = 65_536;
const NOTHING: readonly HeldClaim[] = [];

/**
 * What flows claim, by slot of the flow table. Nearly all claim one name, which stands in typed arrays and a reference to
 * an object that equal claims share; the few that change it have a list besides.
 */
export class FlowClaims {
  /** The newest claim of each flow. */
  private readonly newest: (NameClaim | undefined)[];
  private readonly times: Float64Array;
  private readonly simKeys: Float64Array;
  private readonly places: Int32Array;
  private readonly wholes: Uint8Array;
  /** Of flows with several claims all that are not left behind, in the order of their hellos, the newest last. */
  private readonly lists = new Map<number, HeldClaim[]>();
  /** All that was claimed, for showing; null where it is not asked for. */
  private readonly shown: Map<number, NameClaim[]> | null;
  private readonly interner = new Interner<NameClaim>(KEPT_CLAIMS);

  constructor(slots: number, keepAll: boolean) {
    this.newest = new Array<NameClaim | undefined>(slots).fill(undefined);
    this.times = new Float64Array(slots);
    this.simKeys = new Float64Array(slots);
    this.places = new Int32Array(slots);
    this.wholes = new Uint8Array(slots);
    this.shown = keepAll ? new Map<number, NameClaim[]>() : null;
  }

  /** The flow claims a name. */
  has(slot: number): boolean {
    return this.newest[slot] !== undefined;
  }

  /** The hello of the newest claim was whole. */
  isWhole(slot: number): boolean {
    return this.wholes[slot] === 1;
  }

  forget(slot: number): void {
    this.newest[slot] = undefined;
    if (this.lists.size > 0) this.lists.delete(slot);
    this.shown?.delete(slot);
  }

  /** Keeps a name for showing, whoever claimed it. */
  show(slot: number, claim: NameClaim): void {
    if (this.shown === null) return;
    const text = claim.name ?? claim.literal;
    const known = this.shown.get(slot) ?? [];
    if (text === null || known.length >= MAX_SHOWN) return;
    if (known.some((each) => each.kind === claim.kind && (each.name ?? each.literal) === text)) return;
    this.shown.set(slot, [...known, claim]);
  }

  /** Takes a claim. Returns true if what the flow claims changed. */
  take(slot: number, taken: TakenClaim): boolean {
    const { claim, simKey } = taken;
    this.show(slot, claim);
    const last = this.newest[slot];
    if (last === undefined) {
      this.set(slot, taken);
      return true;
    }
    const sameSim = this.simKeys[slot] === simKey;
    const same = last.name === claim.name && last.standing === claim.standing && sameSim;
    if (last.kind === claim.kind && this.places[slot] === (taken.place | 0) && sameSim)
      return this.takeAgain(slot, last, taken, same);
    if (same) {
      this.setPlace(slot, taken);
      return false;
    }
    this.change(slot, taken);
    return true;
  }

  /** The same place in the connection: more of a hello, or its bytes once more. */
  private takeAgain(slot: number, last: NameClaim, taken: TakenClaim, same: boolean): boolean {
    const time = this.times[slot] as number;
    if (!this.isWhole(slot)) {
      this.replace(slot, { ...taken, time });
      return !same;
    }
    if (same || last.standing === 'ambiguous') return false;
    // Other bytes in the same place: one of them is meant to mislead.
    this.replace(slot, { ...taken, claim: { ...last, standing: 'ambiguous' }, time, whole: true });
    return true;
  }

  /** Another name from here on. */
  private change(slot: number, taken: TakenClaim): void {
    const list = this.lists.get(slot);
    if (list === undefined ? this.lists.size >= MAX_CHANGING : list.length >= MAX_CLAIMS) {
      const claim: NameClaim = { ...taken.claim, standing: 'ambiguous' };
      this.replace(slot, { ...taken, claim, time: this.times[slot] as number });
      return;
    }
    const before = list ?? [this.heldOf(slot)];
    this.set(slot, taken);
    before.push(this.heldOf(slot));
    this.lists.set(slot, before);
  }

  private replace(slot: number, taken: TakenClaim): void {
    this.set(slot, taken);
    const list = this.lists.get(slot);
    if (list !== undefined) list[list.length - 1] = this.heldOf(slot);
  }

  private set(slot: number, taken: TakenClaim): void {
    const { kind, name, standing, literal } = taken.claim;
    this.newest[slot] = this.interner.get(`${kind} ${standing} ${name ?? ''} ${literal ?? ''}`, () =>
      Object.freeze({ kind, name, standing, literal }),
    );
    this.times[slot] = taken.time;
    this.simKeys[slot] = taken.simKey;
    this.setPlace(slot, taken);
  }

  private setPlace(slot: number, { place, whole }: TakenClaim): void {
    this.places[slot] = place;
    this.wholes[slot] = whole ? 1 : 0;
  }

  private heldOf(slot: number): HeldClaim {
    return {
      claim: this.newest[slot] as NameClaim,
      time: this.times[slot] as number,
      simKey: this.simKeys[slot] as number,
    };
  }

  /**
   * The claims that the octets of a record can belong to. The first claim of a flow covers what came before it; a later
   * one holds from its hello on.
   */
  within(slot: number, firstTime: number, lastTime: number, simKey: number): readonly HeldClaim[] {
    if (!this.has(slot)) return NOTHING;
    const list = this.lists.get(slot);
    if (list === undefined) return this.simKeys[slot] === simKey ? [this.heldOf(slot)] : NOTHING;
    const own = list.filter((held) => held.simKey === simKey);
    let from = 0;
    for (let i = 1; i < own.length; i += 1) if ((own[i] as HeldClaim).time <= firstTime) from = i;
    let to = from + 1;
    while (to < own.length && (own[to] as HeldClaim).time <= lastTime) to += 1;
    return own.slice(from, to);
  }

  /** Drops what a record that ended at `lastTime` has left behind. True if the next record will be decided otherwise. */
  settle(slot: number, lastTime: number): boolean {
    const list = this.lists.get(slot);
    if (list === undefined) return false;
    let current = 0;
    for (let i = 1; i < list.length; i += 1) if ((list[i] as HeldClaim).time <= lastTime) current = i;
    list.splice(0, current);
    if (list.length === 1) this.lists.delete(slot);
    return true;
  }

  /** For showing: all claims where they are kept, else those not yet left behind. */
  namesOf(slot: number): readonly NameClaim[] {
    const shown = this.shown?.get(slot);
    if (shown !== undefined) return shown;
    const newest = this.newest[slot];
    return this.lists.get(slot)?.map(({ claim }) => claim) ?? (newest === undefined ? [] : [newest]);
  }
}
