import type { DataSource, EntityManager } from 'typeorm';
import { toSafeInteger } from './columns.js';

/** What other processes follow while it changes. */
export const TOPICS = ['catalogue', 'sessions'] as const;
export type Topic = (typeof TOPICS)[number];

/**
 * Takes the next revision of a topic inside the caller's transaction; stamp it on every row that the transaction
 * changes. The topic's row stays locked until the transaction ends, so revisions are committed in their order: who
 * has seen revision n has seen everything up to n. It also makes the topic's writers take turns, so call it first,
 * before reading what the change depends on.
 */
export async function nextRevision(manager: EntityManager, topic: Topic): Promise<number> {
  const rows = await manager.query<{ revision: string }[]>(
    `INSERT INTO change_topic (topic, revision) VALUES ($1, 1)
     ON CONFLICT (topic) DO UPDATE SET revision = change_topic.revision + 1
     RETURNING revision`,
    [topic],
  );
  return toSafeInteger(rows[0]?.revision ?? 0);
}

/** The last committed revision of a topic; 0 = never changed. */
export async function currentRevision(manager: EntityManager, topic: Topic): Promise<number> {
  const rows = await manager.query<{ revision: string }[]>(
    'SELECT revision FROM change_topic WHERE topic = $1',
    [topic],
  );
  return toSafeInteger(rows[0]?.revision ?? 0);
}

export interface ChangeFeedOptions {
  /** Between two looks; default 500. A change is live in every process within this and the listener's own time. */
  intervalMs?: number;
  /** Told once when a look or a listener begins to fail, and once (undefined) when all is well again. */
  onHealth?: (error: Error | undefined) => void;
}

type Listener = (revision: number) => Promise<void>;

interface Subscription {
  topic: Topic;
  seen: number;
  listener: Listener;
}

/**
 * Calls listeners when a topic has a newer revision, one call at a time. It looks rather than listens: one read of
 * a row or two every half second also works through a connection pooler and after a lost connection. A listener
 * that fails is called again at the next look.
 */
export class ChangeFeed {
  private readonly subscriptions: Subscription[] = [];
  private readonly intervalMs: number;
  private readonly onHealth: (error: Error | undefined) => void;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private healthy = true;

  constructor(
    private readonly dataSource: DataSource,
    options: ChangeFeedOptions = {},
  ) {
    this.intervalMs = options.intervalMs ?? 500;
    this.onHealth = options.onHealth ?? (() => undefined);
  }

  /** Calls `listener` once the topic's revision exceeds `seen`. Returns the way to end it. */
  subscribe(topic: Topic, seen: number, listener: Listener): () => void {
    const subscription = { topic, seen, listener };
    this.subscriptions.push(subscription);
    return () => {
      const index = this.subscriptions.indexOf(subscription);
      if (index >= 0) this.subscriptions.splice(index, 1);
    };
  }

  start(): void {
    this.timer ??= setInterval(() => void this.look(), this.intervalMs);
  }

  /** Ends the looking and waits for a listener that is running. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.running;
  }

  /** The revision of a topic that every listener of this process has taken in; undefined if none listens. */
  inForce(topic: Topic): number | undefined {
    const seen = this.subscriptions.filter((one) => one.topic === topic).map((one) => one.seen);
    return seen.length === 0 ? undefined : Math.min(...seen);
  }

  /** The last committed revision of a topic; 0 = never changed. */
  latest(topic: Topic): Promise<number> {
    return currentRevision(this.dataSource.manager, topic);
  }

  /** Looks now; resolves when every listener that had something to do is done. Never rejects. */
  look(): Promise<void> {
    // A look that is still running when the next is due is shared: looks never pile up.
    this.running ??= this.lookOnce().finally(() => (this.running = undefined));
    return this.running;
  }

  private async lookOnce(): Promise<void> {
    let failure: Error | undefined;
    try {
      const rows = await this.dataSource.query<{ topic: Topic; revision: string }[]>(
        'SELECT topic, revision FROM change_topic',
      );
      const revisions = new Map(rows.map((row) => [row.topic, toSafeInteger(row.revision)]));
      for (const subscription of [...this.subscriptions]) {
        const revision = revisions.get(subscription.topic) ?? 0;
        if (revision <= subscription.seen) continue;
        try {
          await subscription.listener(revision);
          subscription.seen = revision;
        } catch (error) {
          failure = asError(error);
        }
      }
    } catch (error) {
      failure = asError(error);
    }
    this.report(failure);
  }

  private report(failure: Error | undefined): void {
    const healthy = failure === undefined;
    if (healthy === this.healthy) return;
    this.healthy = healthy;
    this.onHealth(failure);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
