import type { EntityManager } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { useTestDatabase } from '../../test/support/database.js';
import { eventsOf } from '../../test/support/events.js';
import { UsageReader } from '../meter/index.js';
import { CatalogueReader, SegmentsReader } from '../plans/index.js';
import { Outbox, type AppendedEvent, type OutboxEvent } from '../webhooks/index.js';
import { DraftingRepository } from './drafting.repository.js';
import { DraftingService } from './drafting.service.js';
import { DEFAULT_BILLING_SETTINGS } from './settings.js';
import { StatementsRepository } from './statements.repository.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { time: 0, now: () => clock.time };
const END = Date.parse('2026-11-01T00:00:00+09:00');

/** An outbox that fails after so many batches, as a process that is killed. */
class FailingOutbox extends Outbox {
  constructor(private batches: number) {
    super();
  }
  override async appendMany(
    manager: EntityManager,
    events: readonly OutboxEvent[],
  ): Promise<AppendedEvent[]> {
    const appended = await super.appendMany(manager, events);
    if ((this.batches -= 1) < 0) throw new Error('killed');
    return appended;
  }
}

function service(outbox = new Outbox()): DraftingService {
  const { dataSource } = database();
  return new DraftingService(
    dataSource,
    new DraftingRepository(),
    new StatementsRepository(),
    new SegmentsReader(),
    new CatalogueReader(),
    new UsageReader(dataSource),
    outbox,
    clock,
    { ...DEFAULT_BILLING_SETTINGS, batchSims: 2 },
  );
}

async function told() {
  const events = await eventsOf(database().dataSource);
  return events.sort((a, b) => (a.simId! < b.simId! ? -1 : 1));
}

beforeEach(async () => {
  await database().clear();
  clock.time = END;
  const fleet = new BillingFleet(database().dataSource);
  await fleet.create(5);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', [1, 2, 3, 4, 5], '2026-10-01T00:00:00+09:00');
  await fleet.use([
    { sim: 1, hour: '2026-10-02T12:00:00+09:00', service: 'line', up: 1_000, down: 57_956 },
    { sim: 1, hour: '2026-10-03T12:00:00+09:00', service: null, down: 4_000_000_000 },
  ]);
});

describe('drafts of a month', () => {
  it('are told of once the period has ended in its own zone, and not before', async () => {
    clock.time = END - 1;
    expect(await service().tell('2026-10')).toBe(0);
    clock.time = END;
    expect(await service().tell('2026-10')).toBe(5);
    const all = await told();
    expect(all.map(({ simId }) => simId)).toEqual(['sim-1', 'sim-2', 'sim-3', 'sim-4', 'sim-5']);
    expect(all[0]!.data).toEqual({
      month: '2026-10',
      from: '2026-09-30T15:00:00.000Z',
      to: '2026-10-31T15:00:00.000Z',
      freeOctets: '58956',
      billedOctets: '4000000000',
      currency: 'JPY',
      amount: '1320',
      closesAt: '2026-11-02T15:00:00.000Z',
      url: '/v1/statement-drafts?month=2026-10&simId=sim-1',
    });
  });

  it('are told of once each, though a process dies between two batches and others run beside', async () => {
    await expect(service(new FailingOutbox(1)).tell('2026-10')).rejects.toThrow('killed');
    expect(await told()).toHaveLength(2);
    const counts = await Promise.all([1, 2, 3].map(() => service().tell('2026-10')));
    await service().tell('2026-10');
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect((await told()).map(({ simId }) => simId)).toEqual(['sim-1', 'sim-2', 'sim-3', 'sim-4', 'sim-5']);
  });

  it('can be stopped, and go on', async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await service().tell('2026-10', stop.signal)).toBe(0);
    expect(await service().tell('2026-10')).toBe(5);
  });
});
