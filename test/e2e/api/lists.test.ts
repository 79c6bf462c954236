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

/** Names of the lists and what their keys are made of. */
const keys: Record<string, readonly [list: string, ...kinds: (keyof typeof EXTREMES)[]]> = {
  listRealms: ['realms', 'text'],
  listSims: ['sims', 'text'],
  listSessions: ['sessions', 'number'],
  listUnresolvedAccounting: ['radius-leases', 'text', 'text', 'text', 'prefix'],
  listReconciliations: ['reconciliation', 'integer', 'text', 'text'],
  listServices: ['services', 'text'],
  listServiceVersions: ['services/chat/versions', 'integer'],
  listPlans: ['plans', 'text'],
  listSubscriptions: ['subscriptions', 'id'],
  listGroups: ['groups', 'text'],
  listGroupMembers: ['group-members', 'id'],
  listPacks: ['packs', 'id'],
  listUsage: ['usage', 'time', 'number', 'integer'],
  explainUsage: ['explanations', 'time', 'integer'],
  getFraudReport: ['fraud', 'digits', 'text', 'number', 'text'],
  listThresholds: ['thresholds', 'id'],
  listSuspense: ['suspense', 'time', 'integer', 'address', 'integer'],
  listStatements: ['statements', 'id'],
  listStatementDrafts: ['drafts', 'text', 'number'],
  listCorrections: ['corrections', 'id'],
  listLateUsage: ['late-usage', 'id'],
  listUsageWithoutPlan: ['usage-without-plan', 'id'],
  listSimulations: ['simulations', 'time', 'uuid'],
  listWebhookEndpoints: ['webhook-endpoints', 'time', 'uuid'],
  listDeliveries: ['webhook-deliveries', 'id'],
  listApiKeys: ['api-keys', 'text'],
  listAuditLog: ['audit-log', 'id'],
};
/** Of each kind what a key may hold at most, and what it cannot hold. */
const EXTREMES = {
  text: { good: ['', '\u{10ffff}'], bad: ['\0', '\ud800', 1] },
  id: { good: ['0', '9'.repeat(18)], bad: ['x', '', '-1', '1.5', '9'.repeat(19), 1] },
  digits: { good: ['0', '9'.repeat(30)], bad: ['x', '', '1e5', 1] },
  uuid: { good: ['ffffffff-ffff-ffff-ffff-ffffffffffff'], bad: ['x', '', 1] },
  address: { good: ['0.0.0.0', '::'], bad: ['x', '', '10.0.0.0/8', 1] },
  prefix: { good: ['0.0.0.0/0', '::1'], bad: ['x', '', '10.0.0.0/33', 1] },
  number: { good: [0, Number.MAX_SAFE_INTEGER], bad: [-1, 0.5, 2 ** 53, 1e300, '1'] },
  integer: { good: [0, 2 ** 31 - 1], bad: [-1, 0.5, 2 ** 31, 1e300, '1'] },
  time: { good: [-62135596800000, 0, 253402300799999], bad: [0.5, 8.64e15, -8.64e15, 1e300, '1'] },
};

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
    expect(lists.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(keys).sort());
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
    const [list, ...kinds] = keys[route.operationId]!;
    const forged = (key: unknown[]) => Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
    const good = kinds.map((kind) => EXTREMES[kind].good[0]);
    for (const [place, kind] of kinds.entries()) {
      const ask = (value: string | number) => api.get(`${url}&cursor=${forged(good.with(place, value))}`);
      for (const value of EXTREMES[kind].good) {
        const answer = await ask(value);
        expect([place, value, answer.status]).toEqual([place, value, 200]);
      }
      for (const value of EXTREMES[kind].bad) {
        const answer = await ask(value);
        expect([place, value, answer.status]).toEqual([place, value, 400]);
        expect(expectProblem(answer, 400, 'invalid')).toEqual(['query /cursor']);
      }
    }
    expect(expectProblem(await api.get(`${url}&limit=1001&limits=1`), 400, 'invalid').sort()).toEqual([
      'query /limit',
      'query /limits',
    ]);
  });
});
