import { describe, expect, it } from 'vitest';
import { created, expectProblem, useApi } from './support.js';

const api = useApi();

describe('rules in the formats of others', () => {
  it('come in as a new version and go out again', async () => {
    created(await api.post('/v1/services', { code: 'chat', name: 'Chat', ratingGroup: 1 }));
    const text = 'domain:chat.example.com @cn # all below it\nfull:cdn.example.net';
    const made = created(await api.post('/v1/services/chat/versions/import', { format: 'domains', text }));
    expect(made.headers.get('location')).toBe('/v1/services/chat/versions/1');
    expect(made.body).toMatchObject({ changes: null, widened: ['cdn.example.net'] });

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
