import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../../src/api/controllers.js';
import { SCOPES, type Scope } from '../../../src/api/kit/scopes.js';
import { expectProblem, useApi } from './support.js';

const api = useApi({ options: { rateLimit: { requests: 1_000_000, windowSeconds: 60 } } });

/** Who may do what, as it was decided: scope that opens an operation → operations. `admin` opens all of them. */
const OPENED_BY: Record<string, readonly string[]> = {
  admin: [
    'createApiKey',
    'createRealm',
    'createWebhookEndpoint',
    'deleteRealm',
    'deleteWebhookEndpoint',
    'getApiKey',
    'listApiKeys',
    'listAuditLog',
    'replayDeliveries',
    'revokeApiKey',
    'rotateWebhookSecret',
    'sendTestEvent',
    'updateRealm',
    'updateWebhookEndpoint',
  ],
  'admin billing': [
    'getDelivery',
    'getWebhookEndpoint',
    'listDeliveries',
    'listDeliveryAttempts',
    'listWebhookEndpoints',
  ],
  'admin usage-read': ['getCapture'],
  billing: [
    'addGroupMember',
    'buyPack',
    'changePlan',
    'checkStatementChain',
    'closePeriod',
    'correctPeriod',
    'createGroup',
    'createSubscription',
    'deleteSimulation',
    'endGroupMember',
    'endSubscription',
    'exportCdrs',
    'exportStatements',
    'getCorrection',
    'getPeriod',
    'getSimulation',
    'getSponsorSettlements',
    'getSponsorSettlementsCsv',
    'getStatement',
    'getStatementCsv',
    'getStatementPdf',
    'listCorrections',
    'listLateUsage',
    'listSimulationResults',
    'listSimulations',
    'listStatementDrafts',
    'listStatements',
    'startSimulation',
    'withdrawPack',
  ],
  'billing catalogue usage-read': [
    'diffServiceVersions',
    'exportServiceVersion',
    'getPlan',
    'getPlanVersion',
    'getService',
    'getServiceVersion',
    'listPlanVersions',
    'listPlans',
    'listServiceVersions',
    'listServices',
  ],
  'billing ingest usage-read': ['getSim', 'listSims'],
  'billing usage-read': [
    'explainUsage',
    'getConservation',
    'getFraudReport',
    'getGroup',
    'getGroupMember',
    'getPack',
    'getSubscription',
    'listGroupMembers',
    'listGroups',
    'listPacks',
    'listReconciliations',
    'listSubscriptions',
    'listSuspense',
    'listThresholds',
    'listUsage',
    'listUsageWithoutPlan',
  ],
  catalogue: [
    'addPlanVersion',
    'addServiceVersion',
    'createPlan',
    'createService',
    'deleteService',
    'dryRunService',
    'importServiceVersion',
    'renamePlan',
    'updateService',
    'withdrawPlanVersion',
    'withdrawServiceVersion',
  ],
  ingest: [
    'createSession',
    'createSim',
    'deleteSession',
    'deleteSim',
    'endSession',
    'noteSoracomEvent',
    'orderReconciliation',
    'putSessions',
    'putSessionsCsv',
    'putSims',
    'putSimsCsv',
    'updateSession',
    'updateSim',
  ],
  'ingest usage-read': ['getRealm', 'getSession', 'listRealms', 'listSessions', 'listUnresolvedAccounting'],
  public: ['getDocs', 'getDocsAsset', 'getHealth', 'getMetrics', 'getOpenApi', 'getReadiness'],
};

/** A request of an operation that finds nothing and changes nothing. */
const pathOf = (path: string) => path.replaceAll(/\{\w+\}/g, '0');

describe('scopes', () => {
  const keys = new Map<Scope, string>();
  beforeAll(async () => {
    for (const scope of SCOPES) keys.set(scope, await api.key(scope));
  });

  it('are those that were decided for each operation', () => {
    const opened: Record<string, string[]> = {};
    for (const { scopes, operationId } of routes)
      (opened[scopes === 'public' ? scopes : [...scopes].sort().join(' ')] ??= []).push(operationId);
    for (const operations of Object.values(opened)) operations.sort();
    expect(opened).toEqual(OPENED_BY);
  });

  it.each(
    routes.filter(({ scopes }) => scopes !== 'public').map((route) => [route.operationId, route] as const),
  )('open %s to their keys and to no other', async (_, { method, path, scopes }) => {
    expectProblem(await api.call(method, pathOf(path), { key: null }), 401, 'unauthenticated');
    for (const scope of SCOPES) {
      const answer = await api.call(method, pathOf(path), { key: keys.get(scope)! });
      const may = scope === 'admin' || scopes.includes(scope);
      expect([scope, answer.status === 403], answer.text).toEqual([scope, !may]);
      if (!may) expectProblem(answer, 403, 'forbidden');
    }
  });
});
