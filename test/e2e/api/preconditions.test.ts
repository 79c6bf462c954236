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

  it('takes back what was read of a subscription or a place in a group, or nothing', async () => {
    const terms = {
      currency: { code: 'JPY', exponent: 0 },
      timeZone: 'Asia/Tokyo',
      rounding: 'half_up',
      tax: null,
      baseFee: { amount: '980', proration: 'by_day' },
      quota: null,
      overage: { kind: 'none' },
    };
    const from = '2026-10-01T00:00:00+09:00';
    created(await api.post('/v1/plans', { code: 'light', name: 'Light', effectiveFrom: from, terms }));
    created(await api.post('/v1/groups', { code: 'home', name: 'Home', pool: { kind: 'sum' } }));
    created(await api.post('/v1/sims', { id: 'member' }));
    for (const [list, body] of [
      ['/v1/subscriptions', { simId: 'member', planCode: 'light', from }],
      ['/v1/groups/home/members', { simId: 'member', from }],
    ] as const) {
      const made = await api.post(list, body);
      created(made);
      const path = made.headers.get('location')!;
      const headers = { 'if-match': (await api.get(path)).headers.get('etag')! };
      expect((await api.patch(path, { to: '2026-11-01T00:00:00+09:00' })).status).toBe(200);
      expectProblem(await api.delete(path, { headers }), 412, 'changed_meanwhile');
      headers['if-match'] = (await api.get(path)).headers.get('etag')!;
      expect((await api.delete(path, { headers })).status).toBe(204);
      expectProblem(await api.get(path), 404, 'not_found');
      expectProblem(await api.delete(path), 404, 'not_found');
    }
  });
});
