import type { EntityManager } from 'typeorm';
import { groupBy } from './groups.js';
import type { SettledCorrection, StoredCorrection, StoredStatement } from './verification.js';

const milliseconds = (column: string) => `(date_part('epoch', ${column}) * 1000)::bigint::text`;

/* Outer joins: whoever could change a statement could also take away what it refers to. */
const STATEMENTS = `
  SELECT st.number, m.sim_id AS "simId", st.chain_position AS "chainPosition", st.month, st.time_zone AS "timeZone",
         st.anchor_day AS "anchorDay", st.currency, ${milliseconds('st.period_from')} AS "periodFrom",
         ${milliseconds('st.period_to')} AS "periodTo", ${milliseconds('st.finalized_at')} AS "finalizedAt",
         st.octets_up AS "octetsUp", st.octets_down AS "octetsDown", st.free_octets AS "freeOctets",
         st.billed_octets AS "billedOctets", st.not_counted_octets AS "notCountedOctets",
         st.carried_out_octets AS "carriedOutOctets", st.net::text, st.tax::text, st.amount::text,
         st.corrections_amount::text AS "correctionsAmount", st.document, encode(st.hash, 'hex') AS hash,
         encode(p.hash, 'hex') AS "hashBefore", run.completeness::text AS completeness
  FROM statement st
  LEFT JOIN sim m ON m.sim_key = st.sim_key
  LEFT JOIN closing_run run ON run.id = st.run_id
  LEFT JOIN statement p ON p.sim_key = st.sim_key AND p.chain_position = st.chain_position - 1`;
const CORRECTIONS = `
  SELECT c.id, c.statement_number AS statement, c.position, m.sim_id AS "simId", c.amount::text,
         c.carried_out_octets AS "carriedOutOctets", ${milliseconds('c.corrected_at')} AS "correctedAt", c.document,
         encode(c.hash, 'hex') AS hash, encode(st.hash, 'hex') AS "statementHash", encode(p.hash, 'hex') AS "hashBefore"
  FROM statement_correction c
  LEFT JOIN sim m ON m.sim_key = c.sim_key
  LEFT JOIN statement st ON st.number = c.statement_number
  LEFT JOIN statement_correction p ON p.statement_number = c.statement_number AND p.position = c.position - 1`;

/** SQL over what is final, as it is stored. */
export class VerificationRepository {
  /** In the order of their numbers. */
  statements(manager: EntityManager, after: string, limit: number): Promise<StoredStatement[]> {
    return this.withSettled(manager, `${STATEMENTS} WHERE st.number > $1 ORDER BY st.number LIMIT $2`, [
      after,
      limit,
    ]);
  }

  /** Of one SIM, in the order of their chain. */
  chain(manager: EntityManager, simKey: number, after: number, limit: number): Promise<StoredStatement[]> {
    return this.withSettled(
      manager,
      `${STATEMENTS} WHERE st.sim_key = $1 AND st.chain_position > $2 ORDER BY st.chain_position LIMIT $3`,
      [simKey, after, limit],
    );
  }

  /** In the order of their ids. */
  corrections(manager: EntityManager, after: string, limit: number): Promise<StoredCorrection[]> {
    return manager.query(`${CORRECTIONS} WHERE c.id > $1 ORDER BY c.id LIMIT $2`, [after, limit]);
  }

  correctionsOf(manager: EntityManager, simKey: number): Promise<StoredCorrection[]> {
    return manager.query(`${CORRECTIONS} WHERE c.sim_key = $1 ORDER BY c.id`, [simKey]);
  }

  /** The last number that was given, and the last that is stored: equal, unless somebody changed either. */
  async lastNumbers(manager: EntityManager): Promise<{ given: number; stored: number }> {
    const [row] = await manager.query<{ given: string; stored: string }[]>(
      `SELECT coalesce((SELECT last_number FROM statement_series WHERE series = 'statement'), 0) AS given,
              coalesce((SELECT max(number) FROM statement), 0) AS stored`,
    );
    return { given: Number(row?.given ?? 0), stored: Number(row?.stored ?? 0) };
  }

  private async withSettled(
    manager: EntityManager,
    query: string,
    values: unknown[],
  ): Promise<StoredStatement[]> {
    const rows = await manager.query<Omit<StoredStatement, 'settles'>[]>(query, values);
    const settled = await manager.query<(SettledCorrection & { settledOn: string })[]>(
      `SELECT id, statement_number AS statement, position, amount::text, encode(hash, 'hex') AS hash,
              settled_on AS "settledOn"
       FROM statement_correction WHERE settled_on = ANY($1::bigint[]) ORDER BY id`,
      [rows.map(({ number }) => number)],
    );
    const ofStatement = groupBy(settled, ({ settledOn }) => settledOn);
    return rows.map((row) => ({ ...row, settles: ofStatement.get(row.number) ?? [] }));
  }
}
