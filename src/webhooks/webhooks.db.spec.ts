import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { testRedisUrl, useTestDatabase } from '../../test/support/database.js';
import { WebhookReceiver, type Answer } from '../../test/support/webhook-receiver.js';
import { startWebhooksApp, type WebhooksApp } from '../../test/support/webhooks-app.js';
import { inTransaction } from '../database/index.js';
import type { OutboxEvent, WebhookSettings } from './index.js';

const database = useTestDatabase();
let receiver: WebhookReceiver;
let running: WebhooksApp[] = [];

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
});
afterAll(() => receiver.stop());
beforeEach(async () => {
  receiver.messages.length = 0;
  receiver.answer = (_message, response) => response.writeHead(204).end();
  await database().clear();
});
afterEach(async () => {
  await Promise.all(running.map(({ app }) => app.close()));
  running = [];
});

async function start(
  settings: Partial<WebhookSettings> = {},
  clock?: { now(): number },
): Promise<WebhooksApp> {
  const options = {
    dataSource: database().dataSource,
    redisUrl: testRedisUrl(),
    settings,
    ...(clock && { clock }),
  };
  const app = await startWebhooksApp(options);
  running.push(app);
  return app;
}

const settled = <T>(check: () => T, timeout = 10_000) => vi.waitFor(check, { timeout, interval: 20 });
const event = (n: number, simId?: string): OutboxEvent => ({
  type: 'statement.finalized',
  ...(simId !== undefined && { simId }),
  data: { n },
  occurredAt: Date.UTC(2026, 2, 1, 0, 0, n),
});
const append = ({ outbox }: WebhooksApp, ...events: OutboxEvent[]) =>
  inTransaction(database().dataSource, (manager) => outbox.appendMany(manager, events));
const bodies = () => receiver.messages.map((message) => JSON.parse(message.body) as Record<string, unknown>);
const fails =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_message, response) =>
    response.writeHead(status, headers).end('no');

describe('a delivery', () => {
  it('is what the reference library verifies, byte for byte what was frozen', async () => {
    const app = await start();
    const { endpoint, key } = await app.endpoints.create({ url: receiver.url });
    const [appended] = await append(app, event(1, '8981100000000000001'));
    await settled(() => expect(receiver.messages).toHaveLength(1));
    const [message] = receiver.messages;
    expect(message!.id).toBe(appended!.messageId);
    expect(message!.headers['content-type']).toBe('application/json');
    expect(WebhookReceiver.verify(message!, key)).toEqual({
      type: 'statement.finalized',
      timestamp: '2026-03-01T00:00:01.000Z',
      simId: '8981100000000000001',
      sequence: 1,
      data: { n: 1 },
    });
    const { items } = await settled(async () => {
      const page = await app.deliveries.list({ endpointId: endpoint.id, status: 'delivered' });
      expect(page.items).toHaveLength(1);
      return page;
    });
    const delivery = await app.deliveries.get(items[0]!.id);
    expect(delivery).toMatchObject({ attempts: 1, sequence: 1, nextAttemptAt: null, payload: message!.body });
    expect((await app.deliveries.attempts(delivery.id)).items).toMatchObject([
      { number: 1, statusCode: 204 },
    ]);
  });

  it('is only made by a transaction that commits', async () => {
    const app = await start();
    await app.endpoints.create({ url: receiver.url });
    const failed = database().dataSource.transaction(async (manager) => {
      await app.outbox.append(manager, event(1, 'a'));
      throw new Error('the cause failed');
    });
    await expect(failed).rejects.toThrow('the cause failed');
    expect(await append(app, event(2, 'a'))).toMatchObject([{ sequence: 1 }]);
    await settled(() => expect(bodies()).toMatchObject([{ data: { n: 2 }, sequence: 1 }]));
  });

  it('goes to the endpoints that take its type, and to none that is disabled', async () => {
    const app = await start();
    const paths = (path: string) => receiver.url.replace('/hook', path);
    await app.endpoints.create({ url: paths('/all') });
    await app.endpoints.create({ url: paths('/some'), eventTypes: ['capture.degraded', 'fraud.suspected'] });
    await app.endpoints.create({ url: paths('/off'), enabled: false });
    await append(app, event(1), { ...event(2), type: 'fraud.suspected' });
    await settled(async () => {
      const { items } = await app.deliveries.list({ status: 'delivered' });
      expect(items).toHaveLength(3);
    });
    const got = receiver.messages.map(({ path }, index) => `${path} ${String(bodies()[index]?.type)}`).sort();
    expect(got).toEqual(['/all fraud.suspected', '/all statement.finalized', '/some fraud.suspected']);
  });

  it('is signed with the old and the new secret while they overlap, and then with the new one only', async () => {
    let now = Date.now();
    const app = await start({}, { now: () => now });
    const { endpoint, key: old } = await app.endpoints.create({ url: receiver.url });
    const { key: fresh } = await app.endpoints.rotateSecret(endpoint.id, { overlapSeconds: 60 });
    expect(fresh).not.toBe(old);
    await append(app, event(1));
    await settled(() => expect(receiver.messages).toHaveLength(1));
    for (const key of [old, fresh]) expect(WebhookReceiver.verify(receiver.messages[0]!, key)).toBeDefined();
    now += 60_000;
    await append(app, event(2));
    await settled(() => expect(receiver.messages).toHaveLength(2));
    expect(WebhookReceiver.verify(receiver.messages[1]!, fresh)).toBeDefined();
    expect(() => WebhookReceiver.verify(receiver.messages[1]!, old)).toThrow();
  });

  it('can be signed with a key pair, of which the endpoint shows the public half', async () => {
    const app = await start();
    const { endpoint, key } = await app.endpoints.create({ url: receiver.url, signature: 'v1a' });
    expect(endpoint.publicKey).toBe(key);
    await append(app, event(1));
    await settled(() => expect(receiver.messages).toHaveLength(1));
    const { headers, body, id } = receiver.messages[0]!;
    const x = Buffer.from(key.replace('whpk_', ''), 'base64').toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const signature = Buffer.from(String(headers['webhook-signature']).replace('v1a,', ''), 'base64');
    const content = Buffer.from(`${id}.${String(headers['webhook-timestamp'])}.${body}`);
    expect(verify(null, content, publicKey, signature)).toBe(true);
  });

  it('keeps secrets sealed in the database, and a worker without the key does not start', async () => {
    const secretKey = randomBytes(32);
    const app = await start({ secretKey });
    const { key } = await app.endpoints.create({ url: receiver.url });
    const [row] = await database().dataSource.query<{ sealed: boolean; secret: Buffer }[]>(
      'SELECT sealed, secret FROM webhook_secret',
    );
    expect(row!.sealed).toBe(true);
    expect(row!.secret.includes(Buffer.from(key.replace('whsec_', ''), 'base64'))).toBe(false);
    await append(app, event(1));
    await settled(() => expect(receiver.messages).toHaveLength(1));
    expect(WebhookReceiver.verify(receiver.messages[0]!, key)).toBeDefined();
    await expect(start({ secretKey: null })).rejects.toThrow(/COUNTFREE_SECRET_KEY is not set/);
    await expect(start({ secretKey: randomBytes(32) })).rejects.toThrow(/cannot be decrypted/);
  });
});

