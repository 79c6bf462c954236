import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { createDataSource, inTransaction, queryPrepared } from './index.js';

const PLANS = `SELECT generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE statement = $1`;

describe('queryPrepared', () => {
  // One connection, so that every statement meets what the one before left in it.
  const database = useTestDatabase({ migrated: false, poolSize: 1 });

  it('is parsed once in a connection, whatever its values', async () => {
    const { manager } = database().dataSource;
    const text = 'SELECT $1::int + 1 AS sum';
    for (const n of [1, 2, 3]) expect(await queryPrepared(manager, text, [n])).toEqual([{ sum: n + 1 }]);
    expect(await manager.query(PLANS, [text])).toEqual([{ runs: '3' }]);
  });

  it('sees what its transaction did, and gives it up with it', async () => {
    const { dataSource } = database();
    await dataSource.query('CREATE TABLE place (name text)');
    const names = 'SELECT name FROM place';
    const failing = inTransaction(dataSource, async (manager) => {
      await manager.query(`INSERT INTO place VALUES ('inside')`);
      expect(await queryPrepared(manager, names, [])).toEqual([{ name: 'inside' }]);
      await queryPrepared(manager, 'SELECT 1 / $1::int AS none', [0]);
    });
    await expect(failing).rejects.toThrow(QueryFailedError);
    expect(await queryPrepared(dataSource.manager, names, [])).toEqual([]);
  });

  it('answers although the connection forgot the statement, or its result has changed since', async () => {
    const { manager } = database().dataSource;
    await manager.query('CREATE TABLE changing (a int)');
    await manager.query('INSERT INTO changing VALUES (1)');
    const text = 'SELECT * FROM changing';
    expect(await queryPrepared(manager, text, [])).toEqual([{ a: 1 }]);
    await manager.query('DEALLOCATE ALL');
    expect(await queryPrepared(manager, text, [])).toEqual([{ a: 1 }]);
    await manager.query('ALTER TABLE changing ADD b int');
    expect(await queryPrepared(manager, text, [])).toEqual([{ a: 1, b: null }]);
  });

  it('names no more statements than stay few, and answers the others all the same', async () => {
    const { url } = database();
    const dataSource = await createDataSource({ url, poolSize: 1 }).initialize();
    try {
      for (let n = 0; n < 250; n += 1)
        expect(await queryPrepared(dataSource.manager, `SELECT ${n} AS n`, [])).toEqual([{ n }]);
      const [row] = await dataSource.query<{ named: number }[]>(
        'SELECT count(*)::int AS named FROM pg_prepared_statements',
      );
      expect(row?.named).toBeLessThanOrEqual(200);
      expect(row?.named).toBeGreaterThan(100);
    } finally {
      await dataSource.destroy();
    }
  });
});
