import { mkdtemp, readdir, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { createDataSource, EmbeddedPostgres, migrate } from '../../src/database/index.js';
import { TestRedis } from './redis.js';

export interface TestServers {
  /** Of the maintenance database, from which test databases are made. */
  postgresUrl: string;
  /** A unix socket (`unix:///…`). */
  redisUrl: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    testServers: TestServers;
  }
}

/** Migrated once; every test file's database is a copy of it. */
export const TEMPLATE_DATABASE = 'countfree_template';

interface Running {
  users: number;
  ready: Promise<{ servers: TestServers; stop: () => Promise<void> }>;
}

// Several projects of one run share the servers: each project evaluates this file for itself.
const shared = globalThis as { countfreeTestServers?: Running | undefined };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = (shared.countfreeTestServers ??= { users: 0, ready: startServers() });
  running.users += 1;
  project.provide('testServers', (await running.ready).servers);
  return async () => {
    running.users -= 1;
    if (running.users > 0) return;
    shared.countfreeTestServers = undefined;
    await (await running.ready).stop();
  };
}

async function startServers(): Promise<{ servers: TestServers; stop: () => Promise<void> }> {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `countfree-test-${process.pid}-`));
  await chmod(folder, 0o711);
  const postgres = await EmbeddedPostgres.start({
    folder: join(folder, 'postgres'),
    whenRunning: 'refuse',
    database: TEMPLATE_DATABASE,
    // Nothing here has to outlive a power cut, or is large.
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '300',
      shared_buffers: '128MB',
      // Its snapshots, at times nobody chose, keep old rows in pages whose room a test looks at.
      autovacuum: 'off',
    },
  });
  const redis = await TestRedis.start(join(folder, 'redis'));
  const stop = async () => {
    await redis.stop();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const dataSource = await createDataSource({ url: postgres.url }).initialize();
    await migrate(dataSource).finally(() => dataSource.destroy());
  } catch (error) {
    await stop();
    throw error;
  }
  const maintenance = postgres.url.replace(`/${TEMPLATE_DATABASE}?`, '/postgres?');
  return { servers: { postgresUrl: maintenance, redisUrl: redis.url }, stop };
}

/** Folders of runs that were killed: the servers ended with them, the files did not. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^countfree-test-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || alive(Number(pid))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
