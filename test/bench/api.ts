import { execFile, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestRedis } from '../support/redis.js';
import { billingWork } from './support/billing-work.js';
import { fillFleet } from './support/fleet.js';
import { openPrivateDatabase } from './support/private-database.js';
import type { Row } from './support/table.js';

const exec = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const LOADER = ['--import', './test/support/typescript.mjs'];
const SIMS = Number(process.env['COUNTFREE_BENCH_SIMS']?.split(',').at(-1) ?? 100_000);
const SECONDS = 20;

/** What `api-load-child.ts` prints: milliseconds of every request. */
type Took = Record<'alone' | 'usage' | 'statement' | 'statements', number[]>;

/**
 * How long the built service takes to answer about usage and statements of a large fleet, asked 200 times a second while
 * capture batches are committed; beside it the same rate of requests that look at nothing.
 */
export async function api(runs: number): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), `countfree-test-${process.pid}-`));
  const database = await openPrivateDatabase();
  const children: ChildProcess[] = [];
  const redis = await TestRedis.start(join(folder, 'redis'));
  try {
    await fillFleet(database.dataSource, SIMS);
    await billingWork(database.url, 'closing');
    // Or autovacuum reads through what was filled just now, all 15 million rows at once, while it is measured.
    await database.dataSource.query('VACUUM (ANALYZE)');
    // Or what was filled is written to disk while it is measured.
    await database.dataSource.query('CHECKPOINT');
    const env = {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      COUNTFREE_DATA_DIR: folder,
    };
    const key = await makeKey(env);
    const { origin, child } = await serve(env);
    children.push(child);
    const ingest = fork('test/bench/api-ingest-child.ts', [database.url, String(SIMS)], {
      cwd: ROOT,
      execArgv: LOADER,
    });
    children.push(ingest);
    await once(ingest, 'message');
    const took: Took[] = [];
    // The first is not counted: until V8 has compiled what is asked, a request takes several times as long.
    for (let run = 0; run <= runs; run += 1) {
      const args = [...LOADER, 'test/bench/api-load-child.ts', origin, key, String(SIMS), String(SECONDS)];
      const { stdout } = await exec(process.execPath, args, { cwd: ROOT, maxBuffer: 64e6 });
      if (ingest.exitCode !== null) throw new Error('the ingest ended');
      if (run > 0) took.push(JSON.parse(stdout) as Took);
    }
    return table(took);
  } finally {
    await Promise.all(children.map(ended));
    await redis.stop();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

function table(took: readonly Took[]): Row[] {
  const part = `api: 200 requests a second, ${SIMS.toLocaleString('en')} SIMs stored, 10,000 buckets a second written meanwhile`;
  const rows = (kind: keyof Took, name: string, aim?: string): Row[] =>
    [0.5, 0.99].map((quantile) => ({
      part,
      name: `${name}, ${quantile === 0.5 ? 'median' : 'p99'}`,
      unit: 'ms',
      values: took.map((one) => quantileOf(one[kind], quantile)),
      ...(aim !== undefined && quantile !== 0.5 && { aim }),
    }));
  return [
    ...rows('usage', 'usage of a SIM and month, with totals by plan', '≤ 50'),
    ...rows('statement', 'statements of a SIM', '≤ 50'),
    ...rows('statements', 'a page of 50 statements of a month', '≤ 50'),
    ...rows('alone', 'a request that looks at nothing'),
  ];
}

function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.NaN;
}

async function makeKey(env: Record<string, string>): Promise<string> {
  const args = ['bin/countfree.js', 'api-key', 'create', '--name', 'bench', '--scopes', 'usage-read,billing'];
  const { stdout } = await exec(process.execPath, args, { cwd: ROOT, env });
  const key = /cfk_[\w-]+/.exec(stdout)?.[0];
  if (key === undefined) throw new Error(`no API key: ${stdout}`);
  return key;
}

/** The built service with the role of the API alone. */
function serve(env: Record<string, string>): Promise<{ origin: string; child: ChildProcess }> {
  const roles = { COUNTFREE_ROLES: 'api', COUNTFREE_LISTEN: '127.0.0.1:0' };
  const child = spawn(process.execPath, ['bin/countfree.js', 'serve'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...env, ...roles },
  });
  let said = '';
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the service ended: ${said.slice(-4_000)}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const line = said.split('\n').find((one) => one.endsWith('}') && one.includes('"ready"'));
      if (line !== undefined) resolve({ origin: (JSON.parse(line) as { url: string }).url, child });
    });
  });
}
