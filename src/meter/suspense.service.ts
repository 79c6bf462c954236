import { inTransaction } from '../database/index.js';
import type { Clock } from '../shared/index.js';
import type { Outbox } from '../webhooks/index.js';
import type { DataSource, EntityManager } from 'typeorm';
import type { LedgerRepository } from './ledger.repository.js';

/** Suspense rows moved in one transaction. */
const BATCH_ROWS = 5_000;

/** Octets that left suspense for SIMs' accounts. */
export interface BindingResult {
  rows: number;
  octets: bigint;
  simKeys: number[];
}

/** Null equals null, in words that a hash join can serve. */
const SAME_BUT_NETWORK = `
  coalesce(there.service_version_id, -1) = coalesce(here.service_version_id, -1)
  AND coalesce(there.claimed_service_code, '') = coalesce(here.claimed_service_code, '')
  AND there.evidence = here.evidence AND coalesce(there.rule, '') = coalesce(here.rule, '')
  AND coalesce(there.name, '') = coalesce(here.name, '')
  AND coalesce(there.agreed::int, -1) = coalesce(here.agreed::int, -1)`;

/**
 * Reasons of the networks that waiting octets were used in. Nobody knew the network of an address without a session, so
 * suspense has none; made in a transaction of their own, as those of the meter.
 */
const PREPARE = `
  INSERT INTO usage_reason (service_version_id, claimed_service_code, evidence, rule, name, agreed, mcc)
  SELECT DISTINCT r.service_version_id, r.claimed_service_code, r.evidence, r.rule, r.name, r.agreed, x.mcc
  FROM suspense_bucket s
  JOIN session x ON x.realm_index = s.realm_index AND x.prefix >>= s.address AND x.mcc IS NOT NULL
       AND x.start_time <= s.first_time AND (x.end_time IS NULL OR x.end_time > s.last_time)
  JOIN usage_reason r ON r.id = s.reason_id
  ON CONFLICT ON CONSTRAINT usage_reason_key DO UPDATE SET retired_at = NULL
    WHERE usage_reason.retired_at IS NOT NULL`;

/**
 * A row is bound when one session held its address from its first to its last packet; the longest prefix wins. The rows
 * are locked first, so a batch that adds to one of them either comes before (and is moved along) or makes a new row.
 */
const BIND = `
  WITH held AS (
    SELECT s.realm_index, s.address, s.hour, s.reason_id, holder.id AS session_id, holder.sim_key,
           coalesce(there.id, s.reason_id) AS bound_reason_id
    FROM suspense_bucket s
    CROSS JOIN LATERAL (
      SELECT x.id, x.sim_key, x.mcc
      FROM session x
      WHERE x.realm_index = s.realm_index
        AND x.prefix >>= s.address
        AND x.start_time <= s.first_time
        AND (x.end_time IS NULL OR x.end_time > s.last_time)
      ORDER BY masklen(x.prefix) DESC, x.start_time DESC
      LIMIT 1
    ) holder
    LEFT JOIN usage_reason here ON here.id = s.reason_id AND holder.mcc IS NOT NULL
    LEFT JOIN usage_reason there ON ${SAME_BUT_NETWORK} AND there.mcc = holder.mcc
    ORDER BY s.realm_index, s.address, s.hour, s.reason_id
    LIMIT $2
    FOR UPDATE OF s
  ), moved AS (
    DELETE FROM suspense_bucket s
    USING held h
    WHERE s.realm_index = h.realm_index AND s.address = h.address AND s.hour = h.hour AND s.reason_id = h.reason_id
    RETURNING s.*, h.session_id, h.sim_key, h.bound_reason_id
  ), recorded AS (
    INSERT INTO suspense_binding
      (session_id, sim_key, realm_index, address, hour, reason_id, octets_up, octets_down, packets_up, packets_down, bound_at)
    SELECT session_id, sim_key, realm_index, address, hour, bound_reason_id, octets_up, octets_down, packets_up, packets_down, $1
    FROM moved
  ), added AS (
    INSERT INTO usage_bucket AS b
      (sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down)
    SELECT sim_key, hour, bound_reason_id, sum(octets_up), sum(octets_down), sum(packets_up), sum(packets_down)
    FROM moved GROUP BY sim_key, hour, bound_reason_id
    ON CONFLICT (sim_key, hour, reason_id) DO UPDATE SET
      octets_up = b.octets_up + EXCLUDED.octets_up,
      octets_down = b.octets_down + EXCLUDED.octets_down,
      packets_up = b.packets_up + EXCLUDED.packets_up,
      packets_down = b.packets_down + EXCLUDED.packets_down
  ), touched AS (
    INSERT INTO usage_touch (hour, sim_keys, octets)
    SELECT hour, array_agg(sim_key), array_agg(octets)
    FROM (SELECT sim_key, hour, sum(greatest(octets_up, 0) + greatest(octets_down, 0))::bigint AS octets
          FROM moved GROUP BY sim_key, hour) m
    GROUP BY hour
  )
  SELECT m.sim_key, s.sim_id, count(*)::int AS rows, sum(m.octets_up)::text AS octets_up, sum(m.octets_down)::text AS octets_down,
         min(m.hour) AS first_hour, max(m.hour) AS last_hour
  FROM moved m JOIN sim s USING (sim_key) GROUP BY m.sim_key, s.sim_id`;

