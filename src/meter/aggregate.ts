import type { Decision, UsageEntry } from '../identify/index.js';

/** UNIX milliseconds of an hour. */
export const HOUR_MS = 3_600_000;

/** Octets and packets of one bucket, to be added to what the ledger holds. May be negative (late recognition). */
export interface BucketDelta {
  octetsUp: number;
  octetsDown: number;
  packetsUp: number;
  packetsDown: number;
}

export interface SimDelta extends BucketDelta {
  simKey: number;
  /** UNIX milliseconds of the start of the UTC hour. */
  hour: number;
  reasonId: number;
}

export interface SuspenseDelta extends BucketDelta {
  realmIndex: number;
  address: string;
  hour: number;
  reasonId: number;
  /** UNIX microseconds. */
  firstTime: number;
  lastTime: number;
}

export interface BatchDeltas {
  sims: SimDelta[];
  suspense: SuspenseDelta[];
}

/**
 * Sums usage entries per bucket, in the order of the bucket's key: writers that touch the same buckets then lock them
 * in the same order. An entry belongs to the hour of its first packet.
 */
export function aggregate(
  entries: readonly UsageEntry[],
  reasonIdOf: (decision: Decision) => number,
): BatchDeltas {
  const sims = new Map<string, SimDelta>();
  const suspense = new Map<string, SuspenseDelta>();
  for (const entry of entries) {
    const hour = hourOf(entry.firstTime);
    const reasonId = reasonIdOf(entry.decision);
    const { account } = entry;
    if (account.kind === 'sim') {
      const key = `${account.simKey} ${hour} ${reasonId}`;
      const row = sims.get(key);
      if (row) add(row, entry);
      else sims.set(key, { simKey: account.simKey, hour, reasonId, ...counters(entry) });
    } else {
      const key = `${account.realmIndex} ${account.address} ${hour} ${reasonId}`;
      const row = suspense.get(key);
      if (row) {
        add(row, entry);
        row.firstTime = Math.min(row.firstTime, entry.firstTime);
        row.lastTime = Math.max(row.lastTime, entry.lastTime);
      } else {
        const { realmIndex, address } = account;
        const { firstTime, lastTime } = entry;
        suspense.set(key, { realmIndex, address, hour, reasonId, firstTime, lastTime, ...counters(entry) });
      }
    }
  }
  return {
    sims: [...sims.values()].sort(
      (a, b) => a.simKey - b.simKey || a.hour - b.hour || a.reasonId - b.reasonId,
    ),
    suspense: [...suspense.values()].sort(
      (a, b) =>
        a.realmIndex - b.realmIndex ||
        compareText(a.address, b.address) ||
        a.hour - b.hour ||
        a.reasonId - b.reasonId,
    ),
  };
}

/** UNIX milliseconds of the UTC hour that holds `microseconds`. */
export function hourOf(microseconds: number): number {
  return Math.floor(microseconds / (HOUR_MS * 1000)) * HOUR_MS;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function counters(entry: UsageEntry): BucketDelta {
  return {
    octetsUp: entry.octetsUp,
    octetsDown: entry.octetsDown,
    packetsUp: entry.packetsUp,
    packetsDown: entry.packetsDown,
  };
}

function add(row: BucketDelta, entry: UsageEntry): void {
  row.octetsUp = safe(row.octetsUp + entry.octetsUp);
  row.octetsDown = safe(row.octetsDown + entry.octetsDown);
  row.packetsUp = safe(row.packetsUp + entry.packetsUp);
  row.packetsDown = safe(row.packetsDown + entry.packetsDown);
}

function safe(sum: number): number {
  if (!Number.isSafeInteger(sum)) throw new RangeError('a bucket of one batch exceeds 2^53 - 1 octets');
  return sum;
}
