import { createHmac, createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { testRedisUrl, useTestDatabase } from '../../test/support/database.js';
import { WebhookReceiver, type ReceivedMessage } from '../../test/support/webhook-receiver.js';
import { startWebhooksApp, type WebhooksApp } from '../../test/support/webhooks-app.js';
import { inTransaction } from '../database/index.js';
import { MAX_PAYLOAD_BYTES } from './events.js';
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
  receiver.cut();
  await Promise.all(running.map(({ app }) => app.close()));
  running = [];
});

async function start(
  settings: Partial<WebhookSettings> = {},
  clock?: { now(): number },
): Promise<WebhooksApp> {
  const { dataSource } = database();
  const app = await startWebhooksApp({
    dataSource,
    redisUrl: testRedisUrl(),
    settings,
    ...(clock && { clock }),
  });
  running.push(app);
  return app;
}

const settled = <T>(check: () => T, timeout = 15_000) => vi.waitFor(check, { timeout, interval: 20 });
const at = (path: string) => receiver.url.replace('/hook', path);
const got = (path: string) => receiver.messages.filter((message) => message.path === path);
const append = ({ outbox }: WebhooksApp, count: number, more: Partial<OutboxEvent> = {}) =>
  inTransaction(database().dataSource, (manager) =>
    outbox.appendMany(
      manager,
      Array.from({ length: count }, (_, n) => ({
        type: 'statement.finalized' as const,
        data: { n },
        occurredAt: Date.now(),
        ...more,
      })),
    ),
  );
const delivered = async (app: WebhooksApp, count: number, endpointId?: string) =>
  settled(async () => {
    const { items } = await app.deliveries.list({ status: 'delivered', endpointId, limit: 1000 });
    expect(items).toHaveLength(count);
    return items;
  });

describe('an endpoint that is changed while messages are under way', () => {
  it.each([410, 503])('is not held to what its former receiver answers (%i)', async (status) => {
    let now = Date.now();
    const app = await start({}, { now: () => now });
    let answerNow = () => {};
    receiver.answer = (message, response) => {
      if (message.path === '/new') response.end();
      else answerNow = () => response.writeHead(status, { 'retry-after': '3600' }).end();
    };
    const { endpoint } = await app.endpoints.create({ url: at('/old') });
    await append(app, 1);
    await settled(() => expect(got('/old')).toHaveLength(1));
    await app.endpoints.update(endpoint.id, { url: at('/new') });
    now += 2_000;
    answerNow();
    await settled(async () => {
      const { items } = await app.deliveries.list();
      expect(items).toMatchObject([{ attempts: 1, status: 'pending' }]);
    });
    await append(app, 1);
    await settled(() => expect(got('/new')).toHaveLength(1));
    expect(await app.endpoints.get(endpoint.id)).toMatchObject({ enabled: true, pausedUntil: null });
  });

  it('is obeyed though the clock of the host is set back', async () => {
    let now = Date.now();
    const app = await start({ inFlight: 1 }, { now: () => now });
    const answers: (() => void)[] = [];
    receiver.answer = (_message, response) => answers.push(() => response.end());
    const { endpoint } = await app.endpoints.create({ url: at('/old') });
    await append(app, 3);
    await settled(() => expect(answers).toHaveLength(1));
    now -= 3600_000;
    await app.endpoints.update(endpoint.id, { url: at('/new') });
    receiver.answer = (_message, response) => response.end();
    answers[0]!();
    // What was made due by the old clock is due when the new one is there.
    await append(app, 2);
    await settled(() => expect(got('/new').length).toBeGreaterThanOrEqual(2));
    expect(got('/old')).toHaveLength(1);
    // A little later, as nobody was called when it became due.
    now += 3600_000 + 3_000;
    await app.dispatcher.reconcile();
    await delivered(app, 5);
  });

  it('can be removed, with what waits for it and what is under way', async () => {
    const app = await start({ timeoutMs: 2_000, schedule: Array<number>(20).fill(20) });
    receiver.answer = (message, response) => {
      if (message.path === '/kept') response.end();
    };
    const { endpoint } = await app.endpoints.create({ url: at('/removed') });
    await app.endpoints.create({ url: at('/kept') });
    await append(app, 20, { simId: 'a' });
    await append(app, 200);
    await settled(() => expect(got('/removed').length).toBeGreaterThanOrEqual(64));
    await app.endpoints.remove(endpoint.id);
    receiver.cut();
    await append(app, 1);
    await delivered(app, 221);
    const [left] = await database().dataSource.query<Record<string, number>[]>(
      `SELECT (SELECT count(*)::int FROM webhook_delivery WHERE endpoint_id = $1) AS deliveries,
              (SELECT count(*)::int FROM webhook_secret WHERE endpoint_id = $1) AS secrets,
              (SELECT count(*)::int FROM webhook_attempt a WHERE NOT EXISTS (
                SELECT 1 FROM webhook_delivery d WHERE d.id = a.delivery_id)) AS attempts`,
      [endpoint.id],
    );
    expect(left).toEqual({ deliveries: 0, secrets: 0, attempts: 0 });
    const removed = got('/removed').length;
    await app.dispatcher.reconcile();
    expect(got('/removed')).toHaveLength(removed);
  });

  it('keeps what it was disabled with, and gets what came meanwhile on request', async () => {
    const app = await start({ schedule: [0, 3600_000] });
    receiver.answer = (_message, response) => response.writeHead(500).end();
    const { endpoint } = await app.endpoints.create({ url: at('/hook') });
    await append(app, 1, { simId: 'a' });
    await settled(async () => expect((await app.deliveries.list()).items).toMatchObject([{ attempts: 1 }]));
    await app.endpoints.update(endpoint.id, { enabled: false });
    await append(app, 2, { simId: 'a' });
    await settled(async () => {
      const waiting = await database().dataSource.query(
        'SELECT 1 FROM outbox_event WHERE dispatched_at IS NULL',
      );
      expect(waiting).toHaveLength(0);
    });
    receiver.messages.length = 0;
    receiver.answer = (_message, response) => response.end();
    await app.endpoints.update(endpoint.id, { enabled: true });
    const missing = { endpointId: endpoint.id, from: '2026-01-01T00:00:00Z', includeMissing: true };
    expect(await app.deliveries.replay(missing)).toEqual({ replayed: 2 });
    expect(await app.deliveries.replay({ endpointId: endpoint.id, status: 'pending' })).toEqual({
      replayed: 1,
    });
    await delivered(app, 3);
    const sequences = receiver.messages.map(
      ({ body }) => (JSON.parse(body) as { sequence: number }).sequence,
    );
    // The first failed and was waited for, though deliveries of the later ones were made when it was already being tried.
    expect(sequences).toEqual([1, 2, 3]);
  });
});

