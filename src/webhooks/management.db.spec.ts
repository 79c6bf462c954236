import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testRedisUrl, useTestDatabase } from '../../test/support/database.js';
import { startWebhooksApp, type WebhooksApp } from '../../test/support/webhooks-app.js';
import { inTransaction } from '../database/index.js';
import { Refusal } from '../shared/index.js';
import { DeliveryRepository } from './delivery.repository.js';
import type { OutboxEvent } from './index.js';

const database = useTestDatabase();
const NOW = Date.UTC(2026, 3, 1);
const DAY = 24 * 3600_000;
let now = NOW;
let app: WebhooksApp;

beforeAll(async () => {
  const { dataSource } = database();
  const settings = { work: false, allowHttp: false, allowPrivate: [] };
  app = await startWebhooksApp({ dataSource, redisUrl: testRedisUrl(), settings, clock: { now: () => now } });
});
afterAll(() => app.app.close());
beforeEach(async () => {
  now = NOW;
  await database().clear();
});

const url = 'https://billing.example.com/hook';
const append = (...events: Partial<OutboxEvent>[]) =>
  inTransaction(database().dataSource, (manager) =>
    app.outbox.appendMany(
      manager,
      events.map((event) => ({ type: 'statement.finalized', data: {}, occurredAt: now, ...event })),
    ),
  );
const repository = () => new DeliveryRepository(database().dataSource);
const finish = (status: 'delivered' | 'dead') =>
  database().dataSource.query(
    `UPDATE webhook_delivery SET status = $1, tries = 10, attempts = 10, next_attempt_at = NULL, finished_at = $2`,
    [status, new Date(now)],
  );

async function refusal(promise: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Refusal);
  return error as Refusal;
}

