import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { BillingCalendar, Period, PlanTerms } from '../plans/index.js';
import type { DraftService } from './simulation-input.js';

export interface Simulation {
  id: string;
  month: string;
  planCode: string;
  /** Null: the terms that were in force. */
  terms: PlanTerms | null;
  status: 'running' | 'finished' | 'failed';
  /** Null unless it failed. */
  failedBecause: string | null;
  sims: number;
  done: number;
  lastSimKey: number;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface NewResult {
  simKey: number;
  statement: number | null;
  billedAmount: string;
  billedFreeOctets: string;
  simulatedAmount: string;
  simulatedFreeOctets: string;
  octets: string;
  dependsOctets: string;
  unknownOctets: string;
}

export interface ResultRow {
  simKey: string;
  simId: string;
  statement: string | null;
  billedAmount: string;
  simulatedAmount: string;
  difference: string;
  billedFreeOctets: string;
  simulatedFreeOctets: string;
  octets: string;
  /** Of a service by their name alone; null: rated by a version that did not tell. */
  dependsOctets: string | null;
  /** As they were recognised, since nothing that is stored tells more; null as above. */
  unknownOctets: string | null;
}

export type SimulationTotals = Omit<ResultRow, 'simKey' | 'simId' | 'statement'>;

/** Without its drafts, which may be megabytes. */
export type SimulationRow = Omit<Simulation, 'terms' | 'lastSimKey'>;

export interface SimulationFilter {
  month?: string | undefined;
  planCode?: string | undefined;
}

/** A calendar of a plan, from one of its versions on. */
export interface DatedCalendar extends BillingCalendar {
  effectiveFrom: Date;
}

/** What a SIM's month was billed, with its corrections. */
export interface Billed {
  statement: number;
  amount: string;
  freeOctets: string;
}

const SELECT = `
  SELECT id, month, plan_code AS "planCode", terms, status, failed_because AS "failedBecause", sims, done, last_sim_key::int8 AS "lastSimKey",
         created_at AS "createdAt", finished_at AS "finishedAt" FROM simulation`;
const ON_PLAN = `
  FROM subscription s JOIN plan p USING (plan_key)
  WHERE p.code = $1 AND s.starts_at < $3 AND (s.ends_at > $2 OR s.ends_at IS NULL)`;

/** SQL over simulations. Every method runs in the caller's transaction. */
export class SimulationsRepository {
  async insert(
    manager: EntityManager,
    simulation: Simulation,
    drafts: readonly DraftService[],
  ): Promise<void> {
    await manager.query(
      `INSERT INTO simulation (id, month, plan_code, terms, service_drafts, status, sims, done, last_sim_key, created_at)
       VALUES ($1, $2, $3, $4, $5, 'running', $6, 0, 0, $7)`,
      [
        simulation.id,
        simulation.month,
        simulation.planCode,
        simulation.terms && JSON.stringify(simulation.terms),
        drafts.length === 0 ? null : JSON.stringify(drafts),
        simulation.sims,
        simulation.createdAt,
      ],
    );
  }

  async find(manager: EntityManager, id: string, lock = false): Promise<Simulation | undefined> {
    const rows = await manager.query<(Omit<Simulation, 'lastSimKey'> & { lastSimKey: string })[]>(
      `${SELECT} WHERE id = $1 ${lock ? 'FOR UPDATE' : ''}`,
      [id],
    );
    return rows[0] && { ...rows[0], lastSimKey: toSafeInteger(rows[0].lastSimKey) };
  }

  /** Those that are not finished, oldest first. */
  async running(manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT id FROM simulation WHERE status = 'running' ORDER BY created_at, id`,
    );
    return rows.map(({ id }) => id);
  }

  /** Draft rules of services: may be megabytes, so they are read apart. */
  async drafts(manager: EntityManager, id: string): Promise<DraftService[]> {
    const [row] = await manager.query<{ drafts: DraftService[] | null }[]>(
      `SELECT service_drafts AS drafts FROM simulation WHERE id = $1`,
      [id],
    );
    return row?.drafts ?? [];
  }

  /** Services whose draft rules it is about. */
  async serviceCodes(manager: EntityManager, id: string): Promise<string[]> {
    const rows = await manager.query<{ code: string }[]>(
      `SELECT jsonb_path_query(service_drafts, '$[*].serviceCode') #>> '{}' AS code FROM simulation WHERE id = $1`,
      [id],
    );
    return rows.map(({ code }) => code);
  }

