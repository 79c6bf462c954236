import { beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import type { Decision } from '../identify/index.js';
import type { SimDelta } from './aggregate.js';
import { meterEntities } from './entities.js';
import { LedgerRepository } from './ledger.repository.js';
import { ReasonsRepository } from './reasons.repository.js';
import { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';

const database = useTestDatabase({ entities: meterEntities, poolSize: 8 });
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 20, 12);
const clock = { time: NOW, now: () => clock.time };
const hourAgo = (days: number) => NOW - days * DAY - (NOW % 3_600_000);

const line: Decision = {
  serviceVersionId: 1,
  serviceCode: 'line',
  claimedServiceCode: null,
  evidence: 'sni',
  rule: 'line.me',
  name: null,
  agreed: true,
};
const foreign: Decision = {
  ...line,
  serviceVersionId: null,
  serviceCode: null,
  evidence: 'none',
  rule: null,
  agreed: null,
};

let ledger: LedgerRepository;
let reasons: ReasonsRepository;
let batches = 0n;

function retention(sims = 1, rows = 2): RetentionService {
  return new RetentionService(database().dataSource, new RetentionRepository(), clock, { sims, rows });
}

async function use(simKey: number, days: number, decision: Decision, octets: number): Promise<void> {
  const [reasonId = 0] = await reasons.idsOf([decision]);
  const hour = hourAgo(days);
  const row: SimDelta = {
    simKey,
    hour,
    reasonId,
    octetsUp: octets,
    octetsDown: 1,
    packetsUp: 1,
    packetsDown: 1,
  };
  await ledger.ensurePartitions([hour]);
  await database().dataSource.transaction(async (manager) => {
    const id = await ledger.insertBatch(manager, {
      source: 'a',
      generation: 'g',
      sequence: (batches += 1n),
      epoch: null,
      flowOctets: 0,
      usageEntries: 0,
      firstTime: null,
      lastTime: null,
      receivedAt: NOW,
    });
    await ledger.addUsage(manager, id ?? '0', [row]);
  });
}

/** Octets by SIM, hour and reason but for the name. */
async function sums(): Promise<unknown[]> {
  return database().dataSource.query(
    `SELECT sim_key, hour, service_version_id, evidence, rule, agreed,
            sum(octets_up)::text AS up, sum(octets_down)::text AS down, sum(packets_up + packets_down)::text AS packets
     FROM usage_bucket b JOIN usage_reason r ON r.id = b.reason_id
     GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`,
  );
}

async function names(): Promise<string[]> {
  const rows = await database().dataSource.query<{ text: string }[]>(
    `SELECT concat_ws(' ', sim_key, extract(day FROM $1::timestamptz - hour), name) AS text
     FROM usage_bucket b JOIN usage_reason r ON r.id = b.reason_id WHERE name IS NOT NULL ORDER BY 1`,
    [new Date(hourAgo(0))],
  );
  return rows.map(({ text }) => text);
}

beforeEach(async () => {
  clock.time = NOW;
  const { dataSource } = database();
  await database().clear();
  ledger = new LedgerRepository(dataSource);
  reasons = new ReasonsRepository(dataSource);
  await dataSource.query(`
    INSERT INTO realm VALUES
      (1, 'long', 'gre', NULL, NULL, 1, '{10.128.0.0/9}', '{}', false, 30, 1, now(), now()),
      (2, 'short', 'gre', NULL, NULL, 2, '{10.128.0.0/9}', '{}', false, 7, 1, now(), now())`);
  await dataSource.query(`
    INSERT INTO sim (sim_id, name_consent, status, tags, version, created_at, updated_at)
    SELECT 'sim-' || i, true, 'active', '{}', 1, now(), now() FROM generate_series(1, 3) i`);
  await dataSource.query(`
    INSERT INTO session (sim_key, realm_index, prefix, start_time, end_time, dns_servers, revision) VALUES
      (1, 1, '10.128.0.1', '2026-01-01', NULL, '{}', 1), (2, 2, '10.128.0.1', '2026-01-01', NULL, '{}', 1)`);
  await dataSource.query(`INSERT INTO service VALUES ('line', 'LINE', NULL, 100, 0, 1, now(), now())`);
  await dataSource.query(`
    INSERT INTO service_version (service_code, version, effective_from, policy, rules, created_at)
    VALUES ('line', 1, '2026-01-01', 'agree', '{}', now())`);
});

describe('forgetting names', () => {
  it('keeps every sum, and names as long as the realm of the session says', async () => {
    for (const [sim, days] of [
      [1, 40],
      [1, 20],
      [2, 20],
      [2, 3],
      [3, 20],
    ] as const) {
      await use(sim, days, { ...line, name: 'a.line.me' }, 100);
      await use(sim, days, { ...line, name: 'b.line.me' }, 50);
      await use(sim, days, line, 7);
      await use(sim, days, { ...foreign, name: 'news.example.com' }, 1000);
    }
    const before = await sums();
    const result = await retention().run();
    // SIM 3 has no session: the shortest time that any realm keeps names holds.
    expect(result).toMatchObject({ buckets: 9, octets: BigInt(3 * (100 + 50 + 1000 + 3)), reasons: 0 });
    expect(await sums()).toEqual(before);
    expect(await names()).toEqual(
      ['1 20', '2 3'].flatMap((at) => [`${at} a.line.me`, `${at} b.line.me`, `${at} news.example.com`]),
    );

    const again = await retention().run();
    expect(again).toMatchObject({ buckets: 0, octets: 0n });
    expect(await sums()).toEqual(before);
  });

  it('neither loses nor doubles what is added meanwhile', async () => {
    const named = [1, 2, 3, 4].map((i) => ({ ...line, name: `n${i}.line.me` }));
    for (const decision of named) await use(2, 20, decision, 10);
    const work = named.flatMap((decision) => [use(2, 20, decision, 100), use(2, 20, line, 1000)]);
    const runs = [retention().run(), retention().run()];
    await Promise.all([...work, ...runs]);
    await retention().run();
    expect(await sums()).toMatchObject([{ up: String(4 * 10 + 4 * 100 + 4 * 1000), down: '12' }]);
    expect(await names()).toEqual([]);
  });

  it('forgets names in suspense and in bindings too', async () => {
    const { dataSource } = database();
    const ids = await reasons.idsOf([
      { ...foreign, name: 'a.example.com' },
      { ...foreign, name: 'b.example.com' },
    ]);
    for (const id of ids) {
      await dataSource.query(
        `INSERT INTO suspense_bucket (realm_index, address, hour, reason_id, octets_up, octets_down, packets_up,
           packets_down, first_time, last_time) VALUES (2, '10.128.0.9', $1, $2, 5, 6, 1, 1, $1, $1)`,
        [new Date(hourAgo(8)), id],
      );
      await dataSource.query(
        `INSERT INTO suspense_binding (session_id, sim_key, realm_index, address, hour, reason_id, octets_up,
           octets_down, packets_up, packets_down, bound_at) VALUES (1, 2, 2, '10.128.0.9', $1, $2, 5, 6, 1, 1, $1)`,
        [new Date(hourAgo(8)), id],
      );
    }
    await retention(1, 1).run();
    const count = (table: string) =>
      dataSource.query(
        `SELECT count(*)::int AS rows, sum(octets_up + octets_down)::text AS octets, count(name)::int AS names
         FROM ${table} b JOIN usage_reason r ON r.id = b.reason_id`,
      );
    expect(await count('suspense_bucket')).toEqual([{ rows: 1, octets: '22', names: 0 }]);
    expect(await count('suspense_binding')).toEqual([{ rows: 2, octets: '22', names: 0 }]);
  });

  it('deletes a name a day after its last use, but not one that is used again', async () => {
    await use(2, 20, { ...line, name: 'gone.line.me' }, 1);
    await use(2, 20, { ...line, name: 'back.line.me' }, 1);
    await retention().run();
    clock.time = NOW + DAY + 1;
    // Another process, which does not remember the id.
    reasons = new ReasonsRepository(database().dataSource);
    await reasons.idsOf([{ ...line, name: 'back.line.me' }]);
    expect(await retention().run()).toMatchObject({ reasons: 1 });
    const rows = await database().dataSource.query(
      'SELECT name FROM usage_reason WHERE name IS NOT NULL ORDER BY name',
    );
    expect(rows).toEqual([{ name: 'back.line.me' }]);
  });

  it('an id is asked for again before its reason can be gone', async () => {
    const { dataSource } = database();
    const time = { now: 0 };
    const cached = new ReasonsRepository(dataSource, 100, () => time.now);
    const decision = { ...line, name: 'a.line.me' };
    const [first] = await cached.idsOf([decision]);
    await dataSource.query('DELETE FROM usage_reason');
    expect(await cached.idsOf([decision])).toEqual([first]);
    time.now = 3_600_001;
    expect(await cached.idsOf([decision])).not.toEqual([first]);
  });
});

describe('names of batches', () => {
  it('go when they are old, but for the last of each generation', async () => {
    for (let i = 0; i < 5; i += 1) await use(1, 1, line, 1);
    clock.time = NOW + 61 * DAY;
    expect(await retention(1, 2).run()).toMatchObject({ batches: 4 });
    expect(await ledger.lastSequences('a')).toEqual(new Map([['g', batches]]));
  });
});
