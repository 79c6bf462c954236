import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { testRedisUrl, useTestDatabase } from '../../test/support/database.js';
import { WebhookReceiver } from '../../test/support/webhook-receiver.js';
import { startWebhooksApp, type WebhooksApp } from '../../test/support/webhooks-app.js';
import type { WorkerArguments } from '../../test/support/webhooks-worker.js';
import { inTransaction } from '../database/index.js';

const database = useTestDatabase();
const children = new Set<ChildProcess>();
let receiver: WebhookReceiver;
let app: WebhooksApp;
let prefix: string;

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
});
afterAll(() => receiver.stop());
beforeEach(async () => {
  receiver.messages.length = 0;
  prefix = `test-${randomUUID()}`;
  await database().clear();
  const { dataSource } = database();
  app = await startWebhooksApp({
    dataSource,
    redisUrl: testRedisUrl(),
    settings: { work: false },
    queue: { prefix },
  });
});
afterEach(async () => {
  for (const child of children) await kill(child);
  await app.app.close();
});

async function startWorker(settings: WorkerArguments['settings']): Promise<ChildProcess> {
  const url = (path: string) => new URL(path, import.meta.url);
  const given: WorkerArguments = { databaseUrl: database().url, redisUrl: testRedisUrl(), prefix, settings };
  const child = spawn(
    process.execPath,
    [
      '--import',
      url('../../test/support/typescript.mjs').href,
      url('../../test/support/webhooks-worker.ts').pathname,
      JSON.stringify(given),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.add(child);
  await once(child.stdout, 'data');
  // Whatever it says must not fill the pipe.
  child.stdout.resume();
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const append = (count: number, simId?: (n: number) => string) =>
  inTransaction(database().dataSource, (manager) =>
    app.outbox.appendMany(
      manager,
      Array.from({ length: count }, (_, n) => ({
        type: 'statement.finalized' as const,
        ...(simId && { simId: simId(n) }),
        data: { n },
        occurredAt: Date.now(),
      })),
    ),
  );

describe('a worker that is killed', () => {
  it('between the answer and its record: the same message comes again and is recorded once', async () => {
    const settings = { timeoutMs: 1_000, claimMarginMs: 500 };
    await app.endpoints.create({ url: receiver.url });
    const first = await startWorker(settings);
    let killed: Promise<void> | undefined;
    receiver.answer = (_message, response) => {
      // It has been delivered; who sent it is gone before it can say so.
      killed ??= kill(first);
      void killed.then(() => response.writeHead(200).end());
    };
    const [appended] = await append(1);
    await vi.waitFor(() => expect(receiver.messages).toHaveLength(1), { timeout: 10_000 });
    await killed;
    expect((await app.deliveries.list()).items).toMatchObject([{ status: 'pending', attempts: 0 }]);
    await startWorker(settings);
    await vi.waitFor(
      async () => {
        expect((await app.deliveries.list()).items).toMatchObject([{ status: 'delivered', attempts: 1 }]);
      },
      { timeout: 15_000, interval: 50 },
    );
    expect(receiver.messages.map((message) => message.id)).toEqual([
      appended!.messageId,
      appended!.messageId,
    ]);
    expect(receiver.messages[1]!.body).toBe(receiver.messages[0]!.body);
  });

  it('again and again, with a receiver that fails often: every event arrives, in order for each SIM', async () => {
    const settings = {
      timeoutMs: 1_000,
      claimMarginMs: 500,
      inFlight: 32,
      schedule: Array<number>(60).fill(20),
    };
    await app.endpoints.create({ url: receiver.url });
    const accepted = new Map<string, number[]>();
    let turn = 0;
    receiver.answer = (message, response) => {
      turn += 1;
      if (turn % 10 < 3) {
        response.writeHead(500).end();
        return;
      }
      const { simId, sequence } = JSON.parse(message.body) as { simId: string; sequence: number };
      accepted.set(simId, [...(accepted.get(simId) ?? []), sequence]);
      response.writeHead(200).end();
    };
    const [events, sims] = [2_000, 400];
    const appended = await append(events, (n) => `sim-${n % sims}`);
    let worker = await startWorker(settings);
    for (let kills = 0; kills < 5; kills += 1) {
      const before = receiver.messages.length;
      await vi.waitFor(() => expect(receiver.messages.length).toBeGreaterThan(before + 200), {
        timeout: 20_000,
        interval: 5,
      });
      await kill(worker);
      worker = await startWorker(settings);
    }
    await vi.waitFor(
      async () => {
        const [row] = await database().dataSource.query<{ count: number }[]>(
          `SELECT count(*)::int AS count FROM webhook_delivery WHERE status = 'delivered'`,
        );
        expect(row?.count).toBe(events);
      },
      { timeout: 60_000, interval: 100 },
    );
    const ids = new Set(receiver.messages.map(({ id }) => id));
    expect([...ids].sort()).toEqual(appended.map(({ messageId }) => messageId).sort());
    expect(accepted.size).toBe(sims);
    for (const sequences of accepted.values()) {
      // A repetition is the price of at least once; a gap or a step back would be a fault.
      expect([...new Set(sequences)]).toEqual(Array.from({ length: events / sims }, (_, n) => n + 1));
      expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    }
  }, 120_000);
});

describe('a Redis that forgets', () => {
  it('costs nothing: deliveries are found in Postgres', async () => {
    await app.endpoints.create({ url: receiver.url });
    await append(3);
    // Deliveries whose wake-up is lost, as after a flush of Redis: made, and nobody called.
    await database().dataSource.query(
      `INSERT INTO webhook_delivery (event_id, endpoint_id, status, attempts, tries, next_attempt_at, created_at)
       SELECT e.id, w.id, 'pending', 0, 0, now(), now() FROM outbox_event e, webhook_endpoint w`,
    );
    await database().dataSource.query('UPDATE outbox_event SET dispatched_at = now()');
    const { dataSource } = database();
    const settings = { reconcileMs: 100 };
    const worker = await startWebhooksApp({
      dataSource,
      redisUrl: testRedisUrl(),
      settings,
      queue: { prefix },
    });
    await vi.waitFor(() => expect(receiver.messages).toHaveLength(3), { timeout: 10_000 });
    await delay(200);
    await worker.app.close();
    expect(receiver.messages).toHaveLength(3);
  });
});
