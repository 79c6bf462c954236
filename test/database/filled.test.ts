import { describe, expect, it } from 'vitest';
import { AuditCommands1700000001603 } from '../../migrations/1700000001603-audit-commands.js';
import { loadMigrations } from '../../src/database/index.js';
import { createTestDatabase } from '../support/database.js';
import { fillEveryTable, readEveryTable } from '../support/filled-database.js';

type Tables = Awaited<ReturnType<typeof readEveryTable>>;

/** Rows of `tables`, as far as `as` knows their tables and columns; in an order that those alone make. */
function seenAs(tables: Tables, as: Tables): Record<string, string[]> {
  const seen: Record<string, string[]> = {};
  for (const [name, [first]] of as) {
    const rows = (tables.get(name) ?? []).map((row) =>
      JSON.stringify(Object.keys(first ?? row).map((key) => [key, row[key]])),
    );
    seen[name] = rows.sort();
  }
  return seen;
}

/** Columns that were there before a migration was undone and still were. */
function kept(before: Tables, without: Tables): Tables {
  return new Map(
    [...without].map(([name, rows]) => {
      const columns = Object.keys(before.get(name)?.[0] ?? {});
      return [
        name,
        rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => columns.includes(key)))),
      ];
    }),
  );
}

describe('migrations on a database with rows in every table', () => {
  it('are undone and done again, one after the other, and keep every row that they do not take away', async () => {
    const database = await createTestDatabase();
    const { dataSource } = database;
    const runner = dataSource.createQueryRunner();
    try {
      const tables = await fillEveryTable(dataSource);
      expect(tables.length).toBeGreaterThan(30);
      const everything = await readEveryTable(dataSource);
      expect([...everything].filter(([, rows]) => rows.length < 2)).toEqual([]);
      for (const migration of (await loadMigrations()).toReversed()) {
        const { name } = migration;
        const before = await readEveryTable(dataSource);
        await move('down');
        const without = kept(before, await readEveryTable(dataSource));
        await move('up');
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
