export * from './change-feed.js';
export { databaseEntities } from './change-topic.entity.js';
export * from './columns.js';
export * from './data-source.js';
export { DatabaseModule, type DatabaseModuleOptions } from './database.module.js';
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded/embedded-postgres.js';
export { loadMigrations, migrate, pendingMigrations, type MigrateOptions } from './migrations.js';
export { openDatabase, type DatabaseSettings, type OpenDatabase } from './open.js';
export * from './transaction.js';
