import { gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectProblem, useApi } from './support.js';

const probes = { redis: undefined as string | undefined, hang: false };
const api = useApi({
  options: { bodyLimit: 4096 },
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

describe('authentication', () => {
  it('asks for a key', async () => {
    const answer = await api.get('/v1/api-keys', { key: null });
    expectProblem(answer, 401, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="countfree"');
  });

  it('refuses an unknown, a foreign and a broken key', async () => {
    for (const key of [`cfk_${'A'.repeat(43)}`, 'cfk_short', 'x']) {
      const answer = await api.get('/v1/api-keys', { key });
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  it('refuses a key without the scope and says which it needs', async () => {
    const answer = await api.get('/v1/api-keys', { key: await api.key('billing', 'usage-read') });
    expectProblem(answer, 403, 'forbidden');
    expect(answer.body.detail).toContain('admin');
  });

  it('takes a key until it expires, and not when revoked', async () => {
    const made = await api.post('/v1/api-keys', {
      name: 'short',
      scopes: ['admin'],
      expiresAt: '2026-10-16T00:00:00Z',
    });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/api-keys/${made.body.id}`);
    const key = made.body.secret as string;
    expect((await api.get('/v1/api-keys', { key })).status).toBe(200);
    api.clock.time = Date.UTC(2026, 9, 16);
    expectProblem(await api.get('/v1/api-keys', { key }), 401, 'unauthenticated');
    api.clock.time = Date.UTC(2026, 9, 15);
    const revoked = await api.delete(made.headers.get('location')!);
    expect(revoked.body.revokedAt).toBe('2026-10-15T00:00:00.000Z');
    expectProblem(await api.get('/v1/api-keys', { key }), 401, 'unauthenticated');
    expect((await api.delete(made.headers.get('location')!)).body.revokedAt).toBe('2026-10-15T00:00:00.000Z');
  });

  it('takes the old key and the new one while callers move over, and only the new one then', async () => {
    const [old, fresh] = [await api.post('/v1/api-keys', keyInput), await api.post('/v1/api-keys', keyInput)];
    const statuses = () =>
      Promise.all(
        [old, fresh].map(
          async ({ body }) => (await api.get('/v1/statements', { key: body.secret as string })).status,
        ),
      );
    expect(await statuses()).toEqual([200, 200]);
    await api.delete(`/v1/api-keys/${old.body.id}`);
    expect(await statuses()).toEqual([401, 200]);
  });

  it('shows a secret once and stores only its hash', async () => {
    const made = await api.post('/v1/api-keys', keyInput);
    const secret = made.body.secret as string;
    expect(secret).toMatch(/^cfk_[A-Za-z0-9_-]{43}$/);
    expect((await api.get(`/v1/api-keys/${made.body.id}`)).text).not.toContain(secret);
    const rows = await api.database.dataSource.query('SELECT api_key::text AS row FROM api_key');
    expect(JSON.stringify(rows)).not.toContain(secret.slice(4));
  });

  it('records the last use to the minute', async () => {
    const { body } = await api.post('/v1/api-keys', { name: 'used', scopes: ['admin'] });
    await api.get('/v1/api-keys', { key: body.secret });
    expect((await api.get(`/v1/api-keys/${body.id}`)).body.lastUsedAt).toBe('2026-10-15T00:00:00.000Z');
  });

  it('tells an address that shows many wrong keys to wait, without holding up its good ones', async () => {
    api.clock.time += 3600_000;
    const statuses: number[] = [];
    for (let i = 0; i < 61; i += 1) statuses.push((await api.get('/v1/api-keys', { key: 'wrong' })).status);
    expect(statuses.slice(0, 60).every((status) => status === 401)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
    expect((await api.get('/v1/api-keys')).status).toBe(200);
    api.clock.time += 61_000;
    expect((await api.get('/v1/api-keys', { key: 'wrong' })).status).toBe(401);
  });
});

describe('bad requests', () => {
  it('name every bad field at once', async () => {
    const answer = await api.post('/v1/api-keys', {
      name: '',
      scopes: ['billing', 'root'],
      expiresAt: 'tomorrow',
      colour: 'red',
    });
    expect(expectProblem(answer, 400, 'invalid').sort()).toEqual([
      'body /colour',
      'body /expiresAt',
      'body /name',
      'body /scopes/1',
    ]);
  });

  it('refuse unknown and repeated parameters', async () => {
    const answer = await api.get('/v1/api-keys?limit=0&colour=red&cursor=a&cursor=b');
    expect(expectProblem(answer, 400, 'invalid').sort()).toEqual([
      'query /colour',
      'query /cursor',
      'query /limit',
    ]);
  });

  it('refuse a cursor that is none', async () => {
    expect(expectProblem(await api.get('/v1/api-keys?cursor=eyJhIjoxfQ'), 400, 'invalid')).toEqual([
      'query /cursor',
    ]);
  });

  it('refuse malformed, missing, too large and foreign bodies, each in its way', async () => {
    expectProblem(await api.post('/v1/api-keys', undefined, { raw: '{"name":' }), 400, 'malformed');
    expect(expectProblem(await api.post('/v1/api-keys'), 400, 'invalid')).toEqual(['body ']);
    expectProblem(await api.post('/v1/api-keys', { name: 'x'.repeat(5000), scopes: [] }), 413, 'too_large');
    const bomb = gzipSync(Buffer.alloc(1024 * 1024, ' '));
    const zipped = { 'content-encoding': 'gzip' };
    expectProblem(
      await api.post('/v1/api-keys', undefined, { raw: bomb, headers: zipped }),
      413,
      'too_large',
    );
    expectProblem(
      await api.post('/v1/api-keys', undefined, { raw: '{}', headers: zipped }),
      400,
      'malformed',
    );
    const xml = { 'content-type': 'application/xml' };
    expectProblem(
      await api.post('/v1/api-keys', undefined, { raw: '<a/>', headers: xml }),
      415,
      'wrong_content_type',
    );
    const latin = { 'content-type': 'application/json; charset=shift_jis' };
    expectProblem(
      await api.post('/v1/api-keys', undefined, { raw: '{}', headers: latin }),
      415,
      'wrong_content_type',
    );
    expectProblem(await api.post('/v1/api-keys', undefined, { raw: 'null' }), 400, 'invalid');
    expectProblem(
      await api.post('/v1/api-keys', undefined, {
        raw: '{"__proto__":{"a":1},"name":"a","scopes":["admin"]}',
      }),
      400,
      'invalid',
    );
  });

  it('refuse what no database can hold and what no field is', async () => {
    const input = { ...keyInput, name: 'a\u0000b', more: { '\ud800': ['x\udc00'] } };
    expect(expectProblem(await api.post('/v1/api-keys', input), 400, 'invalid')).toEqual([
      'body /name',
      'body /more',
      'body /more/\ud800/0',
    ]);
    const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`;
    const [pointer] = expectProblem(await api.post('/v1/api-keys', undefined, { raw: deep }), 400, 'invalid');
    expect(pointer).toBe(`body ${'/0'.repeat(50)}`);
    expect(expectProblem(await api.get('/v1/api-keys/%00'), 400, 'invalid')).toEqual(['path /keyId']);
  });

  it('take a compressed body', async () => {
    const raw = gzipSync(JSON.stringify(keyInput));
    expect(
      (await api.post('/v1/api-keys', undefined, { raw, headers: { 'content-encoding': 'gzip' } })).status,
    ).toBe(201);
  });

  it('tell an unknown path from a wrong method', async () => {
    expectProblem(await api.get('/v1/nothing'), 404, 'unknown_path');
    const answer = await api.put('/v1/api-keys', {});
    expectProblem(answer, 405, 'wrong_method');
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD');
    expectProblem(await api.get('/v1/api-keys/%E0%A4%A'), 400, 'malformed');
    expect(expectProblem(await api.get('/v1/api-keys/17'), 400, 'invalid')).toEqual(['path /keyId']);
    expectProblem(await api.get('/v1/api-keys/00000000-0000-4000-8000-000000000000'), 404, 'not_found');
  });

  it('do not read the body of a stranger', async () => {
    const answer = await api.post('/v1/api-keys', undefined, { raw: '{"name":', key: null });
    expectProblem(answer, 401, 'unauthenticated');
  });

  it('end a request whose body never comes whole', async () => {
    const { port } = new URL(api.origin);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(`POST /v1/api-keys HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${api.adminKey}\r\n`);
        socket.end('content-type: application/json\r\ncontent-length: 100\r\n\r\n{"name"');
      });
      let text = '';
      socket
        .on('data', (chunk) => (text += chunk.toString()))
        .on('close', () => resolve(text))
        .on('error', reject);
    });
    expect(answer).toMatch(/^(HTTP\/1.1 400|$)/);
    expect((await api.get('/healthz')).status).toBe(200);
  });
});

describe('Idempotency-Key', () => {
  const once = (key: string) => ({ headers: { 'idempotency-key': key } });

  it('does not make a secret twice, nor keep it', async () => {
    const first = await api.post('/v1/api-keys', keyInput, once('k1'));
    expect(first.status).toBe(201);
    const again = await api.post('/v1/api-keys', keyInput, once('k1'));
    expectProblem(again, 409, 'conflict');
    expect(again.body.detail).toContain(first.body.id);
    const rows = await api.database.dataSource.query('SELECT t::text AS row FROM api_idempotency t');
    expect(JSON.stringify(rows)).not.toContain(first.body.secret);
  });

  it('refuses the same key for another request', async () => {
    await api.post('/v1/api-keys', keyInput, once('k2'));
    expectProblem(
      await api.post('/v1/api-keys', { ...keyInput, name: 'other' }, once('k2')),
      422,
      'key_reused',
    );
  });

  it('lets a refused request be mended under the same key', async () => {
    const scopes = ['admin', 'admin'];
    expectProblem(await api.post('/v1/api-keys', { ...keyInput, scopes }, once('k3')), 400, 'invalid');
    expect((await api.post('/v1/api-keys', keyInput, once('k3'))).status).toBe(201);
  });

  it('runs one of many that come at once', async () => {
    const before = await count();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.post('/v1/api-keys', keyInput, once('k4'))),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(7);
    expect(await count()).toBe(before + 1);
  });

  it('forgets after a day, and frees a key whose process died', async () => {
    await api.post('/v1/api-keys', keyInput, once('k5'));
    api.clock.time += 24 * 3600_000;
    expect((await api.post('/v1/api-keys', { ...keyInput, name: 'other' }, once('k5'))).status).toBe(201);
    await api.database.dataSource.query(
      `UPDATE api_idempotency SET answer_status = NULL WHERE idempotency_key = 'k5'`,
    );
    const other = { ...keyInput, name: 'other' };
    const running = await api.post('/v1/api-keys', other, once('k5'));
    expectProblem(running, 409, 'still_running');
    expect(running.headers.get('retry-after')).toBe('1');
    api.clock.time += 600_000;
    expect((await api.post('/v1/api-keys', other, once('k5'))).status).toBe(201);
  });

  it('refuses a broken key and keeps callers apart', async () => {
    expect(expectProblem(await api.post('/v1/api-keys', keyInput, once('a b')), 400, 'invalid')).toEqual([
      'header /idempotency-key',
    ]);
    await api.post('/v1/api-keys', keyInput, once('k6'));
    const key = await api.key('admin');
    expect(
      (await api.post('/v1/api-keys', { ...keyInput, name: 'mine' }, { ...once('k6'), key })).status,
    ).toBe(201);
  });

  async function count(): Promise<number> {
    const rows = await api.database.dataSource.query<{ n: string }[]>('SELECT count(*) AS n FROM api_key');
    return Number(rows[0]!.n);
  }
});

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