describe('a delivery that fails', () => {
  it('is tried again on schedule with the same id and a new timestamp, then is dead, and can be replayed', async () => {
    const app = await start({ schedule: [0, 50, 100] });
    receiver.answer = fails(500, { 'x-request-id': 'r-1', 'set-cookie': 'secret=1' });
    const { endpoint, key } = await app.endpoints.create({ url: receiver.url });
    await append(app, event(1, 'a'));
    const { items } = await settled(async () => {
      const page = await app.deliveries.list({ status: 'dead' });
      expect(page.items).toHaveLength(1);
      return page;
    });
    expect(receiver.messages).toHaveLength(3);
    expect(new Set(receiver.messages.map((message) => message.id)).size).toBe(1);
    for (const message of receiver.messages) expect(WebhookReceiver.verify(message, key)).toBeDefined();
    const [first, second, third] = receiver.messages.map((message) => message.at);
    expect(second! - first!).toBeGreaterThanOrEqual(50);
    expect(third! - second!).toBeGreaterThanOrEqual(100);
    const log = await app.deliveries.attempts(items[0]!.id);
    expect(log.items.map((attempt) => attempt.statusCode)).toEqual([500, 500, 500]);
    expect(log.items[0]).toMatchObject({ responseHead: 'no', responseHeaders: { 'x-request-id': 'r-1' } });
    expect(JSON.stringify(log.items)).not.toContain('secret=1');

    receiver.answer = (_message, response) => response.end('yes');
    expect(await app.deliveries.replay({ endpointId: endpoint.id })).toEqual({ replayed: 1 });
    await settled(async () => {
      expect(await app.deliveries.get(items[0]!.id)).toMatchObject({ status: 'delivered', attempts: 4 });
    });
    expect(receiver.messages[3]!.id).toBe(receiver.messages[0]!.id);
    expect(receiver.messages[3]!.body).toBe(receiver.messages[0]!.body);
  });

  it('counts a redirect as a failure and does not follow it', async () => {
    const app = await start({ schedule: [0] });
    receiver.answer = fails(307, { location: `${receiver.url}/elsewhere` });
    await app.endpoints.create({ url: receiver.url });
    await append(app, event(1));
    await settled(async () => expect((await app.deliveries.list({ status: 'dead' })).items).toHaveLength(1));
    expect(receiver.messages).toHaveLength(1);
  });

  it('disables the endpoint on 410, and holds what is pending until it is enabled again', async () => {
    const app = await start({ schedule: [0, 10, 10] });
    receiver.answer = fails(410);
    const warned = vi.spyOn(Logger.prototype, 'warn');
    const { endpoint } = await app.endpoints.create({ url: receiver.url });
    await append(app, event(1));
    await settled(async () => {
      expect(await app.endpoints.get(endpoint.id)).toMatchObject({
        enabled: false,
        disabledReason: 'The receiver answered 410 Gone.',
        revision: 2,
      });
    });
    await app.dispatcher.reconcile();
    expect(receiver.messages).toHaveLength(1);
    expect(warned.mock.calls.map(String).filter((text) => text.includes(endpoint.id))).toHaveLength(1);
    warned.mockRestore();
    receiver.answer = (_message, response) => response.end();
    await app.endpoints.update(endpoint.id, { enabled: true });
    await settled(async () =>
      expect((await app.deliveries.list({ status: 'delivered' })).items).toHaveLength(1),
    );
    expect(await app.endpoints.get(endpoint.id)).toMatchObject({ enabled: true, disabledReason: null });
  });

  it.each([429, 503])('holds the whole endpoint back as long as a %i asks for', async (status) => {
    const app = await start({ schedule: [0, 10], inFlight: 1 });
    let first = true;
    receiver.answer = (_message, response) => {
      if (first) response.writeHead(status, { 'retry-after': '1' }).end();
      else response.end();
      first = false;
    };
    const { endpoint } = await app.endpoints.create({ url: receiver.url });
    await append(app, event(1), event(2), event(3));
    await settled(async () => expect((await app.endpoints.get(endpoint.id)).pausedUntil).not.toBeNull());
    expect(receiver.messages).toHaveLength(1);
    await settled(() => expect(receiver.messages).toHaveLength(4));
    expect(receiver.messages[1]!.at - receiver.messages[0]!.at).toBeGreaterThanOrEqual(1000);
  });

  it('gives up a receiver that does not answer, one that closes, one that is away and a name that is none', async () => {
    const app = await start({ schedule: [0], timeoutMs: 300 });
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    const rude = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(rude, 'listening')]);
    const portOf = (server: typeof silent) => (server.address() as { port: number }).port;
    const urls = {
      silent: `http://127.0.0.1:${portOf(silent)}/`,
      rude: `http://127.0.0.1:${portOf(rude)}/`,
      away: 'http://127.0.0.1:1/',
      nameless: 'http://does-not-exist.invalid/',
    };
    const ids = new Map<string, string>();
    for (const [name, url] of Object.entries(urls))
      ids.set(name, (await app.endpoints.create({ url })).endpoint.id);
    await append(app, event(1));
    await settled(async () => expect((await app.deliveries.list({ status: 'dead' })).items).toHaveLength(4));
    const errorOf = async (name: string) => {
      const { items } = await app.deliveries.list({ endpointId: ids.get(name)! });
      const [attempt] = (await app.deliveries.attempts(items[0]!.id)).items;
      expect(attempt).toMatchObject({ statusCode: null, responseHead: null });
      return attempt!.error;
    };
    expect(await errorOf('silent')).toBe('no answer within 0.3 s');
    expect(await errorOf('rude')).toMatch(/closed/);
    expect(await errorOf('away')).toMatch(/ECONNREFUSED/);
    expect(await errorOf('nameless')).toMatch(/ENOTFOUND|EAI_AGAIN|does-not-exist|no answer/);
    silent.close();
    rude.close();
  });

  it('is not held up by another endpoint that is slow, nor by a body that never ends', async () => {
    const app = await start({ timeoutMs: 60_000 });
    const slow = await WebhookReceiver.start();
    slow.answer = () => undefined;
    receiver.answer = (_message, response) => {
      response.writeHead(200);
      const fill = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        response.once('drain', fill);
      };
      fill();
    };
    await app.endpoints.create({ url: slow.url });
    await app.endpoints.create({ url: receiver.url });
    await append(app, ...Array.from({ length: 100 }, (_, n) => event(n)));
    // The slow ones are not given up before.
    await settled(async () => {
      const page = await app.deliveries.list({ status: 'delivered', limit: 1000 });
      expect(page.items).toHaveLength(100);
    }, 25_000);
    expect(slow.messages.length).toBeLessThanOrEqual(64);
    const { items } = await app.deliveries.list({ status: 'delivered', limit: 1 });
    const [attempt] = (await app.deliveries.attempts(items[0]!.id)).items;
    expect(attempt!.responseHead).toHaveLength(1024);
    await slow.stop();
  });

  it('makes room for the next while Postgres is slow to record it, but not for many', async () => {
    const app = await start({ inFlight: 1 });
    await app.endpoints.create({ url: receiver.url });
    const { dataSource } = database();
    await inTransaction(dataSource, async (manager) => {
      await manager.query('LOCK TABLE webhook_attempt IN SHARE MODE');
      await append(app, ...Array.from({ length: 6 }, (_, n) => event(n)));
      // The fourth is claimed and held back: three have been taken by the receiver and not recorded.
      await settled(async () => {
        const rows = await manager.query('SELECT 1 FROM webhook_delivery WHERE claimed_until IS NOT NULL');
        expect(rows).toHaveLength(4);
      });
      expect(receiver.messages).toHaveLength(3);
    });
    await settled(async () => {
      const { items } = await app.deliveries.list({ status: 'delivered' });
      expect(items).toHaveLength(6);
    });
    expect(receiver.messages).toHaveLength(6);
  });

  it('is not sent to a private address that nobody allowed', async () => {
    const app = await start({ allowPrivate: [], schedule: [0] });
    const port = receiver.port;
    await expect(app.endpoints.create({ url: `http://127.0.0.1:${port}/` })).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ pointer: '/url', detail: expect.stringContaining('127.0.0.0/8 (loopback)') as string }],
    });
    await app.endpoints.create({ url: `http://localhost:${port}/` });
    await append(app, event(1));
    const { items } = await settled(async () => {
      const page = await app.deliveries.list({ status: 'dead' });
      expect(page.items).toHaveLength(1);
      return page;
    });
    const [attempt] = (await app.deliveries.attempts(items[0]!.id)).items;
    expect(attempt!.error).toMatch(/localhost resolves to .*loopback/);
    expect(receiver.messages).toHaveLength(0);
  });
});

