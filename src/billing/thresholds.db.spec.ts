import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { useTestDatabase } from '../../test/support/database.js';
import { eventsOf } from '../../test/support/events.js';
import { TouchesRepository, UsageReader } from '../meter/index.js';
import { CatalogueReader, SegmentsReader } from '../plans/index.js';
import { Outbox } from '../webhooks/index.js';
import { StatementsRepository } from './statements.repository.js';
import { ThresholdsRepository } from './thresholds.repository.js';
import { ThresholdsService } from './thresholds.service.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { now: () => Date.parse('2026-10-20T00:00:00+09:00') };
let fleet: BillingFleet;

function service(): ThresholdsService {
  const { dataSource } = database();
  return new ThresholdsService(
    dataSource,
    new TouchesRepository(),
    new ThresholdsRepository(),
    new StatementsRepository(),
    new SegmentsReader(),
    new CatalogueReader(),
    new UsageReader(dataSource),
    new Outbox(),
    clock,
  );
}

const START = '2026-10-01T00:00:00+09:00';
const hour = (day: number, month = 10) => `2026-${month}-${String(day).padStart(2, '0')}T12:00:00+09:00`;

/** Usage and its touch in one transaction's stead: the bucket first, so that the touch finds it. */
async function use(sim: number, octets: number, at = hour(5), service: 'line' | null = null): Promise<void> {
  await fleet.use([{ sim, hour: at, service, down: octets }]);
  await touch(sim, octets, at);
}

async function touch(sim: number, octets: number, at = hour(5)): Promise<void> {
  await database().dataSource.transaction((manager) =>
    new TouchesRepository().add(manager, [
      {
        simKey: sim,
        hour: Date.parse(at),
        reasonId: 1,
        octetsUp: 0,
        octetsDown: octets,
        packetsUp: 0,
        packetsDown: 1,
      },
    ]),
  );
}

async function told(): Promise<unknown[][]> {
  const events = await eventsOf(database().dataSource);
  return events
    .sort((a, b) => a.simId!.localeCompare(b.simId!) || a.sequence! - b.sequence!)
    .map(({ simId, type, data }) => [simId, type, data.kind, data.threshold]);
}

beforeEach(async () => {
  await database().clear();
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(3);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', [1, 2], START);
});

