import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import copy from 'pg-copy-streams';
import { inTransaction } from '../../src/database/index.js';
import { LedgerRepository, TouchesRepository } from '../../src/meter/index.js';
import { openPrivateDatabase } from './support/private-database.js';
import type { Row } from './support/table.js';

const SIMS = 100_000;
const REASONS = 5;
/** Buckets of one capture batch. */
const BATCH = 20_000;
const HOUR = Date.UTC(2026, 9, 5, 3);

type Delta = Parameters<LedgerRepository['addUsage']>[2][number];

/**
 * Bucket upserts a second into the embedded Postgres, in batches as a capture node commits them (name of the batch,
 * buckets, what thresholds look at), beside COPY of the same rows in the same batches. The first pass makes the
 * buckets, each later one adds to all of them.
 */
export async function ledger(runs: number): Promise<Row[]> {
  const database = await openPrivateDatabase();
  const client = new Client({ connectionString: database.url });
  try {
    await client.connect();
    const batches = makeBatches();
    const repository = new LedgerRepository(database.dataSource);
    const touches = new TouchesRepository();
    await repository.ensurePartitions([HOUR]);
    await client.query('CREATE TABLE bench_keyed (LIKE usage_bucket INCLUDING ALL)');
    await client.query('CREATE TABLE bench_plain (LIKE usage_bucket)');
    let sequence = 0n;
    const upsert = (deltas: Delta[]) =>
      inTransaction(database.dataSource, async (manager) => {
        const id = await repository.insertBatch(manager, batchRow((sequence += 1n), deltas));
        await repository.addUsage(manager, id ?? '', deltas);
        await touches.add(manager, deltas);
      });
    const into = (table: string) => async (deltas: Delta[]) => {
      const text = deltas.map(line).join('');
      await pipeline(Readable.from([text]), client.query(copy.from(`COPY ${table} FROM STDIN`)));
    };
    const rate = async (work: (deltas: Delta[]) => Promise<void>) => {
      const started = performance.now();
      for (const deltas of batches) await work(deltas);
      return (SIMS * REASONS * 1000) / (performance.now() - started);
    };
    const first = await rate(upsert);
    const rates: { upsert: number; keyed: number; plain: number }[] = [];
    for (let run = 0; run < runs; run += 1) {
      await client.query('TRUNCATE bench_keyed, bench_plain, usage_touch');
      const keyed = await rate(into('bench_keyed'));
      rates.push({ upsert: await rate(upsert), keyed, plain: await rate(into('bench_plain')) });
    }
    await checkSum(client, runs + 1);
    const row = (name: string, unit: string, values: number[], aim?: string): Row => ({
      part: `ledger: ${(SIMS * REASONS).toLocaleString('en')} buckets of ${SIMS.toLocaleString('en')} SIMs in transactions of ${BATCH.toLocaleString('en')}`,
      name,
      unit,
      values,
      ...(aim !== undefined && { aim }),
    });
    return [
      row('buckets made', 'rows/s', [first]),
      row(
        'buckets added to',
        'rows/s',
        rates.map((one) => one.upsert),
        '≥ 50,000',
      ),
      row(
        'COPY into a table with the same key',
        'rows/s',
        rates.map((one) => one.keyed),
      ),
      row(
        'COPY into a table without a key',
        'rows/s',
        rates.map((one) => one.plain),
      ),
      row(
        'added to / COPY with the key',
        '',
        rates.map((one) => one.upsert / one.keyed),
        '≥ 0.4',
      ),
      row(
        'added to / COPY without a key',
        '',
        rates.map((one) => one.upsert / one.plain),
      ),
    ];
  } finally {
    await client.end();
    await database.close();
  }
}

function makeBatches(): Delta[][] {
  const batches: Delta[][] = [];
  for (let at = 0; at < SIMS * REASONS; at += BATCH) {
    batches.push(
      Array.from({ length: BATCH }, (_unused, index) => {
        const simKey = Math.floor((at + index) / REASONS) + 1;
        const reasonId = ((at + index) % REASONS) + 1;
        const [octetsUp, octetsDown] = [1_200 + simKey, 53_000 + reasonId];
        return { simKey, hour: HOUR, reasonId, octetsUp, octetsDown, packetsUp: 10, packetsDown: 40 };
      }),
    );
  }
  return batches;
}

function batchRow(sequence: bigint, deltas: readonly Delta[]) {
  const name = { source: 'bench', generation: '1', sequence, epoch: null };
  const time = HOUR * 1000;
  return {
    ...name,
    flowOctets: 0,
    usageEntries: deltas.length,
    firstTime: time,
    lastTime: time,
    receivedAt: HOUR,
  };
}

const HOUR_TEXT = new Date(HOUR).toISOString();

function line(row: Delta): string {
  return `${row.simKey}\t${HOUR_TEXT}\t${row.reasonId}\t${row.octetsUp}\t${row.octetsDown}\t${row.packetsUp}\t${row.packetsDown}\t1\n`;
}

/** A rate of writes that lost a row would be no rate. */
async function checkSum(client: Client, passes: number): Promise<void> {
  const { rows } = await client.query<{ packets: string; buckets: string }>(
    'SELECT sum(packets_up) AS packets, count(*) AS buckets FROM usage_bucket',
  );
  const [sum] = rows;
  if (Number(sum?.packets) !== passes * SIMS * REASONS * 10 || Number(sum?.buckets) !== SIMS * REASONS)
    throw new Error(`the ledger holds ${sum?.packets} packets on ${sum?.buckets} buckets`);
}
