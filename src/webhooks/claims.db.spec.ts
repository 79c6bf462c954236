import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { nobodySeesEarlierRows, useTestDatabase } from '../../test/support/database.js';
import { DeliveryRepository, type ClaimedDelivery, type Outcome } from './delivery.repository.js';
import { DeliveryLogRepository } from './delivery-log.repository.js';

/** One connection, so that it can be asked what it has read. */
const database = useTestDatabase({ poolSize: 1 });
const NOW = Date.UTC(2026, 9, 1);
const LIMIT = 64;
/** What a claim may read: each of its window in two indexes, what it takes on, and what is left of earlier claims. */
const MOST_READ = 4 * (2 * LIMIT + 200);
let endpointId: string;
let deliveries: DeliveryRepository;

beforeEach(async () => {
  await database().clear();
  deliveries = new DeliveryRepository(database().dataSource);
  endpointId = randomUUID();
  await database().dataSource.query(
    `INSERT INTO webhook_endpoint (id, url, description, event_types, ordering, signature, enabled, revision, created_at, updated_at)
     VALUES ($1, 'https://example.com', '', '{}', 'sim', 'v1', true, 1, now(), now())`,
    [endpointId],
  );
});

/** Pending deliveries of a SIM, due one after the other; or with `each`, of as many SIMs. */
async function pend(sim: string, count: number, each = false): Promise<void> {
  await database().dataSource.query(
    `WITH event AS (
       INSERT INTO outbox_event (message_id, type, sim_id, sequence, occurred_at, payload, dispatched_at)
       SELECT $2 || '-' || n, 'statement.finalized', CASE WHEN $4 THEN $2 || n ELSE $2 END, n, now(), '{}', now()
         FROM generate_series(1, $3::int) n ORDER BY n
       RETURNING id, sim_id)
     INSERT INTO webhook_delivery (event_id, endpoint_id, order_key, status, attempts, tries, next_attempt_at, created_at)
     SELECT id, $1, sim_id, 'pending', 0, 0, $5::timestamptz + id * interval '1 us', now() FROM event ORDER BY id`,
    [endpointId, sim, count, each, new Date(NOW - 60_000)],
  );
}

const claim = (limit = LIMIT) => deliveries.claim(endpointId, NOW, NOW + 30_000, limit);

function ended(claimed: readonly ClaimedDelivery[], status: Outcome['status']): Outcome[] {
  const attempt = { startedAt: NOW, durationMs: 1, statusCode: 204, error: null, responseHeaders: null };
  return claimed.map((delivery) => ({
    delivery,
    attempt: { ...attempt, result: 'success', responseHead: null } as Outcome['attempt'],
    status,
    nextAttemptAt: status === 'pending' ? NOW + 3_600_000 : null,
  }));
}

/** Index entries and rows that have been read of deliveries so far. */
async function read(): Promise<number> {
  const { dataSource } = database();
  await dataSource.query('SELECT pg_stat_force_next_flush()');
  const [row] = await dataSource.query<{ read: string }[]>(
    `SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'webhook_delivery')
            + (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'webhook_delivery') AS read`,
  );
  return Number(row!.read);
}

async function parked(): Promise<number> {
  const [row] = await database().dataSource.query<{ count: string }[]>(
    'SELECT count(*) FROM webhook_delivery WHERE parked',
  );
  return Number(row!.count);
}

describe('a claim', () => {
  it('looks at no more than it is to take, behind any number that wait for an earlier one of their SIM', async () => {
    await pend('a', 10_000);
    await pend('other', 10_000, true);
    const [head, ...more] = await claim();
    expect([head!.messageId, more]).toEqual(['a-1', []]);
    // Those of the SIM stand in the way once, and are then out of it.
    expect(await claim()).toHaveLength(LIMIT);
    expect(await parked()).toBeGreaterThan(9000);
    for (let turn = 0; turn < 4; turn += 1) {
      await nobodySeesEarlierRows(database().dataSource);
      const before = await read();
      const claimed = await claim();
      expect(claimed.map(({ messageId }) => messageId.slice(0, 6))).toEqual(Array(LIMIT).fill('other-'));
      // Once nobody sees where the parked ones stood, the first to look clears that away.
      if (turn > 0) expect((await read()) - before).toBeLessThan(MOST_READ);
      await deliveries.record(ended(claimed, 'delivered'), NOW);
    }
    // The failing head holds the others back, and its end brings on the next, for as little.
    await deliveries.record(ended([head!], 'pending'), NOW);
    await nobodySeesEarlierRows(database().dataSource);
    const before = await read();
    await deliveries.record(ended([head!], 'dead'), NOW);
    expect((await claim(1)).map(({ messageId }) => messageId)).toEqual(['a-2']);
    expect((await read()) - before).toBeLessThan(MOST_READ);
  }, 90_000);

  it('parks nothing where all that is due is in sight', async () => {
    await pend('a', 100);
    await pend('b', 100);
    expect((await claim()).map(({ messageId }) => messageId)).toEqual(['a-1', 'b-1']);
    expect(await parked()).toBe(0);
  });

  it('takes each once and in the order of its SIM, whatever is parked', async () => {
    await pend('a', 500);
    await pend('b', 300);
    await pend('each', 50, true);
    const taken: string[] = [];
    for (let claimed = await claim(2); claimed.length > 0; claimed = await claim(2)) {
      taken.push(...claimed.map(({ messageId }) => messageId));
      await deliveries.record(ended(claimed, taken.length % 7 === 0 ? 'dead' : 'delivered'), NOW);
    }
    expect(await parked()).toBe(0);
    expect(new Set(taken).size).toBe(850);
    for (const [sim, count] of [
      ['a', 500],
      ['b', 300],
    ] as const)
      expect(taken.filter((id) => id.startsWith(`${sim}-`))).toEqual(
        Array.from({ length: count }, (_, n) => `${sim}-${n + 1}`),
      );
  });

  it('takes what is replayed before what has waited since, parked or not', async () => {
    await pend('a', 1000);
    const [first] = await claim(1);
    await deliveries.record(ended([first!], 'dead'), NOW);
    const [second] = await claim(1);
    expect(second!.messageId).toBe('a-2');
    await deliveries.record(ended([second!], 'delivered'), NOW);
    const log = new DeliveryLogRepository();
    await log.reviveNamed(database().dataSource.manager, [first!.id, second!.id], NOW);
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const claimed = await claim(1);
      order.push(...claimed.map(({ messageId }) => messageId));
      await deliveries.record(ended(claimed, 'delivered'), NOW);
    }
    expect(order).toEqual(['a-1', 'a-2', 'a-3', 'a-4']);
  });

  it('finds what was parked again when what it waited for is gone', async () => {
    await pend('a', 1000);
    await pend('b', 1000);
    const [head, ...other] = [...(await claim(1)), ...(await claim(1))];
    expect([head, ...other].map((one) => one!.messageId)).toEqual(['a-1', 'b-1']);
    expect(await claim(1)).toEqual([]);
    const before = await parked();
    expect(before).toBeGreaterThan(1500);
    await deliveries.unpark();
    expect(await parked()).toBe(before);
    // Forgotten with its event, as after the retention at an endpoint that was disabled.
    await database().dataSource.query('DELETE FROM outbox_event WHERE message_id = $1', [head!.messageId]);
    expect(await claim(1)).toEqual([]);
    await deliveries.unpark();
    expect(await parked()).toBe(before - 1);
    expect((await claim(1)).map(({ messageId }) => messageId)).toEqual(['a-2']);
  });
});
