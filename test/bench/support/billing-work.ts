import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { LINE_FREE } from '../../support/billing-fleet.js';
import { CLOSING_TIME, dayOne, MONTH } from './fleet.js';

const ROOT = join(import.meta.dirname, '../../..');
const SECOND_SERVICE_FREE = { ...LINE_FREE, free: [{ id: 'two', services: ['line', 'youtube'] }] };

export interface BillingWork {
  sims: number;
  seconds: number;
  /** Processor seconds of the process, Postgres not counted. */
  cpu: number;
  /** Most resident memory of the process, and what it had before the work began: the program. */
  bytes: number;
  bytesBefore: number;
}

/** Closes a month of the fleet, or simulates it, in a process of its own. */
export async function billingWork(
  url: string,
  work: 'closing' | 'simulation',
  month = MONTH,
): Promise<BillingWork> {
  const args = [url, work, month, String(CLOSING_TIME), JSON.stringify(SECOND_SERVICE_FREE)];
  const child = spawn(process.execPath, ['test/bench/billing-child.mjs', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the ${work} ended with ${String(code)}`);
  return JSON.parse(output) as BillingWork;
}

/** The fleet as it was before its month was closed. Final statements refuse that, but to a benchmark. */
export async function reopenMonth(dataSource: DataSource): Promise<void> {
  await dataSource.transaction(async (manager) => {
    await manager.query(`SET LOCAL session_replication_role = 'replica'`);
    await manager.query('TRUNCATE outbox_event, outbox_sequence, simulation CASCADE');
    await manager.query('DELETE FROM statement WHERE month = $1', [MONTH]);
    await manager.query('DELETE FROM closing_run WHERE month = $1', [MONTH]);
    await manager.query('UPDATE statement_series SET last_number = (SELECT max(number) FROM statement)');
  });
  await dataSource.query('VACUUM (ANALYZE) statement');
  await dataSource.query('CHECKPOINT');
}

/** Seconds that Postgres takes to sum the month's usage of all SIMs by reason: less than what is to be read, nothing written. */
export async function sumUsage(dataSource: DataSource): Promise<number> {
  const started = performance.now();
  await dataSource.query(
    `SELECT count(*) FROM (
       SELECT sim_key, reason_id, sum(octets_up), sum(octets_down) FROM usage_bucket
       WHERE hour >= $1 GROUP BY sim_key, reason_id) s`,
    [new Date(dayOne(MONTH))],
  );
  return (performance.now() - started) / 1000;
}
