import { describe, expect, it } from 'vitest';
import { created, expectProblem, itemsOf, useApi, type Json } from './support.js';

const api = useApi();

describe('webhooks', () => {
  it('have endpoints whose secret is shown once', async () => {
    const input = { url: 'https://billing.example.com/hook', eventTypes: ['statement.finalized'] };
    const made = created(await api.post('/v1/webhook-endpoints', input));
    expect(made.body.secret).toMatch(/^whsec_/);
    const path = made.headers.get('location')!;
    const shown = await api.get(path);
    expect(shown.text).not.toContain('whsec_');
    expect(shown.body).toMatchObject(input);
    const off = await api.patch(
      path,
      { enabled: false },
      { headers: { 'if-match': shown.headers.get('etag')! } },
    );
    expect(off.body.enabled).toBe(false);
    const rotated = await api.post(`${path}/rotate-secret`, { overlapSeconds: 60 });
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expectProblem(await api.post(`${path}/test`), 409, 'conflict');
    const bad = await api.post('/v1/webhook-endpoints', { url: 'ftp://10.0.0.1', eventTypes: ['x'] });
    expect(expectProblem(bad, 400, 'invalid').sort()).toEqual(['body /eventTypes/0', 'body /url']);
    const inside = await api.post('/v1/webhook-endpoints', { url: 'https://169.254.169.254/' });
    expect(expectProblem(inside, 400, 'invalid')).toEqual(['body /url']);
    expect((await api.delete(path)).status).toBe(204);
    expectProblem(await api.get(path), 404, 'not_found');
  });

  it('log deliveries, which can be sent again', async () => {
    const { body } = await api.post('/v1/webhook-endpoints', { url: 'https://hook.invalid/' });
    const sent = await api.post(`/v1/webhook-endpoints/${body.id}/test`);
    expect(sent.status).toBe(202);
    const path = `/v1/deliveries/${sent.body.deliveryId}`;
    expect((await api.get(path)).body).toMatchObject({ eventType: 'webhook.test', endpointId: body.id });
    await expect.poll(async () => (await api.get(`${path}/attempts`)).body.items.length).toBeGreaterThan(0);
    const [attempt] = (await api.get(`${path}/attempts`)).body.items;
    expect(attempt).toMatchObject({ number: 1, statusCode: null, error: expect.any(String) });
    const list = await api.get(
      `/v1/deliveries?endpointId=${body.id}&from=2026-01-01T00:00:00Z&status=pending`,
    );
    expect(itemsOf(list).map((item: Json) => item.id)).toEqual([sent.body.deliveryId]);
    expect(
      (await api.post('/v1/deliveries/replay', { endpointId: body.id, from: '2026-01-01T00:00:00Z' })).body,
    ).toEqual({
      replayed: 0,
    });
    expect(expectProblem(await api.post('/v1/deliveries/replay', {}), 400, 'invalid')).toEqual([
      'body /endpointId',
    ]);
  });
});

