import { beforeAll, describe, expect, it } from 'vitest';
import { created, expectProblem, useApi } from './support.js';

const api = useApi();

describe('If-Match', () => {
  beforeAll(async () => {
    created(await api.post('/v1/realms', { name: 'vpg-tokyo', subscriberPrefixes: ['10.128.0.0/9'] }));
  });

  it('lets one of two changes from the same revision through', async () => {
    const etag = (await api.get('/v1/realms/vpg-tokyo')).headers.get('etag')!;
    const answers = await Promise.all(
      [1, 2, 3, 4].map((days) =>
        api.patch('/v1/realms/vpg-tokyo', { retentionDays: days }, { headers: { 'if-match': etag } }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412]);
  });

  it.each([
    ['/v1/sims', { id: 'spare' }, { name: 'x' }, '/v1/sims/spare'],
    [
      '/v1/services',
      { code: 'spare', name: 'Spare', ratingGroup: 9999 },
      { name: 'x' },
      '/v1/services/spare',
    ],
  ])('deletes of %s what was read, or nothing', async (list, body, patch, path) => {
    for (let round = 0; round < 5; round += 1) {
      created(await api.post(list, body));
      const headers = { 'if-match': (await api.get(path)).headers.get('etag')! };
      const [changed, removed] = await Promise.all([
        api.patch(path, patch, { headers }),
        api.delete(path, { headers }),
      ]);
      // Whoever comes second finds it changed, or gone.
      expect([200, 204]).toContain(changed.status === 200 ? changed.status : removed.status);
      expect(changed.status === 200 ? removed.status : changed.status).toSatisfy((status: number) =>
        [404, 412].includes(status),
      );
      if (changed.status === 200) expect((await api.delete(path)).status).toBe(204);
    }
  });

  it('is held against what a version is that can be withdrawn, and against a key that is revoked', async () => {
    created(await api.post('/v1/services', { code: 'chat', name: 'Chat', ratingGroup: 1 }));
    const rules = { domainNames: ['chat.example.com'] };
    created(await api.post('/v1/services/chat/versions', { effectiveFrom: '2026-12-01T00:00:00Z', rules }));
    const { body: key } = await api.post('/v1/api-keys', { name: 'spare', scopes: ['billing'] });
    for (const [path, status] of [
      ['/v1/services/chat/versions/1', 204],
      [`/v1/api-keys/${key.id}`, 200],
    ] as const) {
      const etag = (await api.get(path)).headers.get('etag')!;
      for (const other of ['"x"', `W/${etag}`, ''])
        expectProblem(await api.delete(path, { headers: { 'if-match': other } }), 412, 'changed_meanwhile');
      expect((await api.delete(path, { headers: { 'if-match': `"x", ${etag}` } })).status).toBe(status);
    }
  });
});
