import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../../src/api/controllers.js';
import { created, useApi } from './support.js';

const api = useApi({ options: { rateLimit: { requests: 1_000_000, windowSeconds: 60 } } });

/** Values that break careless code, among arbitrary ones. */
const nasty = fc.constantFrom<unknown>(
  null,
  '',
  '\u0000',
  'a\ud800b',
  { '\u0000': '\udc00' },
  '💣',
  '../..',
  "'; --",
  '9'.repeat(400),
  -1,
  1e308,
  2 ** 53,
  [],
  {},
  [null],
  { __proto__: null, constructor: 1 },
  '2026-10-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '::/0',
  '10.0.0.0/8',
);
const value = fc.oneof({ weight: 3, arbitrary: nasty }, fc.jsonValue({ maxDepth: 3 }));

/** An example of the operation with some of its fields spoilt, or anything at all. */
function spoilt(example: unknown): fc.Arbitrary<unknown> {
  if (example === null || typeof example !== 'object') return fc.oneof(fc.constant(example), value);
  const keys = Object.keys(example);
  return fc.oneof(
    { weight: 1, arbitrary: value },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          fc.subarray(keys, { minLength: Math.min(1, keys.length) }),
          fc.array(value, { minLength: 8, maxLength: 8 }),
        )
        .map(([chosen, values]) => {
          const copy = structuredClone(example) as Record<string, unknown>;
          chosen.forEach((key, index) => (copy[key] = values[index % 8]));
          return copy;
        }),
    },
  );
}

describe('hostile input', () => {
  beforeAll(async () => {
    created(await api.post('/v1/realms', { name: 'vpg-tokyo', subscriberPrefixes: ['10.128.0.0/9'] }));
    created(await api.post('/v1/sims', { id: 'sim-0001' }));
  });

  it.each(
    routes
      .filter((route) => route.path.startsWith('/v1/'))
      .map((route) => [route.operationId, route] as const),
  )('never makes %s fail, and is always answered as a problem', async (_, route) => {
    const names = Object.keys((route.query as { shape?: object } | undefined)?.shape ?? {});
    const query = fc.dictionary(
      names.length > 0 ? fc.constantFrom(...names) : fc.string({ maxLength: 5 }),
      value.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))),
      { maxKeys: 4 },
    );
    const segment = fc.oneof(
      fc.constantFrom(
        '1',
        'sim-0001',
        'vpg-tokyo',
        '2026-10',
        '%00',
        '%F0%9F%92%A3',
        '9'.repeat(30),
        'a b',
        '..%2f',
      ),
      fc.string({ minLength: 1, maxLength: 20 }).map(encodeURIComponent),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(segment, { minLength: 2, maxLength: 2 }),
        query,
        spoilt(route.examples?.body ?? {}),
        async (segments, parameters, body) => {
          let position = 0;
          const path = route.path.replaceAll(/\{\w+\}/g, () => segments[position++] ?? '1');
          const search = new URLSearchParams(parameters).toString();
          const takesBody = route.method !== 'GET' && route.body !== undefined;
          const answer = await api.call(route.method, `${path}?${search}`, takesBody ? { body } : {});
          expect(answer.status, `${path}?${search} ${JSON.stringify(body)} ${answer.text}`).toBeLessThan(500);
          if (answer.status >= 400)
            expect(answer.headers.get('content-type')).toBe('application/problem+json');
        },
      ),
      { numRuns: Number(process.env['HOSTILE_RUNS'] ?? 40) },
    );
  });
});
