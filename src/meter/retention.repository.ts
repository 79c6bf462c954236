import type { EntityManager } from 'typeorm';

/** A month of usage_bucket: UNIX milliseconds, to exclusive. */
export interface Month {
  from: number;
  to: number;
}

/** Rows that lost their name, and their octets. */
export interface Moved {
  rows: number;
  octets: bigint;
}

interface MovedRow {
  rows: number;
  octets: string;
}

const COLUMNS = ['octets_up', 'octets_down', 'packets_up', 'packets_down'];
const SUMS = COLUMNS.map((column) => `sum(${column})`).join(', ');
const ADDED = COLUMNS.map((column) => `${column} = b.${column} + EXCLUDED.${column}`).join(', ');
const RESULT = `SELECT count(*)::int AS rows, coalesce(sum(octets_up + octets_down), 0)::text AS octets FROM gone`;

/**
 * Rows are locked in the order of their keys, as those do who add to them; what is added meanwhile either comes first
 * and moves along, or makes the row anew. So no octet is lost or counted twice.
 */
const FORGET_USAGE = `
  WITH old AS MATERIALIZED (
    SELECT b.sim_key, b.hour, b.reason_id, r.nameless_id
    FROM usage_bucket b
    JOIN usage_reason r ON r.id = b.reason_id AND r.nameless_id IS NOT NULL
    WHERE b.sim_key = ANY ($1::bigint[]) AND b.hour >= $2 AND b.hour < $3
      AND b.hour < $4::timestamptz - make_interval(days => coalesce(
        (SELECT min(m.retention_days) FROM session x JOIN realm m USING (realm_index)
         WHERE x.sim_key = b.sim_key AND x.start_time < b.hour + interval '1 hour'
           AND (x.end_time IS NULL OR x.end_time > b.hour)), $5))
    ORDER BY b.sim_key, b.hour, b.reason_id
    FOR UPDATE OF b
  ), gone AS (
    DELETE FROM usage_bucket b USING old o
    WHERE b.sim_key = o.sim_key AND b.hour = o.hour AND b.reason_id = o.reason_id
      AND b.hour >= $2 AND b.hour < $3
    RETURNING b.*, o.nameless_id
  ), added AS (
    INSERT INTO usage_bucket AS b
      (sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down, last_batch_id)
    SELECT sim_key, hour, nameless_id, ${SUMS}, max(last_batch_id)
    FROM gone GROUP BY sim_key, hour, nameless_id
    ORDER BY sim_key, hour, nameless_id
    ON CONFLICT (sim_key, hour, reason_id) DO UPDATE SET ${ADDED},
      last_batch_id = GREATEST(b.last_batch_id, EXCLUDED.last_batch_id)
  ) ${RESULT}`;

const FORGET_SUSPENSE = `
  WITH old AS MATERIALIZED (
    SELECT b.realm_index, b.address, b.hour, b.reason_id, r.nameless_id
    FROM suspense_bucket b
    JOIN usage_reason r ON r.id = b.reason_id AND r.nameless_id IS NOT NULL
    JOIN realm m ON m.realm_index = b.realm_index
    WHERE b.hour < $1::timestamptz - make_interval(days => m.retention_days)
    ORDER BY b.realm_index, b.address, b.hour, b.reason_id
    LIMIT $2
    FOR UPDATE OF b
  ), gone AS (
    DELETE FROM suspense_bucket b USING old o
    WHERE b.realm_index = o.realm_index AND b.address = o.address AND b.hour = o.hour AND b.reason_id = o.reason_id
    RETURNING b.*, o.nameless_id
  ), added AS (
    INSERT INTO suspense_bucket AS b
      (realm_index, address, hour, reason_id, octets_up, octets_down, packets_up, packets_down, first_time, last_time)
    SELECT realm_index, address, hour, nameless_id, ${SUMS}, min(first_time), max(last_time)
    FROM gone GROUP BY realm_index, address, hour, nameless_id
    ON CONFLICT (realm_index, address, hour, reason_id) DO UPDATE SET ${ADDED},
      first_time = LEAST(b.first_time, EXCLUDED.first_time), last_time = GREATEST(b.last_time, EXCLUDED.last_time)
  ) ${RESULT}`;

const FORGET_BINDINGS = `
  WITH gone AS (
    UPDATE suspense_binding b SET reason_id = r.nameless_id
    FROM usage_reason r
    WHERE r.id = b.reason_id AND b.id IN (
      SELECT b.id FROM suspense_binding b
      JOIN usage_reason r ON r.id = b.reason_id AND r.nameless_id IS NOT NULL
      JOIN realm m ON m.realm_index = b.realm_index
      WHERE b.hour < $1::timestamptz - make_interval(days => m.retention_days)
      ORDER BY b.id LIMIT $2)
    RETURNING b.*
  ) ${RESULT}`;

const SAME_BUT_NAME = `
  coalesce(n.service_version_id, -1) = coalesce(r.service_version_id, -1)
  AND coalesce(n.claimed_service_code, '') = coalesce(r.claimed_service_code, '')
  AND n.evidence = r.evidence AND coalesce(n.rule, '') = coalesce(r.rule, '')
  AND coalesce(n.agreed::int, -1) = coalesce(r.agreed::int, -1) AND coalesce(n.mcc, '') = coalesce(r.mcc, '')`;

const IN_USE = `
  SELECT reason_id FROM usage_bucket UNION SELECT reason_id FROM suspense_bucket
  UNION SELECT reason_id FROM suspense_binding`;

