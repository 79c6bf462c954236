import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';

const database = useTestDatabase({ poolSize: 8 });
const SIMS = Array.from({ length: 120 }, (_, index) => index + 1);
const NOW = Date.parse('2026-11-05T00:00:00Z');
const OCTOBER = { month: '2026-10', force: false };
const settings = { graceMs: 0, batchSims: 40, brakeFactor: 2, brakeSims: 1 };
const services = () => billingServices(database().dataSource, { now: () => NOW }, settings);

async function fill(): Promise<void> {
  await database().clear();
  const fleet = new BillingFleet(database().dataSource);
  await fleet.create(SIMS.length);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', SIMS, '2026-09-01T00:00:00+09:00');
  for (const month of ['09', '10'])
    await fleet.use(
      SIMS.flatMap((sim) => [
        { sim, hour: `2026-${month}-09T12:00:00+09:00`, service: 'line' as const, down: sim },
        { sim, hour: `2026-${month}-10T12:00:00+09:00`, service: null, up: sim * 50_000_000 },
      ]),
    );
  await services().closing.closeNow({ month: '2026-09', force: false });
  await services().closing.start(OCTOBER);
}

async function closed(): Promise<number> {
  const [row] = await database().dataSource.query<{ count: string }[]>(
    `SELECT count(*) FROM statement WHERE month = '2026-10'`,
  );
  return Number(row!.count);
}

/** Everything that the closing has made known. */
async function made() {
  const { dataSource } = database();
  return {
    statements: await dataSource.query<{ number: string; document: string; hash: Buffer }[]>(
      'SELECT number, document, hash FROM statement ORDER BY number',
    ),
    events: (
      await dataSource.query<{ payload: Buffer }[]>('SELECT payload FROM outbox_event ORDER BY id')
    ).map(({ payload }) => payload.toString()),
    series: await dataSource.query('SELECT * FROM statement_series'),
  };
}

/** Goes on in a process of its own, which is killed when so many statements of the month are final. */
async function goOnUntil(killAt: number): Promise<void> {
  const url = (path: string) => new URL(path, import.meta.url);
  const child = spawn(
    process.execPath,
    [
      '--import',
      url('../../test/support/typescript.mjs').href,
      url('../../test/support/closing-worker.ts').pathname,
      database().url,
      OCTOBER.month,
      String(NOW),
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  while (child.exitCode === null && (await closed()) < killAt) await delay(2);
  child.kill('SIGKILL');
  expect(await exit).toEqual([null, 'SIGKILL']);
}

describe('a closing whose process is killed', () => {
  beforeEach(fill);

  it('again and again, is finished with the very bytes, numbers and events of one that was not', async () => {
    await services().closing.carryOut(OCTOBER.month);
    const expected = await made();
    expect(expected.statements.map(({ number }) => Number(number))).toEqual(
      Array.from({ length: 2 * SIMS.length }, (_, index) => index + 1),
    );
    await fill();
    for (const killAt of [1, 60]) {
      await goOnUntil(killAt);
      // What was under way is taken back whole, and is not all that is left.
      const done = await closed();
      expect(done).toBeGreaterThanOrEqual(killAt);
      expect(done).toBeLessThan(SIMS.length);
    }
    await services().closing.carryOut(OCTOBER.month);
    expect(await made()).toEqual(expected);
    expect(await services().closing.status(OCTOBER.month)).toMatchObject({ status: 'closed' });
  }, 120_000);
});
