import type { DataSource } from 'typeorm';
import type { PageRequest } from '../shared/index.js';
import { toSafeInteger } from '../database/index.js';
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
import { readUsageOfSpans } from './usage-spans.js';

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

const SOURCE = `
  usage_bucket b
  JOIN usage_reason r ON r.id = b.reason_id
  LEFT JOIN service_version v ON v.id = r.service_version_id`;

const COUNTERS = `
  sum(b.octets_up)::text AS octets_up, sum(b.octets_down)::text AS octets_down,
  sum(b.packets_up)::text AS packets_up, sum(b.packets_down)::text AS packets_down`;

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
    return readUsageOfSpans(this.dataSource.manager, spans);
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