  /** Newest first, after one of them. */
  async list(
    manager: EntityManager,
    { month, planCode }: SimulationFilter,
    after: { createdAt: Date; id: string } | null,
    limit: number,
  ): Promise<SimulationRow[]> {
    return manager.query<SimulationRow[]>(
      `SELECT id, month, plan_code AS "planCode", status, failed_because AS "failedBecause", sims, done,
              created_at AS "createdAt", finished_at AS "finishedAt"
       FROM simulation
       WHERE ($1::text IS NULL OR month = $1) AND ($2::text IS NULL OR plan_code = $2)
         AND ($3::timestamptz IS NULL OR (created_at, id::text) < ($3, $4))
       ORDER BY created_at DESC, id::text DESC LIMIT $5`,
      [month ?? null, planCode ?? null, after?.createdAt ?? null, after?.id ?? null, limit],
    );
  }

  async fail(manager: EntityManager, id: string, because: string, now: Date): Promise<void> {
    await manager.query(
      `UPDATE simulation SET status = 'failed', failed_because = $2, finished_at = $3
       WHERE id = $1 AND status = 'running'`,
      [id, because, now],
    );
  }

  /** Calendars of a plan's versions, in the order of their time. */
  async calendars(manager: EntityManager, planCode: string): Promise<DatedCalendar[]> {
    return manager.query<DatedCalendar[]>(
      `SELECT v.time_zone AS "timeZone", v.anchor_day AS "anchorDay", v.currency, v.effective_from AS "effectiveFrom"
       FROM plan_version v JOIN plan p USING (plan_key) WHERE p.code = $1 ORDER BY v.effective_from`,
      [planCode],
    );
  }

  async countSims(manager: EntityManager, planCode: string, period: Period): Promise<number> {
    const [row] = await manager.query<{ sims: number }[]>(
      `SELECT count(DISTINCT s.sim_key)::int AS sims ${ON_PLAN}`,
      [planCode, new Date(period.from), new Date(period.to)],
    );
    return row?.sims ?? 0;
  }

  /** The next SIMs by key that were on the plan in the period. */
  async sims(
    manager: EntityManager,
    planCode: string,
    period: Period,
    after: number,
    limit: number,
  ): Promise<number[]> {
    const rows = await manager.query<{ sim_key: string }[]>(
      `SELECT DISTINCT s.sim_key ${ON_PLAN} AND s.sim_key > $4 ORDER BY s.sim_key LIMIT $5`,
      [planCode, new Date(period.from), new Date(period.to), after, limit],
    );
    return rows.map((row) => toSafeInteger(row.sim_key));
  }

  async billed(
    manager: EntityManager,
    calendar: BillingCalendar,
    month: string,
    simKeys: readonly number[],
  ): Promise<Map<number, Billed>> {
    const rows = await manager.query<
      { sim_key: string; number: string; amount: string; free_octets: string }[]
    >(
      `SELECT st.sim_key, st.number, (st.amount + coalesce(c.amount, 0))::text AS amount,
              coalesce(c.free_octets, st.free_octets::text) AS free_octets
       FROM statement st
       LEFT JOIN LATERAL (
         SELECT sum(amount) AS amount,
                (array_agg(document::json #>> '{after,totals,freeOctets}' ORDER BY position DESC))[1] AS free_octets
         FROM statement_correction WHERE statement_number = st.number) c ON true
       WHERE st.sim_key = ANY($1::bigint[]) AND st.month = $2 AND st.time_zone = $3 AND st.anchor_day = $4
         AND st.currency = $5`,
      [simKeys, month, calendar.timeZone, calendar.anchorDay, calendar.currency],
    );
    return new Map(
      rows.map((row) => [
        toSafeInteger(row.sim_key),
        { statement: toSafeInteger(row.number), amount: row.amount, freeOctets: row.free_octets },
      ]),
    );
  }

