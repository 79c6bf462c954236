/** Services of plans over a database, with three SIMs and the service `line`, in the middle of October. */
import { beforeEach } from 'vitest';
import { GroupsRepository } from '../../src/plans/groups.repository.js';
import {
  CatalogueReader,
  GroupsService,
  PacksService,
  planInputSchema,
  PlansService,
  planVersionInputSchema,
  subscriptionInputSchema,
  SubscriptionsService,
  type PlanTermsInput,
} from '../../src/plans/index.js';
import { PacksRepository } from '../../src/plans/packs.repository.js';
import { PlansRepository } from '../../src/plans/plans.repository.js';
import { SubscriptionsRepository } from '../../src/plans/subscriptions.repository.js';
import { parseOrRefuse } from '../../src/shared/index.js';
import { Outbox } from '../../src/webhooks/index.js';
import { useTestDatabase } from './database.js';

export const NOW = Date.parse('2026-10-15T03:20:00Z');
const clock = { now: () => NOW };

export const TERMS: PlanTermsInput = {
  currency: { code: 'JPY', exponent: 0 },
  timeZone: 'Asia/Tokyo',
  rounding: 'half_up',
  tax: { treatment: 'exclusive', rates: [{ percent: '10' }] },
  baseFee: { amount: '980', proration: 'by_day' },
  quota: { included: { value: '3', unit: 'GB' }, proration: 'by_day' },
  overage: { kind: 'none' },
  free: [{ id: 'line', services: ['line'] }],
};

export const plan = (fields: object = {}) =>
  parseOrRefuse(planInputSchema, {
    code: 'light',
    name: 'Light',
    effectiveFrom: '2026-10-01T00:00:00+09:00',
    terms: TERMS,
    ...fields,
  });
export const version = (effectiveFrom: string, terms: object = TERMS) =>
  parseOrRefuse(planVersionInputSchema, { effectiveFrom, terms });
export const subscription = (fields: object = {}) =>
  parseOrRefuse(subscriptionInputSchema, {
    simId: 'sim-1',
    planCode: 'light',
    from: '2026-10-01T00:00:00+09:00',
    ...fields,
  });

/** Empties the database before each test. */
export function usePlans() {
  const database = useTestDatabase();
  const services = () => {
    const { dataSource } = database();
    return {
      plans: new PlansService(dataSource, new PlansRepository(), new CatalogueReader(), clock),
      subscriptions: new SubscriptionsService(dataSource, new SubscriptionsRepository(), new Outbox(), clock),
      groups: new GroupsService(dataSource, new GroupsRepository(), new SubscriptionsRepository(), clock),
      packs: new PacksService(dataSource, new PacksRepository(), new SubscriptionsRepository(), clock),
    };
  };
  beforeEach(async () => {
    await database().clear();
    const { dataSource } = database();
    await dataSource.query(
      `INSERT INTO sim (sim_id, name_consent, status, tags, version, created_at, updated_at)
       SELECT 'sim-' || n, false, 'active', '{}', 1, now(), now() FROM generate_series(1, 3) n`,
    );
    await dataSource.query(
      `INSERT INTO service (code, name, rating_group, service_identifier, version, created_at, updated_at)
       VALUES ('line', 'LINE', 1, 0, 1, now(), now())`,
    );
  });
  return { database, services };
}
