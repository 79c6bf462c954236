import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { Refusal } from '../shared/index.js';
import { MIGRATIONS_TABLE } from './data-source.js';

export type MigrationClass = new () => MigrationInterface;

/** Beside `src/`: `migrations/` in the working tree, `dist/migrations/` in a build. */
const FOLDER = new URL('../../migrations/', import.meta.url);
const FILE = /^(\d{13})-[a-z0-9-]+\.(?:ts|js)$/;

/** Any number does, as long as no other program takes it in the same database ("countfre" in ASCII). */
const ADVISORY_LOCK = '7165074649429471845';
/** UNIQUE NULLS NOT DISTINCT. */
const OLDEST_SERVER = 15;

/** Every migration of this build, in order. Throws if a file's name and its class's do not agree. */
export async function loadMigrations(folder: URL = FOLDER): Promise<MigrationClass[]> {
  const files = (await readdir(folder)).filter((name) => FILE.test(name)).sort();
  const seen = new Set<string>();
  return Promise.all(
    files.map(async (file) => {
      const stamp = file.slice(0, 13);
      if (seen.has(stamp))
        throw new Error(`Two migrations are numbered ${stamp}: renumber migrations/${file}`);
      seen.add(stamp);
      const module = (await import(new URL(file, folder).href)) as Record<string, unknown>;
      const classes = Object.values(module).filter((value) => typeof value === 'function');
      const [only] = classes;
      if (only === undefined || classes.length > 1 || !only.name.endsWith(stamp)) {
        throw new Error(`migrations/${basename(file)} must export one class whose name ends in ${stamp}`);
      }
      return only as MigrationClass;
    }),
  );
}

export interface MigrateOptions {
  /** Told each migration's name when it has run. */
  onApplied?: (name: string) => void;
  /** Told when another process holds the lock and this one waits. */
  onWaiting?: () => void;
  migrations?: readonly MigrationClass[];
}

/**
 * Brings the schema up to this build, each migration in its own transaction, under an advisory lock so that of
 * several processes that start together one migrates and the others wait. Returns the names that it ran.
 * Throws a {@link Refusal} (`unavailable`) for a server that is too old and a database that is newer than this build.
 */
export async function migrate(dataSource: DataSource, options: MigrateOptions = {}): Promise<string[]> {
  const migrations = options.migrations ?? (await loadMigrations());
  const runner = dataSource.createQueryRunner();
  try {
    await refuseOldServer(runner);
    await takeLock(runner, options.onWaiting);
    try {
      await ensureTable(runner);
      const done = await executed(runner);
      refuseNewerDatabase(done, migrations);
      const applied: string[] = [];
      for (const migration of migrations) {
        if (done.has(migration.name)) continue;
        await runOne(runner, migration);
        applied.push(migration.name);
        options.onApplied?.(migration.name);
      }
      return applied;
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]);
    }
  } finally {
    await runner.release();
  }
}

/**
 * Names of the migrations that this build has and the database has not; empty = up to date. Throws a {@link Refusal}
 * (`unavailable`) for a database that is newer than this build.
 */
export async function pendingMigrations(
  dataSource: DataSource,
  options: Pick<MigrateOptions, 'migrations'> = {},
): Promise<string[]> {
  const migrations = options.migrations ?? (await loadMigrations());
  const runner = dataSource.createQueryRunner();
  try {
    const done = (await runner.hasTable(MIGRATIONS_TABLE)) ? await executed(runner) : new Set<string>();
    refuseNewerDatabase(done, migrations);
    return migrations.map((migration) => migration.name).filter((name) => !done.has(name));
  } finally {
    await runner.release();
  }
}

async function runOne(runner: QueryRunner, migration: MigrationClass): Promise<void> {
  await runner.startTransaction();
  try {
    await new migration().up(runner);
    await runner.query(`INSERT INTO ${MIGRATIONS_TABLE} ("timestamp", name) VALUES ($1, $2)`, [
      migration.name.slice(-13),
      migration.name,
    ]);
    await runner.commitTransaction();
  } catch (cause) {
    await runner.rollbackTransaction();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Migration ${migration.name} failed and was rolled back: ${reason}`, { cause });
  }
}

/** The table as TypeORM makes it, so that its own commands read it too. */
async function ensureTable(runner: QueryRunner): Promise<void> {
  await runner.query(
    `CREATE TABLE IF NOT EXISTS ${MIGRATIONS_TABLE} (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL UNIQUE)`,
  );
}

async function executed(runner: QueryRunner): Promise<Set<string>> {
  const rows = (await runner.query(`SELECT name FROM ${MIGRATIONS_TABLE}`)) as { name: string }[];
  return new Set(rows.map((row) => row.name));
}

function refuseNewerDatabase(done: ReadonlySet<string>, migrations: readonly MigrationClass[]): void {
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...done].filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new Refusal(
    'unavailable',
    `The database was migrated by a newer Countfree (${unknown.join(', ')}). Start that version, or restore the backup made before the upgrade.`,
  );
}

async function refuseOldServer(runner: QueryRunner): Promise<void> {
  const rows = (await runner.query('SHOW server_version_num')) as { server_version_num: string }[];
  const major = Math.floor(Number(rows[0]?.server_version_num ?? 0) / 10_000);
  if (major >= OLDEST_SERVER) return;
  throw new Refusal(
    'unavailable',
    `The Postgres server is version ${major}; Countfree needs ${OLDEST_SERVER} or later. Upgrade it, or unset DATABASE_URL to use the private one.`,
  );
}

async function takeLock(runner: QueryRunner, onWaiting: (() => void) | undefined): Promise<void> {
  const rows = (await runner.query('SELECT pg_try_advisory_lock($1) AS taken', [ADVISORY_LOCK])) as {
    taken: boolean;
  }[];
  if (rows[0]?.taken === true) return;
  onWaiting?.();
  await runner.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
}
