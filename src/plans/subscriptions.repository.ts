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

  async plan(
    manager: EntityManager,
    code: string,
  ): Promise<{ planKey: number; versions: { version: number; effectiveFrom: Date }[] } | undefined> {
    const rows = await manager.query<{ plan_key: number; version: number; effective_from: Date }[]>(
      `SELECT p.plan_key, v.version, v.effective_from FROM plan p JOIN plan_version v USING (plan_key)
       WHERE p.code = $1 ORDER BY v.version FOR SHARE OF p`,
      [code],
    );
    const [first] = rows;
    if (first === undefined) return undefined;
    return {
      planKey: first.plan_key,
      versions: rows.map((row) => ({ version: row.version, effectiveFrom: row.effective_from })),
    };
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
