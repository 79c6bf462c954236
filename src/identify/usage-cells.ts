import type { Account } from './session-index.js';
import type { PastUsage } from './late-window.js';
import type { Decision, UsageEntry } from './types.js';

/** Where the octets of one account and decision are summed. Flows hold on to it, so that a record costs no look-up. */
export interface UsageCell {
  readonly account: Account;
  readonly decision: Decision;
  /** The call of `identify` that `entry` belongs to. */
  batch: number;
  entry: UsageEntry | undefined;
  /** UNIX microseconds: an entry never spans a UTC hour. */
  hourFrom: number;
  hourUntil: number;
}

/** Cells and decisions beyond these bounds are made anew when they come up: that costs memory for a moment, not octets. */
const MAX_CELLS_PER_ACCOUNT = 1_024;
const MAX_SHARED_DECISIONS = 65_536;
export const HOUR = 3_600_000_000;

/** Makes each decision once, and each cell once per account and decision. */
export class UsageCells {
  private decisions = new Map<string, Decision>();

  /** The one object for a decision like this. */
  share(decision: Decision): { key: string; decision: Decision } {
    // No part but the rule and the name can hold a blank or be of any length, and names hold none.
    const { serviceVersionId, claimedServiceCode, evidence, rule, name, agreed } = decision;
    const key = `${serviceVersionId ?? ''} ${claimedServiceCode ?? ''} ${evidence} ${agreed ?? ''} ${name ?? ''} ${rule ?? ''}`;
    let shared = this.decisions.get(key);
    if (shared === undefined) {
      if (this.decisions.size >= MAX_SHARED_DECISIONS) this.decisions = new Map();
      this.decisions.set(key, (shared = Object.freeze(decision)));
    }
    return { key, decision: shared };
  }

  cellOf(account: Account, decision: Decision): UsageCell {
    const { key, decision: shared } = this.share(decision);
    const cells = (account.cells ??= new Map<string, UsageCell>());
    let cell = cells.get(key);
    if (cell?.decision !== shared) {
      if (cells.size >= MAX_CELLS_PER_ACCOUNT) cells.clear();
      cell = { account, decision: shared, batch: -1, entry: undefined, hourFrom: 0, hourUntil: 0 };
      cells.set(key, cell);
    }
    return cell;
  }
}

/** The entries of one call of `identify`: one per account, decision and hour. */
export class EntryCollector {
  readonly entries: UsageEntry[] = [];

  constructor(private readonly batch: number) {}

  /** The entry that a record with this first packet belongs to. */
  private entryOf(cell: UsageCell, firstTime: number): UsageEntry {
    const { entry } = cell;
    if (
      entry !== undefined &&
      cell.batch === this.batch &&
      firstTime >= cell.hourFrom &&
      firstTime < cell.hourUntil
    )
      return entry;
    return this.open(cell, firstTime);
  }

  private open(cell: UsageCell, firstTime: number): UsageEntry {
    const entry: UsageEntry = {
      account: cell.account.usage,
      decision: cell.decision,
      octetsUp: 0,
      octetsDown: 0,
      packetsUp: 0,
      packetsDown: 0,
      firstTime,
      lastTime: firstTime,
    };
    cell.batch = this.batch;
    cell.entry = entry;
    cell.hourFrom = Math.floor(firstTime / HOUR) * HOUR;
    cell.hourUntil = cell.hourFrom + HOUR;
    this.entries.push(entry);
    return entry;
  }

  /** Adds octets and packets; `sign` -1 takes them away. */
  add(
    cell: UsageCell,
    sign: 1 | -1,
    octetsUp: number,
    octetsDown: number,
    packetsUp: number,
    packetsDown: number,
    firstTime: number,
    lastTime: number,
  ): void {
    const entry = this.entryOf(cell, firstTime);
    entry.octetsUp += sign * octetsUp;
    entry.octetsDown += sign * octetsDown;
    entry.packetsUp += sign * packetsUp;
    entry.packetsDown += sign * packetsDown;
    if (firstTime < entry.firstTime) entry.firstTime = firstTime;
    if (lastTime > entry.lastTime) entry.lastTime = lastTime;
  }

  /** Takes what was billed under one decision away from it and gives it to another, in the hour in which it was used. */
  move(past: Readonly<PastUsage>, to: UsageCell): void {
    const { octetsUp, octetsDown, packetsUp, packetsDown, firstTime, lastTime } = past;
    this.add(past.cell, -1, octetsUp, octetsDown, packetsUp, packetsDown, firstTime, lastTime);
    this.add(to, 1, octetsUp, octetsDown, packetsUp, packetsDown, firstTime, lastTime);
  }
}
