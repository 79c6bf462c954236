import type { EntityManager } from 'typeorm';
import { queryPrepared } from '../database/index.js';
import { EVIDENCES, type Evidence } from '../identify/index.js';
import { decodeCursor, encodeCursor, toPage, type Page, type PageRequest } from '../shared/index.js';
import type { UsageSpanRow } from './types.js';

export const RESOLUTIONS = ['hour', 'day', 'month'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export interface UsageFilter {
  /** The UTC hours that begin from `from`, inclusive, to `to`, exclusive: as in a billing period, which may begin within an hour. */
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
  /**
   * What `usageOfSpans` says of the whole span, where one SIM's usage is asked for without any other filter: summed from the
   * buckets of the page, which need not be read again. Null: under another filter.
   */
  sums: UsageSpanRow[] | null;
}

/** Sums of one start, SIM and reason as JSON holds them: start and end in UNIX seconds, octets and packets up and down. */
type RawItem = [number, number, number, number, string, string, string, string];

/** Id, service, its version, claimed service, evidence, rule, name and network of a reason. */
type RawReason = [
  number,
  string | null,
  number | null,
  string | null,
  string,
  string | null,
  string | null,
  string | null,
];

/** Service, evidence, octets up and down; in {@link UsagePage.sums} also version, rule, network, first and last hour (UNIX seconds). */
type RawTotal = [string | null, string, string, string];
type RawSum = [...RawTotal, number | null, string | null, string | null, number, number];

interface RawPage {
  items: RawItem[] | null;
  reasons: RawReason[] | null;
  totals: (RawTotal | RawSum)[] | null;
}

/** One page of usage, ordered by start, SIM and reason, and the totals of everything under the filter. */
export async function readUsagePage(
  manager: EntityManager,
  query: UsageQuery,
  page: PageRequest,
): Promise<UsagePage> {
  const after = page.cursor ? decodeCursor('usage', page.cursor, ['time', 'number', 'integer']) : null;
  const values: unknown[] = [];
  const text = pageStatement(query, after, page.limit + 1, values);
  const [answer] = isHot(query)
    ? await queryPrepared<RawPage>(manager, text, values)
    : await manager.query<RawPage[]>(text, values);
  const reasons = new Map(answer?.reasons?.map((reason) => [reason[0], reason]));
  return {
    ...toPage(
      answer?.items ?? [],
      page.limit,
      ([start, , simKey, reasonId]) => encodeCursor('usage', [start * 1000, simKey, reasonId]),
      (item) => toItem(item, reasons),
    ),
    totals: totalsOf(answer?.totals ?? []),
    sums: isWhole(query) ? ((answer?.totals ?? []) as RawSum[]).map(toSum) : null,
  };
}

/** Everything of a SIM. */
function isWhole(query: UsageQuery): boolean {
  return isHot(query) && query.direction === undefined;
}

/** What is asked for again and again, in few texts, and finds its buckets by the key whatever the values are. */
function isHot({ simKey, serviceCode, evidence, name }: UsageQuery): boolean {
  return simKey !== undefined && serviceCode === undefined && evidence === undefined && name === undefined;
}

/**
 * The same buckets, read and summed once, give the page, its reasons and the totals; each is one JSON value, and what a reason
 * says is written once and not with each of its items: making JSON of wide rows took longer than reading and summing them.
 *
 * Days and months are those on the local calendar that an hour begins in, as in rating. An hour is the UTC hour that it is kept by,
 * whatever the zone: local ones may begin at half past, and one of them comes twice when daylight saving ends.
 */
function pageStatement(
  query: UsageQuery,
  after: readonly [number, number, number] | null,
  limit: number,
  values: unknown[],
): string {
  const place = (value: unknown) => `$${values.push(value)}`;
  const under = conditionsOf(query, values);
  const resolution = `${place(query.resolution)}::text`;
  const zone = `${place(query.resolution === 'hour' ? 'UTC' : query.timeZone)}::text`;
  const localOf = (instant: string) => `date_trunc(${resolution}, ${instant} AT TIME ZONE ${zone})`;
  const behind =
    after === null
      ? ''
      : `WHERE (start, sim_key, reason_id) >
         (${localOf(`to_timestamp(${place(after[0] / 1000)}::float8)`)}, ${place(after[1])}::bigint, ${place(after[2])}::int)`;
  const seconds = (local: string) => `date_part('epoch', ${firstInstantOf(local, zone)})::bigint`;
  return `
    WITH u AS MATERIALIZED (
      SELECT ${localOf('b.hour')} AS start, b.sim_key, b.reason_id, ${sumsOf(query.direction)}
             ${isWhole(query) ? HOURS_OF_BUCKETS : ''}
      FROM usage_bucket b WHERE ${under} GROUP BY 1, 2, 3
    ), p AS MATERIALIZED (
      SELECT * FROM u ${behind} ORDER BY start, sim_key, reason_id LIMIT ${place(limit)}
    )
    SELECT
      (SELECT json_agg(json_build_array(
                ${seconds('start')},
                ${seconds(`(start + ('1 ' || ${resolution})::interval)`)},
                sim_key, reason_id, octets_up::text, octets_down::text, packets_up::text, packets_down::text)
              ORDER BY start, sim_key, reason_id) FROM p) AS items,
      (SELECT json_agg(json_build_array(
                r.id, v.service_code, r.service_version_id, r.claimed_service_code, r.evidence, r.rule, r.name, r.mcc))
       FROM usage_reason r LEFT JOIN service_version v ON v.id = r.service_version_id
       WHERE r.id IN (SELECT reason_id FROM p)) AS reasons,
      (SELECT json_agg(json_build_array(service_code, evidence, octets_up::text, octets_down::text
                                        ${isWhole(query) ? SUM_FIELDS : ''})
                       ORDER BY service_code NULLS LAST, evidence)
       FROM (SELECT v.service_code, r.evidence, sum(octets_up) AS octets_up, sum(octets_down) AS octets_down
                    ${isWhole(query) ? SUM_COLUMNS : ''}
             FROM (SELECT reason_id, sum(octets_up) AS octets_up, sum(octets_down) AS octets_down
                          ${isWhole(query) ? HOURS_OF_REASON : ''}
                   FROM u GROUP BY reason_id) s
             JOIN usage_reason r ON r.id = s.reason_id
             LEFT JOIN service_version v ON v.id = r.service_version_id
             GROUP BY v.service_code, r.evidence ${isWhole(query) ? SUM_KEY : ''}) t) AS totals`;
}

/** Of a midnight that comes twice, as where clocks go back from one o'clock, the server gives the second. */
function firstInstantOf(local: string, zone: string): string {
  const instant = `(${local} AT TIME ZONE ${zone})`;
  const earlier = `(${instant} - interval '1 hour')`;
  return `(CASE WHEN ${earlier} AT TIME ZONE ${zone} >= ${local} THEN ${earlier} ELSE ${instant} END)`;
}

const HOURS_OF_BUCKETS = ', min(b.hour) AS first_hour, max(b.hour) AS last_hour';
const HOURS_OF_REASON = ', min(first_hour) AS first_hour, max(last_hour) AS last_hour';
const SUM_KEY = ', r.service_version_id, r.rule, r.mcc';
const SUM_COLUMNS = `${SUM_KEY} ${HOURS_OF_REASON}`;
const SUM_FIELDS = `, service_version_id, rule, mcc,
  date_part('epoch', first_hour)::bigint, date_part('epoch', last_hour)::bigint`;

/** Conditions on the buckets `b` of a filter, its values added to `values`. Names what is asked for alone: see `queryPrepared`. */
export function conditionsOf(filter: UsageFilter, values: unknown[]): string {
  const place = (value: unknown) => `$${values.push(value)}`;
  const conditions = [`b.hour >= ${place(filter.from)}`, `b.hour < ${place(filter.to)}`];
  const reason: string[] = [];
  if (filter.simKey !== undefined) conditions.push(`b.sim_key = ${place(filter.simKey)}`);
  if (filter.serviceCode !== undefined) reason.push(`v.service_code = ${place(filter.serviceCode)}`);
  if (filter.evidence !== undefined) reason.push(`r.evidence = ${place(filter.evidence)}`);
  if (filter.name !== undefined) reason.push(`r.name = ${place(filter.name)}`);
  if (reason.length > 0)
    conditions.push(`b.reason_id IN (
      SELECT r.id FROM usage_reason r LEFT JOIN service_version v ON v.id = r.service_version_id
      WHERE ${reason.join(' AND ')})`);
  if (filter.direction !== undefined)
    conditions.push(`(b.packets_${filter.direction} <> 0 OR b.octets_${filter.direction} <> 0)`);
  return conditions.join(' AND ');
}

function sumsOf(direction: UsageFilter['direction']): string {
  return ['octets_up', 'octets_down', 'packets_up', 'packets_down']
    .map((column) =>
      direction === undefined || column.endsWith(direction)
        ? `sum(b.${column}) AS ${column}`
        : `0::numeric AS ${column}`,
    )
    .join(', ');
}

/** By service and evidence, in the order that they came in. */
function totalsOf(rows: readonly (RawTotal | RawSum)[]): UsageTotal[] {
  const totals: UsageTotal[] = [];
  for (const [serviceCode, evidence, octetsUp, octetsDown] of rows) {
    const last = totals.at(-1);
    if (last?.serviceCode === serviceCode && last.evidence === evidence) {
      last.octetsUp += BigInt(octetsUp);
      last.octetsDown += BigInt(octetsDown);
    } else
      totals.push({
        serviceCode,
        evidence: evidenceOf(evidence),
        octetsUp: BigInt(octetsUp),
        octetsDown: BigInt(octetsDown),
      });
  }
  return totals;
}

function toSum([
  serviceCode,
  evidence,
  up,
  down,
  serviceVersionId,
  rule,
  mcc,
  first,
  last,
]: RawSum): UsageSpanRow {
  return {
    span: 0,
    firstHour: first * 1000,
    lastHour: last * 1000,
    serviceCode,
    serviceVersionId,
    evidence: evidenceOf(evidence),
    rule,
    mcc,
    octetsUp: BigInt(up),
    octetsDown: BigInt(down),
  };
}

function toItem(
  [start, end, simKey, reasonId, octetsUp, octetsDown, packetsUp, packetsDown]: RawItem,
  reasons: ReadonlyMap<number, RawReason>,
): UsageItem {
  const reason = reasons.get(reasonId);
  if (reason === undefined) throw new Error(`the ledger lacks reason ${reasonId}`);
  const [, serviceCode, serviceVersionId, claimedServiceCode, evidence, rule, name, mcc] = reason;
  return {
    simKey,
    start: start * 1000,
    end: end * 1000,
    reasonId,
    serviceCode,
    serviceVersionId,
    claimedServiceCode,
    evidence: evidenceOf(evidence),
    rule,
    name,
    mcc,
    octetsUp: BigInt(octetsUp),
    octetsDown: BigInt(octetsDown),
    packetsUp: BigInt(packetsUp),
    packetsDown: BigInt(packetsDown),
  };
}

/** The evidence of a reason as it is stored. Throws for one that this build does not know. */
export function evidenceOf(text: string): Evidence {
  const evidence = EVIDENCES.find((known) => known === text);
  if (!evidence)
    throw new Error(`the ledger holds the unknown evidence "${text}"; was it written by a newer version?`);
  return evidence;
}
