import { describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import {
  brokenConstraint,
  ChangeFeed,
  currentRevision,
  inTransaction,
  nextRevision,
  sqlState,
} from './index.js';

const database = useTestDatabase();

describe('inTransaction', () => {
  it('runs the whole unit again after a deadlock, and loses nothing', async () => {
    const { dataSource } = database();
    await dataSource.query('CREATE TABLE counter (id int PRIMARY KEY, value int NOT NULL)');
    await dataSource.query('INSERT INTO counter VALUES (1, 0), (2, 0)');
    let runs = 0;
    const add = (first: number, second: number) =>
      inTransaction(dataSource, async (manager) => {
        runs += 1;
        await manager.query('UPDATE counter SET value = value + 1 WHERE id = $1', [first]);
        await manager.query('SELECT pg_sleep(0.1)');
        await manager.query('UPDATE counter SET value = value + 1 WHERE id = $1', [second]);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(await dataSource.query('SELECT value FROM counter ORDER BY id')).toEqual([
      { value: 2 },
      { value: 2 },
    ]);
    expect(runs).toBeGreaterThan(2);
  });

  it('runs the whole unit again after a serialization failure', async () => {
    const { dataSource } = database();
    await dataSource.query('CREATE TABLE total (value int NOT NULL)');
    await dataSource.query('INSERT INTO total VALUES (0)');
    const add = () =>
      inTransaction(
        dataSource,
        async (manager) => {
          const rows = await manager.query<{ value: number }[]>('SELECT value FROM total');
          await manager.query('UPDATE total SET value = $1', [(rows[0]?.value ?? 0) + 1]);
        },
        { isolation: 'SERIALIZABLE', attempts: 20 },
      );
    await Promise.all([add(), add(), add(), add()]);
    expect(await dataSource.query('SELECT value FROM total')).toEqual([{ value: 4 }]);
  });

  it('gives up at once on any other error, and leaves nothing behind', async () => {
    const { dataSource } = database();
    await dataSource.query('CREATE TABLE once (id int CONSTRAINT once_pkey PRIMARY KEY)');
    let runs = 0;
    const failure: unknown = await inTransaction(dataSource, async (manager) => {
      runs += 1;
      await manager.query('INSERT INTO once VALUES (1)');
      await manager.query('INSERT INTO once VALUES (1)');
    }).catch((error: unknown) => error);
    expect([sqlState(failure), brokenConstraint(failure), runs]).toEqual(['23505', 'once_pkey', 1]);
    expect(await dataSource.query('TABLE once')).toEqual([]);
  });
});

describe('revisions', () => {
  it('are committed in their order: who sees one has seen all before it', async () => {
    const { dataSource } = database();
    await dataSource.query('CREATE TABLE change (revision bigint PRIMARY KEY)');
    const state = { writing: true };
    const gaps: number[] = [];
    const reader = (async () => {
      while (state.writing) {
        const seen = await inTransaction(
          dataSource,
          async (manager) => {
            const revision = await currentRevision(manager, 'catalogue');
            const rows = await manager.query<{ n: string }[]>(
              'SELECT count(*) AS n FROM change WHERE revision <= $1',
              [revision],
            );
            return { revision, rows: Number(rows[0]?.n) };
          },
          { isolation: 'REPEATABLE READ' },
        );
        if (seen.rows !== seen.revision) gaps.push(seen.revision);
      }
    })();
    const write = (pause: number) =>
      inTransaction(dataSource, async (manager) => {
        const revision = await nextRevision(manager, 'catalogue');
        await manager.query('SELECT pg_sleep($1)', [pause]);
        await manager.query('INSERT INTO change VALUES ($1)', [revision]);
      });
    await Promise.all(Array.from({ length: 30 }, (_, index) => write(index % 3 === 0 ? 0.01 : 0)));
    state.writing = false;
    await reader;
    expect(gaps).toEqual([]);
    expect(await currentRevision(dataSource.manager, 'catalogue')).toBe(30);
  });

  it('reach a running feed well within two seconds, and a stopped one no more', async () => {
    const { dataSource } = database();
    const feed = new ChangeFeed(dataSource);
    const seen = await currentRevision(dataSource.manager, 'sessions');
    const told: number[] = [];
    let arrived: (() => void) | undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    feed.subscribe('sessions', seen, (revision) => {
      told.push(revision);
      arrived?.();
      return Promise.resolve();
    });
    feed.start();
    const start = Date.now();
    const revision = await inTransaction(dataSource, (manager) => nextRevision(manager, 'sessions'));
    await arrival;
    expect(Date.now() - start).toBeLessThan(2000);
    await feed.stop();
    await inTransaction(dataSource, (manager) => nextRevision(manager, 'sessions'));
    expect(told).toEqual([revision]);
  });

  it('are looked for again after the database was away', async () => {
    const { dataSource } = database();
    const health: boolean[] = [];
    const feed = new ChangeFeed(dataSource, { onHealth: (error) => void health.push(error === undefined) });
    await dataSource.query('ALTER TABLE change_topic RENAME TO gone');
    await feed.look();
    await feed.look();
    await dataSource.query('ALTER TABLE gone RENAME TO change_topic');
    await feed.look();
    expect(health).toEqual([false, true]);
  });
});
