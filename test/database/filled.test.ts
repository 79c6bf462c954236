import { describe, expect, it } from 'vitest';
import { AuditCommands1700000001603 } from '../../migrations/1700000001603-audit-commands.js';
import { loadMigrations } from '../../src/database/index.js';
import { createTestDatabase } from '../support/database.js';
import { fillEveryTable, keptColumns, readEveryTable, seenAs } from '../support/filled-database.js';
import { readSchema } from '../support/schema.js';

/** The schema of a database without rows: before the first migration, and after each. */
async function schemaAfterEach() {
  const migrations = await loadMigrations();
  const database = await createTestDatabase({ migrated: false });
  const runner = database.dataSource.createQueryRunner();
  try {
    const schemas = [await readSchema(database.dataSource)];
    for (const migration of migrations) {
      await new migration().up(runner);
      schemas.push(await readSchema(database.dataSource));
    }
    return { migrations, schemas };
  } finally {
    await runner.release();
    await database.drop();
  }
}

describe('migrations on a database with rows in every table', () => {
  it('are undone and done again, one after the other, and keep every row that they do not take away, in the same schema', async () => {
    const database = await createTestDatabase();
    const { dataSource } = database;
    const runner = dataSource.createQueryRunner();
    try {
      const tables = await fillEveryTable(dataSource);
      expect(tables.length).toBeGreaterThan(30);
      const everything = await readEveryTable(dataSource);
      expect([...everything].filter(([, rows]) => rows.length < 2)).toEqual([]);
      const { migrations, schemas } = await schemaAfterEach();
      for (const [index, migration] of [...migrations.entries()].reverse()) {
        const { name } = migration;
        const before = await readEveryTable(dataSource);
        await move('down');
        expect(await readSchema(dataSource), `schema after ${name} was undone`).toEqual(schemas[index]);
        const without = keptColumns(before, await readEveryTable(dataSource));
        await move('up');
        expect(await readSchema(dataSource), `schema after ${name} again`).toEqual(schemas[index + 1]);
        const again = await readEveryTable(dataSource);
        expect([...again.keys()].sort(), `tables after ${name} again`).toEqual([...before.keys()].sort());
        expect(seenAs(without, without), `rows after ${name} was undone`).toEqual(seenAs(before, without));
        expect(seenAs(again, without), `rows after ${name} again`).toEqual(seenAs(before, without));
        await move('down');

        async function move(way: 'up' | 'down'): Promise<void> {
          await runner.startTransaction();
          await new migration()[way](runner);
          await runner.commitTransaction();
        }
      }
      expect([...(await readEveryTable(dataSource)).keys()]).toEqual([]);
    } finally {
      await runner.release();
      await database.drop();
    }
  }, 60_000);

  it('keep what a command did in the audit log, as of a key that is none where only keys are known', async () => {
    const database = await createTestDatabase();
    const { dataSource } = database;
    const runner = dataSource.createQueryRunner();
    const keys = async () =>
      (await dataSource.query<{ key: string }[]>('SELECT key_id AS key FROM audit_log')).map(
        ({ key }) => key,
      );
    try {
      await dataSource.query(
        `INSERT INTO audit_log (at, request_id, stage, operation, path)
         VALUES (now(), gen_random_uuid(), 'begun', 'createApiKey', '/v1/api-keys')`,
      );
      const migration = new AuditCommands1700000001603();
      await migration.down(runner);
      expect(await keys()).toEqual(['00000000-0000-0000-0000-000000000000']);
      await expect(dataSource.query('DELETE FROM audit_log')).rejects.toThrow('only ever added to');
      await migration.up(runner);
      expect(await keys()).toHaveLength(1);
    } finally {
      await runner.release();
      await database.drop();
    }
  });
});
