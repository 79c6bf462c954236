import { describe, expect, it } from 'vitest';
import { expectProblem, useApi } from './support.js';

const probes = { redis: undefined as string | undefined, hang: false };
const api = useApi({
  probes: [
    { name: 'postgres', check: () => Promise.resolve(undefined) },
    { name: 'redis', check: () => Promise.resolve(probes.redis) },
    {
      name: 'capture',
      check: () => (probes.hang ? Promise.reject(new Error('secret path /x')) : Promise.resolve(undefined)),
    },
  ],
});
const keyInput = { name: 'billing system', scopes: ['billing'] };

describe('answers', () => {
  it('page through a list, each item once', async () => {
    for (let i = 0; i < 5; i += 1) await api.post('/v1/api-keys', keyInput);
    const all = await api.get('/v1/api-keys?limit=1000');
    const seen: string[] = [];
    let path = '/v1/api-keys?limit=3';
    for (;;) {
      const { body } = await api.get(path);
      seen.push(...(body.items as { id: string }[]).map((item) => item.id));
      if (body.nextCursor === null) break;
      path = `/v1/api-keys?limit=3&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual((all.body.items as { id: string }[]).map((item) => item.id));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('page through a list while others write, each item that was there once and in its place', async () => {
    const sim = (id: string) => api.post('/v1/sims', { id });
    const before = Array.from({ length: 9 }, (_, index) => `stable-${index * 10 + 10}`);
    for (const id of before) await sim(id);
    const seen: string[] = [];
    let path: string | null = '/v1/sims?limit=2';
    for (let round = 0; path !== null; round += 1) {
      const { body } = await api.get(path);
      seen.push(...(body.items as { id: string }[]).map((item) => item.id));
      path = body.nextCursor === null ? null : `/v1/sims?limit=2&cursor=${body.nextCursor}`;
      // Before and behind the cursor; and what was listed already goes.
      await Promise.all([sim(`stable-${round}`), sim(`stable-99${round}`)]);
      if (round === 1) await api.delete(`/v1/sims/${seen[0]}`);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => before.includes(id))).toEqual(before);
  });

  it('carry an ETag and are not sent again when unchanged', async () => {
    const { body } = await api.post('/v1/api-keys', keyInput);
    const first = await api.get(`/v1/api-keys/${body.id}`);
    const etag = first.headers.get('etag')!;
    expect(etag).toMatch(/^"[\w-]+"$/);
    const again = await api.get(`/v1/api-keys/${body.id}`, { headers: { 'if-none-match': etag } });
    expect([again.status, again.text]).toEqual([304, '']);
    await api.delete(`/v1/api-keys/${body.id}`);
    expect((await api.get(`/v1/api-keys/${body.id}`, { headers: { 'if-none-match': etag } })).status).toBe(
      200,
    );
  });

  it('tell the rate, and nothing about the server', async () => {
    const { headers } = await api.get('/v1/api-keys');
    expect(headers.get('ratelimit-policy')).toBe('"default";q=60000;w=60');
    expect(headers.get('ratelimit')).toMatch(/^"default";r=\d+;t=\d+$/);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('say nothing of an unforeseen error, whose cause is in the log under the id', async () => {
    await api.database.dataSource.query('ALTER TABLE api_idempotency RENAME TO hidden');
    const answer = await api.post('/v1/api-keys', keyInput, { headers: { 'idempotency-key': 'k9' } });
    await api.database.dataSource.query('ALTER TABLE hidden RENAME TO api_idempotency');
    expectProblem(answer, 500, 'internal');
    expect(answer.text).not.toContain('api_idempotency');
    const line = api.logLines.find(
      (entry) => entry['requestId'] === answer.headers.get('request-id') && entry['err'],
    );
    expect(JSON.stringify(line)).toContain('api_idempotency');
  });

  it('leave one log line that holds no key, no query and no body', async () => {
    api.logLines.length = 0;
    const { headers } = await api.get('/v1/api-keys?limit=77');
    const line = api.logLines.find((entry) => entry['requestId'] === headers.get('request-id'))!;
    expect(line).toMatchObject({
      method: 'GET',
      route: '/v1/api-keys',
      status: 200,
      keyId: expect.any(String),
    });
    expect(JSON.stringify(api.logLines)).not.toMatch(/limit=77|cfk_/);
  });
});

describe('operation', () => {
  it('is alive without a key', async () => {
    expect(await api.get('/healthz', { key: null })).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect((await api.call('HEAD', '/healthz')).status).toBe(200);
  });

  it('says which check is not well, without internals', async () => {
    expect((await api.get('/readyz')).body.status).toBe('ok');
    probes.redis = 'Redis does not answer; start it.';
    probes.hang = true;
    const answer = await api.get('/readyz');
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({
      status: 'not_ready',
      checks: [
        { name: 'postgres', ok: true, detail: null },
        { name: 'redis', ok: false, detail: 'Redis does not answer; start it.' },
        { name: 'capture', ok: false, detail: 'The check failed; the log says why.' },
      ],
    });
  });

  it('shows metrics by route pattern', async () => {
    const answer = await api.get('/metrics', { key: null });
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(answer.text).toMatch(
      /countfree_http_requests_total\{method="GET",route="\/v1\/api-keys\/\{keyId\}",status="200"\} \d/,
    );
    expect(answer.text).toContain('countfree_capture_lost_total{reason="hello"} 0');
  });
});
