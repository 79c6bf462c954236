import type { Decision, UsageEntry } from '../identify/index.js';
import { atOnce } from '../shared/index.js';

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

/** Rows of a step of long work (see `gently`): a fraction of a millisecond. */
const ROWS_PER_STEP = 1_024;

/** Rows that are sorted in one step: a few milliseconds. Each merge of such runs goes through all rows once more. */
const ROWS_PER_SORT = 8_192;

/**
 * Sums usage entries per bucket, in the order of the bucket's key: writers that touch the same buckets then lock them
 * in the same order. An entry belongs to the hour of its first packet.
 */
export function aggregate(
  entries: readonly UsageEntry[],
  reasonIdOf: (decision: Decision) => number,
): BatchDeltas {
  return atOnce(aggregateSteps(entries, reasonIdOf));
}

/** As {@link aggregate}, in short steps. */
export function* aggregateSteps(
  entries: readonly UsageEntry[],
  reasonIdOf: (decision: Decision) => number,
): Generator<void, BatchDeltas> {
  const sims: SimDelta[] = [];
  const suspense: SuspenseDelta[] = [];
  for (let index = 0; index < entries.length; index += 1) {
    if (index % ROWS_PER_STEP === ROWS_PER_STEP - 1) yield;
    const entry = entries[index] as UsageEntry;
    const { account, octetsUp, octetsDown, packetsUp, packetsDown, firstTime, lastTime } = entry;
    const hour = hourOf(firstTime);
    const reasonId = reasonIdOf(entry.decision);
    const counters = { octetsUp, octetsDown, packetsUp, packetsDown };
    if (account.kind === 'sim') sims.push({ simKey: account.simKey, hour, reasonId, ...counters });
    else {
      const { realmIndex, address } = account;
      suspense.push({ realmIndex, address, hour, reasonId, firstTime, lastTime, ...counters });
    }
  }
  return {
    sims: yield* mergeEqual(sims, compareSims, add),
    suspense: yield* mergeEqual(suspense, compareSuspense, (row, other) => {
      add(row, other);
      row.firstTime = Math.min(row.firstTime, other.firstTime);
      row.lastTime = Math.max(row.lastTime, other.lastTime);
    }),
  };
}

/** Sorts rows, and adds those of equal keys to the first of them. Hardly any are equal, so no table of keys is made. */
function* mergeEqual<Row>(
  unsorted: Row[],
  compare: (a: Row, b: Row) => number,
  merge: (row: Row, other: Row) => void,
): Generator<void, Row[]> {
  const rows = yield* sorted(unsorted, compare);
  let kept = 0;
  for (let index = 0; index < rows.length; index += 1) {
    if (index % ROWS_PER_STEP === ROWS_PER_STEP - 1) yield;
    const row = rows[index] as Row;
    const last = rows[kept - 1];
    if (last !== undefined && compare(last, row) === 0) merge(last, row);
    else rows[kept++] = row;
  }
  rows.length = kept;
  return rows;
}

/** Sorts runs of rows, then merges them two by two: stable, and no step is long. */
function* sorted<Row>(rows: Row[], compare: (a: Row, b: Row) => number): Generator<void, Row[]> {
  if (rows.length <= ROWS_PER_SORT) return rows.sort(compare);
  let runs: Row[][] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_SORT) {
    runs.push(rows.slice(from, from + ROWS_PER_SORT).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: Row[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(yield* mergedRuns(runs[i] as Row[], runs[i + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] as Row[];
}

function* mergedRuns<Row>(
  a: readonly Row[],
  b: readonly Row[],
  compare: (a: Row, b: Row) => number,
): Generator<void, Row[]> {
  const rows: Row[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const first = j >= b.length || (i < a.length && compare(a[i] as Row, b[j] as Row) <= 0);
    rows.push((first ? a[i++] : b[j++]) as Row);
    if (rows.length % ROWS_PER_STEP === 0) yield;
  }
  return rows;
}

function compareSims(a: SimDelta, b: SimDelta): number {
  return a.simKey - b.simKey || a.hour - b.hour || a.reasonId - b.reasonId;
}

function compareSuspense(a: SuspenseDelta, b: SuspenseDelta): number {
  return (
    a.realmIndex - b.realmIndex ||
    compareText(a.address, b.address) ||
    a.hour - b.hour ||
    a.reasonId - b.reasonId
  );
}

/** UNIX milliseconds of the UTC hour that holds `microseconds`. */
export function hourOf(microseconds: number): number {
  return Math.floor(microseconds / (HOUR_MS * 1000)) * HOUR_MS;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function add(row: BucketDelta, entry: BucketDelta): void {
  row.octetsUp = safe(row.octetsUp + entry.octetsUp);
  row.octetsDown = safe(row.octetsDown + entry.octetsDown);
  row.packetsUp = safe(row.packetsUp + entry.packetsUp);
  row.packetsDown = safe(row.packetsDown + entry.packetsDown);
}

function safe(sum: number): number {
  if (!Number.isSafeInteger(sum)) throw new RangeError('a bucket of one batch exceeds 2^53 - 1 octets');
  return sum;
}