describe('the audit log', () => {
  it('says who changed what, from what to what, and is only added to', async () => {
    created(await api.post('/v1/realms', { name: 'vpg-tokyo', subscriberPrefixes: ['10.128.0.0/9'] }));
    const key = await api.key('admin');
    const path = '/v1/realms/vpg-tokyo';
    const before = (await api.get(path)).body;
    const answer = await api.patch(path, { retentionDays: 99 }, { key });
    await api.patch(path, { retentionDays: 1 }, { key, headers: { 'if-match': '"0.x"' } });
    const [refused, done] = itemsOf(await api.get(`/v1/audit-log?path=${path}&limit=2`));
    expect(done).toMatchObject({
      requestId: answer.headers.get('request-id'),
      operation: 'updateRealm',
      path,
      requested: { retentionDays: 99 },
      status: 200,
      before,
      after: answer.body,
    });
    expect(refused).toMatchObject({ status: 412, after: null, requested: { retentionDays: 1 } });
    expect(done.keyId).toBe(refused.keyId);
    const { dataSource } = api.database;
    for (const change of [`UPDATE audit_log SET path = ''`, 'DELETE FROM audit_log', 'TRUNCATE audit_log'])
      await expect(dataSource.query(change)).rejects.toThrow('only ever added to');
  });

  it('finds a change by its path, however the request wrote it', async () => {
    created(await api.post('/v1/sims', { id: 'sim:1' }));
    for (const path of ['/v1/sims/sim:1', '/V1/Sims/sim:1', '/v1/sims/sim:1/', '/v1/sims/%73im%3A1'])
      expect((await api.patch(path, { name: path })).status, path).toBe(200);
    const entries = itemsOf(await api.get('/v1/audit-log?path=/v1/sims/sim:1'));
    expect(entries.map((entry: Json) => entry.after.name)).toEqual([
      '/v1/sims/%73im%3A1',
      '/v1/sims/sim:1/',
      '/V1/Sims/sim:1',
      '/v1/sims/sim:1',
    ]);
  });

  it('says what a bulk request found of what it changed', async () => {
    const items = [{ id: 'sim-a' }, { id: 'sim-b', name: 'b' }];
    await api.post('/v1/sims/bulk', { items });
    const before = (await api.get('/v1/sims/sim-b')).body;
    await api.post('/v1/sims/bulk', {
      items: [items[0], { ...items[1], nameConsent: true }, { id: 'sim-c' }],
    });
    await api.post('/v1/sims/csv', undefined, {
      raw: 'id,name\nsim-c,c\n',
      headers: { 'content-type': 'text/csv' },
    });
    const session = {
      simId: 'sim-a',
      realm: 'vpg-tokyo',
      prefix: '10.128.7.1',
      startTime: '2026-10-01T00:00:00Z',
    };
    const first = created(await api.post('/v1/sessions', session)).body;
    const next = { ...session, simId: 'sim-b', startTime: '2026-10-02T00:00:00Z' };
    created(await api.post('/v1/sessions?open=end', next));
    await api.post('/v1/sessions/bulk', { items: [{ ...next, dnsServers: ['100.127.0.53'] }] });
    const [put, , , csv, bulk, made] = itemsOf(await api.get('/v1/audit-log?limit=6'));
    expect(made).toMatchObject({ operation: 'putSims', before: null });
    expect(bulk).toMatchObject({ operation: 'putSims', before: { items: [before], omitted: 0 } });
    expect(csv.before.items).toMatchObject([{ id: 'sim-c', name: null }]);
    const [, ended] = itemsOf(await api.get('/v1/audit-log?limit=2'));
    expect(ended).toMatchObject({
      operation: 'createSession',
      before: { items: [{ id: first.id, endTime: null }] },
    });
    expect(put).toMatchObject({
      operation: 'putSessions',
      before: { items: [{ simId: 'sim-b', dnsServers: [] }] },
    });
  });

  it('keeps the first rows of very many, and says how many more there were', async () => {
    const items = (name: string) =>
      Array.from({ length: 400 }, (_, index) => ({ id: `many-${index}`, name }));
    await api.post('/v1/sims/bulk', { items: items('a') });
    await api.post('/v1/sims/bulk', { items: items('b') });
    const [entry] = itemsOf(await api.get('/v1/audit-log?limit=1'));
    const before = entry.before as { items: object[]; omitted: number };
    expect(before.items.length).toBeGreaterThan(100);
    expect(before.items.length + before.omitted).toBe(400);
  });

  it('holds no secret, and pages through everything below a path', async () => {
    const below = await api.get('/v1/audit-log?path=/v1/webhook-endpoints/&limit=1000');
    expect(itemsOf(below).map((item: Json) => item.operation)).toContain('rotateWebhookSecret');
    const all = await api.get('/v1/audit-log?limit=1000');
    expect(all.text).not.toMatch(/whsec_|cfk_/);
    const first = await api.get('/v1/audit-log?limit=2');
    const second = await api.get(`/v1/audit-log?limit=2&cursor=${first.body.nextCursor}`);
    expect([...itemsOf(first), ...itemsOf(second)]).toEqual(itemsOf(all).slice(0, 4));
  });

  it('shows a change that died in its middle', async () => {
    await api.database.dataSource.query(
      `INSERT INTO audit_log (at, request_id, stage, key_id, operation, path)
       VALUES (now(), gen_random_uuid(), 'begun', gen_random_uuid(), 'updateSim', '/v1/sims/lost')`,
    );
    expect(itemsOf(await api.get('/v1/audit-log?path=/v1/sims/lost'))[0]).toMatchObject({
      status: null,
      after: null,
    });
  });
});

describe('capture', () => {
  it('says which sources brought what', async () => {
    await api.database.dataSource.query(
      `INSERT INTO account_bucket (source, hour, account, packets, octets) VALUES
       ('tokyo-1:eth1', '2026-10-14T23:00:00Z', 'seen', 2, 3000), ('tokyo-1:eth1', '2026-10-14T22:00:00Z', 'seen', 1, 500),
       ('old:eth1', '2026-08-01T00:00:00Z', 'seen', 1, 1)`,
    );
    expect((await api.get('/v1/capture')).body).toEqual({
      changes: null,
      points: [],
      failures: [],
      sources: [
        {
          source: 'tokyo-1:eth1',
          lastHour: '2026-10-14T23:00:00.000Z',
          seen: { packets: '3', octets: '3500' },
        },
      ],
    });
  });
});

describe('scopes', () => {
  it('keep each key to its own', async () => {
    const usage = await api.key('usage-read');
    const ingest = await api.key('ingest');
    const billing = await api.key('billing');
    const status = async (key: string, method: string, path: string) =>
      (await api.call(method, path, { key })).status;
    expect(await status(usage, 'GET', '/v1/sims')).toBe(200);
    expect(await status(usage, 'POST', '/v1/sims')).toBe(403);
    expect(await status(usage, 'GET', '/v1/statements')).toBe(403);
    expect(await status(ingest, 'POST', '/v1/sims')).toBe(400);
    expect(await status(ingest, 'POST', '/v1/plans')).toBe(403);
    expect(await status(billing, 'GET', '/v1/statements')).toBe(200);
    expect(await status(billing, 'POST', '/v1/services')).toBe(403);
    expect(await status(billing, 'POST', '/v1/webhook-endpoints')).toBe(403);
  });
});
