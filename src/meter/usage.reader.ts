import type { DataSource } from 'typeorm';
import type { PageRequest } from '../shared/index.js';
import { queryPrepared, toSafeInteger } from '../database/index.js';
import { readBucketSlices, readNamedUsage, type BucketKey, type UsageSlice } from './named-usage.js';
import type { UsageRow, UsageSpan, UsageSpanRow } from './types.js';
import {
  conditionsOf,
  evidenceOf,
  readUsagePage,
  type UsageFilter,
  type UsagePage,
  type UsageQuery,
} from './usage-page.js';

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

interface RawSpan extends RawUsage {
  span: string;
  first_hour: Date;
  last_hour: Date;
}

const SOURCE = `
  usage_bucket b
  JOIN usage_reason r ON r.id = b.reason_id
  LEFT JOIN service_version v ON v.id = r.service_version_id`;

const COUNTERS = `
  sum(b.octets_up)::text AS octets_up, sum(b.octets_down)::text AS octets_down,
  sum(b.packets_up)::text AS packets_up, sum(b.packets_down)::text AS packets_down`;

const FEW_SPANS = 10;
const OF_SPANS = `
  SELECT u.span, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc,
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
  GROUP BY u.span, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc`;

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
    const { manager } = this.dataSource;
    const values = [
      spans.map((span) => span.simKey),
      spans.map((span) => new Date(span.from)),
      spans.map((span) => new Date(span.to)),
      // Known when the query is planned: leaves the partitions of other months out.
      new Date(spans.reduce((least, { from }) => Math.min(least, from), Infinity)),
      new Date(spans.reduce((most, { to }) => Math.max(most, to), -Infinity)),
    ];
    // Of a few spans a plan for any number of them is as good; those of thousands are worth a plan of their own.
    const rows =
      spans.length > FEW_SPANS
        ? await manager.query<RawSpan[]>(OF_SPANS, values)
        : await queryPrepared<RawSpan>(manager, OF_SPANS, values);
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

  /** What of the usage of these SIMs in [from, to) has a name. */
  usageOfName(simKeys: readonly number[], from: Date, to: Date, name: string): Promise<UsageSlice[]> {
    return readNamedUsage(this.dataSource.manager, simKeys, from, to, name);
  }

  /** Buckets of a SIM as parts of what rating sees of their hours; in the order asked for, without those that are gone. */
  usageOfBuckets(simKey: number, buckets: readonly BucketKey[]): Promise<(UsageSlice & BucketKey)[]> {
    return readBucketSlices(this.dataSource.manager, simKey, buckets);
  }

  /** One page of usage, ordered by start, SIM and reason, and the totals of everything under the filter: one look at the ledger. */
  list(query: UsageQuery, page: PageRequest): Promise<UsagePage> {
    return readUsagePage(this.dataSource.manager, query, page);
  }

  /** The first and the last hour with usage of these SIMs in [from, to), UNIX milliseconds; undefined: there is none. */
  async hoursWithUsage(
    simKeys: readonly number[],
    from: Date,
    to: Date,
  ): Promise<{ first: number; last: number } | undefined> {
    const [row] = await this.dataSource.query<{ first: Date | null; last: Date | null }[]>(
      `SELECT min(hour) AS first, max(hour) AS last FROM usage_bucket
       WHERE sim_key = ANY($1::bigint[]) AND hour >= $2 AND hour < $3`,
      [simKeys, from, to],
    );
    if (!row?.first || !row.last) return undefined;
    return { first: row.first.getTime(), last: row.last.getTime() };
  }

  /** SIMs with usage under a filter, by key; at most `limit`. */
  async sims(filter: UsageFilter, limit: number): Promise<number[]> {
    const values: unknown[] = [];
    const under = conditionsOf(filter, values);
    const rows = await this.dataSource.query<{ sim_key: string }[]>(
      `SELECT DISTINCT b.sim_key FROM usage_bucket b WHERE ${under} ORDER BY b.sim_key LIMIT $${values.push(limit)}`,
      values,
    );
    return rows.map((row) => toSafeInteger(row.sim_key));
  }
}

function counters(row: CounterColumns) {
  return {
    octetsUp: BigInt(row.octets_up),
    octetsDown: BigInt(row.octets_down),
    packetsUp: BigInt(row.packets_up),
    packetsDown: BigInt(row.packets_down),
  };
}