describe('a slow endpoint', () => {
  it('does not delay others, be they at the same host, nor do a hundred of them', async () => {
    const app = await start({ timeoutMs: 60_000, inFlight: 8 });
    receiver.answer = (message, response) => {
      if (message.path === '/fast') response.end();
    };
    for (let n = 0; n < 100; n += 1) await app.endpoints.create({ url: at(`/slow-${n}`) });
    await append(app, 10);
    await settled(() => expect(receiver.messages).toHaveLength(800));
    const { endpoint } = await app.endpoints.create({ url: at('/fast') });
    await append(app, 100, { type: 'capture.degraded' });
    // Long before the first of the slow ones is given up.
    await delivered(app, 100, endpoint.id);
    expect(receiver.messages.filter(({ path }) => path.startsWith('/slow'))).toHaveLength(800);
  });
});

describe('a message', () => {
  const content = ({ id, headers, body }: ReceivedMessage) =>
    Buffer.from(`${id}.${String(headers['webhook-timestamp'])}.${body}`);
  const signatures = ({ headers }: ReceivedMessage, kind: string) =>
    String(headers['webhook-signature'])
      .split(' ')
      .map((one) => one.split(',', 2))
      .flatMap(([is, value]) => (is === kind ? [value!] : []));

  it('of the largest size arrives whole, and holds under HMAC-SHA256 computed by hand', async () => {
    const app = await start();
    const { key } = await app.endpoints.create({ url: receiver.url });
    const text = '課金'.repeat(MAX_PAYLOAD_BYTES / 6 - 100);
    await append(app, 1, { data: { text } });
    await settled(() => expect(receiver.messages).toHaveLength(1));
    const [message] = receiver.messages;
    expect((JSON.parse(message!.body) as { data: { text: string } }).data.text).toBe(text);
    expect(Buffer.byteLength(message!.body)).toBeGreaterThan(MAX_PAYLOAD_BYTES - 1000);
    const secret = Buffer.from(key.replace('whsec_', ''), 'base64');
    const expected = createHmac('sha256', secret).update(content(message!)).digest('base64');
    expect(signatures(message!, 'v1')).toEqual([expected]);
    expect(WebhookReceiver.verify(message!, key)).toBeDefined();
  });

  it('is signed by the old and the new key pair while they overlap, and then by the new one alone', async () => {
    let now = Date.now();
    const app = await start({}, { now: () => now });
    const { endpoint, key: old } = await app.endpoints.create({ url: receiver.url, signature: 'v1a' });
    const { endpoint: rotated, key: fresh } = await app.endpoints.rotateSecret(endpoint.id, {
      overlapSeconds: 60,
    });
    expect(fresh).not.toBe(old);
    expect(rotated).toMatchObject({ publicKey: fresh, revision: 2 });
    const holds = (message: ReceivedMessage, key: string) => {
      const x = Buffer.from(key.replace('whpk_', ''), 'base64').toString('base64url');
      const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      return signatures(message, 'v1a').some((signature) =>
        verify(null, content(message), publicKey, Buffer.from(signature, 'base64')),
      );
    };
    await append(app, 1);
    await settled(() => expect(receiver.messages).toHaveLength(1));
    expect([old, fresh].map((key) => holds(receiver.messages[0]!, key))).toEqual([true, true]);
    now += 60_000;
    await append(app, 1);
    await settled(() => expect(receiver.messages).toHaveLength(2));
    expect([old, fresh].map((key) => holds(receiver.messages[1]!, key))).toEqual([false, true]);
    expect(signatures(receiver.messages[1]!, 'v1a')).toHaveLength(1);
  });

  it('is logged whatever the receiver answers with', async () => {
    const app = await start({ schedule: [0] });
    const head = 'HTTP/1.1 500 no\r\n__proto__: p\r\nset-cookie: hidden\r\nx-bytes: ';
    const hostile = createServer((socket) => {
      socket.on('error', () => undefined);
      const bytes = Buffer.from([0xff, 0x9b, 0xed, 0xa0, 0x80]);
      const tail = Buffer.from('\r\ncontent-length: 6\r\n\r\n\u0000\\u0000');
      socket.once('data', () => socket.end(Buffer.concat([Buffer.from(head), bytes, tail])));
    }).listen(0, '127.0.0.1');
    await once(hostile, 'listening');
    await app.endpoints.create({ url: `http://127.0.0.1:${(hostile.address() as AddressInfo).port}/` });
    await append(app, 1);
    const { items } = await settled(async () => {
      const page = await app.deliveries.list({ status: 'dead' });
      expect(page.items).toHaveLength(1);
      return page;
    });
    hostile.close();
    const [attempt] = (await app.deliveries.attempts(items[0]!.id)).items;
    expect(attempt).toMatchObject({
      statusCode: 500,
      responseHeaders: { 'x-bytes': 'ÿ\ufffdí\u00a0\ufffd' },
      responseHead: '\ufffd\\u0000'.slice(0, 6),
    });
    expect(JSON.stringify(attempt)).not.toContain('hidden');
  });
});

