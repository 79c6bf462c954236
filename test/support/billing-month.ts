/** Billing as its module wires it, on a queue that works, in the first days of November 2026. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import {
  BILLING_SETTINGS,
  BillingModule,
  BillingReports,
  ClosingService,
  StatementsService,
} from '../../src/billing/index.js';
import { SubscriptionsService } from '../../src/plans/index.js';
import { HandlesJob, QueueModule, type JobHandler } from '../../src/queue/index.js';
import { CLOCK } from '../../src/shared/index.js';
import { BillingFleet, LINE_FREE } from './billing-fleet.js';
import { testRedisUrl, useTestDatabase } from './database.js';

export const OCTOBER = { month: '2026-10', force: false };
export const SEPTEMBER_STARTS = '2026-09-01T00:00:00+09:00';

/** Noon of a day of October, where the plan `light` is sold. */
export const hour = (day: number) => `2026-10-${String(day).padStart(2, '0')}T12:00:00+09:00`;

@Injectable()
@HandlesJob('webhooks.deliver')
class NoDelivery implements JobHandler<'webhooks.deliver'> {
  handle(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/** Five SIMs and the plan `light`, made anew for each test; October is over, and its grace too. */
export function useBilling() {
  const database = useTestDatabase();
  const clock = { time: 0, now: () => clock.time };
  const settings = { graceMs: 48 * 3_600_000, batchSims: 2, brakeFactor: 2 as number | null, brakeSims: 20 };
  let app: INestApplicationContext;
  let folder: string;
  let fleet: BillingFleet;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countfree-test-'));
    @Global()
    @Module({
      providers: [
        { provide: DataSource, useFactory: () => database().dataSource },
        { provide: CLOCK, useValue: clock },
        NoDelivery,
      ],
      exports: [DataSource, CLOCK],
    })
    class Surroundings {}
    const queue = { url: testRedisUrl(), folder, prefix: `test-${randomUUID()}`, work: true };
    const module = await Test.createTestingModule({
      imports: [Surroundings, QueueModule.forRootAsync({ useFactory: () => queue }), BillingModule],
    })
      .overrideProvider(BILLING_SETTINGS)
      .useValue(settings)
      .compile();
    app = await module.init();
  });

  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    vi.restoreAllMocks();
    await database().clear();
    clock.time = Date.parse('2026-11-03T00:00:00+09:00');
    settings.batchSims = 2;
    settings.brakeSims = 20;
    fleet = new BillingFleet(database().dataSource);
    await fleet.create(5);
    await fleet.plan('light', LINE_FREE);
  });

  const statements = () => app.get(StatementsService, { strict: false });
  const all = async () => (await statements().list({}, { limit: 100 })).items;
  return {
    database,
    clock,
    settings,
    fleet: () => fleet,
    closing: () => app.get(ClosingService, { strict: false }),
    statements,
    reports: () => app.get(BillingReports, { strict: false }),
    subscriptions: () => app.get(SubscriptionsService, { strict: false }),
    /** Every final statement, in the order of its number. */
    all,
    documents: async (): Promise<string[]> =>
      Promise.all((await all()).map(async ({ number }) => (await statements().get(number)).text)),

    /** Five SIMs on the plan in October; the third was activated on the 21st, the fourth used nothing. */
    october5: async (): Promise<void> => {
      await fleet.subscribe('light', [1, 2, 4, 5], '2026-10-01T00:00:00+09:00');
      await fleet.subscribe('light', [3], '2026-10-21T00:00:00+09:00');
      await fleet.use([
        { sim: 1, hour: hour(2), service: 'line', up: 1_000, down: 57_956 },
        { sim: 1, hour: hour(3), service: null, down: 4_000_000_000 },
        { sim: 2, hour: hour(2), service: null, up: 7, down: 3 },
        { sim: 3, hour: hour(10), service: null, down: 999 },
        { sim: 3, hour: hour(22), service: null, down: 500 },
        { sim: 5, hour: '2026-09-30T23:00:00+09:00', service: null, down: 88 },
        { sim: 5, hour: '2026-10-31T23:00:00+09:00', service: 'line', down: 11 },
      ]);
    },
  };
}
