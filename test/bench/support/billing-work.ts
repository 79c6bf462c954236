import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';

const ROOT = join(import.meta.dirname, '../../..');

export interface BillingWork {
  sims: number;
  seconds: number;
  /** Processor seconds of the process, Postgres not counted. */
  cpu: number;
  /** Most resident memory of the process. */
  bytes: number;
}

/** Closes the fleet's month, or simulates it, in a process of its own. */
export async function billingWork(url: string, work: 'closing' | 'simulation'): Promise<BillingWork> {
  const loader = ['--import', './test/support/typescript.mjs'];
  const child = spawn(process.execPath, [...loader, 'test/bench/billing-child.ts', url, work], {
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
    await manager.query(
      'TRUNCATE statement, closing_run, statement_series, outbox_event, outbox_sequence, simulation CASCADE',
    );
  });
  await dataSource.query('CHECKPOINT');
}

/** Seconds that Postgres takes to sum the usage of all SIMs by reason: less than what is to be read, nothing written. */
export async function sumUsage(dataSource: DataSource): Promise<number> {
  const started = performance.now();
  await dataSource.query(
    `SELECT count(*) FROM (
       SELECT sim_key, reason_id, sum(octets_up), sum(octets_down) FROM usage_bucket GROUP BY sim_key, reason_id) s`,
  );
  return (performance.now() - started) / 1000;
}
