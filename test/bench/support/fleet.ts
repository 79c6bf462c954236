import type { DataSource } from 'typeorm';
import { LedgerRepository } from '../../../src/meter/index.js';
import { BillingFleet, LINE_FREE } from '../../support/billing-fleet.js';

export const MONTH = '2026-10';
export const MONTH_BEFORE = '2026-09';
export const DAYS = 30;
/** One of them free under the plan. */
export const SERVICES = ['line', 'youtube', 'netflix', 'spotify', 'twitter'];
/** UNIX milliseconds. */
export const dayOne = (month: string) => Date.parse(`${month}-01T00:00:00+09:00`);
const DAY_MS = 86_400_000;

/**
 * SIMs `sim-1`… on one plan (980 yen, 3 GB, LINE free), each with one bucket per service and day of `months` (oldest
 * first), stored as a ledger stores them: by time, not by SIM.
 */
export async function fillFleet(
  dataSource: DataSource,
  sims: number,
  months: readonly string[] = [MONTH],
): Promise<void> {
  const fleet = new BillingFleet(dataSource);
  await fleet.create(sims);
  await dataSource.query(
    `INSERT INTO service (code, name, rating_group, service_identifier, version, created_at, updated_at)
     SELECT code, code, 1 + n, 0, 1, now(), now() FROM unnest($1::text[]) WITH ORDINALITY AS s (code, n)`,
    [SERVICES.slice(1)],
  );
  await dataSource.query(
    `INSERT INTO service_version (service_code, version, effective_from, policy, rules, created_at)
     SELECT code, 1, '2020-01-01T00:00:00Z', 'agree', '{}', now() FROM unnest($1::text[]) code`,
    [SERVICES.slice(1)],
  );
  await dataSource.query(
    `INSERT INTO usage_reason (service_version_id, evidence, rule)
     SELECT id, 'dns', service_code || '.example' FROM service_version WHERE service_code <> 'line'`,
  );
  await fleet.plan('light', LINE_FREE);
  await dataSource.query(
    `INSERT INTO subscription (sim_key, plan_key, starts_at, ends_at, version, created_at, updated_at)
     SELECT n, (SELECT plan_key FROM plan), $2, NULL, 1, now(), now() FROM generate_series(1, $1::int) n`,
    [sims, new Date(dayOne(months[0] ?? MONTH))],
  );
  for (const month of months) await fillMonth(dataSource, sims, month);
  await dataSource.query('VACUUM (ANALYZE)');
}

async function fillMonth(dataSource: DataSource, sims: number, month: string): Promise<void> {
  const ledger = new LedgerRepository(dataSource);
  for (let day = 0; day < DAYS; day += 1) {
    const noon = dayOne(month) + day * DAY_MS + DAY_MS / 2;
    await ledger.ensurePartitions([noon]);
    await dataSource.query(
      `INSERT INTO usage_bucket (sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down)
       SELECT sim, $2::timestamptz + (sim % 8) * interval '1 hour', r.id, 1000 + sim % 977,
              (1 + sim % 61) * 1000000 + r.id, 10, 40
       FROM generate_series(1, $1::int) sim CROSS JOIN usage_reason r WHERE r.service_version_id IS NOT NULL
       ORDER BY 2, 1, 3`,
      [sims, new Date(noon)],
    );
  }
}

/** UNIX milliseconds at which the month may be closed. */
export const CLOSING_TIME = Date.parse('2026-11-05T00:00:00+09:00');
