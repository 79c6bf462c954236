import type { EntityManager } from 'typeorm';

export interface SimOctets {
  simKey: string;
  simId: string;
  octetsUp: string;
  octetsDown: string;
}

/** Buckets whose hour lies in no subscription of their SIM. */
const WITHOUT_PLAN = `
  FROM usage_bucket b
  WHERE b.hour >= $1 AND b.hour < $2 AND NOT EXISTS (
    SELECT FROM subscription s
    WHERE s.sim_key = b.sim_key AND s.starts_at <= b.hour AND (s.ends_at > b.hour OR s.ends_at IS NULL))`;

/** SQL over usage that is on no statement. */
export class ReportsRepository {
  async withoutPlan(
    manager: EntityManager,
    from: Date,
    to: Date,
    after: string,
    limit: number,
  ): Promise<SimOctets[]> {
    return manager.query<SimOctets[]>(
      `SELECT u.sim_key AS "simKey", coalesce(m.sim_id, '') AS "simId", u.up::text AS "octetsUp", u.down::text AS "octetsDown"
       FROM (SELECT b.sim_key, sum(b.octets_up) AS up, sum(b.octets_down) AS down ${WITHOUT_PLAN} AND b.sim_key > $3
             GROUP BY b.sim_key ORDER BY b.sim_key LIMIT $4) u
       LEFT JOIN sim m USING (sim_key) ORDER BY u.sim_key`,
      [from, to, after, limit],
    );
  }

  async withoutPlanTotal(
    manager: EntityManager,
    from: Date,
    to: Date,
  ): Promise<{ octets: bigint; sims: number }> {
    const rows = await manager.query<{ octets: string; sims: string }[]>(
      `SELECT coalesce(sum(b.octets_up + b.octets_down), 0)::text AS octets, count(DISTINCT b.sim_key)::text AS sims
       ${WITHOUT_PLAN}`,
      [from, to],
    );
    return { octets: BigInt(rows[0]?.octets ?? 0), sims: Number(rows[0]?.sims ?? 0) };
  }

  /** Final statements of a month after a number, as what usage has to be compared with. */
  async statementOctets(
    manager: EntityManager,
    month: string,
    after: string,
    limit: number,
  ): Promise<
    {
      number: string;
      simKey: string;
      simId: string;
      timeZone: string;
      anchorDay: number;
      currency: string;
      octetsUp: string;
      octetsDown: string;
    }[]
  > {
    return manager.query(
      `SELECT st.number, st.sim_key AS "simKey", m.sim_id AS "simId", st.time_zone AS "timeZone",
              st.anchor_day AS "anchorDay", st.currency, st.octets_up AS "octetsUp", st.octets_down AS "octetsDown"
       FROM statement st JOIN sim m USING (sim_key)
       WHERE st.month = $1 AND st.number > $2 ORDER BY st.number LIMIT $3`,
      [month, after, limit],
    );
  }
}
