import { setTimeout as pause } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { afterEach, expect, it } from 'vitest';
import {
  CatalogueRepository,
  CatalogueService,
  followCatalogue,
  serviceInputSchema,
  serviceVersionInputSchema,
} from '../../src/catalogue/index.js';
import { ChangeFeed } from '../../src/database/index.js';
import { parseOrRefuse } from '../../src/shared/index.js';
import { useTestDatabase } from '../support/database.js';
import { Bench, EPOCH, T0 } from '../support/identify.js';

const database = useTestDatabase();
const LARGE = 50_000;
/** Changes are made before the fourth epoch of the records, one a second. */
const clock = { time: (T0 + 2 * EPOCH) / 1000, now: () => (clock.time += 1000) };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** What a capture process has of the catalogue: a connection, a feed and an identifier of its own. */
async function captureProcess(): Promise<Bench> {
  const dataSource = await new DataSource({ ...database().dataSource.options }).initialize();
  const feed = new ChangeFeed(dataSource);
  const bench = new Bench();
  const catalogue = new CatalogueService(dataSource, new CatalogueRepository(), clock);
  await followCatalogue(feed, catalogue, (snapshot) => bench.identifier.updateCatalogueGently(snapshot));
  feed.start();
  ends.push(async () => {
    await feed.stop();
    await dataSource.destroy();
  });
  return bench;
}

it('a changed rule holds for live traffic of every process within two seconds, beside a large list', async () => {
  const catalogue = new CatalogueService(database().dataSource, new CatalogueRepository(), clock);
  const add = (code: string, rules: object) =>
    catalogue.addVersion(code, parseOrRefuse(serviceVersionInputSchema, { rules }));
  for (const [ratingGroup, code] of ['chat', 'large'].entries()) {
    await catalogue.create(parseOrRefuse(serviceInputSchema, { code, name: code, ratingGroup }));
  }
  await add('large', { domainNames: Array.from({ length: LARGE }, (_, i) => `host-${i}.example.com`) });
  await add('chat', { prefixes: [{ prefix: '192.0.2.0/24' }] });
  const processes = await Promise.all([captureProcess(), captureProcess(), captureProcess()]);
  const peer = { peer: '198.51.100.9' };
  let epoch = 3;
  const services = () =>
    processes.map((bench) => bench.decision({ ...peer, subscriberPort: 40_000 + epoch }, epoch).serviceCode);
  expect(services()).toEqual([null, null, null]);

  const started = performance.now();
  await add('chat', { prefixes: [{ prefix: '198.51.100.0/24' }] });
  while (services().includes(null)) {
    expect(performance.now() - started).toBeLessThan(2_000);
    epoch += 1;
    await pause(20);
  }
  expect(services()).toEqual(['chat', 'chat', 'chat']);
  // A flow that goes on, too, and what the rule no longer holds.
  epoch += 1;
  const gone = processes.map((bench) => bench.decision({ peer: '192.0.2.1' }, epoch).serviceCode);
  expect(gone).toEqual([null, null, null]);
});
