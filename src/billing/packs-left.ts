import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { BillingCalendar, Period } from '../plans/index.js';

/**
 * Octets that the period before left of SIMs' packs, by the pack's id: as its final statement says, or the last correction
 * of it. While that period has no final statement, what is left is not known, and nothing is given.
 */
export async function packsLeft(
  manager: EntityManager,
  calendar: BillingCalendar,
  period: Period,
  simKeys: readonly number[],
): Promise<Map<number, Map<string, bigint>>> {
  const rows = await manager.query<{ sim_key: string; packs: { id: string; octets: string }[] }[]>(
    `SELECT sim_key, packs FROM (
       SELECT st.sim_key, coalesce(
         (SELECT c.document::json #> '{after,packsOut}' FROM statement_correction c
          WHERE c.statement_number = st.number ORDER BY c.position DESC LIMIT 1),
         st.document::json -> 'packsOut') AS packs
       FROM statement st
       WHERE st.sim_key = ANY($1::bigint[]) AND st.period_to = $2 AND st.time_zone = $3 AND st.anchor_day = $4
         AND st.currency = $5) s
     WHERE packs IS NOT NULL`,
    [simKeys, new Date(period.from), calendar.timeZone, calendar.anchorDay, calendar.currency],
  );
  return new Map(
    rows.map(({ sim_key, packs }) => [
      toSafeInteger(sim_key),
      new Map(packs.map(({ id, octets }) => [id, BigInt(octets)])),
    ]),
  );
}
