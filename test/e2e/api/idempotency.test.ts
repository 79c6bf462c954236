import { describe, expect, it } from 'vitest';
import { expectProblem, useApi } from './support.js';

const api = useApi();
const keyInput = { name: 'billing system', scopes: ['billing'] };

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

  it('forgets after a day', async () => {
    await api.post('/v1/api-keys', keyInput, once('k5'));
    api.clock.time += 24 * 3600_000;
    expect((await api.post('/v1/api-keys', { ...keyInput, name: 'other' }, once('k5'))).status).toBe(201);
  });

  it('does not run again what a process had when it died, as it may have been done', async () => {
    const other = { ...keyInput, name: 'other' };
    await api.post('/v1/api-keys', other, once('k5-died'));
    await api.database.dataSource.query(
      `UPDATE api_idempotency SET answer_status = NULL WHERE idempotency_key = 'k5-died'`,
    );
    const running = await api.post('/v1/api-keys', other, once('k5-died'));
    expectProblem(running, 409, 'still_running');
    expect(running.headers.get('retry-after')).toBe('1');
    api.clock.time += 600_000;
    const before = await count();
    expectProblem(await api.post('/v1/api-keys', other, once('k5-died')), 409, 'outcome_unknown');
    expectProblem(await api.post('/v1/api-keys', keyInput, once('k5-died')), 422, 'key_reused');
    expect(await count()).toBe(before);
    api.clock.time += 24 * 3600_000;
    expect((await api.post('/v1/api-keys', other, once('k5-died'))).status).toBe(201);
  });

  it('does not run again what failed in its middle, as a part of it may have been done', async () => {
    const { dataSource } = api.database;
    const send = () => api.post('/v1/sims', { id: 'sim-failed' }, once('k8'));
    // It fails at its very end, with the commit: from outside nobody can tell what was done.
    await dataSource.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'nobody foresaw this'; END $$;
      CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON sim DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()`);
    expectProblem(await send(), 500, 'internal');
    await dataSource.query('DROP TRIGGER fail ON sim; DROP FUNCTION fail()');
    const again = await send();
    expectProblem(again, 409, 'outcome_unknown');
    expect(again.body.detail).toContain('audit-log');
    expectProblem(await api.get('/v1/sims/sim-failed'), 404, 'not_found');
    expect((await api.post('/v1/sims', { id: 'sim-failed' }, once('k8-new'))).status).toBe(201);
  });

  it('answers again with all that was answered: status, place, ETag and bytes', async () => {
    const send = () => api.post('/v1/sims', { id: 'sim-again' }, once('k7'));
    const [sent, replayed] = [await send(), await send()];
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect([replayed.status, replayed.text]).toEqual([201, sent.text]);
    for (const name of ['etag', 'location', 'content-type'])
      expect([name, replayed.headers.get(name)]).toEqual([name, sent.headers.get(name)]);
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
