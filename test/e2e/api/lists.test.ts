import { beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { routes } from '../../../src/api/controllers.js';
import { encodeCursor } from '../../../src/shared/index.js';
import { created, expectProblem, useApi } from './support.js';

const api = useApi();
const shapeOf = (query: unknown) => (query as { shape?: Record<string, z.ZodType> } | undefined)?.shape ?? {};
const known: Record<string, string> = { month: '2026-10', simId: 'sim-1', serviceCode: 'chat' };
/** Lists, but for those below something that only a worker makes. */
const lists = routes.filter(
  ({ path, query }) =>
    'cursor' in shapeOf(query) && [...path.matchAll(/\{(\w+)\}/g)].every(([, name]) => name! in known),
);

/** A list's path with the parameters without which it is not asked for. */
function asked({ path, query }: (typeof lists)[number]): string {
  const values = { from: '2026-10-01T00:00:00Z', to: '2026-10-08T00:00:00Z', ...known };
  const search = Object.entries(values).filter(
    ([name]) => shapeOf(query)[name]?.safeParse(undefined).success === false,
  );
  return `${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name]!)}?${new URLSearchParams(search).toString()}`;
}

describe('a cursor of another list, or none at all, and parameters that are not, are refused by', () => {
  beforeAll(async () => {
    created(await api.post('/v1/sims', { id: 'sim-1' }));
    created(await api.post('/v1/services', { code: 'chat', name: 'Chat', ratingGroup: 1 }));
    expect(lists.length).toBeGreaterThan(25);
  });

  it.each(lists.map((route) => [route.operationId, route] as const))('%s', async (_, route) => {
    const url = asked(route);
    expect((await api.get(`${url}&limit=1000`)).body).toMatchObject({ nextCursor: null });
    const cursors = [
      encodeCursor('another-list', ['a']),
      encodeCursor('another-list', []),
      Buffer.from('["').toString('base64url'),
      Buffer.from('null').toString('base64url'),
      '%00',
      '=',
    ];
    for (const cursor of cursors) {
      const answer = await api.get(`${url}&cursor=${cursor}`);
      expect(expectProblem(answer, 400, 'invalid')).toEqual(['query /cursor']);
    }
    expect(expectProblem(await api.get(`${url}&limit=1001&limits=1`), 400, 'invalid').sort()).toEqual([
      'query /limit',
      'query /limits',
    ]);
  });
});
