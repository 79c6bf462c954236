import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { BillingCalendar, Period } from '../plans/index.js';

export interface ClosingRun {
  id: string;
  calendar: BillingCalendar;
  period: Period;
  /** UNIX milliseconds. */
  asOf: number;
  forced: boolean;
  completeness: Record<string, string>;
  status: 'running' | 'held' | 'finished';
  confirmed: boolean;
  heldBecause: string | null;
  lastSimKey: number;
  statements: number;
  createdAt: number;
  finishedAt: number | null;
}

interface RawRun {
  id: string;
  month: string;
  time_zone: string;
  anchor_day: number;
  currency: string;
  period_from: Date;
  period_to: Date;
  as_of: Date;
  forced: boolean;
  completeness: Record<string, string>;
  status: 'running' | 'held' | 'finished';
  confirmed: boolean;
  held_because: string | null;
  last_sim_key: string;
  statements: number;
  created_at: Date;
  finished_at: Date | null;
}

/** SQL over closing runs. Every method runs in the caller's transaction. */
export class ClosingRepository {
  /** All runs of a month, oldest first; those that were ordered together in a fixed order, as numbers follow it. */
  async ofMonth(manager: EntityManager, month: string): Promise<ClosingRun[]> {
    const rows = await manager.query<RawRun[]>(
      `SELECT * FROM closing_run WHERE month = $1 ORDER BY created_at, time_zone, anchor_day, currency`,
      [month],
    );
    return rows.map(toRun);
  }

  /** Months with a run that is not finished, and not held either. */
  async runningMonths(manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ month: string }[]>(
      `SELECT DISTINCT month FROM closing_run WHERE status = 'running' ORDER BY month`,
    );
    return rows.map(({ month }) => month);
  }

  /** Locks the run until the transaction ends: two workers on one run take turns. */
  async lock(manager: EntityManager, id: string): Promise<ClosingRun | undefined> {
    const rows = await manager.query<RawRun[]>(`SELECT * FROM closing_run WHERE id = $1 FOR UPDATE`, [id]);
    return rows[0] === undefined ? undefined : toRun(rows[0]);
  }

  async insert(
    manager: EntityManager,
    run: Omit<ClosingRun, 'status' | 'heldBecause' | 'lastSimKey' | 'statements' | 'finishedAt'>,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO closing_run (id, month, time_zone, anchor_day, currency, period_from, period_to, as_of, forced,
                                completeness, status, last_sim_key, statements, created_at, confirmed)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'running', 0, 0, $11, $12)`,
      [
        run.id,
        run.period.month,
        run.calendar.timeZone,
        run.calendar.anchorDay,
        run.calendar.currency,
        new Date(run.period.from),
        new Date(run.period.to),
        new Date(run.asOf),
        run.forced,
        JSON.stringify(run.completeness),
        new Date(run.createdAt),
        run.confirmed,
      ],
    );
  }

  async advance(manager: EntityManager, id: string, lastSimKey: number, statements: number): Promise<void> {
    await manager.query(
      `UPDATE closing_run SET last_sim_key = $2, statements = statements + $3 WHERE id = $1`,
      [id, lastSimKey, statements],
    );
  }

  /** Holds a run that has written nothing yet. */
  async hold(manager: EntityManager, id: string, because: string): Promise<void> {
    await manager.query(
      `UPDATE closing_run SET status = 'held', held_because = $2 WHERE id = $1 AND status = 'running' AND last_sim_key = 0`,
      [id, because],
    );
  }

  /** Lets the held runs of a month go on. */
  async confirm(manager: EntityManager, month: string): Promise<void> {
    await manager.query(
      `UPDATE closing_run SET status = 'running', confirmed = true WHERE month = $1 AND status = 'held'`,
      [month],
    );
  }

  async finish(manager: EntityManager, id: string, now: Date): Promise<void> {
    await manager.query(`UPDATE closing_run SET status = 'finished', finished_at = $2 WHERE id = $1`, [
      id,
      now,
    ]);
  }
}

function toRun(row: RawRun): ClosingRun {
  return {
    id: row.id,
    calendar: { timeZone: row.time_zone, anchorDay: row.anchor_day, currency: row.currency },
    period: { month: row.month, from: row.period_from.getTime(), to: row.period_to.getTime() },
    asOf: row.as_of.getTime(),
    forced: row.forced,
    completeness: row.completeness,
    status: row.status,
    confirmed: row.confirmed,
    heldBecause: row.held_because,
    lastSimKey: toSafeInteger(row.last_sim_key),
    statements: row.statements,
    createdAt: row.created_at.getTime(),
    finishedAt: row.finished_at?.getTime() ?? null,
  };
}
