import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { UsageRow } from './types.js';
import { evidenceOf } from './usage-page.js';

/** A part of the octets of a {@link UsageRow}, and those that stand before it there: in the order of names, those without one last. */
export interface UsageSlice extends Pick<
  UsageRow,
  'simKey' | 'hour' | 'serviceCode' | 'serviceVersionId' | 'evidence' | 'rule' | 'mcc'
> {
  octetsUp: bigint;
  octetsDown: bigint;
  beforeUp: bigint;
  beforeDown: bigint;
}

/** One bucket of a SIM. */
export interface BucketKey {
  /** UNIX milliseconds. */
  hour: number;
  reasonId: number;
}

interface RawRow {
  sim_key: string;
  hour: Date;
  service_code: string | null;
  service_version_id: number | null;
  evidence: string;
  rule: string | null;
  mcc: string | null;
  up: string;
  down: string;
  before_up: string;
  before_down: string;
}

const NAMED = `
  SELECT b.sim_key, b.hour, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc,
         sum(b.octets_up) FILTER (WHERE r.name = $4)::text AS up,
         sum(b.octets_down) FILTER (WHERE r.name = $4)::text AS down,
         coalesce(sum(b.octets_up) FILTER (WHERE r.name <> $4), 0)::text AS before_up,
         coalesce(sum(b.octets_down) FILTER (WHERE r.name <> $4), 0)::text AS before_down
  FROM usage_bucket b
  JOIN usage_reason r ON r.id = b.reason_id
  LEFT JOIN service_version v ON v.id = r.service_version_id
  WHERE b.sim_key = ANY($1::bigint[]) AND b.hour >= $2 AND b.hour < $3 AND r.name COLLATE "C" <= $4
  GROUP BY b.sim_key, b.hour, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc
  HAVING bool_or(r.name = $4)`;

const OF_BUCKETS = `
  SELECT $1::text AS sim_key, s.*
  FROM unnest($2::timestamptz[], $3::int[]) WITH ORDINALITY AS k (hour, reason_id, place)
  JOIN (
    SELECT b.hour, b.reason_id, v.service_code, r.service_version_id, r.evidence, r.rule, r.mcc,
           b.octets_up AS up, b.octets_down AS down,
           sum(b.octets_up) OVER w - b.octets_up AS before_up, sum(b.octets_down) OVER w - b.octets_down AS before_down
    FROM usage_bucket b
    JOIN usage_reason r ON r.id = b.reason_id
    LEFT JOIN service_version v ON v.id = r.service_version_id
    WHERE b.sim_key = $1::bigint AND b.hour = ANY($2::timestamptz[])
    WINDOW w AS (PARTITION BY b.hour, r.service_version_id, r.evidence, r.rule, r.mcc
                 ORDER BY r.name COLLATE "C" NULLS LAST, b.reason_id ROWS UNBOUNDED PRECEDING)
  ) s USING (hour, reason_id)
  ORDER BY k.place`;

/** Buckets of a SIM as parts of what rating sees of their hours; in the order asked for, without those that are gone. */
export async function readBucketSlices(
  manager: EntityManager,
  simKey: number,
  buckets: readonly BucketKey[],
): Promise<(UsageSlice & BucketKey)[]> {
  const rows = await manager.query<(RawRow & { reason_id: number })[]>(OF_BUCKETS, [
    simKey,
    buckets.map(({ hour }) => new Date(hour)),
    buckets.map(({ reasonId }) => reasonId),
  ]);
  return rows.map((row) => ({ ...toSlice(row), reasonId: row.reason_id }));
}

/** Usage of a name in [from, to), in no order. */
export async function readNamedUsage(
  manager: EntityManager,
  simKeys: readonly number[],
  from: Date,
  to: Date,
  name: string,
): Promise<UsageSlice[]> {
  const rows = await manager.query<RawRow[]>(NAMED, [simKeys, from, to, name]);
  return rows.map(toSlice);
}

function toSlice(row: RawRow): UsageSlice {
  return {
    simKey: toSafeInteger(row.sim_key),
    hour: row.hour.getTime(),
    serviceCode: row.service_code,
    serviceVersionId: row.service_version_id,
    evidence: evidenceOf(row.evidence),
    rule: row.rule,
    mcc: row.mcc,
    octetsUp: BigInt(row.up),
    octetsDown: BigInt(row.down),
    beforeUp: BigInt(row.before_up),
    beforeDown: BigInt(row.before_down),
  };
}
