import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { testRedisUrl, useTestDatabase } from '../../test/support/database.js';
import {
  BillingModule,
  ClosingService,
  CorrectionsService,
  simulationInputSchema,
  SimulationsService,
} from '../billing/index.js';
import { HandlesJob, QueueModule, type JobHandler } from '../queue/index.js';
import { CLOCK, createLogger, LOGGER } from '../shared/index.js';
import { OrderKeeper } from './order-keeper.js';

@Injectable()
@HandlesJob('webhooks.deliver')
class NoDelivery implements JobHandler<'webhooks.deliver'> {
  handle(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

const database = useTestDatabase();
/** October is not over: only somebody who forces it closes it. */
const clock = { now: () => Date.parse('2026-10-20T00:00:00+09:00') };
const FORCED = { month: '2026-10', force: true };
const apps: INestApplicationContext[] = [];
let prefix: string;
let folder: string;
let fleet: BillingFleet;

async function process(work: boolean) {
  const queue = { url: testRedisUrl(), folder, prefix, work };
  @Global()
  @Module({
    providers: [
      { provide: DataSource, useFactory: () => database().dataSource },
      { provide: CLOCK, useValue: clock },
      { provide: LOGGER, useValue: createLogger('silent') },
      NoDelivery,
    ],
    exports: [DataSource, CLOCK, LOGGER],
  })
  class Surroundings {}
  const module = await Test.createTestingModule({
    imports: [Surroundings, QueueModule.forRootAsync({ useFactory: () => queue }), BillingModule],
    providers: [OrderKeeper],
  }).compile();
  const app = await module.init();
  apps.push(app);
  return {
    closing: app.get(ClosingService, { strict: false }),
    corrections: app.get(CorrectionsService, { strict: false }),
    simulations: app.get(SimulationsService, { strict: false }),
    keeper: app.get(OrderKeeper),
  };
}

/** Redis loses everything that is this installation's. */
async function flush(): Promise<void> {
  const redis = new Redis(testRedisUrl().replace('unix://', ''));
  const keys = await redis.keys(`${prefix}:*`);
  expect(keys).not.toEqual([]);
  await redis.del(...keys);
  await redis.quit();
}

const waiting = () =>
  database().dataSource.query<{ what: string }[]>(
    `SELECT 'closing' AS what FROM closing_run WHERE status = 'running'
     UNION ALL SELECT 'correction' FROM correction_order
     UNION ALL SELECT 'simulation' FROM simulation WHERE status = 'running' ORDER BY 1`,
  );

beforeEach(async () => {
  await database().clear();
  prefix = `test-${randomUUID()}`;
  folder = await mkdtemp(join(tmpdir(), 'countfree-test-'));
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(3);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', [1, 2, 3], '2026-09-01T00:00:00+09:00');
  await fleet.use([{ sim: 1, hour: '2026-09-09T12:00:00+09:00', service: null, down: 5_000_000_000 }]);
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await rm(folder, { recursive: true, force: true });
});

describe('orders whose jobs Redis has lost', () => {
  it('are carried out all the same: a closing, also a forced one, a correction and a simulation', async () => {
    const api = await process(false);
    await api.closing.closeNow({ month: '2026-09', force: false });
    await fleet.use([{ sim: 2, hour: '2026-09-09T12:00:00+09:00', service: null, down: 4_000_000_000 }]);
    await api.corrections.start('2026-09');
    await api.simulations.start(
      simulationInputSchema.parse({ month: '2026-09', planCode: 'light', terms: LINE_FREE }),
    );
    await api.closing.start(FORCED);
    await flush();

    const worker = await process(true);
    const all = [{ what: 'closing' }, { what: 'correction' }, { what: 'simulation' }];
    expect(await waiting()).toEqual(all);
    await worker.keeper.look();
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: 20_000, interval: 50 });
    expect(await worker.closing.status('2026-10')).toMatchObject({ status: 'closed', statements: 3 });
    expect((await worker.corrections.list({}, { limit: 9 })).items).toMatchObject([
      { simId: 'sim-2', amount: '242' },
    ]);
  });

  it('are queued once, however often they are looked for and by how many', async () => {
    const api = await process(false);
    await api.closing.start(FORCED);
    const another = await process(false);
    for (const { keeper } of [api, another, api]) await keeper.look();
    const redis = new Redis(testRedisUrl().replace('unix://', ''));
    expect(await redis.llen(`${prefix}:billing.close-period:wait`)).toBe(1);
    await redis.quit();
  });

  it('are none of what is held or finished', async () => {
    const api = await process(false);
    await api.closing.closeNow({ month: '2026-09', force: false });
    await api.closing.start(FORCED);
    await database().dataSource.query(`UPDATE closing_run SET status = 'held' WHERE month = '2026-10'`);
    await flush();
    await api.keeper.look();
    const redis = new Redis(testRedisUrl().replace('unix://', ''));
    expect(await redis.keys(`${prefix}:*:wait`)).toEqual([]);
    await redis.quit();
  });

  it('stand where another comes while the last is carried out', async () => {
    const api = await process(false);
    await api.closing.closeNow({ month: '2026-09', force: false });
    await api.corrections.start('2026-09');
    const correct = api.corrections.correct.bind(api.corrections);
    vi.spyOn(api.corrections, 'correct').mockImplementationOnce(async (...args) => {
      const written = await correct(...args);
      await api.corrections.start('2026-09');
      return written;
    });
    await api.corrections.carryOut('2026-09');
    expect(await waiting()).toEqual([{ what: 'correction' }]);
    await api.corrections.carryOut('2026-09');
    expect(await waiting()).toEqual([]);
  });
});
