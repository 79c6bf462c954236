import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { UsageRow } from './types.js';
import { evidenceOf } from './usage-page.js';

/** Octets of one name within a {@link UsageRow}, and of the names that stand before it there, by code unit. */
export interface NamedUsageRow extends Pick<
  UsageRow,
  'simKey' | 'hour' | 'serviceCode' | 'serviceVersionId' | 'evidence' | 'rule' | 'mcc'
> {
  octetsUp: bigint;
  octetsDown: bigint;
  beforeUp: bigint;
  beforeDown: bigint;
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

/** Usage of a name in [from, to), in no order. */
export async function readNamedUsage(
  manager: EntityManager,
  simKeys: readonly number[],
  from: Date,
  to: Date,
  name: string,
): Promise<NamedUsageRow[]> {
  const rows = await manager.query<RawRow[]>(NAMED, [simKeys, from, to, name]);
  return rows.map((row) => ({
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
  }));
}
