import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { PlanTerms } from './terms.js';

export interface PackRow {
  id: string;
  simId: string;
  planCode: string;
  planVersion: number;
  code: string;
  octets: string;
  price: string;
  currency: string;
  use: 'before_quota' | 'after_quota';
  boughtAt: Date;
  fromHour: Date;
  toHour: Date;
}

interface TermsAt {
  planVersionId: number;
  planCode: string;
  terms: PlanTerms;
  since: Date;
}

export interface NewPack {
  simKey: string;
  planVersionId: number;
  code: string;
  rule: string;
  octets: bigint;
  price: string;
  use: PackRow['use'];
  boughtAt: Date;
  fromHour: Date;
  toHour: Date;
}

const SELECT = `
  SELECT k.id, m.sim_id AS "simId", p.code AS "planCode", v.version AS "planVersion", k.code, k.octets, k.price,
         v.currency, k.use, k.bought_at AS "boughtAt", k.from_hour AS "fromHour", k.to_hour AS "toHour"
  FROM pack_purchase k JOIN sim m USING (sim_key) JOIN plan_version v ON v.id = k.plan_version_id
  JOIN plan p USING (plan_key)`;

/** SQL over packs that were bought. Every method runs in the caller's transaction. */
export class PacksRepository {
  /** The terms that a SIM is under at an instant, and since when. No version of the plan goes until the transaction ends. */
  async termsAt(manager: EntityManager, simKey: string, at: Date): Promise<TermsAt | undefined> {
    // A statement of its own: one that waited for the lock would still see the versions of before.
    await manager.query(
      `SELECT 1 FROM plan p JOIN subscription s USING (plan_key)
       WHERE s.sim_key = $1 AND s.starts_at <= $2 AND (s.ends_at > $2 OR s.ends_at IS NULL) FOR SHARE OF p`,
      [simKey, at],
    );
    const rows = await manager.query<TermsAt[]>(
      `SELECT v.id AS "planVersionId", p.code AS "planCode", v.terms,
              greatest(s.starts_at, CASE WHEN s.pinned_version IS NULL THEN v.effective_from END) AS since
       FROM subscription s JOIN plan p USING (plan_key) JOIN plan_version v USING (plan_key)
       WHERE s.sim_key = $1 AND s.starts_at <= $2 AND (s.ends_at > $2 OR s.ends_at IS NULL)
         AND CASE WHEN s.pinned_version IS NULL THEN v.effective_from <= $2 ELSE v.version = s.pinned_version END
       ORDER BY v.effective_from DESC LIMIT 1`,
      [simKey, at],
    );
    return rows[0];
  }

  async insert(manager: EntityManager, pack: NewPack, now: Date): Promise<string> {
    const [row] = await manager.query<{ id: string }[]>(
      `INSERT INTO pack_purchase
         (sim_key, plan_version_id, code, rule, octets, price, use, bought_at, from_hour, to_hour, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
      [
        pack.simKey,
        pack.planVersionId,
        pack.code,
        pack.rule,
        pack.octets.toString(),
        pack.price,
        pack.use,
        pack.boughtAt,
        pack.fromHour,
        pack.toHour,
        now,
      ],
    );
    if (row === undefined) throw new Error('the database returned no id for a pack');
    return row.id;
  }

  async find(manager: EntityManager, id: string): Promise<PackRow | undefined> {
    const rows = await manager.query<PackRow[]>(`${SELECT} WHERE k.id = $1`, [id]);
    return rows[0];
  }

  /** In the order of their ids. */
  async list(
    manager: EntityManager,
    simId: string | undefined,
    after: string,
    limit: number,
  ): Promise<PackRow[]> {
    return manager.query<PackRow[]>(
      `${SELECT} WHERE k.id > $1 AND ($2::text IS NULL OR m.sim_id = $2) ORDER BY k.id LIMIT $3`,
      [after, simId ?? null, limit],
    );
  }

  async remove(manager: EntityManager, id: string): Promise<void> {
    await manager.query(`DELETE FROM pack_purchase WHERE id = $1`, [id]);
  }

  /** Packs of SIMs that cover hours of a span, whenever they were bought. */
  async covering(
    manager: EntityManager,
    simKeys: readonly number[],
    span: { from: number; to: number },
  ): Promise<BoughtPack[]> {
    const rows = await manager.query<
      {
        id: string;
        sim_key: string;
        rule: string;
        octets: string;
        price: string;
        use: PackRow['use'];
        from_hour: Date;
        to_hour: Date;
      }[]
    >(
      `SELECT id, sim_key, rule, octets, price, use, from_hour, to_hour FROM pack_purchase
       WHERE sim_key = ANY($1::bigint[]) AND to_hour > $2 AND from_hour < $3 ORDER BY id`,
      [simKeys, new Date(span.from), new Date(span.to)],
    );
    return rows.map((row) => ({
      id: row.id,
      simKey: toSafeInteger(row.sim_key),
      rule: row.rule,
      octets: BigInt(row.octets),
      price: row.price,
      use: row.use,
      from: row.from_hour.getTime(),
      to: row.to_hour.getTime(),
    }));
  }
}

/** A pack, as rating needs it. */
export interface BoughtPack {
  id: string;
  simKey: number;
  /** JSON pointer within the terms that it was bought under. */
  rule: string;
  /** All of it, however much is used. */
  octets: bigint;
  price: string;
  use: PackRow['use'];
  /** UTC hours, UNIX milliseconds: from inclusive, to exclusive. */
  from: number;
  to: number;
}
