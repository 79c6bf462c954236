import { describe, expect, it } from 'vitest';
import { expectProblem, useApi, type Json } from './support.js';

const api = useApi();
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

  it('rotates: the new key opens what the old one did, which ends with the overlap', async () => {
    const old = await api.post('/v1/api-keys', { ...keyInput, expiresAt: '2027-01-01T00:00:00Z' });
    const path = `/v1/api-keys/${old.body.id}`;
    const made = await api.post(`${path}/rotate`, { overlapSeconds: 3600 });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/api-keys/${made.body.id}`);
    expect(made.body).toMatchObject({ ...keyInput, expiresAt: null, revokedAt: null });
    expect((await api.get(path)).body.expiresAt).toBe('2026-10-15T01:00:00.000Z');
    const statuses = () =>
      Promise.all(
        [old, made].map(
          async ({ body }) => (await api.get('/v1/statements', { key: body.secret as string })).status,
        ),
      );
    expect(await statuses()).toEqual([200, 200]);
    api.clock.time += 3600_000;
    expect(await statuses()).toEqual([401, 200]);
    expectProblem(await api.post(`${path}/rotate`), 409, 'conflict');
    api.clock.time = Date.UTC(2026, 9, 15);
    // Nothing is prolonged by it, and without an overlap nothing is left.
    await api.post(`${path}/rotate`, { overlapSeconds: 30 * 24 * 3600 });
    expect((await api.get(path)).body.expiresAt).toBe('2026-10-15T01:00:00.000Z');
    await api.post(`${path}/rotate`, { overlapSeconds: 0 });
    expect(await statuses()).toEqual([401, 200]);
    const unknown = '/v1/api-keys/00000000-0000-4000-8000-000000000000/rotate';
    expectProblem(await api.post(unknown), 404, 'not_found');
    const bad = { overlapSeconds: -1, expiresAt: '2020-01-01T00:00:00Z', scopes: ['admin'] };
    expect(expectProblem(await api.post(`${path}/rotate`, bad), 400, 'invalid').sort()).toEqual([
      'body /overlapSeconds',
      'body /scopes',
    ]);
    const { body } = await api.get('/v1/audit-log?limit=1000');
    const entry = (body.items as Json[]).find((item) => item.after?.id === made.body.id);
    expect(entry).toMatchObject({ operation: 'rotateApiKey', before: { id: old.body.id } });
    expect(JSON.stringify(entry)).not.toContain('cfk_');
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
    const wrong = () => api.get('/v1/api-keys', { key: 'wrong' });
    for (let i = 0; i < 60; i += 1) {
      const answer = await wrong();
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers.get('ratelimit')).toBe(`"wrong-keys";r=${59 - i};t=60`);
    }
    const late = await wrong();
    expectProblem(late, 429, 'too_many_requests');
    expect(['ratelimit-policy', 'ratelimit', 'retry-after'].map((name) => late.headers.get(name))).toEqual([
      '"wrong-keys";q=60;w=60',
      '"wrong-keys";r=0;t=60',
      '60',
    ]);
    expect((await api.get('/v1/api-keys')).status).toBe(200);
    api.clock.time += 61_000;
    expect((await api.get('/v1/api-keys', { key: 'wrong' })).status).toBe(401);
  });
});
