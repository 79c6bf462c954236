import { beforeEach, describe, expect, it } from 'vitest';
import type { CaptureBatch } from '../../src/capture/index.js';
import { StatementRater } from '../../src/billing/statement-rater.js';
import { Identifier } from '../../src/identify/index.js';
import {
  ExplanationsReader,
  LedgerRepository,
  Meter,
  ReasonsRepository,
  SuspenseService,
  UsageReader,
} from '../../src/meter/index.js';
import { CatalogueReader, periodAt, SegmentsReader } from '../../src/plans/index.js';
import { SessionFeed, type SessionChanges } from '../../src/sims/index.js';
import { RealmsRepository } from '../../src/sims/realms.repository.js';
import { SessionsRepository } from '../../src/sims/sessions.repository.js';
import { Outbox } from '../../src/webhooks/index.js';
import { BillingFleet, LINE_FREE } from '../support/billing-fleet.js';
import { packFlows, type RecordFields } from '../support/capture-flows.js';
import { useTestDatabase } from '../support/database.js';
import { catalogue, key, LINE_ADDRESS, SECOND } from '../support/identify.js';

const database = useTestDatabase();
const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1, currency: 'JPY/0' };
/** UNIX microseconds. */
const START = Date.parse('2026-10-10T12:00:00+09:00') * 1000;
const HOUR = 3600 * SECOND;
const HOME = '10.0.0.1';
const WAITING = '10.0.0.2';

function record(address: string, hour: number, octets: number): RecordFields {
  const firstTime = START + hour * HOUR;
  return {
    key: key({ subscriber: address, peer: LINE_ADDRESS, subscriberPort: 40_000 + hour }),
    octetsUp: 0,
    octetsDown: octets,
    packetsUp: 0,
    packetsDown: 1,
    firstTime,
    lastTime: firstTime + SECOND,
  };
}

async function session(address: string, from: number, to: number | null, mcc: string | null): Promise<void> {
  await database().dataSource.query(
    `INSERT INTO session (sim_key, realm_index, prefix, start_time, end_time, dns_servers, mcc, revision)
     VALUES (1, 1, $1, $2, $3, '{}', $4, 1)`,
    [
      `${address}/32`,
      new Date(START / 1000 + from * 3_600_000),
      to === null ? null : new Date(START / 1000 + to * 3_600_000),
      mcc,
    ],
  );
}

function sessions(): Promise<SessionChanges> {
  const feed = new SessionFeed(database().dataSource, new SessionsRepository(), new RealmsRepository());
  return feed.changesSince(0);
}

async function meter(records: RecordFields[]): Promise<void> {
  const { dataSource } = database();
  const [version] = await dataSource.query<{ id: number }[]>(`SELECT id FROM service_version`);
  const identifier = new Identifier({ maxFlows: 100 });
  const services = catalogue([{ code: 'line', prefixes: [{ prefix: '147.92.128.0/17' }] }]);
  identifier.updateCatalogue({
    ...services,
    versions: services.versions.map((one) => ({ ...one, id: version!.id })),
  });
  identifier.updateSessions(await sessions());
  const batch: CaptureBatch = {
    source: 'test:veth0',
    generation: 'aa'.repeat(16),
    sequence: 1n,
    hellos: Buffer.alloc(0),
    flows: packFlows(records),
  };
  await new Meter(
    dataSource,
    new LedgerRepository(dataSource),
    new ReasonsRepository(dataSource),
    identifier,
    {
      now: () => START / 1000,
    },
  ).consume(batch);
}

async function rated() {
  const { dataSource } = database();
  const rater = new StatementRater(new SegmentsReader(), new CatalogueReader(), new UsageReader(dataSource));
  const [one] = await rater.rate(
    dataSource.manager,
    TOKYO,
    periodAt(TOKYO, START / 1000),
    [1],
    new Map<number, bigint>(),
  );
  return one!.rated;
}

