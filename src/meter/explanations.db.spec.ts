import { beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { Outbox } from '../webhooks/index.js';
import { ExplanationsReader, type Explanation } from './explanations.reader.js';
import { LedgerRepository } from './ledger.repository.js';
import { SuspenseService } from './suspense.service.js';
import { UsageReader } from './usage.reader.js';

const database = useTestDatabase();
const HOUR = Date.UTC(2026, 10, 3, 14);
const clock = { now: () => HOUR + 50 * 60_000 };
const span = { simKey: 1, from: new Date(HOUR), to: new Date(HOUR + 2 * 3_600_000) };

async function batch(sequence: bigint, hour: number, reasonId: number, octetsDown: number): Promise<void> {
  const { dataSource } = database();
  const ledger = new LedgerRepository(dataSource);
  await ledger.ensurePartitions([hour]);
  await dataSource.transaction(async (manager) => {
    const id = await ledger.insertBatch(manager, {
      source: 'tokyo-1',
      generation: 'g1',
      sequence,
      epoch: 1,
      flowOctets: octetsDown,
      usageEntries: 1,
      firstTime: hour * 1000,
      lastTime: hour * 1000 + 5,
      receivedAt: clock.now(),
    });
    await ledger.addUsage(manager, id ?? '', [
      { simKey: 1, hour, reasonId, octetsUp: 0, octetsDown, packetsUp: 0, packetsDown: 1 },
    ]);
  });
}

async function everything(): Promise<Explanation[]> {
  const reader = new ExplanationsReader(database().dataSource);
  const items: Explanation[] = [];
  let cursor: string | undefined;
  do {
    const page = await reader.list(span, { limit: 1, cursor });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

beforeEach(async () => {
  await database().clear();
  const { dataSource } = database();
  await dataSource.query(`
    INSERT INTO realm VALUES (1, 'vpg', 'gre', NULL, NULL, NULL, '{10.128.0.0/9}', '{}', false, 0, 1, now(), now());
    INSERT INTO sim (sim_id, name_consent, status, tags, version, created_at, updated_at)
    VALUES ('sim-1', true, 'active', '{}', 1, now(), now());
    INSERT INTO service VALUES ('line', 'LINE', NULL, 100, 0, 1, now(), now());
    INSERT INTO service_version (service_code, version, effective_from, policy, rules, created_at)
    VALUES ('line', 3, '2026-01-01T00:00:00Z', 'agree', '{}', now());
    INSERT INTO usage_reason (service_version_id, evidence, rule, name, agreed)
    VALUES (1, 'sni', 'line.me', 'obs.line.me', true), (NULL, 'none', NULL, NULL, NULL)`);
});

describe('an explanation', () => {
  it('names rule, version, evidence, hour and the batch, and sums to the usage that it explains', async () => {
    await batch(1n, HOUR, 1, 100);
    await batch(2n, HOUR, 1, 50);
    await batch(3n, HOUR + 3_600_000, 2, 7);
    const items = await everything();
    expect(items).toMatchObject([
      {
        hour: new Date(HOUR),
        serviceCode: 'line',
        serviceVersion: { id: 1, version: 3, effectiveFrom: new Date('2026-01-01T00:00:00Z') },
        evidence: 'sni',
        rule: 'line.me',
        name: 'obs.line.me',
        agreed: true,
        octetsDown: '150',
        batch: { source: 'tokyo-1', generation: 'g1', sequence: '2', receivedAt: new Date(clock.now()) },
        bindings: [],
      },
      {
        hour: new Date(HOUR + 3_600_000),
        serviceCode: null,
        serviceVersion: null,
        evidence: 'none',
        octetsDown: '7',
      },
    ]);
    const { totals } = await new UsageReader(database().dataSource).list(
      { ...span, resolution: 'hour', timeZone: 'UTC' },
      { limit: 1 },
    );
    const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
    expect(sum(items.map((one) => BigInt(one.octetsDown)))).toBe(sum(totals.map((one) => one.octetsDown)));
  });

  it('names the address and session that octets were bound from', async () => {
    const { dataSource } = database();
    const ledger = new LedgerRepository(dataSource);
    await dataSource.transaction((manager) =>
      ledger.addSuspense(manager, [
        {
          realmIndex: 1,
          address: '10.128.0.9',
          hour: HOUR,
          reasonId: 1,
          octetsUp: 3,
          octetsDown: 4,
          packetsUp: 1,
          packetsDown: 1,
          firstTime: (HOUR + 1000) * 1000,
          lastTime: (HOUR + 2000) * 1000,
        },
      ]),
    );
    await dataSource.query(
      `INSERT INTO session (sim_key, realm_index, prefix, start_time, dns_servers, revision)
       VALUES (1, 1, '10.128.0.9/32', $1, '{}', 1)`,
      [new Date(HOUR)],
    );
    await new SuspenseService(dataSource, ledger, clock, new Outbox()).bind();
    expect(await everything()).toMatchObject([
      {
        octetsUp: '3',
        batch: null,
        bindings: [
          { sessionId: '1', address: '10.128.0.9', octetsDown: '4', boundAt: new Date(clock.now()) },
        ],
      },
    ]);
  });

  it('is filtered as usage is', async () => {
    await batch(1n, HOUR, 1, 100);
    await batch(2n, HOUR, 2, 7);
    const reader = new ExplanationsReader(database().dataSource);
    for (const [filter, count] of [
      [{ serviceCode: 'line' }, 1],
      [{ evidence: 'none' }, 1],
      [{ name: 'obs.line.me' }, 1],
      [{ name: 'line.me' }, 0],
      [{ from: new Date(HOUR + 3_600_000) }, 0],
    ] as const)
      expect((await reader.list({ ...span, ...filter }, { limit: 10 })).items).toHaveLength(count);
  });
});
