import type { EntityManager } from 'typeorm';
import type { PlanTerms } from './terms.js';

export interface PlanRow {
  planKey: number;
  code: string;
  name: string;
  currentVersion: number | null;
  latestVersion: number;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface PlanVersionRow {
  planCode: string;
  version: number;
  effectiveFrom: Date;
  effectiveTo: Date | null;
  terms: PlanTerms;
  createdAt: Date;
}

const PLAN = `
  SELECT p.plan_key AS "planKey", p.code, p.name, p.version, p.created_at AS "createdAt", p.updated_at AS "updatedAt",
         (SELECT max(v.version) FROM plan_version v WHERE v.plan_key = p.plan_key) AS "latestVersion",
         (SELECT v.version FROM plan_version v WHERE v.plan_key = p.plan_key AND v.effective_from <= $1
          ORDER BY v.effective_from DESC LIMIT 1) AS "currentVersion"
  FROM plan p`;

const VERSION = `
  SELECT p.code AS "planCode", v.version, v.effective_from AS "effectiveFrom", v.terms, v.created_at AS "createdAt",
         lead(v.effective_from) OVER (PARTITION BY v.plan_key ORDER BY v.effective_from) AS "effectiveTo"
  FROM plan p JOIN plan_version v USING (plan_key)`;

/** SQL over plans and their versions. Every method runs in the caller's transaction. */
export class PlansRepository {
  async list(manager: EntityManager, now: Date, after: string, limit: number): Promise<PlanRow[]> {
    return manager.query<PlanRow[]>(`${PLAN} WHERE p.code > $2 ORDER BY p.code LIMIT $3`, [
      now,
      after,
      limit,
    ]);
  }

  async find(manager: EntityManager, now: Date, code: string): Promise<PlanRow | undefined> {
    const rows = await manager.query<PlanRow[]>(`${PLAN} WHERE p.code = $2`, [now, code]);
    return rows[0];
  }

  /** Locks the plan until the transaction ends, so that versions are added one at a time. */
  async lock(
    manager: EntityManager,
    code: string,
  ): Promise<{ planKey: number; version: number } | undefined> {
    const rows = await manager.query<{ planKey: number; version: number }[]>(
      `SELECT plan_key AS "planKey", version FROM plan WHERE code = $1 FOR UPDATE`,
      [code],
    );
    return rows[0];
  }

  /** Undefined where the code is taken. */
  async insert(
    manager: EntityManager,
    plan: { code: string; name: string },
    now: Date,
  ): Promise<number | undefined> {
    const rows = await manager.query<{ plan_key: number }[]>(
      `INSERT INTO plan (code, name, version, created_at, updated_at) VALUES ($1, $2, 1, $3, $3)
       ON CONFLICT (code) DO NOTHING RETURNING plan_key`,
      [plan.code, plan.name, now],
    );
    return rows[0]?.plan_key;
  }

  async rename(manager: EntityManager, code: string, name: string, now: Date): Promise<void> {
    await manager.query(`UPDATE plan SET name = $2, version = version + 1, updated_at = $3 WHERE code = $1`, [
      code,
      name,
      now,
    ]);
  }

  async insertVersion(
    manager: EntityManager,
    row: { planKey: number; version: number; effectiveFrom: number; terms: PlanTerms },
    now: Date,
  ): Promise<void> {
    const { terms } = row;
    await manager.query(
      `INSERT INTO plan_version
         (plan_key, version, effective_from, terms, time_zone, anchor_day, currency, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        row.planKey,
        row.version,
        new Date(row.effectiveFrom),
        JSON.stringify(terms),
        terms.timeZone,
        terms.anchorDay,
        `${terms.currency.code}/${terms.currency.exponent}`,
        now,
      ],
    );
  }

  /** All versions of a plan, oldest first. */
  async versions(manager: EntityManager, code: string): Promise<PlanVersionRow[]> {
    return manager.query<PlanVersionRow[]>(`${VERSION} WHERE p.code = $1 ORDER BY v.version`, [code]);
  }

  async deleteVersion(manager: EntityManager, planKey: number, version: number): Promise<void> {
    await manager.query(`DELETE FROM plan_version WHERE plan_key = $1 AND version = $2`, [planKey, version]);
  }

  /** A pack that a SIM bought under a version. */
  async packUnder(manager: EntityManager, planKey: number, version: number): Promise<string | undefined> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT k.id FROM pack_purchase k JOIN plan_version v ON v.id = k.plan_version_id
       WHERE v.plan_key = $1 AND v.version = $2 ORDER BY k.id LIMIT 1`,
      [planKey, version],
    );
    return rows[0]?.id;
  }

  async pinned(manager: EntityManager, planKey: number, version: number): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `SELECT 1 FROM subscription WHERE plan_key = $1 AND pinned_version = $2 LIMIT 1`,
      [planKey, version],
    );
    return rows.length > 0;
  }
}
