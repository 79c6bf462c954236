import { describe, expect, it } from 'vitest';
import { created, expectProblem, useApi } from './support.js';

const api = useApi();

it('a service says who pays for it', async () => {
  const made = created(
    await api.post('/v1/services', {
      code: 'video',
      name: 'Video',
      ratingGroup: 9,
      sponsor: 'Example Video KK',
    }),
  );
  expect(made.body.sponsor).toBe('Example Video KK');
  expect((await api.patch('/v1/services/video', { name: 'Videos' })).body.sponsor).toBe('Example Video KK');
  expect((await api.patch('/v1/services/video', { sponsor: null })).body.sponsor).toBeNull();
  expectProblem(await api.patch('/v1/services/video', { sponsor: ' ' }), 400, 'invalid');
});

it('SIMs and sessions come as CSV, with an error for each bad row', async () => {
  created(await api.post('/v1/realms', { name: 'vpg', subscriberPrefixes: ['10.128.0.0/9'] }));
  const send = (path: string, raw: string) =>
    api.call('POST', path, { raw, headers: { 'content-type': 'text/csv' } });
  const sims = await send(
    '/v1/sims/csv',
    'id,imsis,tag:fleet\r\nsim-1,440100000000001,buses\r\nsim 2,,\r\nsim-3,12,\r\n',
  );
  expect(sims.status, sims.text).toBe(200);
  expect(sims.body).toMatchObject({
    created: 1,
    errors: [
      { index: 1, code: 'invalid', errors: [{ pointer: '/id' }] },
      { index: 2, code: 'invalid', errors: [{ pointer: '/imsis/0' }] },
    ],
  });
  expect((await api.get('/v1/sims/sim-1')).body.tags).toEqual({ fleet: 'buses' });
  const head = 'simId,realm,prefix,startTime';
  const start = '2026-10-01T00:00:00Z';
  const sessions = await send(
    '/v1/sessions/csv',
    `${head}\nsim-1,vpg,10.128.0.1,${start}\nnobody,vpg,10.128.0.2,${start}\nsim-1,vpg,192.0.2.1,${start}`,
  );
  expect(sessions.body).toMatchObject({
    created: 1,
    errors: [
      { index: 1, code: 'not_found' },
      { index: 2, errors: [{ pointer: '/prefix' }] },
    ],
  });
  expectProblem(await send('/v1/sims/csv', 'id,colour\nsim-1,red'), 400, 'invalid');
  expectProblem(await api.post('/v1/sims/csv', {}), 415, 'wrong_content_type');
});

describe('rules in the formats of others', () => {
  it('come in as a new version and go out again', async () => {
    created(await api.post('/v1/services', { code: 'chat', name: 'Chat', ratingGroup: 1 }));
    const text = 'domain:chat.example.com @cn # all below it\nfull:cdn.example.net';
    const made = created(await api.post('/v1/services/chat/versions/import', { format: 'domains', text }));
    expect(made.headers.get('location')).toBe('/v1/services/chat/versions/1');
    expect(made.body).toMatchObject({ changes: null, widened: [] });

    const list = await api.get('/v1/services/chat/versions/1/export?format=domains');
    expect(list.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(list.text).toContain('domain:chat.example.com\n');
    const pfd = await api.get('/v1/services/chat/versions/1/export?format=pfd');
    expect(pfd.body).toMatchObject({ applicationId: 'chat', pfds: [{ pfdId: 'chat-names' }] });

    api.clock.time += 1000;
    const again = created(
      await api.post('/v1/services/chat/versions/import', { format: 'pfd', pfd: pfd.body }),
    );
    expect(again.body.changes.domainNames).toEqual({ added: [], removed: [] });
  });

  it('are refused line by line, whole', async () => {
    const text = 'ok.example.com\nregexp:^chat\nkeyword:chat';
    const bad = await api.post('/v1/services/chat/versions/import', { format: 'domains', text });
    expectProblem(bad, 400, 'invalid');
    expect((bad.body.errors as { detail: string }[]).map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^line 2: regexp/),
      expect.stringMatching(/^line 3: keyword/),
    ]);
    expectProblem(await api.get('/v1/services/chat/versions/1/export?format=prefixes'), 400, 'invalid');
    expect((await api.get('/v1/services/chat/versions')).body.items).toHaveLength(2);
  });
});