  async addResults(
    manager: EntityManager,
    id: string,
    results: readonly NewResult[],
    lastSimKey: number,
    looked: number,
  ): Promise<void> {
    const column = <T>(read: (one: NewResult) => T): T[] => results.map(read);
    await manager.query(
      `INSERT INTO simulation_result
         (simulation_id, sim_key, statement_number, billed_amount, billed_free_octets, simulated_amount,
          simulated_free_octets, octets, depends_octets, unknown_octets)
       SELECT $1, r.* FROM unnest($2::bigint[], $3::bigint[], $4::numeric[], $5::bigint[], $6::numeric[], $7::bigint[],
                                  $8::bigint[], $9::bigint[], $10::bigint[]) AS r`,
      [
        id,
        column(({ simKey }) => simKey),
        column(({ statement }) => statement),
        column(({ billedAmount }) => billedAmount),
        column(({ billedFreeOctets }) => billedFreeOctets),
        column(({ simulatedAmount }) => simulatedAmount),
        column(({ simulatedFreeOctets }) => simulatedFreeOctets),
        column(({ octets }) => octets),
        column(({ dependsOctets }) => dependsOctets),
        column(({ unknownOctets }) => unknownOctets),
      ],
    );
    await manager.query(`UPDATE simulation SET last_sim_key = $2, done = done + $3 WHERE id = $1`, [
      id,
      lastSimKey,
      looked,
    ]);
  }

  async finish(manager: EntityManager, id: string, now: Date): Promise<void> {
    await manager.query(`UPDATE simulation SET status = 'finished', finished_at = $2 WHERE id = $1`, [
      id,
      now,
    ]);
  }

  /** False where there is none. */
  async remove(manager: EntityManager, id: string): Promise<boolean> {
    const [, count] = await manager.query<[unknown, number]>(`DELETE FROM simulation WHERE id = $1`, [id]);
    return count > 0;
  }

  async totals(manager: EntityManager, id: string): Promise<SimulationTotals> {
    const [row] = await manager.query<SimulationTotals[]>(
      `SELECT coalesce(sum(billed_amount), 0)::text AS "billedAmount",
              coalesce(sum(simulated_amount), 0)::text AS "simulatedAmount",
              coalesce(sum(simulated_amount - billed_amount), 0)::text AS difference,
              coalesce(sum(billed_free_octets), 0)::text AS "billedFreeOctets",
              coalesce(sum(simulated_free_octets), 0)::text AS "simulatedFreeOctets",
              coalesce(sum(octets), 0)::text AS octets,
              CASE WHEN bool_or(depends_octets IS NULL) THEN NULL ELSE coalesce(sum(depends_octets), 0)::text END
                AS "dependsOctets",
              CASE WHEN bool_or(unknown_octets IS NULL) THEN NULL ELSE coalesce(sum(unknown_octets), 0)::text END
                AS "unknownOctets"
       FROM simulation_result WHERE simulation_id = $1`,
      [id],
    );
    if (row === undefined) throw new Error('an aggregate without a row');
    return row;
  }

  /** Ordered by SIM. */
  async results(manager: EntityManager, id: string, after: string, limit: number): Promise<ResultRow[]> {
    return manager.query<ResultRow[]>(
      `SELECT r.sim_key AS "simKey", m.sim_id AS "simId", r.statement_number AS statement,
              r.billed_amount::text AS "billedAmount", r.simulated_amount::text AS "simulatedAmount",
              (r.simulated_amount - r.billed_amount)::text AS difference, r.billed_free_octets::text AS "billedFreeOctets",
              r.simulated_free_octets::text AS "simulatedFreeOctets", r.octets::text,
              r.depends_octets::text AS "dependsOctets", r.unknown_octets::text AS "unknownOctets"
       FROM simulation_result r JOIN sim m USING (sim_key)
       WHERE r.simulation_id = $1 AND r.sim_key > $2 ORDER BY r.sim_key LIMIT $3`,
      [id, after, limit],
    );
  }
}
