import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../database/index.js';
import type { UsageSpan, UsageSpanRow } from './types.js';
import { evidenceOf } from './usage-page.js';

interface RawSpan {
  span: string;
  service_code: string | null;
  service_version_id: number | null;
  evidence: string;
  rule: string | null;
  mcc: string | null;
  first_hour: Date;
  last_hour: Date;
  octets_up: string;
  octets_down: string;
}

/** Up to here a plan for any number of spans is as good; more are worth a plan of their own. */
const FEW_SPANS = 10;
/**
 * SIMs of one span that are read together. Of so many Postgres reads each page once and sums in a hash table within its
 * usual memory; of more it sorts, which takes twice as long.
 */
const SIMS_AT_ONCE = 100;

const SUMS = `
  min(b.hour) AS first_hour, max(b.hour) AS last_hour, sum(b.octets_up) AS octets_up, sum(b.octets_down) AS octets_down`;
const byReason = (sums: string) => `
  SELECT u.span, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc,
         min(u.first_hour) AS first_hour, max(u.last_hour) AS last_hour,
         sum(u.octets_up)::text AS octets_up, sum(u.octets_down)::text AS octets_down
  FROM (${sums}) u
  JOIN usage_reason r ON r.id = u.reason_id
  LEFT JOIN service_version v ON v.id = r.service_version_id
  GROUP BY u.span, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc`;
/** Each span by its own hours; $4 and $5, known when the query is planned, leave the partitions of other months out. */
const OF_SPANS = byReason(`
  SELECT g.span, b.reason_id, ${SUMS}
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY
       AS g (sim_key, from_hour, to_hour, span)
  JOIN usage_bucket b ON b.sim_key = g.sim_key AND b.hour >= g.from_hour AND b.hour < g.to_hour
  WHERE b.hour >= $4 AND b.hour < $5
  GROUP BY g.span, b.reason_id`);
const OF_SIMS = byReason(`
  SELECT g.span, s.reason_id, s.first_hour, s.last_hour, s.octets_up, s.octets_down
  FROM (SELECT b.sim_key, b.reason_id, ${SUMS}
        FROM usage_bucket b WHERE b.sim_key = ANY($1::bigint[]) AND b.hour >= $2 AND b.hour < $3
        GROUP BY b.sim_key, b.reason_id) s
  JOIN unnest($1::bigint[]) WITH ORDINALITY AS g (sim_key, span) USING (sim_key)`);

interface Asked extends UsageSpan {
  /** Index among all that were asked for. */
  place: number;
}

/** Usage summed over each span's hours; see `UsageReader.usageOfSpans`. Most SIMs of a month have one and the same span. */
export async function readUsageOfSpans(
  manager: EntityManager,
  spans: readonly UsageSpan[],
): Promise<UsageSpanRow[]> {
  const { alike, others } = apart(spans.map((span, place) => ({ ...span, place })));
  const found: UsageSpanRow[] = [];
  for (let start = 0; start < alike.length; start += SIMS_AT_ONCE) {
    const part = alike.slice(start, start + SIMS_AT_ONCE);
    const [{ from, to } = { from: 0, to: 0 }] = part;
    const sims = part.map(({ simKey }) => simKey);
    const rows = await manager.query<RawSpan[]>(OF_SIMS, [sims, new Date(from), new Date(to)]);
    for (const row of rows) found.push(spanRow(row, part));
  }
  for (const row of await ofSpans(manager, others)) found.push(spanRow(row, others));
  return found;
}

async function ofSpans(manager: EntityManager, spans: readonly Asked[]): Promise<RawSpan[]> {
  if (spans.length === 0) return [];
  const values = [
    spans.map(({ simKey }) => simKey),
    spans.map(({ from }) => new Date(from)),
    spans.map(({ to }) => new Date(to)),
    new Date(spans.reduce((least, { from }) => Math.min(least, from), Infinity)),
    new Date(spans.reduce((most, { to }) => Math.max(most, to), -Infinity)),
  ];
  return spans.length > FEW_SPANS
    ? manager.query<RawSpan[]>(OF_SPANS, values)
    : queryPrepared<RawSpan>(manager, OF_SPANS, values);
}

/** Spans with the hours that most have, of one SIM each, if they are more than a few; and all others. */
function apart(spans: readonly Asked[]): { alike: Asked[]; others: Asked[] } {
  const byHours = new Map<string, Map<number, Asked>>();
  let most = new Map<number, Asked>();
  for (const span of spans) {
    const hours = `${span.from} ${span.to}`;
    const bySim = byHours.get(hours) ?? new Map<number, Asked>();
    byHours.set(hours, bySim);
    if (!bySim.has(span.simKey)) bySim.set(span.simKey, span);
    if (bySim.size > most.size) most = bySim;
  }
  if (most.size <= FEW_SPANS) return { alike: [], others: [...spans] };
  const alike = new Set(most.values());
  return { alike: [...alike], others: spans.filter((span) => !alike.has(span)) };
}

function spanRow(row: RawSpan, asked: readonly Asked[]): UsageSpanRow {
  const span = asked[Number(row.span) - 1];
  if (span === undefined) throw new Error(`the database names span ${row.span} of ${asked.length}`);
  return {
    span: span.place,
    firstHour: row.first_hour.getTime(),
    lastHour: row.last_hour.getTime(),
    serviceCode: row.service_code,
    serviceVersionId: row.service_version_id,
    evidence: evidenceOf(row.evidence),
    rule: row.rule,
    mcc: row.mcc,
    octetsUp: BigInt(row.octets_up),
    octetsDown: BigInt(row.octets_down),
  };
}
