import { afterEach, expect, it, vi } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import {
  CatalogueRepository,
  CatalogueService,
  serviceInputSchema,
  serviceVersionInputSchema,
} from '../catalogue/index.js';
import { parseOrRefuse, systemClock } from '../shared/index.js';
import { chooseCatalogue } from './replay-catalogue.js';

const database = useTestDatabase();
afterEach(() => void vi.unstubAllEnvs());

it("reads the running service's catalogue", async () => {
  const catalogue = new CatalogueService(database().dataSource, new CatalogueRepository(), systemClock);
  await catalogue.create(parseOrRefuse(serviceInputSchema, { code: 'chat', name: 'Chat', ratingGroup: 1 }));
  const rules = { rules: { domainNames: ['chat.example'] } };
  await catalogue.addVersion('chat', parseOrRefuse(serviceVersionInputSchema, rules));
  vi.stubEnv('DATABASE_URL', database().url);
  const { origin, snapshot } = await chooseCatalogue('database');
  expect(origin).toBe('database');
  expect(snapshot.services).toMatchObject([{ code: 'chat', name: 'Chat' }]);
  expect(snapshot.versions).toMatchObject([
    { serviceCode: 'chat', effectiveFrom: 0, rules: { domainNames: ['chat.example'] } },
  ]);
});
