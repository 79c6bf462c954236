/**
 * How long 100,000 SIMs and sessions take in bulk, into a private Postgres that keeps every commit:
 * `node --import ./test/support/typescript.mjs test/bench/sims-bulk.bench.ts [rows]`
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/database/index.js';
import { systemClock } from '../../src/shared/index.js';
import { createSimsServices } from '../../src/sims/index.js';

const rows = Number(process.argv[2] ?? 100_000);
const dataDir = await mkdtemp(join(tmpdir(), `countfree-test-${process.pid}-`));
await chmod(dataDir, 0o711);
const database = await openDatabase({
  url: null,
  dataDir,
  entities: [],
  migrations: 'run',
  whenRunning: 'refuse',
});

async function time(label: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  const result = await work();
  console.log(`${label}: ${((performance.now() - start) / 1000).toFixed(1)} s ${JSON.stringify(result)}`);
}

try {
  const { realms, sims, sessions, feed } = createSimsServices(database.dataSource, systemClock);
  await realms.create({
    name: 'bench',
    mirror: { type: 'none' },
    subscriberPrefixes: ['10.128.0.0/9'],
    resolvers: [],
    shareNames: false,
    retentionDays: 90,
  });
  const simRows = Array.from({ length: rows }, (_, i) => ({
    id: `sim-${i}`,
    imsis: [String(440_100_000_000_000 + i)],
    tags: { fleet: 'a' },
  }));
  const sessionRows = Array.from({ length: rows }, (_, i) => ({
    simId: `sim-${i}`,
    realm: 'bench',
    prefix: `10.${128 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`,
    startTime: '2026-01-01T00:00:00Z',
  }));
  await time(`${rows} SIMs`, () => sims.bulkUpsert(simRows));
  await time(`${rows} sessions`, () => sessions.bulkUpsert(sessionRows));
  await time('the same SIMs again', () => sims.bulkUpsert(simRows));
  await time('the same sessions again', () => sessions.bulkUpsert(sessionRows));
  await time('first load of the feed', async () => (await feed.changesSince(0)).upserted.length);
} finally {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
}