describe('order', () => {
  it('keeps the events of a SIM in order over failures, while others pass', async () => {
    const app = await start({ schedule: Array<number>(20).fill(20) });
    await app.endpoints.create({ url: receiver.url });
    const failures = new Map<string, number>();
    receiver.answer = (message, response) => {
      const { simId, sequence } = JSON.parse(message.body) as { simId: string; sequence: number };
      const tries = failures.get(message.id) ?? 0;
      failures.set(message.id, tries + 1);
      const bad = simId === 'a' && sequence <= 2 && tries < 2;
      response.writeHead(bad ? 500 : 200).end();
    };
    await append(app, ...['a', 'b', 'a', 'b', 'a', 'b'].map((simId, n) => event(n, simId)));
    await settled(async () =>
      expect((await app.deliveries.list({ status: 'delivered' })).items).toHaveLength(6),
    );
    const sequences = (simId: string) =>
      bodies().flatMap((body) => (body.simId === simId ? [body.sequence as number] : []));
    expect(sequences('a')).toEqual([1, 1, 1, 2, 2, 2, 3]);
    expect(sequences('b')).toEqual([1, 2, 3]);
    expect(bodies().findIndex((body) => body.simId === 'a' && body.sequence === 3)).toBe(9);
  });

  it('lets the events of a SIM pass each other where the endpoint wants no order', async () => {
    const app = await start({ schedule: [0, 3_600_000] });
    await app.endpoints.create({ url: receiver.url, ordering: 'none' });
    receiver.answer = (message, response) =>
      response.writeHead((JSON.parse(message.body) as { sequence: number }).sequence === 1 ? 500 : 200).end();
    await append(app, event(1, 'a'), event(2, 'a'));
    await settled(async () =>
      expect((await app.deliveries.list({ status: 'delivered' })).items).toHaveLength(1),
    );
  });

  it('numbers the events of a SIM without gaps in commit order, from many transactions at once', async () => {
    const app = await start({ work: false });
    const sims = ['a', 'b', 'c'];
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        append(app, ...[...sims].sort(() => (n % 2 ? 1 : -1)).map((s) => event(n, s))),
      ),
    );
    const rows = await database().dataSource.query<{ sim_id: string; sequences: number[] }[]>(
      'SELECT sim_id, array_agg(sequence::integer ORDER BY id) AS sequences FROM outbox_event GROUP BY sim_id',
    );
    const expected = Array.from({ length: 20 }, (_, n) => n + 1);
    expect(rows.map((row) => row.sequences)).toEqual([expected, expected, expected]);
  });
});