describe('thresholds of a running month', () => {
  it('are told once each, with the SIM, the plan and both figures', async () => {
    await use(1, 1_499_999_999);
    expect(await service().check()).toBe(0);
    await use(1, 1);
    expect(await service().check()).toBe(1);
    await use(1, 1_600_000_000);
    expect(await service().check()).toBe(2);
    await touch(1, 5_000_000_000);
    expect(await service().check()).toBe(0);
    expect(await told()).toEqual([
      ['sim-1', 'usage.threshold_reached', 'quota', '50%'],
      ['sim-1', 'usage.threshold_reached', 'quota', '80%'],
      ['sim-1', 'usage.threshold_reached', 'quota', '100%'],
    ]);
    expect((await service().list({ simId: 'sim-1' }, { limit: 1 })).items).toMatchObject([
      { planCode: 'light', rule: '/quota', limit: '3000000000', used: '1500000000', month: '2026-10' },
    ]);
  });

  it('do not look at free octets, nor at a SIM without a plan', async () => {
    await use(1, 9_000_000_000, hour(5), 'line');
    await use(3, 9_000_000_000);
    expect(await service().check()).toBe(0);
  });

  it('start anew with the next period', async () => {
    await use(1, 2_000_000_000);
    await service().check();
    await use(1, 2_000_000_000, hour(3, 11));
    expect(await service().check()).toBe(1);
    // Late usage of the month before is still looked at.
    await use(1, 500_000_000, hour(31));
    expect(await service().check()).toBe(1);
  });

  it('tell that a cap was exceeded', async () => {
    await fleet.plan('capped', {
      ...LINE_FREE,
      free: [
        {
          id: 'line',
          services: ['line'],
          caps: [{ limit: { value: '100', unit: 'octet' }, per: 'day', past: 'noticed' }],
        },
      ],
    });
    await fleet.subscribe('capped', [3], START);
    await use(3, 101, hour(5), 'line');
    await service().check();
    await use(3, 60, hour(6), 'line');
    await service().check();
    expect(await told()).toEqual([
      ['sim-3', 'usage.threshold_reached', 'cap', '50%'],
      ['sim-3', 'usage.threshold_reached', 'cap', '80%'],
      ['sim-3', 'usage.threshold_reached', 'cap', '100%'],
      ['sim-3', 'usage.cap_exceeded', 'cap', 'exceeded'],
      ['sim-3', 'usage.threshold_reached', 'cap', '50%'],
    ]);
  });

  it('are the own ones of a plan, and of money with its tax, once each and to the octet', async () => {
    const thresholds = { percents: [10], amounts: ['1320'] };
    await fleet.plan('own', { ...LINE_FREE, thresholds });
    await fleet.subscribe('own', [3], START);
    await use(3, 299_999_999);
    expect(await service().check()).toBe(0);
    await use(3, 2_700_000_001);
    expect(await service().check()).toBe(1);
    // The first octet past the quota is a gigabyte of 220 yen, and 1200 yen have 120 of tax.
    await use(3, 1);
    expect(await service().check()).toBe(1);
    await use(3, 5_000_000_000);
    expect(await service().check()).toBe(0);
    expect(await told()).toEqual([
      ['sim-3', 'usage.threshold_reached', 'quota', '10%'],
      ['sim-3', 'usage.threshold_reached', 'amount', '1320'],
    ]);
  });

  it('are looked at again after the SIM has changed its plan', async () => {
    await use(1, 1_000_000_000);
    await service().check();
    await fleet.plan('tiny', {
      ...LINE_FREE,
      quota: { included: { value: '1', unit: 'GB' }, proration: 'full' },
    });
    await database().dataSource.query(
      `UPDATE subscription SET plan_key = (SELECT plan_key FROM plan WHERE code = 'tiny') WHERE sim_key = 1`,
    );
    await touch(1, 0);
    expect(await service().check()).toBe(3);
  });

  it('of a cap that looks back over the edge of the period see what comes late from before it', async () => {
    const caps = [
      {
        limit: { value: '1000', unit: 'octet' as const },
        per: { rollingHours: 72 },
        past: 'noticed' as const,
      },
    ];
    await fleet.plan('rolling', { ...LINE_FREE, free: [{ id: 'line', services: ['line'], caps }] });
    await fleet.subscribe('rolling', [3], START);
    await use(3, 100, hour(1, 11), 'line');
    expect(await service().check()).toBe(0);
    // Of October's 72 hours before: with them the SIM has 499 octets in the window, then 500, then all of them.
    await use(3, 399, hour(31), 'line');
    expect(await service().check()).toBe(0);
    await use(3, 1, hour(31), 'line');
    expect(await service().check()).toBe(1);
    await use(3, 501, hour(31), 'line');
    expect(await service().check()).toBe(5);
    const { items } = await service().list({}, { limit: 20 });
    expect(items.map(({ month, threshold, used }) => [month, threshold, used])).toEqual([
      ['2026-11', '50%', '500'],
      ['2026-10', '50%', '901'],
      ['2026-10', '80%', '901'],
      ['2026-11', '80%', '1001'],
      ['2026-11', '100%', '1001'],
      ['2026-11', 'exceeded', '1001'],
    ]);
  });

  it('are looked at again once a service is no longer a part of what is free', async () => {
    await fleet.plan('parts', {
      ...LINE_FREE,
      free: [{ id: 'all', services: ['suite'], includeSubServices: true }],
    });
    const { dataSource } = database();
    await dataSource.query(`
      INSERT INTO service (code, name, rating_group, service_identifier, version, created_at, updated_at)
      VALUES ('suite', 'Suite', 2, 0, 1, now(), now());
      UPDATE service SET parent_code = 'suite' WHERE code = 'line'`);
    await fleet.subscribe('parts', [3], START);
    await use(3, 1_400_000_000);
    await use(3, 2_000_000_000, hour(5), 'line');
    expect(await service().check()).toBe(0);
    await dataSource.query(`UPDATE service SET parent_code = NULL WHERE code = 'line'`);
    await touch(3, 1);
    expect(await service().check()).toBe(3);
  });

  it('rate a SIM only when enough octets came to reach something', async () => {
    await use(1, 1_000_000);
    await service().check();
    const rows = () =>
      database().dataSource.query<{ headroom: string }[]>(
        'SELECT headroom FROM usage_watch WHERE sim_key = 1',
      );
    expect(await rows()).toEqual([{ headroom: '1499000000' }]);
    await use(1, 1_000_000_000, hour(5), 'line');
    await service().check();
    // Not rated: free octets only came off what it may still use unseen.
    expect(await rows()).toEqual([{ headroom: '499000000' }]);
    await use(1, 600_000_000, hour(5), 'line');
    await service().check();
    expect(await rows()).toEqual([{ headroom: '1499000000' }]);
  });

  it('are told once when several workers look, and batches go on arriving', async () => {
    const writers = Array.from({ length: 30 }, (_unused, index) =>
      use(1 + (index % 2), 200_000_000, hour(1 + index)),
    );
    const workers = Array.from({ length: 4 }, async () => {
      for (let round = 0; round < 10; round += 1) await service().check();
    });
    await Promise.all([...writers, ...workers]);
    await service().check();
    const events = await told();
    expect(events).toHaveLength(6);
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(6);
  });

  it('leave the touch where the transaction fails, and tell with the next check', async () => {
    await use(1, 1_500_000_000);
    await database().dataSource.query(`
      CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
      CREATE TRIGGER die BEFORE INSERT ON outbox_event FOR EACH ROW EXECUTE FUNCTION die()`);
    await expect(service().check()).rejects.toThrow('no');
    await database().dataSource.query('DROP TRIGGER die ON outbox_event; DROP FUNCTION die');
    expect(await service().check()).toBe(1);
  });
});
