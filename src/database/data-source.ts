import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';

export interface DataSourceSettings {
  /** `postgresql://…`; a unix socket as `?host=/folder`. */
  url: string;
  entities?: readonly EntityTarget<ObjectLiteral>[];
  /** Most connections at once; default 10. */
  poolSize?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** Given up after this long; default 10,000. */
  connectTimeoutMs?: number;
}

/** Name of the table that says which migrations have run. */
export const MIGRATIONS_TABLE = 'schema_migrations';

/** A data source that is not yet connected. The schema changes by migrations only: nothing is ever synchronised. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  return new DataSource({
    type: 'postgres',
    url: settings.url,
    entities: [...(settings.entities ?? [])] as never[],
    synchronize: false,
    migrationsRun: false,
    migrationsTableName: MIGRATIONS_TABLE,
    installExtensions: false,
    poolSize: settings.poolSize ?? 10,
    applicationName: settings.applicationName ?? 'countfree',
    connectTimeoutMS: settings.connectTimeoutMs ?? 10_000,
    logging: false,
    // Every time that leaves SQL as text is then UTC, whatever the server's own zone.
    extra: { options: '-c TimeZone=UTC' },
  });
}
