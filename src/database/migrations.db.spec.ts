import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createDataSource, loadMigrations, migrate, pendingMigrations } from './index.js';

class Thing1700000099001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE thing (id int)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE thing');
  }
}

class Broken1700000099002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half_done (id int)');
    await runner.query('CREATE TABLE thing (id int)');
  }
  async down(): Promise<void> {
    return Promise.resolve();
  }
}

describe('migrate', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
  });
  afterAll(() => database.drop());

  it('lets one of several processes migrate while the others wait', async () => {
    const others = await Promise.all(
      [1, 2, 3].map(() => createDataSource({ url: database.url, poolSize: 2 }).initialize()),
    );
    const applied = await Promise.all(
      others.map((dataSource) => migrate(dataSource, { migrations: [Thing1700000099001] })),
    );
    await Promise.all(others.map((dataSource) => dataSource.destroy()));
    expect(applied.flat()).toEqual(['Thing1700000099001']);
  });

  it('rolls a failed migration back whole and names it', async () => {
    const migrations = [Thing1700000099001, Broken1700000099002];
    await expect(migrate(database.dataSource, { migrations })).rejects.toThrow(
      /Broken1700000099002 failed and was rolled back.*already exists/,
    );
    const rows: unknown = await database.dataSource.query(`SELECT to_regclass('half_done') AS found`);
    expect(rows).toEqual([{ found: null }]);
  });

  it('refuses a database that a newer build has migrated', async () => {
    const newer = /newer Countfree \(Thing1700000099001\)/;
    await expect(migrate(database.dataSource, { migrations: [] })).rejects.toThrow(newer);
    await expect(pendingMigrations(database.dataSource, { migrations: [] })).rejects.toThrow(newer);
  });

  it('tells what is pending, and every migration can be undone and done again', async () => {
    const fresh = await createTestDatabase();
    try {
      expect(await pendingMigrations(fresh.dataSource)).toEqual([]);
      const runner = fresh.dataSource.createQueryRunner();
      for (const migration of (await loadMigrations()).toReversed()) await new migration().down(runner);
      await runner.query('DELETE FROM schema_migrations');
      await runner.release();
      const all = (await loadMigrations()).map((migration) => migration.name);
      expect(await pendingMigrations(fresh.dataSource)).toEqual(all);
      expect(await migrate(fresh.dataSource)).toEqual(all);
    } finally {
      await fresh.drop();
    }
  });
});
