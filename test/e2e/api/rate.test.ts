import { expect, it } from 'vitest';
import { expectProblem, useApi } from './support.js';

const api = useApi({ options: { rateLimit: { requests: 3, windowSeconds: 60 } } });

it('a key has its rate: every answer says what is left, and beyond it nothing is done', async () => {
  api.clock.time += 20_500;
  const key = await api.key('ingest');
  const rate = ({ headers }: { headers: Headers }) =>
    ['ratelimit-policy', 'ratelimit', 'retry-after'].map((name) => headers.get(name));
  const policy = '"default";q=3;w=60';
  expect(rate(await api.post('/v1/sims', { id: 'sim-1' }, { key }))).toEqual([
    policy,
    '"default";r=2;t=40',
    null,
  ]);
  // Refused ones count, too.
  const refused = await api.get('/v1/api-keys', { key });
  expectProblem(refused, 403, 'forbidden');
  expect(rate(refused)).toEqual([policy, '"default";r=1;t=40', null]);
  const unread = await api.post('/v1/sims', undefined, { key, raw: '{' });
  expectProblem(unread, 400, 'malformed');
  expect(rate(unread)).toEqual([policy, '"default";r=0;t=40', null]);
  for (let round = 0; round < 2; round += 1) {
    const over = await api.post('/v1/sims', { id: 'sim-2' }, { key, headers: { 'idempotency-key': 'a' } });
    expectProblem(over, 429, 'too_many_requests');
    expect(rate(over)).toEqual([policy, '"default";r=0;t=40', '40']);
  }
  const other = await api.key('usage-read');
  expectProblem(await api.get('/v1/sims/sim-2', { key: other }), 404, 'not_found');
  expect(rate(await api.get('/healthz', { key }))).toEqual([null, null, null]);
  api.clock.time += 40_000;
  expect(
    (await api.post('/v1/sims', { id: 'sim-2' }, { key, headers: { 'idempotency-key': 'a' } })).status,
  ).toBe(201);
});
