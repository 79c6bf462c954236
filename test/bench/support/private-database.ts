import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { openDatabase } from '../../../src/database/index.js';

export interface PrivateDatabase {
  dataSource: DataSource;
  /** For DATABASE_URL of another process. */
  url: string;
  close(): Promise<void>;
}

/** The service's own private Postgres, set up as in production (every commit is on disk), empty and migrated. */
export async function openPrivateDatabase(): Promise<PrivateDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), `countfree-test-${process.pid}-`));
  await chmod(dataDir, 0o711);
  const database = await openDatabase({
    url: null,
    dataDir,
    entities: [],
    migrations: 'run',
    whenRunning: 'refuse',
  });
  return {
    dataSource: database.dataSource,
    url: database.embedded?.url ?? '',
    close: async () => {
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
