import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { BillingCalendar } from '../plans/index.js';

const KEY = `month = $1 AND time_zone = $2 AND anchor_day = $3 AND currency = $4`;

/** SQL over how far the drafts of a period have been told of. Every method runs in the caller's transaction. */
export class DraftingRepository {
  async begin(manager: EntityManager, calendar: BillingCalendar, month: string, now: Date): Promise<void> {
    await manager.query(
      `INSERT INTO draft_run (month, time_zone, anchor_day, currency, created_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [...keyOf(calendar, month), now],
    );
  }

  /** The last SIM that was told of; undefined where all were, or where another process is at it. Locks until the transaction ends. */
  async lock(manager: EntityManager, calendar: BillingCalendar, month: string): Promise<number | undefined> {
    const rows = await manager.query<{ last_sim_key: string }[]>(
      `SELECT last_sim_key FROM draft_run WHERE ${KEY} AND finished_at IS NULL FOR UPDATE SKIP LOCKED`,
      keyOf(calendar, month),
    );
    return rows[0] === undefined ? undefined : toSafeInteger(rows[0].last_sim_key);
  }

  async advance(
    manager: EntityManager,
    calendar: BillingCalendar,
    month: string,
    lastSimKey: number,
  ): Promise<void> {
    await manager.query(`UPDATE draft_run SET last_sim_key = $5 WHERE ${KEY}`, [
      ...keyOf(calendar, month),
      lastSimKey,
    ]);
  }

  async finish(manager: EntityManager, calendar: BillingCalendar, month: string, now: Date): Promise<void> {
    await manager.query(`UPDATE draft_run SET finished_at = $5 WHERE ${KEY}`, [
      ...keyOf(calendar, month),
      now,
    ]);
  }
}

function keyOf({ timeZone, anchorDay, currency }: BillingCalendar, month: string): unknown[] {
  return [month, timeZone, anchorDay, currency];
}
