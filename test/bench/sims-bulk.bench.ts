/**
 * How long 100,000 SIMs and sessions take in bulk, as JSON rows and as CSV in which every thousandth row is bad, into a private Postgres that
 * keeps every commit:
 * `node --import ./test/support/typescript.mjs test/bench/sims-bulk.bench.ts [rows]`
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/database/index.js';
import { systemClock } from '../../src/shared/index.js';
import { createSimsServices, sessionsFromCsv, simsFromCsv, type BulkResult } from '../../src/sims/index.js';

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

const isBad = (row: number) => row % 1000 === 999;

function simsCsv(): string {
  const lines = Array.from({ length: rows }, (_, i) =>
    isBad(i)
      ? `csv ${i},not-an-imsi,maybe,b`
      : `csv-${i},${440_200_000_000_000 + i};${440_300_000_000_000 + i},true,b`,
  );
  return ['id,imsis,nameConsent,tag:fleet', ...lines].join('\n');
}

function sessionsCsv(): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const prefix = `10.${130 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    return isBad(i)
      ? `csv-${i},elsewhere,${prefix}/99,yesterday,,`
      : `csv-${i},bench,${prefix},2026-01-01T00:00:00Z,,100.127.0.53`;
  });
  return ['simId,realm,prefix,startTime,endTime,dnsServers', ...lines].join('\n');
}

/** The report of bad rows in short: how many, and how many faults they name. */
function reported({ errors, ...counts }: BulkResult) {
  const faults = errors.reduce((sum, row) => sum + row.errors.length, 0);
  return { ...counts, badRows: errors.length, faults };
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
  await time(`${rows} SIMs as CSV`, async () => reported(await sims.bulkUpsert(simsFromCsv(simsCsv()))));
  await time(`${rows} sessions as CSV`, async () =>
    reported(await sessions.bulkUpsert(sessionsFromCsv(sessionsCsv()))),
  );
  await time('first load of the feed', async () => (await feed.changesSince(0)).upserted.length);
} finally {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
}
