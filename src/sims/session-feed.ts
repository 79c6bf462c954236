import type { DataSource, EntityManager } from 'typeorm';
import { currentRevision, inTransaction, type ChangeFeed } from '../database/index.js';
import type { RealmsRepository } from './realms.repository.js';
import type { SessionsRepository } from './sessions.repository.js';
import type { SessionChanges } from './types.js';

export interface SessionFeedOptions {
  /**
   * On the first load leave out sessions that ended before this UNIX millisecond; traffic of then would go to suspense.
   * Default: load all.
   */
  endedAfter?: number;
}

/** Tells what changed of sessions and realms, for those who keep them in memory. */
export class SessionFeed {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sessions: SessionsRepository,
    private readonly realms: RealmsRepository,
  ) {}

  /** All realms, and the sessions changed after revision `since` (0: all of them). One consistent view. */
  changesSince(since: number, options: SessionFeedOptions = {}): Promise<SessionChanges> {
    const endedAfter = since > 0 || options.endedAfter === undefined ? null : new Date(options.endedAfter);
    const read = async (manager: EntityManager): Promise<SessionChanges> => ({
      revision: await currentRevision(manager, 'sessions'),
      realms: (await this.realms.all(manager)).map(({ index, name, resolvers, shareNames }) => ({
        index,
        name,
        resolvers,
        shareNames,
      })),
      upserted: await this.sessions.changedSince(manager, since, endedAfter),
      deletedIds: since === 0 ? [] : await this.sessions.deletedSince(manager, since),
    });
    return inTransaction(this.dataSource, read, { isolation: 'REPEATABLE READ' });
  }

  /**
   * Forgets deletions of before an instant (UNIX milliseconds). Whoever follows must have heard of them by then: a process
   * that starts anew loads all sessions and needs none.
   */
  pruneDeleted(before: number): Promise<number> {
    return inTransaction(this.dataSource, (manager) =>
      this.sessions.pruneTombstones(manager, new Date(before)),
    );
  }

  /**
   * Hands `apply` all sessions, and then every change (within the feed's interval), in order and without a gap.
   * Resolves after the first; returns the way to end it. The caller starts and stops the feed.
   */
  async follow(
    feed: ChangeFeed,
    apply: (changes: SessionChanges) => void | Promise<void>,
    options: SessionFeedOptions = {},
  ): Promise<() => void> {
    const first = await this.changesSince(0, options);
    let seen = first.revision;
    await apply(first);
    return feed.subscribe('sessions', seen, async () => {
      const changes = await this.changesSince(seen);
      await apply(changes);
      seen = changes.revision;
    });
  }
}
