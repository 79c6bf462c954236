import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { afterAll, beforeAll, expect, inject, vi } from 'vitest';
import { createDataSource, MIGRATIONS_TABLE } from '../../src/database/index.js';
import { TEMPLATE_DATABASE } from './servers.global.js';

export interface TestDatabase {
  /** For DATABASE_URL, e.g. of a child process. */
  url: string;
  dataSource: DataSource;
  /** Empties every table. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  entities?: readonly EntityTarget<ObjectLiteral>[];
  /** False: an empty database without a schema; default true. */
  migrated?: boolean;
  poolSize?: number;
}

/** A database of one's own, migrated to this working tree. The caller drops it. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { postgresUrl } = inject('testServers');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = options.migrated === false ? 'template0' : TEMPLATE_DATABASE;
  await maintain(postgresUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = postgresUrl.replace('/postgres?', `/${name}?`);
  const { entities = [], poolSize = 5 } = options;
  const dataSource = await createDataSource({ url, entities, poolSize }).initialize();
  return {
    url,
    dataSource,
    clear: () => clear(dataSource),
    drop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await maintain(postgresUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/**
 * Gives the test file a database before its first test and drops it after its last:
 * `const database = useTestDatabase({ entities }); … database().dataSource`.
 */
export function useTestDatabase(options: TestDatabaseOptions = {}): () => TestDatabase {
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await createTestDatabase(options);
  });
  afterAll(() => database?.drop());
  return () => {
    if (database === undefined) throw new Error('The test database is there from beforeAll on');
    return database;
  };
}

/**
 * Until every transaction that runs on the server has begun after this call, those of other tests' databases too: a
 * snapshot that is taken while an earlier one runs keeps the room, and the index entries, of rows that have been replaced since.
 */
export async function nobodySeesEarlierRows(dataSource: DataSource): Promise<void> {
  const [now] = await dataSource.query<{ id: string }[]>('SELECT pg_current_xact_id()::text AS id');
  await vi.waitFor(
    async () => {
      const [oldest] = await dataSource.query<{ id: string }[]>(
        'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS id',
      );
      expect(BigInt(oldest?.id ?? 0)).toBeGreaterThan(BigInt(now?.id ?? 0));
    },
    { timeout: 60_000 },
  );
}

/** Of the run's own Redis. Tests share it: use a key prefix or a queue name of your own. */
export function testRedisUrl(): string {
  return inject('testServers').redisUrl;
}

async function clear(dataSource: DataSource): Promise<void> {
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT quote_ident(relname) AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> $1`,
    [MIGRATIONS_TABLE],
  );
  // Emptying a table costs milliseconds even if it is empty.
  const parts = tables.map(({ name }) => `SELECT '${name}' AS name WHERE EXISTS (SELECT FROM ${name})`);
  const filled =
    parts.length === 0 ? [] : await dataSource.query<{ name: string }[]>(parts.join(' UNION ALL '));
  if (filled.length === 0) return;
  // Tables that are append-only refuse TRUNCATE by trigger; a test may.
  await dataSource.transaction(async (manager) => {
    await manager.query(`SET LOCAL session_replication_role = 'replica'`);
    await manager.query(`TRUNCATE ${filled.map(({ name }) => name).join(', ')} RESTART IDENTITY CASCADE`);
  });
}

async function maintain(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
