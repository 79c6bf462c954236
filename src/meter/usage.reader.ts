import type { DataSource } from 'typeorm';
import { EVIDENCES, type Evidence } from '../identify/index.js';
import { decodeCursor, encodeCursor, toPage, type Page, type PageRequest } from '../shared/index.js';
import { toSafeInteger } from '../database/index.js';
import type { UsageRow, UsageSpan, UsageSpanRow } from './types.js';

export const RESOLUTIONS = ['hour', 'day', 'month'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export interface UsageFilter {
  /** Start of the span, inclusive, and its end, exclusive. Buckets are hours: both are rounded down to the UTC hour. */
  from: Date;
  to: Date;
  simKey?: number | undefined;
  serviceCode?: string | undefined;
  evidence?: Evidence | undefined;
  /** The name seen, exactly. */
  name?: string | undefined;
  /** Count only octets and packets of this direction; the other's are 0. */
  direction?: 'up' | 'down' | undefined;
}

export interface UsageQuery extends UsageFilter {
  resolution: Resolution;
  /** IANA zone that days and months begin in. */
  timeZone: string;
}

/** Usage of a SIM in one hour, day or month, for one reason. */
export interface UsageItem {
  simKey: number;
  /** UNIX milliseconds of the start of the hour, day or month, and of its end. */
  start: number;
  end: number;
  /** Names the service version, evidence, rule, name and network that follow. */
  reasonId: number;
  serviceCode: string | null;
  serviceVersionId: number | null;
  /** What was claimed, where the address did not bear it out (evidence `sni_unverified`). */
  claimedServiceCode: string | null;
  evidence: Evidence;
  rule: string | null;
  name: string | null;
  /** Mobile country code of the visited network; null = unknown. */
  mcc: string | null;
  octetsUp: bigint;
  octetsDown: bigint;
  packetsUp: bigint;
  packetsDown: bigint;
}

/** Octets by service and evidence. */
export interface UsageTotal {
  serviceCode: string | null;
  evidence: Evidence;
  octetsUp: bigint;
  octetsDown: bigint;
}

/** `totals`: of everything under the filter, not only of this page. */
export interface UsagePage extends Page<UsageItem> {
  totals: UsageTotal[];
}

interface CounterColumns {
  octets_up: string;
  octets_down: string;
  packets_up: string;
  packets_down: string;
}

interface RawUsage extends CounterColumns {
  sim_key: string;
  service_code: string | null;
  service_version_id: number | null;
  evidence: string;
  rule: string | null;
  mcc: string | null;
}

/** As JSON holds it. */
interface RawItem extends Omit<RawUsage, 'sim_key'> {
  sim_key: number;
  /** UNIX milliseconds. */
  start: number;
  end: number;
  reason_id: number;
  claimed_service_code: string | null;
  name: string | null;
}

type RawTotal = Pick<RawUsage, 'service_code' | 'evidence' | 'octets_up' | 'octets_down'>;

const FILTER = `
  b.hour >= date_trunc('hour', $1::timestamptz) AND b.hour < date_trunc('hour', $2::timestamptz)
  AND ($3::bigint IS NULL OR b.sim_key = $3)
  AND ($4::text IS NULL OR v.service_code = $4)
  AND ($5::text IS NULL OR r.evidence = $5)
  AND ($6::text IS NULL OR r.name = $6)
  AND CASE $7::text WHEN 'up' THEN b.packets_up <> 0 OR b.octets_up <> 0
                    WHEN 'down' THEN b.packets_down <> 0 OR b.octets_down <> 0 ELSE true END`;

const SOURCE = `
  usage_bucket b
  JOIN usage_reason r ON r.id = b.reason_id
  LEFT JOIN service_version v ON v.id = r.service_version_id`;

const COUNTERS = `
  sum(b.octets_up)::text AS octets_up, sum(b.octets_down)::text AS octets_down,
  sum(b.packets_up)::text AS packets_up, sum(b.packets_down)::text AS packets_down`;

/** {@link COUNTERS} of the direction in $7. */
const DIRECTED = ['octets_up', 'octets_down', 'packets_up', 'packets_down']
  .map((name) => {
    const other = name.endsWith('_up') ? 'down' : 'up';
    return `sum(CASE WHEN $7::text = '${other}' THEN 0 ELSE b.${name} END) AS ${name}`;
  })
  .join(', ');

const MILLISECONDS = (instant: string) => `(extract(epoch FROM ${instant}) * 1000)::bigint`;

/** Each side is one JSON value: the same buckets, read and summed once, give the page and the totals. */
const LIST = `
  WITH u AS MATERIALIZED (
    SELECT date_trunc($8, b.hour, $9) AS start, b.sim_key, b.reason_id, v.service_code, r.service_version_id,
           r.claimed_service_code, r.evidence, r.rule, r.name, r.mcc, ${DIRECTED}
    FROM ${SOURCE}
    WHERE ${FILTER}
    GROUP BY 1, b.sim_key, b.reason_id, r.id, v.id
  )
  SELECT
    (SELECT json_agg(p ORDER BY p.start, p.sim_key, p.reason_id) FROM (
       SELECT ${MILLISECONDS('start')} AS start,
              ${MILLISECONDS("(((start AT TIME ZONE $9) + ('1 ' || $8)::interval) AT TIME ZONE $9)")} AS end,
              sim_key, reason_id, service_code, service_version_id, claimed_service_code, evidence, rule, name, mcc,
              octets_up::text, octets_down::text, packets_up::text, packets_down::text
       FROM u
       WHERE $10::float8 IS NULL OR (u.start, sim_key, reason_id) > (to_timestamp($10), $11::bigint, $12::int)
       ORDER BY u.start, sim_key, reason_id
       LIMIT $13) p) AS items,
    (SELECT json_agg(t ORDER BY t.service_code NULLS LAST, t.evidence) FROM (
       SELECT service_code, evidence, sum(octets_up)::text AS octets_up, sum(octets_down)::text AS octets_down
       FROM u GROUP BY service_code, evidence) t) AS totals`;

/** Reads what the ledger holds on SIM accounts. */
export class UsageReader {
  constructor(private readonly dataSource: DataSource) {}

  /** Hour buckets of `simKeys` in [from, to), for rating: one row per SIM, hour, service version, evidence, rule and network. */
  async usageOfPeriod(simKeys: readonly number[], from: Date, to: Date): Promise<UsageRow[]> {
    const rows = await this.dataSource.query<(RawUsage & { hour: Date })[]>(
      `SELECT b.sim_key, b.hour, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc, ${COUNTERS}
       FROM ${SOURCE}
       WHERE b.sim_key = ANY($1::bigint[]) AND b.hour >= $2 AND b.hour < $3
       GROUP BY b.sim_key, b.hour, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc
       ORDER BY b.sim_key, b.hour, v.service_code NULLS LAST, r.service_version_id, r.evidence, r.rule, r.mcc`,
      [simKeys, from, to],
    );
    return rows.map((row) => ({
      simKey: toSafeInteger(row.sim_key),
      hour: row.hour.getTime(),
      serviceCode: row.service_code,
      serviceVersionId: row.service_version_id,
      evidence: evidenceOf(row.evidence),
      rule: row.rule,
      mcc: row.mcc,
      ...counters(row),
    }));
  }

  /**
   * Usage summed over each span's hours, for rating that does not look at the hour: a row per span, service version,
   * evidence, rule and network. `span` is the index in `spans`; a span without usage has no row.
   */
  async usageOfSpans(spans: readonly UsageSpan[]): Promise<UsageSpanRow[]> {
    if (spans.length === 0) return [];
    const rows = await this.dataSource.query<
      (RawUsage & { span: string; first_hour: Date; last_hour: Date })[]
    >(
      `SELECT u.span, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc,
              min(u.first_hour) AS first_hour, max(u.last_hour) AS last_hour,
              sum(u.octets_up)::text AS octets_up, sum(u.octets_down)::text AS octets_down
       FROM (
         SELECT g.span, b.reason_id, min(b.hour) AS first_hour, max(b.hour) AS last_hour,
                sum(b.octets_up) AS octets_up, sum(b.octets_down) AS octets_down
         FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY
              AS g (sim_key, from_hour, to_hour, span)
         JOIN usage_bucket b ON b.sim_key = g.sim_key AND b.hour >= g.from_hour AND b.hour < g.to_hour
         WHERE b.hour >= $4 AND b.hour < $5
         GROUP BY g.span, b.reason_id
       ) u
       JOIN usage_reason r ON r.id = u.reason_id
       LEFT JOIN service_version v ON v.id = r.service_version_id
       GROUP BY u.span, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc`,
      [
        spans.map((span) => span.simKey),
        spans.map((span) => new Date(span.from)),
        spans.map((span) => new Date(span.to)),
        // Known when the query is planned: leaves the partitions of other months out.
        new Date(spans.reduce((least, { from }) => Math.min(least, from), Infinity)),
        new Date(spans.reduce((most, { to }) => Math.max(most, to), -Infinity)),
      ],
    );
    return rows.map((row) => ({
      span: Number(row.span) - 1,
      firstHour: row.first_hour.getTime(),
      lastHour: row.last_hour.getTime(),
      serviceCode: row.service_code,
      serviceVersionId: row.service_version_id,
      evidence: evidenceOf(row.evidence),
      rule: row.rule,
      mcc: row.mcc,
      octetsUp: BigInt(row.octets_up),
      octetsDown: BigInt(row.octets_down),
    }));
  }

  /** One page of usage, ordered by start, SIM and reason, and the totals of everything under the filter: one look at the ledger. */
  async list(query: UsageQuery, page: PageRequest): Promise<UsagePage> {
    const after = page.cursor ? decodeCursor('usage', page.cursor, ['number', 'number', 'number']) : null;
    const [answer] = await this.dataSource.query<{ items: RawItem[]; totals: RawTotal[] }[]>(LIST, [
      ...filterValues(query),
      query.resolution,
      query.timeZone,
      ...(after ? [after[0] / 1000, after[1], after[2]] : [null, null, null]),
      page.limit + 1,
    ]);
    return {
      ...toPage(
        answer?.items ?? [],
        page.limit,
        (last) => encodeCursor('usage', [last.start, last.sim_key, last.reason_id]),
        toItem,
      ),
      totals: (answer?.totals ?? []).map((row) => ({
        serviceCode: row.service_code,
        evidence: evidenceOf(row.evidence),
        octetsUp: BigInt(row.octets_up),
        octetsDown: BigInt(row.octets_down),
      })),
    };
  }

  /** SIMs with usage under a filter, by key; at most `limit`. */
  async sims(filter: UsageFilter, limit: number): Promise<number[]> {
    const rows = await this.dataSource.query<{ sim_key: string }[]>(
      `SELECT DISTINCT b.sim_key FROM ${SOURCE} WHERE ${FILTER} ORDER BY b.sim_key LIMIT $8`,
      [...filterValues(filter), limit],
    );
    return rows.map((row) => toSafeInteger(row.sim_key));
  }
}

function toItem(row: RawItem): UsageItem {
  return {
    simKey: row.sim_key,
    start: row.start,
    end: row.end,
    reasonId: row.reason_id,
    serviceCode: row.service_code,
    serviceVersionId: row.service_version_id,
    claimedServiceCode: row.claimed_service_code,
    evidence: evidenceOf(row.evidence),
    rule: row.rule,
    name: row.name,
    mcc: row.mcc,
    ...counters(row),
  };
}

function filterValues(filter: UsageFilter): unknown[] {
  return [
    filter.from,
    filter.to,
    filter.simKey ?? null,
    filter.serviceCode ?? null,
    filter.evidence ?? null,
    filter.name ?? null,
    filter.direction ?? null,
  ];
}

function counters(row: CounterColumns) {
  return {
    octetsUp: BigInt(row.octets_up),
    octetsDown: BigInt(row.octets_down),
    packetsUp: BigInt(row.packets_up),
    packetsDown: BigInt(row.packets_down),
  };
}

function evidenceOf(text: string): Evidence {
  const evidence = EVIDENCES.find((known) => known === text);
  if (!evidence)
    throw new Error(`the ledger holds the unknown evidence "${text}"; was it written by a newer version?`);
  return evidence;
}
