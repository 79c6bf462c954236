import { afterEach, expect, it, vi } from 'vitest';
import { createTestDatabase, useTestDatabase } from '../../test/support/database.js';
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

it('changes nothing in a database that is not up to date: a service may run on it', async () => {
  const earlier = await createTestDatabase({ migrated: false });
  try {
    vi.stubEnv('DATABASE_URL', earlier.url);
    await expect(chooseCatalogue('database')).rejects.toThrow(/lacks \d+ migrations.*countfree migrate/);
    expect(
      await earlier.dataSource.query(`SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace`),
    ).toEqual([]);
  } finally {
    await earlier.drop();
  }
});
