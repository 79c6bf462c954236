import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { entities as apiEntities } from '../api/index.js';
import { billingEntities } from '../billing/index.js';
import { catalogueEntities } from '../catalogue/index.js';
import { databaseEntities } from '../database/index.js';
import { integrationsEntities } from '../integrations/index.js';
import { meterEntities } from '../meter/index.js';
import { plansEntities } from '../plans/index.js';
import { simsEntities } from '../sims/index.js';
import { webhooksEntities } from '../webhooks/index.js';

/** Every table of the schema: the one list that the service, its commands and the drift check use. */
export const entities: readonly EntityTarget<ObjectLiteral>[] = [
  ...databaseEntities,
  ...simsEntities,
  ...integrationsEntities,
  ...catalogueEntities,
  ...meterEntities,
  ...plansEntities,
  ...billingEntities,
  ...webhooksEntities,
  ...apiEntities,
];