describe('webhook endpoints', () => {
  it('are made, read, changed and removed; the secret is shown once and never again', async () => {
    const { endpoint, key } = await app.endpoints.create({ url, eventTypes: ['statement.finalized'] });
    expect(endpoint).toEqual({
      id: endpoint.id,
      url,
      description: '',
      eventTypes: ['statement.finalized'],
      ordering: 'sim',
      signature: 'v1',
      publicKey: null,
      enabled: true,
      disabledReason: null,
      pausedUntil: null,
      revision: 1,
      createdAt: '2026-04-01T00:00:00.000Z',
      updatedAt: '2026-04-01T00:00:00.000Z',
    });
    now += 1_000;
    const changed = await app.endpoints.update(endpoint.id, { description: 'billing', eventTypes: [] }, 1);
    expect(changed).toEqual({
      ...endpoint,
      description: 'billing',
      eventTypes: [],
      revision: 2,
      updatedAt: '2026-04-01T00:00:01.000Z',
    });
    expect(await app.endpoints.get(endpoint.id)).toEqual(changed);
    expect(JSON.stringify(changed)).not.toContain(key);
    expect((await refusal(app.endpoints.update(endpoint.id, { enabled: false }, 1))).code).toBe('conflict');
    expect((await refusal(app.endpoints.remove(endpoint.id, 1))).code).toBe('conflict');
    await app.endpoints.remove(endpoint.id, 2);
    const gone = [
      () => app.endpoints.get(endpoint.id),
      () => app.endpoints.remove(endpoint.id),
      () => app.endpoints.get('x'),
    ];
    for (const attempt of gone) expect((await refusal(attempt())).code).toBe('not_found');
  });

  it('refuse bad input at every field at once, and change nothing', async () => {
    const bad = {
      url: 'ftp://user:password@billing.example.com/#x',
      description: 'x'.repeat(501),
      eventTypes: ['statement.burnt'],
      ordering: 'random',
      secret: 'mine',
    };
    const { code, fields } = await refusal(app.endpoints.create(bad as never));
    expect(code).toBe('invalid');
    expect(fields.map((field) => field.pointer)).toEqual([
      '/url',
      '/url',
      '/url',
      '/description',
      '/eventTypes/0',
      '/ordering',
      '/secret',
    ]);
    expect((await app.endpoints.list()).items).toEqual([]);
  });

  it.each([
    ['http://billing.example.com/', 'starts with https://'],
    ['https://10.0.0.1/', '10.0.0.0/8'],
    ['https://2130706433/', '127.0.0.0/8'],
    ['https://[fd00::1]/', 'fc00::/7'],
    ['https://[::ffff:192.168.0.1]/', '192.168.0.0/16'],
    ['billing.example.com', 'is a URL'],
    ['', 'is a URL'],
  ])('refuse the URL %j with a reason', async (bad, reason) => {
    const { code, fields } = await refusal(app.endpoints.create({ url: bad }));
    expect(code).toBe('invalid');
    expect(fields.map((field) => field.pointer)).toEqual(['/url']);
    expect(fields[0]!.detail).toContain(reason);
    const { endpoint } = await app.endpoints.create({ url });
    expect((await refusal(app.endpoints.update(endpoint.id, { url: bad }))).code).toBe('invalid');
  });

  it('are listed in pages that stay stable while others are made', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await app.endpoints.create({ url })).endpoint.id);
    const first = await app.endpoints.list({ limit: 2 });
    now += 1;
    const late = (await app.endpoints.create({ url })).endpoint.id;
    const second = await app.endpoints.list({ limit: 10, cursor: first.nextCursor! });
    expect([...first.items, ...second.items].map((item) => item.id)).toEqual([...ids.sort(), late]);
    expect(second.nextCursor).toBeNull();
    for (const query of [{ cursor: 'nonsense' }, { limit: 0 }, { limit: 5000 }, { page: 1 }]) {
      expect((await refusal(app.endpoints.list(query))).code).toBe('invalid');
    }
  });

  it('forget a secret when its overlap ends, and keep the shorter of two overlaps', async () => {
    const { endpoint } = await app.endpoints.create({ url });
    await app.endpoints.rotateSecret(endpoint.id, { overlapSeconds: 10 });
    await app.endpoints.rotateSecret(endpoint.id, { overlapSeconds: 100 });
    const secrets = () => database().dataSource.query('SELECT expires_at FROM webhook_secret ORDER BY id');
    expect(await secrets()).toEqual([
      { expires_at: new Date(NOW + 10_000) },
      { expires_at: new Date(NOW + 100_000) },
      { expires_at: null },
    ]);
    now += 50_000;
    await app.endpoints.rotateSecret(endpoint.id, { overlapSeconds: 0 });
    expect(await secrets()).toEqual([{ expires_at: null }]);
    expect(
      (await refusal(app.endpoints.rotateSecret(endpoint.id, { overlapSeconds: -1 }))).fields,
    ).toMatchObject([{ pointer: '/overlapSeconds' }]);
  });

  it('sign with ten keys at most, so that the headers of a message stay small', async () => {
    const { endpoint } = await app.endpoints.create({ url });
    for (let n = 0; n < 9; n += 1) await app.endpoints.rotateSecret(endpoint.id, {});
    const refused = await refusal(app.endpoints.rotateSecret(endpoint.id, {}));
    expect([refused.code, refused.message]).toEqual([
      'conflict',
      expect.stringContaining('overlapSeconds 0') as string,
    ]);
    expect(await app.endpoints.get(endpoint.id)).toMatchObject({ revision: 10 });
    await app.endpoints.rotateSecret(endpoint.id, { overlapSeconds: 0 });
    await app.endpoints.rotateSecret(endpoint.id, {});
  });

  it('get a test event that passes their filter, unless they are disabled', async () => {
    const { endpoint } = await app.endpoints.create({ url, eventTypes: ['fraud.suspected'] });
    await app.endpoints.create({ url });
    const { deliveryId } = await app.endpoints.sendTest(endpoint.id);
    const delivery = await app.deliveries.get(deliveryId);
    expect(delivery).toMatchObject({ endpointId: endpoint.id, eventType: 'webhook.test', status: 'pending' });
    expect(JSON.parse(delivery.payload)).toMatchObject({
      type: 'webhook.test',
      timestamp: '2026-04-01T00:00:00.000Z',
    });
    expect((await app.deliveries.list()).items).toHaveLength(1);
    await app.endpoints.update(endpoint.id, { enabled: false });
    expect((await refusal(app.endpoints.sendTest(endpoint.id))).code).toBe('conflict');
  });

  it('are at most as many as workers can serve at once', async () => {
    await database().dataSource.query(
      `INSERT INTO webhook_endpoint SELECT gen_random_uuid(), 'https://x.example', '', '{}', 'sim', 'v1', true, NULL, NULL, 1, now(), now()
         FROM generate_series(1, 200)`,
    );
    expect(await refusal(app.endpoints.create({ url }))).toMatchObject({ code: 'conflict' });
  });
});

