import { expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { RealmsRepository } from './realms.repository.js';
import { SessionFeed } from './session-feed.js';
import { SessionsRepository } from './sessions.repository.js';

const database = useTestDatabase();

it('deletions are forgotten once everyone has heard of them', async () => {
  const { dataSource } = database();
  const feed = new SessionFeed(dataSource, new SessionsRepository(), new RealmsRepository());
  await dataSource.query(
    `INSERT INTO session_tombstone (session_id, revision, deleted_at) VALUES (1, 5, '2026-01-01'), (2, 6, '2026-01-03')`,
  );
  await dataSource.query('INSERT INTO session_tombstone (session_id, revision) VALUES (3, 7)');
  expect(await feed.pruneDeleted(Date.UTC(2026, 0, 2))).toBe(1);
  expect((await feed.changesSince(1)).deletedIds).toEqual([2, 3]);
});
