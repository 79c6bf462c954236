import { formatInstant, type FieldError } from '../shared/index.js';
import { BulkReport, type Indexed } from './bulk.js';
import type { Overlap, SessionChange, SessionWrite } from './sessions.repository.js';

export interface SessionRow extends SessionWrite {
  simId: string;
}

export interface BatchPolicy {
  /** A session of the same SIM, prefix and start that is there already: change its other fields, or refuse. */
  existing: 'update' | 'refuse';
  /** An earlier session of the prefix that is still open: refuse, or end it when the new one starts. */
  open: 'refuse' | 'end';
}

/** What a batch comes down to. */
export interface SessionPlan {
  inserts: SessionRow[];
  updates: SessionChange[];
  report: BulkReport;
}

/**
 * Rows of one request against each other: where two of one prefix overlap, the one that starts later is refused; with
 * `open: 'end'` an open one ends where the next starts instead.
 */
export function settleAmong(
  rows: readonly Indexed<SessionRow>[],
  policy: BatchPolicy,
  report: BulkReport,
): Indexed<SessionRow>[] {
  const byPrefix = new Map<string, Indexed<SessionRow>[]>();
  for (const row of rows) {
    const key = `${row.value.realmIndex} ${row.value.prefix}`;
    const group = byPrefix.get(key);
    if (group === undefined) byPrefix.set(key, [row]);
    else group.push(row);
  }
  const kept: Indexed<SessionRow>[] = [];
  for (const group of byPrefix.values()) kept.push(...settleGroup(group, policy, report));
  return kept.sort((a, b) => a.index - b.index);
}

function settleGroup(
  group: readonly Indexed<SessionRow>[],
  policy: BatchPolicy,
  report: BulkReport,
): Indexed<SessionRow>[] {
  const kept: Indexed<SessionRow>[] = [];
  for (const row of group.toSorted((a, b) => a.value.startTime - b.value.startTime || a.index - b.index)) {
    const last = kept.at(-1);
    const end = last?.value.endTime ?? Number.POSITIVE_INFINITY;
    if (last === undefined || end <= row.value.startTime) {
      kept.push(row);
    } else if (
      policy.open === 'end' &&
      last.value.endTime === null &&
      last.value.startTime < row.value.startTime
    ) {
      kept[kept.length - 1] = { ...last, value: { ...last.value, endTime: row.value.startTime } };
      kept.push(row);
    } else {
      const detail = `row ${last.index} holds ${row.value.prefix} at that time: mend one of the two`;
      report.refuse(row.index, 'conflict', [{ pointer: '/startTime', detail }]);
    }
  }
  return kept;
}

interface Candidate {
  index: number;
  row: SessionRow;
  /** The stored session that the row is the new state of. */
  same: Overlap | undefined;
  others: Overlap[];
}

/** Rows, which do not overlap each other, against the stored sessions that overlap them. */
export function planBatch(
  rows: readonly Indexed<SessionRow>[],
  overlaps: readonly Overlap[],
  policy: BatchPolicy,
): SessionPlan {
  const plan: SessionPlan = { inserts: [], updates: [], report: new BulkReport() };
  const byPosition = groupByPosition(overlaps);
  let candidates = rows.map(({ index, value }, position) =>
    toCandidate(index, value, byPosition.get(position) ?? []),
  );
  // A stored session that another row ends is no hindrance; but a row that is refused ends nothing, so look again.
  let replaced: ReadonlySet<number> = new Set();
  for (let refused = -1; refused !== 0;) {
    replaced = new Set(candidates.flatMap(({ same }) => (same === undefined ? [] : [same.id])));
    const before = candidates.length;
    candidates = candidates.filter((candidate) => !refuseIfBlocked(candidate, replaced, policy, plan.report));
    refused = before - candidates.length;
  }
  plan.updates.push(...endsOf(candidates, replaced));
  for (const candidate of candidates) applyTo(plan, candidate);
  return plan;
}

function groupByPosition(overlaps: readonly Overlap[]): Map<number, Overlap[]> {
  const groups = new Map<number, Overlap[]>();
  for (const overlap of overlaps) {
    const group = groups.get(overlap.position);
    if (group === undefined) groups.set(overlap.position, [overlap]);
    else group.push(overlap);
  }
  return groups;
}

function toCandidate(index: number, row: SessionRow, overlaps: readonly Overlap[]): Candidate {
  const same = overlaps.find((other) => other.simKey === row.simKey && other.startTime === row.startTime);
  return { index, row, same, others: overlaps.filter((other) => other !== same) };
}

function refuseIfBlocked(
  { index, row, same, others }: Candidate,
  replaced: ReadonlySet<number>,
  policy: BatchPolicy,
  report: BulkReport,
): boolean {
  const blocking = others.filter((other) => !replaced.has(other.id) && !endsBefore(other, row, policy));
  if (same !== undefined && policy.existing === 'refuse') blocking.push(same);
  if (blocking.length === 0) return false;
  report.refuse(
    index,
    'conflict',
    blocking.map((other) => heldBy(row.prefix, other)),
  );
  return true;
}

/** True if the policy ends the stored session where the row starts. */
function endsBefore(other: Overlap, row: SessionRow, policy: BatchPolicy): boolean {
  return policy.open === 'end' && other.endTime === null && other.startTime < row.startTime;
}

/** Stored sessions that end where the first of the rows that follow them starts. */
function endsOf(candidates: readonly Candidate[], replaced: ReadonlySet<number>): SessionPlan['updates'] {
  const ends = new Map<number, SessionPlan['updates'][number] & { endTime: number }>();
  for (const { row, others } of candidates) {
    for (const { id, dnsServers, mcc } of others) {
      if (replaced.has(id)) continue;
      const endTime = Math.min(row.startTime, ends.get(id)?.endTime ?? row.startTime);
      ends.set(id, { id, endTime, dnsServers, mcc });
    }
  }
  return [...ends.values()];
}

function applyTo(plan: SessionPlan, { row, same }: Candidate): void {
  if (same === undefined) {
    plan.inserts.push(row);
    plan.report.count('created');
    return;
  }
  const { endTime, dnsServers, mcc = same.mcc } = row;
  if (same.endTime === endTime && same.dnsServers.join() === dnsServers.join() && same.mcc === mcc) {
    plan.report.count('unchanged');
  } else {
    plan.updates.push({ id: same.id, endTime, dnsServers, mcc });
    plan.report.count('updated');
  }
}

function heldBy(prefix: string, other: Overlap): FieldError {
  const until = other.endTime === null ? 'is still open' : `ends at ${formatInstant(other.endTime)}`;
  return {
    pointer: '/startTime',
    detail: `session ${other.id} of SIM ${other.simId} holds ${prefix} from ${formatInstant(other.startTime)} and ${until}: end it first, or mend the times`,
  };
}
