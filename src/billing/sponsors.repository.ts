import type { EntityManager } from 'typeorm';
import type { RoundingMode } from '../plans/index.js';

/** Free octets of a month that a sponsor pays for, by the rule that made them free. */
export interface SponsoredOctets {
  sponsorId: string;
  planCode: string;
  planVersion: number;
  planRule: string;
  serviceCode: string | null;
  /** What the plan says that the sponsor pays; null = the plan names no rate. */
  rate: { unit: { value: string; unit: string }; price: string } | null;
  rounding: RoundingMode;
  /** ISO 4217 code and exponent, e.g. `JPY/0`. */
  currency: string;
  sims: number;
  octetsUp: string;
  octetsDown: string;
}

/** SQL over what sponsors pay for. Every method runs in the caller's transaction. */
export class SponsorsRepository {
  /** Of the final statements of a month, each as its last correction left it; in a fixed order. */
  async octets(manager: EntityManager, month: string): Promise<SponsoredOctets[]> {
    return manager.query<SponsoredOctets[]>(
      `SELECT l.payer ->> 'sponsorId' AS "sponsorId", l.plan_code AS "planCode", l.plan_version AS "planVersion",
              l.rule AS "planRule", l.service AS "serviceCode", l.payer -> 'rate' AS rate,
              v.terms ->> 'rounding' AS rounding, l.currency, count(DISTINCT l.sim_key)::int AS sims,
              sum(l.up)::text AS "octetsUp", sum(l.down)::text AS "octetsDown"
       FROM (
         SELECT st.sim_key, st.currency, line -> 'payer' AS payer, line ->> 'planRule' AS rule,
                line ->> 'serviceCode' AS service, (line ->> 'octetsUp')::numeric AS up,
                (line ->> 'octetsDown')::numeric AS down, segment ->> 'planCode' AS plan_code,
                (segment ->> 'planVersion')::int AS plan_version
         FROM statement st
         CROSS JOIN LATERAL (SELECT coalesce(
           (SELECT c.document::jsonb -> 'after' FROM statement_correction c WHERE c.statement_number = st.number
            ORDER BY c.position DESC LIMIT 1), st.document::jsonb) AS said) d
         CROSS JOIN LATERAL jsonb_array_elements(d.said -> 'usage') AS line
         CROSS JOIN LATERAL (SELECT d.said -> 'segments' -> (line ->> 'segment')::int AS segment) s
         WHERE st.month = $1 AND line #>> '{payer,kind}' = 'sponsor'
       ) l
       JOIN plan p ON p.code = l.plan_code
       JOIN plan_version v ON v.plan_key = p.plan_key AND v.version = l.plan_version
       GROUP BY l.payer, l.plan_code, l.plan_version, l.rule, l.service, v.terms ->> 'rounding', l.currency
       ORDER BY 1, l.currency, 2, 3, 4, 5`,
      [month],
    );
  }

  async isClosed(manager: EntityManager, month: string): Promise<boolean> {
    const rows = await manager.query<unknown[]>(`SELECT 1 FROM statement WHERE month = $1 LIMIT 1`, [month]);
    return rows.length > 0;
  }
}
