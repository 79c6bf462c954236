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
}

/** What young flows without a name were billed as, so that a name that comes late can take it along. Bounded. */
export class LateWindow {
  private readonly flows = new Map<number, PastUsage[]>();

  /**
   * @param span microseconds from a flow's first packet
   * @param maxFlows the flows noted longest ago go first
   */
  constructor(
    private readonly span: number,
    private readonly maxFlows: number,
  ) {}

  get size(): number {
    return this.flows.size;
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
    const past = this.flows.get(slot);
    if (past === undefined) {
      if (this.flows.size >= this.maxFlows) this.dropOldest();
      this.flows.set(slot, [{ cell, octetsUp, octetsDown, packetsUp, packetsDown, firstTime, lastTime }]);
      return true;
    }
    if (lastTime - (past[0] as PastUsage).firstTime > this.span) {
      this.flows.delete(slot);
      return false;
    }
    const last = past.at(-1) as PastUsage;
    if (last.cell === cell && sameHour(last.firstTime, firstTime)) {
      last.octetsUp += octetsUp;
      last.octetsDown += octetsDown;
      last.packetsUp += packetsUp;
      last.packetsDown += packetsDown;
      last.lastTime = Math.max(last.lastTime, lastTime);
    } else past.push({ cell, octetsUp, octetsDown, packetsUp, packetsDown, firstTime, lastTime });
    return true;
  }

  /** What the flow was billed as, if its window is still open at `time`. */
  of(slot: number, time: number): readonly PastUsage[] {
    const past = this.flows.get(slot) ?? [];
    const first = past[0];
    return first === undefined || time - first.firstTime > this.span ? [] : past;
  }

  forget(slot: number): void {
    if (this.flows.size > 0) this.flows.delete(slot);
  }

  private dropOldest(): void {
    const oldest = this.flows.keys().next().value;
    if (oldest !== undefined) this.flows.delete(oldest);
  }
}

function sameHour(a: number, b: number): boolean {
  return Math.floor(a / HOUR) === Math.floor(b / HOUR);
}
