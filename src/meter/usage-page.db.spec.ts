import { beforeAll, describe, expect, it } from 'vitest';
import { BillingFleet } from '../../test/support/billing-fleet.js';
import { useTestDatabase } from '../../test/support/database.js';
import { UsageReader, type UsageQuery } from './index.js';

const database = useTestDatabase();
const from = new Date('2026-10-01T00:00:00Z');
const to = new Date('2026-10-03T00:00:00Z');
const ofSim: UsageQuery = { from, to, simKey: 1, resolution: 'day', timeZone: 'UTC' };
const page = { limit: 100 };

describe('sums of a SIM, read with a page of its usage', () => {
  let reader: UsageReader;
  beforeAll(async () => {
    const { dataSource } = database();
    reader = new UsageReader(dataSource);
    const fleet = new BillingFleet(dataSource);
    await fleet.create(2);
    await fleet.use([
      { sim: 1, hour: '2026-10-01T05:00:00Z', service: 'line', up: 1, down: 20 },
      { sim: 1, hour: '2026-10-02T07:00:00Z', service: 'line', up: 300, down: 4_000 },
      { sim: 1, hour: '2026-10-02T07:00:00Z', service: null, up: 5, down: 6 },
      { sim: 2, hour: '2026-10-02T07:00:00Z', service: 'line', up: 7, down: 8 },
      { sim: 1, hour: '2026-10-03T00:00:00Z', service: 'line', up: 9, down: 9 },
    ]);
    // The same service and evidence by another rule, in another network and under a name.
    await dataSource.query(
      `INSERT INTO usage_reason (service_version_id, evidence, rule, name, mcc)
       SELECT service_version_id, evidence, 'line-apps.com', n.name, '440'
       FROM usage_reason, (VALUES ('a.line-apps.com'), ('b.line-apps.com')) n (name) WHERE evidence = 'sni'`,
    );
    await dataSource.query(
      `INSERT INTO usage_bucket (sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down)
       SELECT 1, '2026-10-02T09:00:00Z', id, 10, 100, 1, 1 FROM usage_reason WHERE name IS NOT NULL`,
    );
  });

  it('are what usageOfSpans says of the span, by version, rule and network', async () => {
    const { sums, totals } = await reader.list(ofSim, page);
    const spans = await reader.usageOfSpans([{ simKey: 1, from: from.getTime(), to: to.getTime() }]);
    expect(sums).toHaveLength(3);
    expect(sums).toEqual(expect.arrayContaining(spans));
    expect(totals).toEqual([
      { serviceCode: 'line', evidence: 'sni', octetsUp: 321n, octetsDown: 4_220n },
      { serviceCode: null, evidence: 'none', octetsUp: 5n, octetsDown: 6n },
    ]);
  });

  it('do not depend on where the page begins or ends', async () => {
    const { sums } = await reader.list(ofSim, page);
    const first = await reader.list(ofSim, { limit: 1 });
    const second = await reader.list(ofSim, { limit: 1, cursor: first.nextCursor! });
    expect([first.items.length, second.items.length]).toEqual([1, 1]);
    expect([first.sums, second.sums]).toEqual([sums, sums]);
  });

  it('are missing under any other filter, the totals are not', async () => {
    const filters = [
      { simKey: undefined },
      { serviceCode: 'line' },
      { evidence: 'sni' as const },
      { name: 'a.line-apps.com' },
      { direction: 'up' as const },
    ];
    const pages = await Promise.all(filters.map((filter) => reader.list({ ...ofSim, ...filter }, page)));
    expect(pages.map(({ sums }) => sums)).toEqual([null, null, null, null, null]);
    expect(pages.map(({ totals }) => totals.map(({ octetsUp }) => octetsUp))).toEqual([
      [328n, 5n],
      [321n],
      [321n],
      [10n],
      [321n, 5n],
    ]);
    expect(pages[4]?.totals.map(({ octetsDown }) => octetsDown)).toEqual([0n, 0n]);
  });
});

/**
 * Zones whose days begin at half past an hour, or whose clocks go back to midnight or in the night: an hour of each must stand in
 * one hour, day or month, whose span holds it and no other.
 */
describe('hours, days and months of a zone', () => {
  const HOUR = 3_600_000;
  const first = Date.parse('2026-10-31T00:00:00Z');
  let reader: UsageReader;
  beforeAll(async () => {
    const { dataSource } = database();
    await database().clear();
    reader = new UsageReader(dataSource);
    const fleet = new BillingFleet(dataSource);
    await fleet.create(1);
    // A number of octets that tells the hour, so that no sum can be that of other hours.
    await fleet.use(
      Array.from({ length: 48 }, (_unused, index) => ({
        sim: 1,
        hour: new Date(first + index * HOUR).toISOString(),
        service: null,
        down: 2 ** index,
      })),
    );
  });

  async function spansOf(resolution: UsageQuery['resolution'], timeZone: string, limit = 1_000) {
    const query = { from: new Date(first), to: new Date(first + 48 * HOUR), simKey: 1, resolution, timeZone };
    const items = [];
    for (let cursor: string | undefined | null; cursor !== null;) {
      const found = await reader.list(query, { limit, cursor });
      items.push(...found.items);
      cursor = found.nextCursor;
    }
    return items;
  }

  it.each([
    'UTC',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'America/New_York',
    'America/Havana',
  ])('hold each hour once and say so: %s', async (timeZone) => {
    for (const resolution of ['hour', 'day', 'month'] as const) {
      const items = await spansOf(resolution, timeZone);
      for (const { start, end, octetsDown } of items) {
        const within = await reader.usageOfSpans([{ simKey: 1, from: start, to: end }]);
        expect([timeZone, resolution, new Date(start), within[0]?.octetsDown]).toEqual([
          timeZone,
          resolution,
          new Date(start),
          octetsDown,
        ]);
      }
      expect(items.reduce((sum, { octetsDown }) => sum + octetsDown, 0n)).toBe(2n ** 48n - 1n);
      // A page goes on behind its cursor, in whichever zone the day begins.
      expect(await spansOf(resolution, timeZone, 1)).toEqual(items);
    }
  });

  it('begin with the first of two midnights, and at the zone’s own', async () => {
    const startsOf = async (timeZone: string) =>
      (await spansOf('day', timeZone)).map(({ start, end }) => [new Date(start), new Date(end)]);
    // Clocks in Havana go back from 1:00 to 0:00 on November 1st, 2026: that day begins at 04:00Z and has 25 hours.
    expect((await startsOf('America/Havana'))[2]).toEqual([
      new Date('2026-11-01T04:00:00Z'),
      new Date('2026-11-02T05:00:00Z'),
    ]);
    expect((await startsOf('Asia/Kolkata'))[1]).toEqual([
      new Date('2026-10-31T18:30:00Z'),
      new Date('2026-11-01T18:30:00Z'),
    ]);
  });
});