describe('a lane', () => {
  it('takes what comes while others wait for their answers, up to its last place', async () => {
    const app = await start({ timeoutMs: 120_000, reconcileMs: 3_600_000, inFlight: 8 });
    receiver.answer = () => undefined;
    const { endpoint } = await app.endpoints.create({ url: receiver.url });
    for (let count = 1; count <= 8; count += 1) {
      await append(app, 1, { simId: `sim-${count}` });
      await settled(() => expect(receiver.messages).toHaveLength(count));
    }
    await app.endpoints.remove(endpoint.id);
  });

  it('goes on with a SIM whose event was answered while others wait for their answers', async () => {
    const app = await start({ timeoutMs: 120_000, reconcileMs: 3_600_000, inFlight: 8 });
    receiver.answer = (message, response) => {
      if (message.body.includes('"quick"')) response.end();
    };
    const { endpoint } = await app.endpoints.create({ url: receiver.url });
    for (let held = 1; held <= 7; held += 1) await append(app, 1, { simId: `held-${held}` });
    await append(app, 5, { simId: 'quick' });
    await delivered(app, 5);
    await app.endpoints.remove(endpoint.id);
  });

  it('ends once nothing is due, and asks for nothing more', async () => {
    const app = await start({ reconcileMs: 3_600_000 });
    await app.endpoints.create({ url: receiver.url });
    for (let count = 1; count <= 3; count += 1) {
      await append(app, 20, { simId: 'sim-1' });
      await delivered(app, 20 * count);
      await settled(async () => expect(await app.active('webhooks.deliver')).toBe(0));
    }
  });
});
