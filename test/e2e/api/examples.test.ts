import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../../src/api/controllers.js';
import { statusOf } from '../../../src/api/kit/route.js';
import { CatalogueService } from '../../../src/catalogue/index.js';
import { eventsOf } from '../../support/events.js';
import { created, useApi, type Json } from './support.js';

const api = useApi();
const withExamples = routes.filter((route) => route.examples?.body !== undefined);

/** What stands for the variables of paths; ids of things that are made here are added as they are made. */
const variables: Record<string, string> = {
  realmName: 'vpg-tokyo',
  simId: 'sim-0001',
  serviceCode: 'example-music',
  planCode: 'light-3gb',
  month: '2026-10',
  groupCode: 'family-sato',
};
const idOf: Record<string, string> = {
  createSession: 'sessionId',
  createSubscription: 'subscriptionId',
  addGroupMember: 'memberId',
  buyPack: 'packId',
  createWebhookEndpoint: 'endpointId',
  createApiKey: 'keyId',
};

describe('the examples of the document, sent in its order', () => {
  beforeAll(async () => {
    api.clock.time = Date.UTC(2026, 10, 20);
    await api.app.get(CatalogueService, { strict: false }).seed();
    const plan = withExamples.find((route) => route.operationId === 'createPlan')!.examples!.body;
    created(await api.post('/v1/plans', { ...(plan as object), code: 'light-10gb' }));
  });

  it('are one for each operation that takes a body', () => {
    const taking = routes.filter((route) => route.body !== undefined);
    expect(withExamples.map((route) => route.operationId)).toEqual(taking.map((route) => route.operationId));
  });

  it.each(withExamples.map((route) => [route.operationId, route] as const))(
    '%s',
    async (operationId, route) => {
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => variables[name] ?? '');
      const example = route.examples?.body;
      const [type] = route.bodyTypes ?? [];
      const call =
        type === undefined ? { body: example } : { raw: String(example), headers: { 'content-type': type } };
      const answer = await api.call(route.method, path, call);
      expect(answer.status, answer.text).toBe(statusOf(route));
      const name = idOf[operationId];
      if (name !== undefined) variables[name] = String(answer.body.id);
    },
  );

  it('cause events as the document says', async () => {
    const told = await eventsOf(api.database.dataSource);
    expect(new Set(told.map(({ type }) => type))).toContain('subscription.changed');
  });

  it('stand in the audit log, each with who asked, what for, and what was there before and after', async () => {
    const { body } = await api.get('/v1/audit-log?limit=1000');
    const entries = new Map((body.items as Json[]).map((entry: Json) => [entry.operation, entry]));
    for (const route of withExamples) {
      const { operationId, method, response } = route;
      const entry: Json = entries.get(operationId);
      expect(entry, operationId).toMatchObject({ status: statusOf(route) });
      expect([operationId, entry.requested]).not.toEqual([operationId, null]);
      expect([operationId, entry.after === null]).toEqual([operationId, response === undefined]);
      if (method !== 'POST') expect([operationId, entry.before]).not.toEqual([operationId, null]);
    }
    expect(entries.get('changePlan').before).toMatchObject({ simId: 'sim-0001', planCode: 'light-3gb' });
    expect(new Set((body.items as Json[]).map(({ keyId }: Json) => keyId)).size).toBe(1);
  });
});
