import { beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { eventsOf } from '../../test/support/events.js';
import { Outbox } from '../webhooks/index.js';
import { AccountsReader } from './accounts.reader.js';
import type { SuspenseDelta } from './aggregate.js';
import { meterEntities } from './entities.js';
import { LedgerRepository } from './ledger.repository.js';
import { SuspenseService } from './suspense.service.js';
import { UsageReader } from './usage.reader.js';

const database = useTestDatabase({ entities: meterEntities });
const HOUR = Date.UTC(2026, 10, 3, 14);
const MINUTE = 60_000;
const clock = { now: () => HOUR + 50 * MINUTE };

beforeEach(async () => {
  await database().clear();
  const { dataSource } = database();
  await dataSource.query(`
    INSERT INTO realm VALUES (1, 'vpg', 'gre', NULL, NULL, NULL, '{10.128.0.0/9}', '{}', false, 0, 1, now(), now())`);
  await dataSource.query(`
    INSERT INTO sim (sim_id, name_consent, status, tags, version, created_at, updated_at)
    SELECT 'sim-' || i, true, 'active', '{}', 1, now(), now() FROM generate_series(1, 3) i`);
  await dataSource.query(`INSERT INTO service VALUES ('line', 'LINE', NULL, 100, 0, 1, now(), now())`);
  await dataSource.query(`
    INSERT INTO service_version (service_code, version, effective_from, policy, rules, created_at)
    VALUES ('line', 1, '2026-01-01', 'agree', '{}', now())`);
  await dataSource.query(`
    INSERT INTO usage_reason (service_version_id, evidence, rule) VALUES (1, 'prefix', '147.92.128.0/17'), (NULL, 'none', NULL)`);
});

function delta(
  address: string,
  reasonId: number,
  octets: number,
  fromMinute: number,
  toMinute: number,
): SuspenseDelta {
  return {
    realmIndex: 1,
    address,
    hour: HOUR,
    reasonId,
    octetsUp: octets,
    octetsDown: 2 * octets,
    packetsUp: 1,
    packetsDown: 2,
    firstTime: (HOUR + fromMinute * MINUTE) * 1000,
    lastTime: (HOUR + toMinute * MINUTE) * 1000,
  };
}

async function suspend(...rows: SuspenseDelta[]): Promise<void> {
  const { dataSource } = database();
  const ledger = new LedgerRepository(dataSource);
  await dataSource.transaction((manager) => ledger.addSuspense(manager, rows));
}

async function session(simKey: number, prefix: string, fromMinute: number, toMinute?: number): Promise<void> {
  await database().dataSource.query(
    `INSERT INTO session (sim_key, realm_index, prefix, start_time, end_time, dns_servers, revision)
     VALUES ($1, 1, $2, $3, $4, '{}', 1)`,
    [
      simKey,
      prefix,
      new Date(HOUR + fromMinute * MINUTE),
      toMinute === undefined ? null : new Date(HOUR + toMinute * MINUTE),
    ],
  );
}

function service(): SuspenseService {
  const { dataSource } = database();
  return new SuspenseService(dataSource, new LedgerRepository(dataSource), clock, new Outbox());
}

const span = [new Date(HOUR), new Date(HOUR + 60 * MINUTE)] as const;

async function usage() {
  return new UsageReader(database().dataSource).usageOfPeriod([1, 2, 3], ...span);
}

describe('SuspenseService', () => {
  it('moves the octets of an address to the SIM whose session covers them, with their service', async () => {
    await suspend(delta('10.128.0.9', 1, 100, 5, 20), delta('10.128.0.9', 2, 7, 6, 6));
    await session(2, '10.128.0.9/32', 4);
    expect(await service().bind()).toEqual({ rows: 2, octets: 321n, simKeys: [2] });
    expect(await usage()).toMatchObject([
      { simKey: 2, hour: HOUR, serviceCode: 'line', evidence: 'prefix', octetsUp: 100n, octetsDown: 200n },
      { simKey: 2, serviceCode: null, evidence: 'none', octetsUp: 7n },
    ]);
    const { items } = await new AccountsReader(database().dataSource).suspense(...span, { limit: 10 });
    expect(items).toEqual([]);
  });

  it('records where bound octets came from', async () => {
    await suspend(delta('10.128.0.9', 1, 100, 5, 20));
    await session(2, '10.128.0.9/32', 4);
    await service().bind();
    expect(
      await database().dataSource.query(
        'SELECT sim_key, host(address) AS address, octets_up, bound_at FROM suspense_binding',
      ),
    ).toEqual([{ sim_key: '2', address: '10.128.0.9', octets_up: '100', bound_at: new Date(clock.now()) }]);
  });

  it('tells of what was bound, once for each SIM, in the transaction that binds', async () => {
    await suspend(
      delta('10.128.0.9', 1, 100, 5, 20),
      delta('10.128.0.9', 2, 7, 6, 6),
      { ...delta('10.128.0.9', 1, 1, 61, 62), hour: HOUR + 60 * MINUTE },
      delta('10.128.0.8', 1, 1, 5, 6),
    );
    await session(2, '10.128.0.9/32', 4);
    await session(3, '10.128.0.8/32', 4);
    await service().bind();
    await service().bind();
    expect((await eventsOf(database().dataSource)).sort((a, b) => (a.simId! < b.simId! ? -1 : 1))).toEqual([
      {
        type: 'sim.suspense_bound',
        timestamp: new Date(clock.now()).toISOString(),
        simId: 'sim-2',
        sequence: 1,
        data: {
          rows: 3,
          octetsUp: '108',
          octetsDown: '216',
          octets: '324',
          firstHour: '2026-11-03T14:00:00.000Z',
          lastHour: '2026-11-03T15:00:00.000Z',
          url: '/v1/usage/sim-2/explain?from=2026-11-03T14:00:00.000Z&to=2026-11-03T16:00:00.000Z',
        },
      },
      expect.objectContaining({ simId: 'sim-3', data: expect.objectContaining({ octets: '3' }) as unknown }),
    ]);
  });

  it('changes nothing when it runs again, also at the same time', async () => {
    await suspend(delta('10.128.0.9', 1, 100, 5, 20));
    await session(2, '10.128.0.9/32', 4);
    const results = await Promise.all([service().bind(), service().bind(), service().bind()]);
    expect(results.map((result) => result.rows).sort()).toEqual([0, 0, 1]);
    expect(await service().bind()).toEqual({ rows: 0, octets: 0n, simKeys: [] });
    expect(await usage()).toMatchObject([{ octetsUp: 100n }]);
  });

  it.each<[string, number, number | undefined]>([
    ['begins after the first packet', 6, undefined],
    ['ends before the last packet', 4, 19],
    ['ends at the instant of the last packet', 4, 20],
  ])('leaves octets in suspense where the session %s', async (_name, from, to) => {
    await suspend(delta('10.128.0.9', 1, 100, 5, 20));
    await session(2, '10.128.0.9/32', from, to);
    expect(await service().bind()).toMatchObject({ rows: 0 });
    const { items } = await new AccountsReader(database().dataSource).suspense(...span, { limit: 10 });
    expect(items).toMatchObject([{ address: '10.128.0.9', octetsUp: 100n, octetsDown: 200n }]);
    expect(await service().waitingOctets()).toBe(300n);
  });

  it('gives an address behind a SIM to the longest prefix', async () => {
    await suspend(delta('10.200.1.5', 1, 10, 5, 6), delta('10.200.2.5', 1, 20, 5, 6));
    await session(1, '10.200.0.0/16', 0);
    await session(2, '10.200.1.0/24', 0);
    expect(await service().bind()).toMatchObject({ rows: 2, simKeys: [1, 2] });
    expect(await usage()).toMatchObject([
      { simKey: 1, octetsUp: 20n },
      { simKey: 2, octetsUp: 10n },
    ]);
  });

  it('adds to what the SIM has already', async () => {
    await session(2, '10.128.0.9/32', 0);
    await suspend(delta('10.128.0.9', 1, 100, 5, 6));
    await service().bind();
    await suspend(delta('10.128.0.9', 1, 11, 7, 8));
    await service().bind();
    expect(await usage()).toMatchObject([{ octetsUp: 111n, octetsDown: 222n }]);
  });

  it('keeps the sum of octets whatever is bound, while batches go on arriving', async () => {
    const writers = Array.from({ length: 20 }, (_unused, index) =>
      suspend(delta(`10.128.0.${index % 4}`, 1 + (index % 2), 10, 5, 6)),
    );
    for (let i = 0; i < 4; i += 1) await session(1 + (i % 3), `10.128.0.${i}/32`, 0);
    await Promise.all([...writers, service().bind(), service().bind()]);
    await service().bind();
    const rows = await usage();
    expect(rows.reduce((sum, row) => sum + row.octetsUp, 0n)).toBe(200n);
  });
});

describe('UsageReader', () => {
  async function fill(): Promise<void> {
    const { dataSource } = database();
    const ledger = new LedgerRepository(dataSource);
    await ledger.ensurePartitions([HOUR]);
    await dataSource.transaction(async (manager) => {
      const batchId = await ledger.insertBatch(manager, {
        source: 's',
        generation: 'g',
        sequence: 1n,
        epoch: 1,
        flowOctets: 0,
        usageEntries: 0,
        firstTime: null,
        lastTime: null,
        receivedAt: HOUR,
      });
      const row = (simKey: number, hours: number, reasonId: number) => ({
        simKey,
        hour: HOUR + hours * 60 * MINUTE,
        reasonId,
        octetsUp: 1,
        octetsDown: 10,
        packetsUp: 1,
        packetsDown: 1,
      });
      await ledger.addUsage(manager, batchId ?? '', [
        row(1, 0, 1),
        row(1, 0, 2),
        row(1, 1, 1),
        row(1, 2, 1),
        row(2, 0, 1),
      ]);
    });
  }

  it('pages through all rows without missing or repeating one', async () => {
    await fill();
    const reader = new UsageReader(database().dataSource);
    const query = {
      from: new Date(HOUR),
      to: new Date(HOUR + 24 * 60 * MINUTE),
      resolution: 'hour' as const,
      timeZone: 'UTC',
    };
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await reader.list(query, { limit: 2, cursor });
      seen.push(
        ...page.items.map((item) => `${item.simKey}/${(item.start - HOUR) / 3_600_000}/${item.evidence}`),
      );
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['1/0/prefix', '1/0/none', '2/0/prefix', '1/1/prefix', '1/2/prefix']);
  });

  it('begins days in the zone that is asked for', async () => {
    await fill();
    const reader = new UsageReader(database().dataSource);
    const { items } = await reader.list(
      {
        from: new Date(HOUR),
        to: new Date(HOUR + 24 * 60 * MINUTE),
        resolution: 'day',
        timeZone: 'Asia/Tokyo',
        simKey: 1,
        serviceCode: 'line',
      },
      { limit: 10 },
    );
    // 14:00 UTC is 23:00 in Tokyo: the next hour is another day there.
    expect(items.map((item) => [new Date(item.start).toISOString(), item.octetsUp])).toEqual([
      ['2026-11-02T15:00:00.000Z', 1n],
      ['2026-11-03T15:00:00.000Z', 2n],
    ]);
  });

  it('sums by service and evidence', async () => {
    await fill();
    const { totals } = await new UsageReader(database().dataSource).list(
      { from: new Date(HOUR), to: new Date(HOUR + 60 * MINUTE), resolution: 'hour', timeZone: 'UTC' },
      { limit: 1 },
    );
    expect(totals).toEqual([
      { serviceCode: 'line', evidence: 'prefix', octetsUp: 2n, octetsDown: 20n },
      { serviceCode: null, evidence: 'none', octetsUp: 1n, octetsDown: 10n },
    ]);
  });
});
