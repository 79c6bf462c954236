import type { EntityManager } from 'typeorm';

export interface SubscriptionRow {
  id: string;
  simKey: string;
  simId: string;
  planCode: string;
  planVersion: number | null;
  startsAt: Date;
  endsAt: Date | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewSubscription {
  simKey: string;
  planKey: number;
  pinnedVersion: number | null;
  startsAt: Date;
  endsAt: Date | null;
}

export interface PlanVersionStart {
  version: number;
  effectiveFrom: Date;
  timeZone: string;
}

export interface SubscriptionFilter {
  simId?: string | undefined;
  planCode?: string | undefined;
  /** In force at this instant. */
  at?: Date | undefined;
}

const SELECT = `
  SELECT s.id, s.sim_key AS "simKey", m.sim_id AS "simId", p.code AS "planCode", s.pinned_version AS "planVersion",
         s.starts_at AS "startsAt", s.ends_at AS "endsAt", s.version, s.created_at AS "createdAt",
         s.updated_at AS "updatedAt"
  FROM subscription s JOIN sim m USING (sim_key) JOIN plan p USING (plan_key)`;

/** SQL over subscriptions. Every method runs in the caller's transaction. */
export class SubscriptionsRepository {
  /** Locks the SIM's row until the transaction ends, so that changes of one SIM take turns. */
  async lockSim(manager: EntityManager, simId: string): Promise<string | undefined> {
    const rows = await manager.query<{ sim_key: string }[]>(
      `SELECT sim_key FROM sim WHERE sim_id = $1 FOR NO KEY UPDATE`,
      [simId],
    );
    return rows[0]?.sim_key;
  }

  /** Locks the plan against changes of its versions until the transaction ends, and gives them as they then are. */
  async plan(
    manager: EntityManager,
    code: string,
  ): Promise<{ planKey: number; versions: PlanVersionStart[] } | undefined> {
    const [plan] = await manager.query<{ plan_key: number }[]>(
      `SELECT plan_key FROM plan WHERE code = $1 FOR SHARE`,
      [code],
    );
    if (plan === undefined) return undefined;
    // A statement of its own: one that waited for the lock would still see the versions of before.
    const versions = await manager.query<PlanVersionStart[]>(
      `SELECT version, effective_from AS "effectiveFrom", time_zone AS "timeZone" FROM plan_version
       WHERE plan_key = $1 ORDER BY version`,
      [plan.plan_key],
    );
    return { planKey: plan.plan_key, versions };
  }

  /** Zones of the plan versions that a SIM is under at an instant, and until it. */
  async zonesAt(manager: EntityManager, simKey: string, instant: Date): Promise<string[]> {
    const rows = await manager.query<{ time_zone: string }[]>(
      `SELECT DISTINCT v.time_zone FROM subscription s JOIN plan_version v USING (plan_key)
       WHERE s.sim_key = $1 AND s.starts_at <= $2 AND (s.ends_at >= $2 OR s.ends_at IS NULL)
         AND (s.pinned_version IS NULL OR s.pinned_version = v.version)`,
      [simKey, instant],
    );
    return rows.map((row) => row.time_zone);
  }

  async insert(manager: EntityManager, row: NewSubscription, now: Date): Promise<string> {
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO subscription (sim_key, plan_key, pinned_version, starts_at, ends_at, version, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, 1, $6, $6) RETURNING id`,
      [row.simKey, row.planKey, row.pinnedVersion, row.startsAt, row.endsAt, now],
    );
    const [inserted] = rows;
    if (inserted === undefined) throw new Error('the database returned no id for a subscription');
    return inserted.id;
  }

  async setEnd(manager: EntityManager, id: string, endsAt: Date | null, now: Date): Promise<void> {
    await manager.query(
      `UPDATE subscription SET ends_at = $2, version = version + 1, updated_at = $3 WHERE id = $1`,
      [id, endsAt, now],
    );
  }

  /** A pack that the SIM bought while it was on this. */
  async packWithin(manager: EntityManager, id: string): Promise<{ id: string; code: string } | undefined> {
    const rows = await manager.query<{ id: string; code: string }[]>(
      `SELECT k.id, k.code FROM pack_purchase k JOIN subscription s USING (sim_key)
       WHERE s.id = $1 AND k.bought_at >= s.starts_at AND (k.bought_at < s.ends_at OR s.ends_at IS NULL)
       ORDER BY k.id LIMIT 1`,
      [id],
    );
    return rows[0];
  }

  async remove(manager: EntityManager, id: string): Promise<void> {
    await manager.query(`DELETE FROM subscription WHERE id = $1`, [id]);
  }

  async find(manager: EntityManager, id: string): Promise<SubscriptionRow | undefined> {
    const rows = await manager.query<SubscriptionRow[]>(`${SELECT} WHERE s.id = $1`, [id]);
    return rows[0];
  }

  /** What a SIM is on at an instant, or the first thing after it. */
  async at(manager: EntityManager, simKey: string, instant: Date): Promise<SubscriptionRow | undefined> {
    const rows = await manager.query<SubscriptionRow[]>(
      `${SELECT} WHERE s.sim_key = $1 AND s.starts_at <= $2 AND (s.ends_at > $2 OR s.ends_at IS NULL)`,
      [simKey, instant],
    );
    return rows[0];
  }

  /** A subscription of the SIM that overlaps a span, other than `except`. */
  async overlapping(
    manager: EntityManager,
    simKey: string,
    from: Date,
    to: Date | null,
    except: string | null,
  ): Promise<SubscriptionRow | undefined> {
    const rows = await manager.query<SubscriptionRow[]>(
      `${SELECT} WHERE s.sim_key = $1 AND s.id IS DISTINCT FROM $4::bigint
         AND tstzrange(s.starts_at, s.ends_at) && tstzrange($2, $3) ORDER BY s.starts_at LIMIT 1`,
      [simKey, from, to, except],
    );
    return rows[0];
  }

  /** In the order of their ids. */
  async list(
    manager: EntityManager,
    filter: SubscriptionFilter,
    after: string,
    limit: number,
  ): Promise<SubscriptionRow[]> {
    return manager.query<SubscriptionRow[]>(
      `${SELECT} WHERE s.id > $1
         AND ($2::text IS NULL OR m.sim_id = $2)
         AND ($3::text IS NULL OR p.code = $3)
         AND ($4::timestamptz IS NULL OR (s.starts_at <= $4 AND (s.ends_at > $4 OR s.ends_at IS NULL)))
       ORDER BY s.id LIMIT $5`,
      [after, filter.simId ?? null, filter.planCode ?? null, filter.at ?? null, limit],
    );
  }
}
