import { readdir } from 'node:fs/promises';
import type { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { loadMigrations, migrate, type MigrateOptions } from '../../src/database/index.js';
import { createTestDatabase } from '../support/database.js';
import { fillEveryTable, keptColumns, readEveryTable, seenAs } from '../support/filled-database.js';
import { readSchema } from '../support/schema.js';

type Migrations = NonNullable<MigrateOptions['migrations']>;

/**
 * The last four digits of each migration, in the order in which they came: numbers go by domain, so a database of an
 * earlier program lacks some in the middle. A new migration is put at the end.
 */
const CAME = [
  [1201, 501, 1501, 1601, 1001, 1101, 1301, 1401, 1602, 1202, 1402, 1002, 1701, 1003, 1203, 1403, 1404, 1405],
  [
    1702, 1102, 1011, 1204, 1703, 1211, 1704, 1451, 1480, 1461, 1591, 1471, 1472, 1592, 1603, 1490, 1481,
    1485, 1486, 1302,
  ],
].flat();

async function empty<Result>(work: (dataSource: DataSource) => Promise<Result>): Promise<Result> {
  const database = await createTestDatabase({ migrated: false });
  try {
    return await work(database.dataSource);
  } finally {
    await database.drop();
  }
}

describe('a database that an earlier program made', () => {
  it('has an order here for every migration that there is', async () => {
    const files = await readdir(new URL('../../migrations', import.meta.url));
    const numbers = files.map((file) => Number(file.slice(9, 13)));
    expect(CAME.toSorted((a, b) => a - b)).toEqual(numbers.sort((a, b) => a - b));
  });

  it('has, once upgraded, the schema of a new one, and every row that it had', async () => {
    const all: Migrations = await loadMigrations();
    const schema = await empty(async (dataSource) => {
      await migrate(dataSource);
      return readSchema(dataSource);
    });
    expect(schema.length).toBeGreaterThan(500);
    for (let count = 1; count < CAME.length; count += 1) {
      const had = new Set(CAME.slice(0, count));
      const earlier = all.filter(({ name }) => had.has(Number(name.slice(-4))));
      await empty(async (dataSource) => {
        await migrate(dataSource, { migrations: earlier });
        await fillEveryTable(dataSource);
        const before = await readEveryTable(dataSource);
        await migrate(dataSource);
        const state = `upgraded from the state that ended with ${CAME[count - 1]}`;
        expect(await readSchema(dataSource), state).toEqual(schema);
        const after = await readEveryTable(dataSource);
        const kept = keptColumns(after, before);
        expect(seenAs(after, kept), state).toEqual(seenAs(before, kept));
      });
    }
  }, 240_000);
});