describe('deliveries', () => {
  it('are listed newest first by endpoint, status, type, SIM and time, in pages', async () => {
    const { endpoint } = await app.endpoints.create({ url });
    await append({ simId: 'a' }, { simId: 'b' }, { type: 'capture.degraded' });
    now += 1_000;
    await append({ simId: 'a' });
    await app.dispatcher.dispatch();
    const list = async (query: object) => {
      const { items } = await app.deliveries.list(query);
      return items.map((item) => `${item.eventType} ${item.simId ?? '-'} ${item.sequence ?? '-'}`);
    };
    const all = [
      'statement.finalized a 2',
      'capture.degraded - -',
      'statement.finalized b 1',
      'statement.finalized a 1',
    ];
    expect(await list({})).toEqual(all);
    expect(await list({ endpointId: endpoint.id, status: 'pending' })).toEqual(all);
    expect(await list({ status: 'dead' })).toEqual([]);
    expect(await list({ simId: 'a' })).toEqual([all[0], all[3]]);
    expect(await list({ eventType: 'capture.degraded' })).toEqual([all[1]]);
    expect(await list({ from: '2026-04-01T00:00:01Z' })).toEqual([all[0]]);
    expect(await list({ to: '2026-04-01T09:00:01+09:00' })).toEqual(all.slice(1));
    const first = await app.deliveries.list({ limit: 3 });
    await append({ simId: 'c' });
    await app.dispatcher.dispatch();
    const second = await app.deliveries.list({ limit: 3, cursor: first.nextCursor! });
    expect(second).toMatchObject({ items: [{ simId: 'a', sequence: 1 }], nextCursor: null });
    for (const query of [{ endpointId: 'x' }, { status: 'lost' }, { from: 'yesterday' }, { cursor: 'x' }]) {
      expect((await refusal(app.deliveries.list(query as never))).fields).toHaveLength(1);
    }
    expect((await refusal(app.deliveries.get('1; DROP TABLE'))).code).toBe('not_found');
    expect((await refusal(app.deliveries.attempts('999'))).code).toBe('not_found');
  });

  it('are replayed by id, by endpoint and status, and by time', async () => {
    const { endpoint } = await app.endpoints.create({ url });
    await append({ simId: 'a' });
    now += DAY;
    await append({ simId: 'b' });
    await app.dispatcher.dispatch();
    const ids = (await app.deliveries.list()).items.map((item) => item.id);
    // What is due is on its way already.
    expect(await app.deliveries.replay({ deliveryIds: ids })).toEqual({ replayed: 0 });
    await finish('dead');
    expect(await app.deliveries.replay({ deliveryIds: [ids[0]!] })).toEqual({ replayed: 1 });
    expect(await app.deliveries.get(ids[0]!)).toMatchObject({
      status: 'pending',
      attempts: 10,
      nextAttemptAt: new Date(now).toISOString(),
      finishedAt: null,
    });
    await finish('delivered');
    const range = { endpointId: endpoint.id, from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z' };
    expect(await app.deliveries.replay(range)).toEqual({ replayed: 0 });
    expect(await app.deliveries.replay({ ...range, status: 'delivered' })).toEqual({ replayed: 1 });
    expect(await app.deliveries.replay({ endpointId: endpoint.id, status: 'any' })).toEqual({ replayed: 1 });
    expect((await refusal(app.deliveries.replay({ deliveryIds: ['99999', ids[0]!] }))).message).toContain(
      '99999',
    );
    expect(await refusal(app.deliveries.replay({ endpointId: randomUUID() }))).toMatchObject({
      code: 'not_found',
      fields: [{ pointer: '/endpointId' }],
    });
  });

  it('are replayed by time at every endpoint, where none is named', async () => {
    for (const path of ['a', 'b']) await app.endpoints.create({ url: `${url}/${path}` });
    await append({ simId: 'a' });
    now += DAY;
    await append({ simId: 'b' });
    await app.dispatcher.dispatch();
    await finish('dead');
    const range = { from: '2026-04-02T00:00:00Z', to: '2026-04-03T00:00:00Z' };
    expect(await app.deliveries.replay(range)).toEqual({ replayed: 2 });
    const { items } = await app.deliveries.list({ status: 'pending' });
    expect(items.map(({ simId }) => simId)).toEqual(['b', 'b']);
    expect(new Set(items.map(({ endpointId }) => endpointId)).size).toBe(2);
  });

  it('that wait for their next try are tried at once by a replay, but for one under way', async () => {
    const { endpoint } = await app.endpoints.create({ url });
    await append({ simId: 'a' }, { simId: 'b' }, { simId: 'c' });
    await app.dispatcher.dispatch();
    const [c, b, a] = (await app.deliveries.list()).items.map((item) => item.id);
    await database().dataSource.query(
      `UPDATE webhook_delivery SET tries = 5, attempts = 5, next_attempt_at = $1`,
      [new Date(now + 10 * 3600_000)],
    );
    await database().dataSource.query(`UPDATE webhook_delivery SET claimed_until = $1 WHERE id = $2`, [
      new Date(now + 1000),
      c,
    ]);
    expect(await app.deliveries.replay({ endpointId: endpoint.id })).toEqual({ replayed: 0 });
    expect(await app.deliveries.replay({ deliveryIds: [a!] })).toEqual({ replayed: 1 });
    expect(await app.deliveries.get(a!)).toMatchObject({
      status: 'pending',
      attempts: 5,
      nextAttemptAt: new Date(now).toISOString(),
    });
    expect(await app.deliveries.replay({ endpointId: endpoint.id, status: 'pending' })).toEqual({
      replayed: 1,
    });
    const due = await repository().claim(endpoint.id, now, now + 1000, 10);
    expect(due.map(({ id, tries }) => [id, tries])).toEqual([
      [a, 0],
      [b, 0],
    ]);
  });

  it('are made by a replay for an endpoint that was not there, if it is asked for', async () => {
    await append({ simId: 'a' }, { type: 'fraud.suspected' });
    await app.dispatcher.dispatch();
    const { endpoint } = await app.endpoints.create({ url, eventTypes: ['statement.finalized'] });
    const request = { endpointId: endpoint.id, from: '2026-04-01T00:00:00Z' };
    expect(await app.deliveries.replay(request)).toEqual({ replayed: 0 });
    expect(await app.deliveries.replay({ ...request, includeMissing: true })).toEqual({ replayed: 1 });
    expect(await app.deliveries.replay({ ...request, includeMissing: true })).toEqual({ replayed: 0 });
  });

  it.each([
    [{}, ['/endpointId']],
    [{ deliveryIds: [] }, ['/deliveryIds']],
    [{ deliveryIds: ['0', 'x'] }, ['/deliveryIds/0', '/deliveryIds/1']],
    [
      { deliveryIds: ['1'], endpointId: randomUUID(), from: '2026-04-01T00:00:00Z' },
      ['/endpointId', '/from'],
    ],
    [{ endpointId: randomUUID(), from: '2026-04-02T00:00:00Z', to: '2026-04-01T00:00:00Z' }, ['/to']],
    [{ endpointId: randomUUID(), includeMissing: true }, ['/includeMissing']],
    [{ endpointId: randomUUID(), all: true }, ['/all']],
  ])('refuse the replay %j', async (input, pointers) => {
    const { fields } = await refusal(app.deliveries.replay(input));
    expect(fields.map((field) => field.pointer)).toEqual(pointers);
  });

  it('and their events are forgotten after the retention, but not while one waits for an enabled endpoint', async () => {
    const { endpoint } = await app.endpoints.create({ url });
    await append({ simId: 'a' });
    const prune = () => repository().prune(now, 100);
    now += DAY;
    expect(await prune()).toBe(0);
    await app.dispatcher.dispatch();
    expect(await prune()).toBe(0);
    await app.endpoints.update(endpoint.id, { enabled: false });
    await append({ simId: 'a' });
    expect(await prune()).toBe(1);
    expect((await app.deliveries.list()).items).toEqual([]);
    // The next number of the SIM does not start anew.
    expect(await append({ simId: 'a' })).toMatchObject([{ sequence: 3 }]);
  });
});

describe('what has been told', () => {
  it('is deleted after 90 days with its log, in as many steps as it takes, and nothing younger', async () => {
    const { endpoint } = await app.endpoints.create({ url });
    await append(...Array.from({ length: 12_000 }, () => ({ simId: 'old' })));
    now += 10 * DAY;
    await append({ simId: 'young' });
    for (let told = 0; told < 13; told += 1) await app.dispatcher.dispatch();
    await finish('delivered');
    await database().dataSource.query(
      `INSERT INTO webhook_attempt (delivery_id, number, started_at, duration_ms, status_code)
       SELECT id, n, now(), 1, 204 FROM webhook_delivery, generate_series(1, 2) n`,
    );
    now = NOW + 90 * DAY + 1;
    await app.dispatcher.reconcile();
    const [left] = await database().dataSource.query<Record<string, number>[]>(
      `SELECT (SELECT count(*)::int FROM outbox_event) AS events, (SELECT count(*)::int FROM webhook_delivery) AS deliveries,
              (SELECT count(*)::int FROM webhook_attempt) AS attempts`,
    );
    expect(left).toEqual({ events: 1, deliveries: 1, attempts: 2 });
    expect((await app.deliveries.list({ endpointId: endpoint.id })).items).toMatchObject([
      { simId: 'young', sequence: 1 },
    ]);
  });
});

describe('the outbox', () => {
  it('refuses what cannot be a payload, and leaves nothing behind', async () => {
    await expect(append({ simId: 'a', data: { text: 'x'.repeat(300_000) } })).rejects.toThrow(RangeError);
    await expect(append({ simId: 'a', data: { octets: 1n } })).rejects.toThrow(TypeError);
    expect(await append({ simId: 'a' })).toMatchObject([{ sequence: 1 }]);
  });

  it('takes many events at once, in their order', async () => {
    const events = Array.from({ length: 5_000 }, (_, n) => ({ simId: `s${n % 7}`, data: { n } }));
    const appended = await append(...events);
    expect(new Set(appended.map((event) => event.messageId)).size).toBe(5_000);
    expect(appended.slice(0, 8).map((event) => event.sequence)).toEqual([1, 1, 1, 1, 1, 1, 1, 2]);
    const rows = await database().dataSource.query<{ payload: Buffer }[]>(
      'SELECT payload FROM outbox_event ORDER BY id',
    );
    expect(rows.map((row) => (JSON.parse(row.payload.toString()) as { data: { n: number } }).data.n)).toEqual(
      events.map((_, n) => n),
    );
  });
});
