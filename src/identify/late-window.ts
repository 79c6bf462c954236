import type { Account } from './session-index.js';
import { HOUR, type Reason, type Usage } from './usage-sums.js';

const NONE = -1;
/** Numbers of a part: octets up and down, packets up and down, first and last time, start of its flow. */
const NUMBERS = 7;
const FIRST = 4;
const LAST = 5;
const FLOW_START = 6;

/** What a part of a flow's octets was billed as; gives what it is billed as now. */
export type Rebill = (account: Account, reason: Reason, usage: Readonly<Usage>) => Reason;

/**
 * What young flows without a name were billed as, so that a name that comes late can take it along. Octets of one flow
 * that were billed under one account, decision and hour are one part. Bounded in parts, which stand in typed arrays.
 */
export class LateWindow {
  /** Newest part of the flow in a slot: part + 1, or 0. */
  private readonly newest: Int32Array;
  private readonly earlier: Int32Array;
  private readonly numbers: Float64Array;
  private readonly accounts: (Account | undefined)[] = [];
  private readonly reasons: (Reason | undefined)[] = [];
  /** Free parts hang together by `earlier`; those from `used` on were never used. */
  private free = NONE;
  private used = 0;
  /** Slots in the order in which their windows opened; a slot may have been forgotten since. */
  private readonly opened: Int32Array;
  private head = 0;
  private queued = 0;
  private readonly scratch: Usage = {
    octetsUp: 0,
    octetsDown: 0,
    packetsUp: 0,
    packetsDown: 0,
    firstTime: 0,
    lastTime: 0,
  };

  /**
   * @param span microseconds from a flow's first packet
   * @param maxParts the flow whose window opened longest ago goes first
   * @param slots slots of flows
   */
  constructor(
    private readonly span: number,
    maxParts: number,
    slots: number,
  ) {
    const parts = Math.max(1, maxParts);
    this.newest = new Int32Array(slots);
    this.earlier = new Int32Array(parts);
    this.numbers = new Float64Array(parts * NUMBERS);
    this.opened = new Int32Array(parts);
  }

  /** Notes a record of the flow in `slot`. Returns false, and forgets the flow, once its window is over. */
  note(slot: number, account: Account, reason: Reason, usage: Readonly<Usage>): boolean {
    const { numbers } = this;
    const last = (this.newest[slot] as number) - 1;
    if (last >= 0) {
      if (usage.lastTime - this.flowStart(last) > this.span) {
        this.forget(slot);
        return false;
      }
      const hour = Math.floor((numbers[last * NUMBERS + FIRST] as number) / HOUR);
      if (
        this.accounts[last] === account &&
        this.reasons[last] === reason &&
        hour === Math.floor(usage.firstTime / HOUR)
      ) {
        this.addTo(last, usage);
        return true;
      }
    }
    const flowStart = last >= 0 ? this.flowStart(last) : usage.firstTime;
    const part = this.newPart();
    // Making room may have cost this very flow its earlier parts.
    this.earlier[part] = (this.newest[slot] as number) - 1;
    if (this.newest[slot] === 0) this.open(slot);
    this.newest[slot] = part + 1;
    this.accounts[part] = account;
    this.reasons[part] = reason;
    const at = part * NUMBERS;
    numbers.fill(0, at, at + FIRST);
    numbers[at + FIRST] = usage.firstTime;
    numbers[at + LAST] = usage.lastTime;
    numbers[at + FLOW_START] = flowStart;
    this.addTo(part, usage);
    return true;
  }

  /** Hands on every part of what the flow was billed as, the newest first, if its window is still open at `time`. */
  rebill(slot: number, time: number, rebill: Rebill): void {
    let part = (this.newest[slot] as number) - 1;
    if (part < 0 || time - this.flowStart(part) > this.span) return;
    for (; part !== NONE; part = this.earlier[part] as number)
      this.reasons[part] = rebill(
        this.accounts[part] as Account,
        this.reasons[part] as Reason,
        this.usageOf(part),
      );
  }

  forget(slot: number): void {
    let part = (this.newest[slot] as number) - 1;
    this.newest[slot] = 0;
    while (part >= 0) {
      const earlier = this.earlier[part] as number;
      this.accounts[part] = undefined;
      this.reasons[part] = undefined;
      this.earlier[part] = this.free;
      this.free = part;
      part = earlier;
    }
  }

  private newPart(): number {
    while (this.free === NONE && this.used === this.earlier.length) this.forgetOldest();
    const part = this.free;
    if (part === NONE) return this.used++;
    this.free = this.earlier[part] as number;
    return part;
  }

  private open(slot: number): void {
    if (this.queued === this.opened.length) this.forgetOldest();
    this.opened[(this.head + this.queued) % this.opened.length] = slot;
    this.queued += 1;
  }

  private forgetOldest(): void {
    this.forget(this.opened[this.head] as number);
    this.head = (this.head + 1) % this.opened.length;
    this.queued -= 1;
  }

  private flowStart(part: number): number {
    return this.numbers[part * NUMBERS + FLOW_START] as number;
  }

  private addTo(part: number, usage: Readonly<Usage>): void {
    const { numbers } = this;
    const at = part * NUMBERS;
    numbers[at] = (numbers[at] as number) + usage.octetsUp;
    numbers[at + 1] = (numbers[at + 1] as number) + usage.octetsDown;
    numbers[at + 2] = (numbers[at + 2] as number) + usage.packetsUp;
    numbers[at + 3] = (numbers[at + 3] as number) + usage.packetsDown;
    if (usage.lastTime > (numbers[at + LAST] as number)) numbers[at + LAST] = usage.lastTime;
  }

  /** Valid until the next call. */
  private usageOf(part: number): Readonly<Usage> {
    const { numbers, scratch } = this;
    const at = part * NUMBERS;
    scratch.octetsUp = numbers[at] as number;
    scratch.octetsDown = numbers[at + 1] as number;
    scratch.packetsUp = numbers[at + 2] as number;
    scratch.packetsDown = numbers[at + 3] as number;
    scratch.firstTime = numbers[at + FIRST] as number;
    scratch.lastTime = numbers[at + LAST] as number;
    return scratch;
  }
}
