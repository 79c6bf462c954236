import { HOUR, type UsageCell } from './usage-cells.js';

/** Octets of one flow that were billed under one decision. */
export interface PastUsage {
  cell: UsageCell;
  octetsUp: number;
  octetsDown: number;
  packetsUp: number;
  packetsDown: number;
  /** UNIX microseconds. */
  firstTime: number;
  lastTime: number;
  /** What the flow was billed as before that. */
  earlier: PastUsage | undefined;
  /** UNIX microseconds of the flow's first packet. */
  readonly flowStart: number;
}

/** What young flows without a name were billed as, so that a name that comes late can take it along. Bounded. */
export class LateWindow {
  private readonly flows: (PastUsage | undefined)[] = [];
  /** Slots in the order in which their windows opened; a slot may have been forgotten since. */
  private readonly opened: Int32Array;
  private head = 0;
  private queued = 0;

  /**
   * @param span microseconds from a flow's first packet
   * @param maxFlows the flow whose window opened longest ago goes first
   */
  constructor(
    private readonly span: number,
    maxFlows: number,
  ) {
    this.opened = new Int32Array(Math.max(1, maxFlows));
  }

  /** Notes a record of the flow in `slot`. Returns false, and forgets the flow, once its window is over. */
  note(
    slot: number,
    cell: UsageCell,
    octetsUp: number,
    octetsDown: number,
    packetsUp: number,
    packetsDown: number,
    firstTime: number,
    lastTime: number,
  ): boolean {
    const last = this.flows[slot];
    if (last !== undefined && lastTime - last.flowStart > this.span) {
      this.flows[slot] = undefined;
      return false;
    }
    if (last?.cell === cell && sameHour(last.firstTime, firstTime)) {
      last.octetsUp += octetsUp;
      last.octetsDown += octetsDown;
      last.packetsUp += packetsUp;
      last.packetsDown += packetsDown;
      last.lastTime = Math.max(last.lastTime, lastTime);
      return true;
    }
    if (last === undefined) this.open(slot);
    this.flows[slot] = {
      cell,
      octetsUp,
      octetsDown,
      packetsUp,
      packetsDown,
      firstTime,
      lastTime,
      earlier: last,
      flowStart: last?.flowStart ?? firstTime,
    };
    return true;
  }

  /** The newest part of what the flow was billed as, if its window is still open at `time`. */
  of(slot: number, time: number): PastUsage | undefined {
    const last = this.flows[slot];
    return last === undefined || time - last.flowStart > this.span ? undefined : last;
  }

  forget(slot: number): void {
    if (slot < this.flows.length) this.flows[slot] = undefined;
  }

  private open(slot: number): void {
    if (this.queued === this.opened.length) {
      this.forget(this.opened[this.head] as number);
      this.head = (this.head + 1) % this.opened.length;
      this.queued -= 1;
    }
    while (this.flows.length <= slot) this.flows.push(undefined);
    this.opened[(this.head + this.queued) % this.opened.length] = slot;
    this.queued += 1;
  }
}

function sameHour(a: number, b: number): boolean {
  return Math.floor(a / HOUR) === Math.floor(b / HOUR);
}
