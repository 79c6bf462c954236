import { join } from 'node:path';
import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { Refusal, type ReviverObserver } from '../shared/index.js';
import { createDataSource } from './data-source.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { migrate, pendingMigrations } from './migrations.js';

export interface DatabaseSettings {
  /** Null: a private server in `dataDir`. */
  url: string | null;
  dataDir: string;
  entities: readonly EntityTarget<ObjectLiteral>[];
  poolSize?: number;
  /** Shown in pg_stat_activity, e.g. `countfree api-key`. */
  applicationName?: string;
  /** `run`: bring the schema up first. `check`: refuse to start while migrations are pending. `ignore`: neither. */
  migrations: 'run' | 'check' | 'ignore';
  /** Private server only: `refuse` a folder in use (a service), or `join` it (a command beside the service). */
  whenRunning: 'refuse' | 'join';
  onMigrated?: (name: string) => void;
  /** Told of a private server that died, and what becomes of it. */
  observer?: ReviverObserver;
}

export interface OpenDatabase {
  dataSource: DataSource;
  /** Null with a server of the operator's. */
  embedded: EmbeddedPostgres | null;
  /** Ends connections, then the private server if this process started it. May be called twice. */
  close(): Promise<void>;
}

/** Connects, with a private server where none is configured. Throws a {@link Refusal} that says what to do. */
export async function openDatabase(settings: DatabaseSettings): Promise<OpenDatabase> {
  const embedded = settings.url === null ? await startEmbedded(settings) : null;
  const dataSource = createDataSource({ ...settings, url: settings.url ?? embedded?.url ?? '' });
  const close = async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await embedded?.stop();
  };
  try {
    await connect(dataSource);
    await prepareSchema(dataSource, settings);
    return { dataSource, embedded, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startEmbedded(settings: DatabaseSettings): Promise<EmbeddedPostgres> {
  return EmbeddedPostgres.start({
    folder: join(settings.dataDir, 'postgres'),
    whenRunning: settings.whenRunning,
    ...(settings.observer === undefined ? {} : { observer: settings.observer }),
  });
}

async function connect(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.initialize();
  } catch (cause) {
    // node:net gathers the failures of a name's several addresses in an AggregateError without a message.
    const causes = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
    const reasons = causes.map((each) => (each instanceof Error ? each.message : String(each)));
    throw new Refusal(
      'unavailable',
      `Postgres does not answer (${reasons.join('; ')}): check that the server runs and DATABASE_URL names it with the right user, password and database.`,
    );
  }
}

async function prepareSchema(dataSource: DataSource, settings: DatabaseSettings): Promise<void> {
  if (settings.migrations === 'run') {
    await migrate(dataSource, settings.onMigrated === undefined ? {} : { onApplied: settings.onMigrated });
  } else if (settings.migrations === 'check') {
    const pending = await pendingMigrations(dataSource);
    if (pending.length === 0) return;
    throw new Refusal(
      'unavailable',
      `The database lacks ${pending.length} migrations of this build (from ${pending[0] ?? ''}): run "countfree migrate".`,
    );
  }
}
