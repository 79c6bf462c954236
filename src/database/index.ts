export * from './change-feed.js';
export * from './columns.js';
export * from './data-source.js';
export * from './embedded/embedded-postgres.js';
export * from './migrations.js';
export * from './transaction.js';
