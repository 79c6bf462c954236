import type { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entities } from '../../src/app/entities.js';
import { createTestDatabase, useTestDatabase } from '../support/database.js';

const database = useTestDatabase({ entities });

/** What TypeORM would do to make the database what the entities say. */
async function differences(dataSource: DataSource): Promise<string[]> {
  const sql = await dataSource.driver.createSchemaBuilder().log();
  return sql.upQueries.map(({ query }) => query);
}

describe('entities and migrations', () => {
  it('agree: TypeORM would change nothing in a migrated database', async () => {
    expect(await differences(database().dataSource)).toEqual([]);
  });

  it.each([
    ['ALTER TABLE sim DROP COLUMN name', /ALTER TABLE "sim" ADD "name"/],
    ['ALTER TABLE session DROP CONSTRAINT session_no_overlap', /ADD CONSTRAINT "session_no_overlap" EXCLUDE/],
    ['ALTER TABLE sim ALTER COLUMN status DROP NOT NULL', /"status" SET NOT NULL/],
  ])('would differ after %s', async (change, mend) => {
    const changed = await createTestDatabase({ entities });
    try {
      await changed.dataSource.query(change);
      expect((await differences(changed.dataSource)).join('\n')).toMatch(mend);
    } finally {
      await changed.drop();
    }
  });

  it('know the same tables', async () => {
    const rows = await database().dataSource.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
         AND relname <> 'schema_migrations'`,
    );
    const known = database().dataSource.entityMetadatas.map((metadata) => metadata.tableName);
    expect(rows.map(({ name }) => name).sort()).toEqual(known.sort());
  });
});
