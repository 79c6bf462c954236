import type { Account } from './session-index.js';
import type { Decision, UsageEntry } from './types.js';

/** One object for all equal decisions, so that they are compared and remembered by reference. */
export interface Reason {
  readonly decision: Decision;
  /** For hashing. */
  readonly serial: number;
}

/** Decisions beyond this are made anew when they come up: that costs memory for a moment, not octets. */
const MAX_REASONS = 65_536;
export const HOUR = 3_600_000_000;
const FEWEST = 1_024;
const SUMS = 4;

/** Makes each decision once. */
export class Reasons {
  private known = new Map<string, Reason>();
  private serial = 0;

  /** The one object for a decision like this. */
  of(decision: Decision): Reason {
    // No part but the rule and the name can hold a blank or be of any length, and names hold none.
    const { serviceVersionId, claimedServiceCode, evidence, rule, name, agreed } = decision;
    const key = `${serviceVersionId ?? ''} ${claimedServiceCode ?? ''} ${evidence} ${agreed ?? ''} ${name ?? ''} ${rule ?? ''}`;
    let reason = this.known.get(key);
    if (reason === undefined) {
      if (this.known.size >= MAX_REASONS) this.known = new Map();
      reason = { decision: Object.freeze(decision), serial: (this.serial += 1) };
      this.known.set(key, reason);
    }
    return reason;
  }
}

/** Octets and packets, and the time that they span. */
export interface Usage {
  octetsUp: number;
  octetsDown: number;
  packetsUp: number;
  packetsDown: number;
  /** UNIX microseconds. */
  firstTime: number;
  lastTime: number;
}

/**
 * Sums the usage of one batch: one entry per account, decision and hour. A small hash table over typed arrays, as a record
 * must cost neither an object nor a string. Used again for the next batch.
 */
export class UsageSums {
  private index = new Int32Array(2 * FEWEST); // entry + 1, or 0
  private accounts: Account[] = [];
  private reasons: Reason[] = [];
  private hours = new Float64Array(FEWEST);
  private firsts = new Float64Array(FEWEST);
  private lasts = new Float64Array(FEWEST);
  /** Octets up and down, packets up and down of each entry. */
  private sums = new Float64Array(SUMS * FEWEST);

  /** Adds usage; `sign` -1 takes it away. */
  add(account: Account, reason: Reason, sign: 1 | -1, usage: Readonly<Usage>): void {
    const { firstTime, lastTime, octetsUp, octetsDown, packetsUp, packetsDown } = usage;
    const entry = this.entryOf(account, reason, firstTime);
    const { sums } = this;
    const at = entry * SUMS;
    sums[at] = (sums[at] as number) + sign * octetsUp;
    sums[at + 1] = (sums[at + 1] as number) + sign * octetsDown;
    sums[at + 2] = (sums[at + 2] as number) + sign * packetsUp;
    sums[at + 3] = (sums[at + 3] as number) + sign * packetsDown;
    if (firstTime < (this.firsts[entry] as number)) this.firsts[entry] = firstTime;
    if (lastTime > (this.lasts[entry] as number)) this.lasts[entry] = lastTime;
  }

  /** The sums, made `size` at a step; then ready for the next batch. */
  *take(size: number): Generator<void, UsageEntry[]> {
    const entries: UsageEntry[] = [];
    for (const [entry, account] of this.accounts.entries()) {
      if (entry > 0 && entry % size === 0) yield;
      entries.push(this.entryAt(entry, account));
    }
    this.accounts = [];
    this.reasons = [];
    this.index.fill(0);
    return entries;
  }

  private entryAt(entry: number, account: Account): UsageEntry {
    const { sums } = this;
    const at = entry * SUMS;
    return {
      account: account.usage,
      decision: (this.reasons[entry] as Reason).decision,
      octetsUp: sums[at] as number,
      octetsDown: sums[at + 1] as number,
      packetsUp: sums[at + 2] as number,
      packetsDown: sums[at + 3] as number,
      firstTime: this.firsts[entry] as number,
      lastTime: this.lasts[entry] as number,
    };
  }

  private entryOf(account: Account, reason: Reason, firstTime: number): number {
    const mask = this.index.length - 1;
    let i = hashOf(account, reason) & mask;
    for (; ; i = (i + 1) & mask) {
      const entry = (this.index[i] as number) - 1;
      if (entry < 0) break;
      if (this.accounts[entry] !== account || this.reasons[entry] !== reason) continue;
      const hour = this.hours[entry] as number;
      if (firstTime >= hour && firstTime < hour + HOUR) return entry;
    }
    return this.open(account, reason, firstTime, i);
  }

  private open(account: Account, reason: Reason, firstTime: number, place: number): number {
    const entry = this.accounts.length;
    if (entry === this.hours.length) {
      this.grow();
      const mask = this.index.length - 1;
      place = hashOf(account, reason) & mask;
      while (this.index[place] !== 0) place = (place + 1) & mask;
    }
    this.index[place] = entry + 1;
    this.accounts.push(account);
    this.reasons.push(reason);
    this.hours[entry] = Math.floor(firstTime / HOUR) * HOUR;
    this.firsts[entry] = firstTime;
    this.lasts[entry] = firstTime;
    this.sums.fill(0, entry * SUMS, entry * SUMS + SUMS);
    return entry;
  }

  private grow(): void {
    const size = this.hours.length * 2;
    this.hours = grown(this.hours, size);
    this.firsts = grown(this.firsts, size);
    this.lasts = grown(this.lasts, size);
    this.sums = grown(this.sums, SUMS * size);
    this.index = new Int32Array(2 * size);
    const mask = this.index.length - 1;
    this.accounts.forEach((account, entry) => {
      let i = hashOf(account, this.reasons[entry] as Reason) & mask;
      while (this.index[i] !== 0) i = (i + 1) & mask;
      this.index[i] = entry + 1;
    });
  }
}

function hashOf(account: Account, reason: Reason): number {
  const h = Math.imul(account.serial ^ Math.imul(reason.serial, 0x85eb_ca6b), 0x9e37_79b1);
  return h ^ (h >>> 15);
}

function grown(from: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(size);
  to.set(from);
  return to;
}
