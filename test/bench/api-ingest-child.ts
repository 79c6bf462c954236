/** `api-ingest-child.ts DATABASE_URL SIMS`: commits capture batches to the fleet's month until it is killed. */
import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { createDataSource, inTransaction } from '../../src/database/index.js';
import { LedgerRepository, TouchesRepository } from '../../src/meter/index.js';

/** Buckets of a batch, and batches a second. */
const BATCH = 2_000;
const RATE = 5;
const HOUR = Date.UTC(2026, 9, 31, 14);

const [url = '', sims] = process.argv.slice(2);
const dataSource = await createDataSource({ url }).initialize();
const ledger = new LedgerRepository(dataSource);
const touches = new TouchesRepository();
const reasons = await dataSource.query<{ id: number }[]>('SELECT id FROM usage_reason ORDER BY id');
const span = { firstTime: HOUR * 1000, lastTime: HOUR * 1000, receivedAt: HOUR };

async function commit(sequence: number): Promise<void> {
  const deltas = Array.from({ length: BATCH }, (_unused, index) => ({
    simKey: ((sequence * BATCH + index) % Number(sims)) + 1,
    hour: HOUR,
    reasonId: reasons[sequence % reasons.length]!.id,
    octetsUp: 1_200,
    octetsDown: 53_000,
    packetsUp: 10,
    packetsDown: 40,
  }));
  const name = { source: 'bench', generation: '1', sequence: BigInt(sequence), epoch: null };
  const batch = { ...name, ...span, flowOctets: 0, usageEntries: BATCH };
  await inTransaction(dataSource, async (manager) => {
    const id = await ledger.insertBatch(manager, batch);
    await ledger.addUsage(manager, id ?? '', deltas);
    await touches.add(manager, deltas);
  });
}

process.send?.('ready');
const started = performance.now();
for (let sequence = 0; ; sequence += 1) {
  await delay(Math.max(0, started + (sequence * 1000) / RATE - performance.now()));
  await commit(sequence);
}
