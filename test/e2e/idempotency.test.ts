import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../scripts/demo/index.mjs';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '../support/database.js';

const ROOT = join(import.meta.dirname, '../..');

describe('an Idempotency-Key at two processes', () => {
  const secretKey = randomBytes(32).toString('base64');
  const processes: ChildProcess[] = [];
  const origins: string[] = [];
  let folder: string;
  let database: TestDatabase;
  let key: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `countfree-test-${process.pid}-`));
    database = await createTestDatabase();
    for (let index = 0; index < 2; index += 1) origins.push(await serve(index));
    const made = await promisify(execFile)(
      process.execPath,
      ['bin/countfree.js', 'api-key', 'create', '--name', 'test', '--scopes', 'ingest,admin'],
      { cwd: ROOT, env: environment() },
    );
    key = made.stdout.trim();
  }, 120_000);

  afterAll(async () => {
    for (const child of processes)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it('runs once, and never again after the process that ran it was killed in its middle', async () => {
    const { dataSource } = database;
    const holder = dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('LOCK TABLE sim IN ACCESS EXCLUSIVE MODE');
    const first = send(0, 'sim-1', 'key-1').catch((error: unknown) => error);
    await until('the first request does not wait', async () => {
      const waiting = await dataSource.query<unknown[]>(
        `SELECT 1 FROM pg_locks WHERE relation = 'sim'::regclass AND NOT granted`,
      );
      return waiting.length > 0;
    });
    expect(await send(1, 'sim-1', 'key-1')).toEqual([409, 'urn:countfree:problem:still_running']);
    expect(await send(1, 'sim-2', 'key-1')).toEqual([422, 'urn:countfree:problem:key_reused']);

    processes[0]!.kill('SIGKILL');
    expect(await first).toBeInstanceOf(Error);
    await holder.rollbackTransaction();
    await holder.release();
    expect(await send(1, 'sim-1', 'key-1')).toEqual([409, 'urn:countfree:problem:still_running']);
    await dataSource.query(`UPDATE api_idempotency SET started_at = started_at - interval '10 minutes'`);
    expect(await send(1, 'sim-1', 'key-1')).toEqual([409, 'urn:countfree:problem:outcome_unknown']);

    const made = await get(1, '/v1/audit-log?path=/v1/api-keys');
    expect(made.items).toMatchObject([{ operation: 'createApiKey', keyId: null, after: { name: 'test' } }]);
    expect(JSON.stringify(made.items)).not.toContain(key);

    // What a caller then does: it looks, finds nothing, and orders it anew.
    const [asked] = (await get(1, '/v1/audit-log?path=/v1/sims')).items as { status: number | null }[];
    expect(asked).toMatchObject({ operation: 'createSim', requested: { id: 'sim-1' }, status: null });
    expect((await get(1, '/v1/sims')).items).toEqual([]);
    expect(await send(1, 'sim-1', 'key-2')).toEqual([201, undefined]);
    expect(await send(1, 'sim-1', 'key-2')).toEqual([201, undefined]);
    expect((await get(1, '/v1/sims')).items).toHaveLength(1);
  });

  async function send(at: number, id: string, idempotencyKey: string): Promise<[number, unknown]> {
    const response = await fetch(`${origins[at]}/v1/sims`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify({ id }),
    });
    return [response.status, ((await response.json()) as { type?: string }).type];
  }

  async function get(at: number, path: string): Promise<{ items: unknown[] }> {
    const response = await fetch(`${origins[at]}${path}`, { headers: { authorization: `Bearer ${key}` } });
    return (await response.json()) as { items: unknown[] };
  }

  function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      COUNTFREE_SECRET_KEY: secretKey,
      ...more,
    };
  }

  /** Starts a process that only answers requests, and gives its origin. */
  async function serve(index: number): Promise<string> {
    const port = await freePort();
    const child = spawn(process.execPath, ['bin/countfree.js', 'serve'], {
      cwd: ROOT,
      stdio: 'ignore',
      env: environment({
        COUNTFREE_ROLES: 'api',
        COUNTFREE_LISTEN: `127.0.0.1:${port}`,
        COUNTFREE_DATA_DIR: join(folder, String(index)),
      }),
    });
    processes.push(child);
    const origin = `http://127.0.0.1:${port}`;
    await until('the API is not ready', async () => {
      if (child.exitCode !== null) throw new Error(`the API ended with ${child.exitCode}`);
      return (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok ?? false;
    });
    return origin;
  }
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