/** SQL of forgetting. Every method runs in the caller's transaction. */
export class RetentionRepository {
  /** Fewest days that any realm keeps names; undefined: there is no realm, so nothing to forget. */
  async shortestRetention(manager: EntityManager): Promise<number | undefined> {
    const [row] = await manager.query<{ days: number | null }[]>(
      'SELECT min(retention_days) AS days FROM realm',
    );
    return row?.days ?? undefined;
  }

  /** Gives every reason with a name the one without that stands in for it. */
  async prepareNameless(manager: EntityManager): Promise<void> {
    await manager.query(
      `INSERT INTO usage_reason (service_version_id, claimed_service_code, evidence, rule, name, agreed, mcc)
       SELECT DISTINCT service_version_id, claimed_service_code, evidence, rule, NULL, agreed, mcc
       FROM usage_reason WHERE name IS NOT NULL AND nameless_id IS NULL
       ON CONFLICT ON CONSTRAINT usage_reason_key DO NOTHING`,
    );
    await manager.query(
      `UPDATE usage_reason r SET nameless_id = n.id FROM usage_reason n
       WHERE r.name IS NOT NULL AND r.nameless_id IS NULL AND n.name IS NULL AND ${SAME_BUT_NAME}`,
    );
  }

  /** Months that begin before `until` (UNIX milliseconds) and hold a name, oldest first. */
  async monthsWithNames(manager: EntityManager, until: number): Promise<Month[]> {
    const rows = await manager.query<{ name: string }[]>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'usage_bucket'::regclass ORDER BY c.relname`,
    );
    const months: Month[] = [];
    for (const { name } of rows) {
      const [year, month] = name.split('_').slice(-2).map(Number) as [number, number];
      const from = Date.UTC(year, month - 1, 1);
      const to = Math.min(Date.UTC(year, month, 1), until);
      if (from >= until) continue;
      const [row] = await manager.query<{ found: boolean }[]>(
        `SELECT EXISTS (SELECT FROM usage_bucket b JOIN usage_reason r ON r.id = b.reason_id
           WHERE r.nameless_id IS NOT NULL AND b.hour >= $1 AND b.hour < $2) AS found`,
        [new Date(from), new Date(to)],
      );
      if (row?.found === true) months.push({ from, to });
    }
    return months;
  }

  /** The next SIMs with usage in a month, after `afterSim`. */
  async simsOf(manager: EntityManager, month: Month, afterSim: string, limit: number): Promise<string[]> {
    const rows = await manager.query<{ sim_key: string }[]>(
      `SELECT DISTINCT sim_key FROM usage_bucket
       WHERE hour >= $1 AND hour < $2 AND sim_key > $3 ORDER BY sim_key LIMIT $4`,
      [new Date(month.from), new Date(month.to), afterSim, limit],
    );
    return rows.map((row) => row.sim_key);
  }

  /** Takes the names off buckets of SIMs that are older than the realm of their session keeps them. */
  async forgetUsage(
    manager: EntityManager,
    simKeys: readonly string[],
    month: Month,
    now: number,
    fallbackDays: number,
  ): Promise<Moved> {
    return moved(
      await manager.query<MovedRow[]>(FORGET_USAGE, [
        simKeys,
        new Date(month.from),
        new Date(month.to),
        new Date(now),
        fallbackDays,
      ]),
    );
  }

  async forgetSuspense(manager: EntityManager, now: number, limit: number): Promise<Moved> {
    return moved(await manager.query<MovedRow[]>(FORGET_SUSPENSE, [new Date(now), limit]));
  }

  async forgetBindings(manager: EntityManager, now: number, limit: number): Promise<Moved> {
    return moved(await manager.query<MovedRow[]>(FORGET_BINDINGS, [new Date(now), limit]));
  }

  /** Notes since when reasons with a name are out of use. */
  async retireReasons(manager: EntityManager, now: number): Promise<void> {
    await manager.query(
      `UPDATE usage_reason r SET retired_at = $1
       WHERE r.name IS NOT NULL AND r.retired_at IS NULL AND NOT EXISTS (
         SELECT FROM (${IN_USE}) u WHERE u.reason_id = r.id)`,
      [new Date(now)],
    );
  }

  /** Ids of reasons that are out of use since before an instant, and still are. */
  async reasonsToDelete(manager: EntityManager, before: number): Promise<number[]> {
    const rows = await manager.query<{ id: number }[]>(
      `SELECT r.id FROM usage_reason r
       WHERE r.name IS NOT NULL AND r.retired_at < $1 AND NOT EXISTS (
         SELECT FROM (${IN_USE}) u WHERE u.reason_id = r.id)`,
      [new Date(before)],
    );
    return rows.map((row) => row.id);
  }

  /** Deletes reasons, but for those that were asked for again meanwhile. */
  async deleteReasons(manager: EntityManager, ids: readonly number[], before: number): Promise<number> {
    const [, count] = await manager.query<[unknown[], number]>(
      'DELETE FROM usage_reason WHERE id = ANY ($1::int[]) AND retired_at < $2',
      [ids, new Date(before)],
    );
    return count;
  }

  /** Deletes names of batches of before an instant; the last of each generation stays: from there its consumer goes on. */
  async pruneBatches(manager: EntityManager, before: number, limit: number): Promise<number> {
    const [, count] = await manager.query<[unknown[], number]>(
      `DELETE FROM ledger_batch WHERE id IN (
         SELECT b.id FROM ledger_batch b
         WHERE b.received_at < $1 AND b.sequence < (
           SELECT max(sequence) FROM ledger_batch m WHERE m.source = b.source AND m.generation = b.generation)
         ORDER BY b.id LIMIT $2)`,
      [new Date(before), limit],
    );
    return count;
  }
}

function moved([row]: readonly MovedRow[]): Moved {
  return { rows: row?.rows ?? 0, octets: BigInt(row?.octets ?? 0) };
}
