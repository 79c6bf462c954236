import { beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { TouchBacklog } from './touch-backlog.js';
import { TouchesRepository } from './touches.repository.js';

const database = useTestDatabase({ poolSize: 4 });
const touches = new TouchesRepository();
const HOUR_MS = 3_600_000;
const OCTOBER = Date.UTC(2026, 9, 1);

beforeEach(() => database().dataSource.query('TRUNCATE usage_touch'));

function add(simKeys: readonly number[], hour: number, octets: number): Promise<void> {
  return database().dataSource.transaction((manager) =>
    touches.add(
      manager,
      simKeys.map((simKey) => ({
        simKey,
        hour,
        reasonId: 1,
        octetsUp: 0,
        octetsDown: octets,
        packetsUp: 0,
        packetsDown: 1,
      })),
    ),
  );
}

/** `SIM hour` → octets, of all that waits. */
async function taken(): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  for (const { hour, sims } of await database().dataSource.transaction((manager) =>
    touches.take(manager, 1e6),
  ))
    for (const { simKey, octets } of sims) {
      const key = `${simKey} ${new Date(hour).toISOString().slice(0, 13)}`;
      found.set(key, (found.get(key) ?? 0n) + octets);
    }
  return found;
}

async function rows(): Promise<number> {
  const [row] = await database().dataSource.query<{ count: number }[]>(
    'SELECT count(*)::int AS count FROM usage_touch',
  );
  return row!.count;
}

function backlog(most: number, clock = { now: () => 0 }): TouchBacklog {
  return new TouchBacklog(database().dataSource, touches, clock, most);
}

describe('usage that nobody looks at', () => {
  it('is merged to the first and last hour of each SIM and month, all octets on both', async () => {
    for (let hour = 0; hour < 40; hour += 1) await add([1, 2], OCTOBER + hour * HOUR_MS, 10);
    await add([1], Date.UTC(2026, 10, 2), 7);
    expect(await backlog(20).look()).toEqual({ waiting: 41, merged: 41 });
    expect(await taken()).toEqual(
      new Map([
        ['1 2026-10-01T00', 400n],
        ['2 2026-10-01T00', 400n],
        ['1 2026-10-02T15', 400n],
        ['2 2026-10-02T15', 400n],
        ['1 2026-11-02T00', 7n],
      ]),
    );
  });

  it('does not grow, however long nobody comes, and its octets stay numbers', async () => {
    let now = 0;
    const bounded = backlog(20, { now: () => now });
    for (let hour = 0; hour < 300; hour += 1) {
      await add([1, 2, 3], OCTOBER + hour * HOUR_MS, Number.MAX_SAFE_INTEGER);
      now += 60_000;
      await bounded.look();
    }
    expect(await rows()).toBeLessThanOrEqual(21);
    const all = await taken();
    expect(all.get('3 2026-10-01T00')).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
    for (const octets of all.values()) expect(octets).toBeLessThanOrEqual(2n ** 61n);
  });

  it('is left as it is where a worker keeps up, and looked at once a minute', async () => {
    let now = 0;
    const bounded = backlog(3, { now: () => now });
    for (let hour = 0; hour < 3; hour += 1) await add([1], OCTOBER + hour * HOUR_MS, 1);
    expect(await bounded.look()).toEqual({ waiting: 3, merged: 0 });
    for (let hour = 3; hour < 9; hour += 1) await add([1], OCTOBER + hour * HOUR_MS, 1);
    now = 59_999;
    expect(await bounded.look()).toBeUndefined();
    expect(await rows()).toBe(9);
    now = 60_000;
    expect(await bounded.look()).toEqual({ waiting: 9, merged: 9 });
    expect(await rows()).toBe(2);
  });

  it('is taken once while it is merged', async () => {
    for (let hour = 0; hour < 30; hour += 1) await add([1], OCTOBER + hour * HOUR_MS, 1);
    const { dataSource } = database();
    await dataSource.transaction(async (merging) => {
      expect(await touches.merge(merging)).toBe(30);
      // What is being merged is passed over, without waiting for it.
      expect(await dataSource.transaction((manager) => touches.take(manager, 100))).toEqual([]);
      expect(await dataSource.transaction((manager) => touches.merge(manager))).toBe(0);
    });
    expect([...(await taken()).values()]).toEqual([30n, 30n]);
  });
});