const HOUR_MS = 3_600_000;

interface Bound {
  sim_key: string;
  sim_id: string;
  rows: number;
  octets_up: string;
  octets_down: string;
  first_hour: Date;
  last_hour: Date;
}

/** Moves the octets of unknown addresses to the SIM that held the address, once its session is known. */
export class SuspenseService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: LedgerRepository,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
  ) {}

  /** Binds all that the sessions known now cover, and tells of it by one event for each SIM and transaction. Safe to call at any time, from any process. */
  async bind(): Promise<BindingResult> {
    await this.ledger.ensurePartitions(await this.hours());
    const total = { rows: 0, octets: 0n, simKeys: new Set<number>() };
    await this.dataSource.query(PREPARE);
    for (;;) {
      const moved = await inTransaction(this.dataSource, (manager) => this.bindSome(manager));
      const rows = moved.reduce((sum, row) => sum + row.rows, 0);
      total.rows += rows;
      for (const row of moved) {
        total.octets += BigInt(row.octets_up) + BigInt(row.octets_down);
        total.simKeys.add(Number(row.sim_key));
      }
      if (rows < BATCH_ROWS) {
        return { rows: total.rows, octets: total.octets, simKeys: [...total.simKeys].sort((a, b) => a - b) };
      }
    }
  }

  private async bindSome(manager: EntityManager): Promise<Bound[]> {
    const now = this.clock.now();
    const moved = await manager.query<Bound[]>(BIND, [new Date(now), BATCH_ROWS]);
    await this.outbox.appendMany(
      manager,
      moved.map((bound) => ({
        type: 'sim.suspense_bound' as const,
        simId: bound.sim_id,
        occurredAt: now,
        data: boundFields(bound),
      })),
    );
    return moved;
  }

  /** Octets of all addresses that still wait for a session. */
  async waitingOctets(): Promise<bigint> {
    const [row] = await this.dataSource.query<{ octets: string }[]>(
      'SELECT coalesce(sum(octets_up + octets_down), 0)::text AS octets FROM suspense_bucket',
    );
    return BigInt(row?.octets ?? 0);
  }

  private async hours(): Promise<number[]> {
    const rows = await this.dataSource.query<{ month: Date }[]>(
      `SELECT DISTINCT date_trunc('month', hour, 'UTC') AS month FROM suspense_bucket`,
    );
    return rows.map((row) => row.month.getTime());
  }
}

function boundFields(bound: Bound) {
  const to = bound.last_hour.getTime() + HOUR_MS;
  const from = bound.first_hour.toISOString();
  return {
    rows: bound.rows,
    octetsUp: bound.octets_up,
    octetsDown: bound.octets_down,
    octets: String(BigInt(bound.octets_up) + BigInt(bound.octets_down)),
    firstHour: from,
    lastHour: bound.last_hour.toISOString(),
    url: `/v1/usage/${encodeURIComponent(bound.sim_id)}/explain?from=${from}&to=${new Date(to).toISOString()}`,
  };
}
