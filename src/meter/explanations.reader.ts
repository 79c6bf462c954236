import type { DataSource } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import { decodeCursor, encodeCursor, toPage, type Page, type PageRequest } from '../shared/index.js';
import { conditionsOf, type UsageFilter } from './usage-page.js';

export interface ExplanationQuery extends UsageFilter {
  simKey: number;
  /** `reasonId` of an item of usage. */
  reasonId?: number | undefined;
}

/** Why the octets of one SIM, hour and reason stand where they do. */
export interface Explanation {
  hour: Date;
  reasonId: number;
  serviceCode: string | null;
  /** The version of the service's rules that matched; null: none did. */
  serviceVersion: { id: number; version: number; effectiveFrom: Date } | null;
  claimedServiceCode: string | null;
  evidence: string;
  rule: string | null;
  name: string | null;
  /** Whether name and address agreed; null where only one of them was looked at. */
  agreed: boolean | null;
  /** Mobile country code of the visited network; null = unknown. */
  mcc: string | null;
  octetsUp: string;
  octetsDown: string;
  packetsUp: string;
  packetsDown: string;
  /** The last batch that changed the figure; null where all of it was bound from suspense. */
  batch: {
    source: string;
    generation: string;
    sequence: string;
    firstTime: Date | null;
    lastTime: Date | null;
    receivedAt: Date;
  } | null;
  /** Octets that an address had used before its session was known. */
  bindings: { sessionId: string; address: string; octetsUp: string; octetsDown: string; boundAt: Date }[];
}

interface Row {
  hour: Date;
  reason_id: number;
  service_code: string | null;
  version_id: number | null;
  version: number | null;
  effective_from: Date | null;
  claimed_service_code: string | null;
  evidence: string;
  rule: string | null;
  name: string | null;
  agreed: boolean | null;
  mcc: string | null;
  octets_up: string;
  octets_down: string;
  packets_up: string;
  packets_down: string;
  source: string | null;
  generation: string;
  sequence: string;
  first_time: Date | null;
  last_time: Date | null;
  received_at: Date;
}

/** Bindings shown of one bucket: a bucket rarely has more than one. */
const BINDINGS = 20;

/** Reads what each figure of the ledger rests on. */
export class ExplanationsReader {
  constructor(private readonly dataSource: DataSource) {}

  /** One page of a SIM's buckets, by hour and reason, each with its rule, version, evidence and batch. */
  async list(query: ExplanationQuery, page: PageRequest): Promise<Page<Explanation>> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = [conditionsOf(query, values)];
    if (query.reasonId !== undefined) conditions.push(`b.reason_id = ${place(query.reasonId)}`);
    if (page.cursor !== undefined) {
      const [hour, reasonId] = decodeCursor('explanations', page.cursor, ['time', 'integer']);
      conditions.push(
        `(b.hour, b.reason_id) > (${place(new Date(hour))}::timestamptz, ${place(reasonId)}::int)`,
      );
    }
    const rows = await this.dataSource.query<Row[]>(
      `SELECT b.hour, b.reason_id, v.service_code, v.id AS version_id, v.version, v.effective_from,
              r.claimed_service_code, r.evidence, r.rule, r.name, r.agreed, r.mcc,
              b.octets_up::text, b.octets_down::text, b.packets_up::text, b.packets_down::text,
              l.source, l.generation, l.sequence::text, l.first_time, l.last_time, l.received_at
       FROM usage_bucket b
       JOIN usage_reason r ON r.id = b.reason_id
       LEFT JOIN service_version v ON v.id = r.service_version_id
       LEFT JOIN ledger_batch l ON l.id = b.last_batch_id
       WHERE ${conditions.join(' AND ')}
       ORDER BY b.hour, b.reason_id LIMIT ${place(page.limit + 1)}`,
      values,
    );
    const bindings = await this.bindings(query.simKey, rows);
    return toPage(
      rows,
      page.limit,
      (last) => encodeCursor('explanations', [last.hour.getTime(), last.reason_id]),
      (row) => toExplanation(row, bindings.get(bucketKey(row)) ?? [], query.direction),
    );
  }

  private async bindings(
    simKey: number,
    rows: readonly Row[],
  ): Promise<Map<string, Explanation['bindings']>> {
    const found = await this.dataSource.query<
      (Pick<Row, 'hour' | 'reason_id' | 'octets_up' | 'octets_down'> & {
        session_id: string;
        address: string;
        bound_at: Date;
      })[]
    >(
      `SELECT s.* FROM unnest($2::timestamptz[], $3::int[]) AS k (hour, reason_id)
       CROSS JOIN LATERAL (
         SELECT hour, reason_id, session_id::text, host(address) AS address, octets_up::text, octets_down::text, bound_at
         FROM suspense_binding b WHERE b.sim_key = $1 AND b.hour = k.hour AND b.reason_id = k.reason_id
         ORDER BY id LIMIT ${BINDINGS}) s`,
      [simKey, rows.map(({ hour }) => hour), rows.map((row) => row.reason_id)],
    );
    const byBucket = new Map<string, Explanation['bindings']>();
    for (const row of found) {
      const list = byBucket.get(bucketKey(row)) ?? [];
      list.push({
        sessionId: row.session_id,
        address: row.address,
        octetsUp: row.octets_up,
        octetsDown: row.octets_down,
        boundAt: row.bound_at,
      });
      byBucket.set(bucketKey(row), list);
    }
    return byBucket;
  }
}

function bucketKey({ hour, reason_id }: Pick<Row, 'hour' | 'reason_id'>): string {
  return JSON.stringify([hour.getTime(), reason_id]);
}

function toExplanation(
  row: Row,
  bindings: Explanation['bindings'],
  direction: UsageFilter['direction'],
): Explanation {
  const up = (count: string) => (direction === 'down' ? '0' : count);
  const down = (count: string) => (direction === 'up' ? '0' : count);
  return {
    hour: row.hour,
    reasonId: row.reason_id,
    serviceCode: row.service_code,
    serviceVersion:
      row.version_id === null || row.version === null || row.effective_from === null
        ? null
        : { id: toSafeInteger(row.version_id), version: row.version, effectiveFrom: row.effective_from },
    claimedServiceCode: row.claimed_service_code,
    evidence: row.evidence,
    rule: row.rule,
    name: row.name,
    agreed: row.agreed,
    mcc: row.mcc,
    octetsUp: up(row.octets_up),
    octetsDown: down(row.octets_down),
    packetsUp: up(row.packets_up),
    packetsDown: down(row.packets_down),
    batch:
      row.source === null
        ? null
        : {
            source: row.source,
            generation: row.generation,
            sequence: row.sequence,
            firstTime: row.first_time,
            lastTime: row.last_time,
            receivedAt: row.received_at,
          },
    bindings: bindings.map((binding) => ({
      ...binding,
      octetsUp: up(binding.octetsUp),
      octetsDown: down(binding.octetsDown),
    })),
  };
}