beforeEach(async () => {
  await database().clear();
  const { dataSource } = database();
  await dataSource.query(`
    INSERT INTO realm VALUES (1, 'vpg', 'gre', NULL, NULL, NULL, '{10.0.0.0/8}', '{}', false, 0, 1, now(), now())`);
  const fleet = new BillingFleet(dataSource);
  await fleet.create(1);
  const homeMccs = ['440', '441'];
  await fleet.plan('travel', { ...LINE_FREE, free: [{ id: 'line', services: ['line'], homeMccs }] });
  await fleet.subscribe('travel', [1], '2026-10-01T00:00:00+09:00');
});

describe('a session abroad', () => {
  it.each([false, true])('ends what is free at the border, hourly rating: %s', async (hourly) => {
    if (hourly) {
      // A cap makes the plan look at hours: usage is then read in another way.
      const caps = [
        { limit: { value: '9', unit: 'GB' as const }, per: 'day' as const, past: 'billed' as const },
      ];
      const fleet = new BillingFleet(database().dataSource);
      await database().dataSource.query('DELETE FROM subscription');
      const rule = { id: 'line', services: ['line'], homeMccs: ['440'], caps };
      await fleet.plan('capped', { ...LINE_FREE, free: [rule] });
      await fleet.subscribe('capped', [1], '2026-10-01T00:00:00+09:00');
    }
    await session(HOME, 0, 1, '440');
    await session(HOME, 1, 2, '310');
    await session(HOME, 2, null, null);
    await meter([record(HOME, 0, 100), record(HOME, 1, 20), record(HOME, 2, 3)]);

    const { usage, totals } = await rated();
    expect(
      usage.map(({ treatment, reason, planRule, octetsDown }) => [treatment, reason, planRule, octetsDown]),
    ).toEqual([
      ['free', 'free_rule', 'line', 103n],
      ['billed', 'roaming', 'line', 20n],
    ]);
    expect([totals.freeOctets, totals.billedOctets]).toEqual([103n, 20n]);

    const span = { from: new Date('2026-10-01T00:00:00Z'), to: new Date('2026-11-01T00:00:00Z') };
    const explained = await new ExplanationsReader(database().dataSource).list(
      { simKey: 1, ...span },
      { limit: 10 },
    );
    expect(explained.items.map(({ mcc, rule, octetsDown }) => [mcc, rule, octetsDown])).toEqual([
      ['440', '147.92.128.0/17', '100'],
      ['310', '147.92.128.0/17', '20'],
      [null, '147.92.128.0/17', '3'],
    ]);
    const listed = await new UsageReader(database().dataSource).list(
      { ...span, simKey: 1, resolution: 'month', timeZone: 'Asia/Tokyo' },
      { limit: 10 },
    );
    expect(listed.items.map(({ mcc, octetsDown }) => `${mcc} ${octetsDown}`).sort()).toEqual([
      '310 20',
      '440 100',
      'null 3',
    ]);
  });

  it('also if it becomes known only afterwards: octets leave suspense into its network', async () => {
    await meter([record(WAITING, 0, 50), record(WAITING, 1, 7)]);
    await session(WAITING, 0, 1, '310');
    await session(WAITING, 1, null, '440');
    const { dataSource } = database();
    const suspense = new SuspenseService(
      dataSource,
      new LedgerRepository(dataSource),
      { now: () => START / 1000 },
      new Outbox(),
    );
    const bound = await suspense.bind();
    expect(bound).toMatchObject({ rows: 2, octets: 57n });
    const { usage } = await rated();
    expect(usage.map(({ treatment, reason, octetsDown }) => [treatment, reason, octetsDown])).toEqual([
      ['free', 'free_rule', 7n],
      ['billed', 'roaming', 50n],
    ]);
    const [binding] = await dataSource.query<{ mcc: string }[]>(
      `SELECT r.mcc FROM suspense_binding b JOIN usage_reason r ON r.id = b.reason_id WHERE b.octets_down = 50`,
    );
    expect(binding?.mcc).toBe('310');
  });
});
