import { expect, it } from 'vitest';
import { loadMigrations } from '../../src/database/index.js';
import { BillingFleet, LINE_FREE } from '../support/billing-fleet.js';
import { billingServices } from '../support/billing-services.js';
import { useTestDatabase } from '../support/database.js';

const database = useTestDatabase();
const clock = { time: 0, now: () => clock.time };
const settings = { graceMs: 0, batchSims: 2, brakeFactor: 2, brakeSims: 2 };
const services = () => billingServices(database().dataSource, clock, settings);
const SIMS = [1, 2, 3];
/** Up to here migrations make the tables that the test looks at. */
const CORRECTIONS = 1700000001403;

async function use(month: string): Promise<void> {
  await new BillingFleet(database().dataSource).use([
    { sim: 1, hour: `2026-${month}-02T12:00:00+09:00`, service: 'line', down: 4_000_000_000 },
    { sim: 2, hour: `2026-${month}-02T12:00:00+09:00`, service: null, down: 3_500_000_000, up: 7 },
  ]);
}

async function close(month: string, next: string): Promise<void> {
  clock.time = Date.parse(`2026-${next}-05T00:00:00Z`);
  await services().closing.closeNow({ month: `2026-${month}`, force: false });
}

/** Statements, corrections and where their numbers and runs stand, as they are stored. */
async function billed(): Promise<unknown[]> {
  const { dataSource } = database();
  return Promise.all(
    ['statement', 'statement_correction', 'statement_series', 'closing_run', 'subscription'].map((table) =>
      dataSource.query(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY to_jsonb(t)::text`),
    ),
  );
}

it('final statements and corrections outlive migrations back and forth to the byte, stay final, and go on', async () => {
  const { dataSource } = database();
  const fleet = new BillingFleet(dataSource);
  await fleet.create(SIMS.length);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', SIMS, '2026-08-01T00:00:00+09:00');
  await use('08');
  await close('08', '09');
  // Late for August: corrected, and settled by September's statements.
  await use('08');
  await use('09');
  await close('09', '10');
  await use('09');
  expect(await services().corrections.correct('2026-09')).toBe(2);
  const before = await billed();
  expect(before.map((rows) => (rows as unknown[]).length)).toEqual([6, 4, 1, 2, 3]);

  const later = (await loadMigrations()).filter(({ name }) => Number(name.slice(-13)) > CORRECTIONS);
  const runner = dataSource.createQueryRunner();
  try {
    for (const migration of later.toReversed()) await new migration().down(runner);
    for (const migration of later) await new migration().up(runner);
  } finally {
    await runner.release();
  }
  expect(await billed()).toEqual(before);
  for (const change of [
    'UPDATE statement SET amount = 0',
    'DELETE FROM statement',
    'TRUNCATE statement CASCADE',
  ])
    await expect(dataSource.query(change)).rejects.toThrow(/never changed or removed/);
  await expect(dataSource.query('DELETE FROM statement_correction')).rejects.toThrow(/never changed/);
  await expect(
    dataSource.query(`UPDATE subscription SET starts_at = starts_at - '1 hour'::interval`),
  ).rejects.toThrow(/final statements until/);

  expect(await services().corrections.correct('2026-09')).toBe(0);
  await use('10');
  await close('10', '11');
  for (const sim of SIMS)
    expect(await services().verification.checkChain(`sim-${sim}`)).toMatchObject({
      statements: 3,
      broken: null,
    });
});
