import { databaseSettings } from '../app/index.js';
import { loadConfig } from '../config/index.js';
import { migrate, openDatabase, pendingMigrations } from '../database/index.js';
import { createLogger } from '../shared/index.js';

/** Brings the schema up to this build, or with `check` only says what is pending. */
export async function migrateCommand(options: { check?: boolean }): Promise<number> {
  const config = loadConfig(process.env);
  const database = await openDatabase({
    ...databaseSettings(config, createLogger('warn', process.stderr)),
    migrations: 'ignore',
    whenRunning: 'join',
  });
  try {
    if (options.check) {
      const pending = await pendingMigrations(database.dataSource);
      process.stdout.write(
        pending.length === 0 ? 'The database is up to date.\n' : `Pending:\n  ${pending.join('\n  ')}\n`,
      );
      return pending.length === 0 ? 0 : 1;
    }
    const applied = await migrate(database.dataSource, {
      onApplied: (name) => process.stdout.write(`applied ${name}\n`),
      onWaiting: () => process.stdout.write('another process migrates; waiting for it\n'),
    });
    if (applied.length === 0) process.stdout.write('The database is up to date.\n');
    return 0;
  } finally {
    await database.close();
  }
}
