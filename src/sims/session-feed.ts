import type { DataSource, EntityManager } from 'typeorm';
import { currentRevision, inTransaction, type ChangeFeed } from '../database/index.js';
import type { RealmsRepository } from './realms.repository.js';
import type { SessionsRepository } from './sessions.repository.js';
import type { RealmPolicy, SessionChanges } from './types.js';

export interface SessionFeedOptions {
  /**
   * On the first load leave out sessions that ended before this UNIX millisecond; traffic of then would go to suspense.
   * Default: load all.
   */
  endedAfter?: number;
  /** Most sessions handed on at a time, so that a first load of very many holds up nothing else. Default 5,000. */
  pageSize?: number;
}

const PAGE_SIZE = 5_000;
type Apply = (changes: SessionChanges) => void | Promise<void>;

/** Tells what changed of sessions and realms, for those who keep them in memory. */
export class SessionFeed {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sessions: SessionsRepository,
    private readonly realms: RealmsRepository,
  ) {}

  /** All realms, and the sessions changed after revision `since` (0: all of them). One consistent view. */
  async changesSince(since: number, options: SessionFeedOptions = {}): Promise<SessionChanges> {
    const all: SessionChanges = { revision: since, realms: [], upserted: [], deletedIds: [] };
    all.revision = await this.pagesSince(since, options, ({ realms, upserted, deletedIds }) => {
      all.realms.push(...realms);
      for (const session of upserted) all.upserted.push(session);
      for (const id of deletedIds) all.deletedIds.push(id);
    });
    return all;
  }

  /**
   * Hands on what {@link changesSince} gives page by page, the first with realms and deletions, all of one consistent view.
   * @returns the revision
   */
  private pagesSince(since: number, options: SessionFeedOptions, apply: Apply): Promise<number> {
    const endedAfter = since > 0 || options.endedAfter === undefined ? null : new Date(options.endedAfter);
    const limit = options.pageSize ?? PAGE_SIZE;
    const read = async (manager: EntityManager): Promise<number> => {
      const revision = await currentRevision(manager, 'sessions');
      let realms = await this.policies(manager);
      let deletedIds = since === 0 ? [] : await this.sessions.deletedSince(manager, since);
      for (let afterId = 0; ;) {
        const upserted = await this.sessions.changedSince(manager, since, endedAfter, afterId, limit);
        await apply({ revision, realms, upserted, deletedIds });
        const last = upserted.at(-1);
        if (last === undefined || upserted.length < limit) return revision;
        afterId = last.id;
        realms = [];
        deletedIds = [];
      }
    };
    return inTransaction(this.dataSource, read, { isolation: 'REPEATABLE READ' });
  }

  private async policies(manager: EntityManager): Promise<RealmPolicy[]> {
    const realms = await this.realms.all(manager);
    return realms.map(({ index, name, resolvers, shareNames }) => ({ index, name, resolvers, shareNames }));
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
   * Hands `apply` all sessions, and then every change (within the feed's interval), in order and without a gap, in pages of
   * which only the first names realms and deletions. What `apply` fails at comes again. Resolves after the first; returns
   * the way to end it. The caller starts and stops the feed.
   */
  async follow(feed: ChangeFeed, apply: Apply, options: SessionFeedOptions = {}): Promise<() => void> {
    let seen = await this.pagesSince(0, options, apply);
    return feed.subscribe('sessions', seen, async () => {
      seen = await this.pagesSince(seen, options, apply);
    });
  }
}
