import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from '../database/index.js';
import type { Attempt } from './sender.js';

/** Any number does, as long as nothing else takes it in the same database ("countwhk" in ASCII). */
const DISPATCH_LOCK = '7165074649648099435';

/** A delivery that this process has taken on, with what it needs to send it. */
export interface ClaimedDelivery {
  id: string;
  endpointId: string;
  messageId: string;
  payload: Buffer;
  /** Failed tries in this cycle. */
  tries: number;
}

/** What is to be written after a try. */
export interface Outcome {
  delivery: ClaimedDelivery;
  attempt: Attempt;
  status: 'pending' | 'delivered' | 'dead';
  /** UNIX milliseconds; null unless pending. */
  nextAttemptAt: number | null;
}

/** Due deliveries that one claim looks through, for each that it may take and beside: bounds what it costs. */
const WINDOW_PER_CLAIMED = 2;
const WINDOW_BESIDE = 200;

/** The first pending delivery of a key from an event on, found in the index of keys: asked so, no other index can answer. */
const firstOf = (endpoint: string, key: string, event = '0') =>
  `(SELECT first.id FROM webhook_delivery first
     WHERE first.status = 'pending' AND (first.endpoint_id, first.order_key, first.event_id) >= (${endpoint}, ${key}, ${event})
     ORDER BY first.endpoint_id, first.order_key, first.event_id LIMIT 1)`;

const FREE = (alias: string) =>
  `${alias}.status = 'pending' AND NOT ${alias}.parked AND (${alias}.claimed_until IS NULL OR ${alias}.claimed_until <= $2)`;

/**
 * $1 endpoint, $2 now, $3 until, $4 how many, $5 window. Where the window is full and fewer are free to go than asked for,
 * what blocks the view is parked. One row at least, whose `parked` says how many were.
 */
const CLAIM = `
  WITH due AS MATERIALIZED (
    SELECT d.id, d.order_key, d.next_attempt_at FROM webhook_delivery d
     WHERE d.endpoint_id = $1 AND d.next_attempt_at <= $2 AND ${FREE('d')}
       AND EXISTS (SELECT 1 FROM webhook_endpoint w
                    WHERE w.id = $1 AND w.enabled AND (w.paused_until IS NULL OR w.paused_until <= $2))
     ORDER BY d.next_attempt_at, d.id LIMIT $5
  ), judged AS MATERIALIZED (
    SELECT due.*, due.order_key IS NULL OR due.id = ${firstOf('$1::uuid', 'due.order_key')} AS first FROM due
  ), picked AS (
    SELECT d.id FROM judged j JOIN webhook_delivery d ON d.id = j.id
     WHERE j.first AND ${FREE('d')}
     ORDER BY j.next_attempt_at, j.id LIMIT $4 FOR UPDATE OF d SKIP LOCKED
  ), claimed AS (
    UPDATE webhook_delivery d SET claimed_until = $3 FROM picked WHERE d.id = picked.id
    RETURNING d.id, d.event_id, d.tries
  ), behind AS (
    SELECT d.id FROM judged j JOIN webhook_delivery d ON d.id = j.id
     WHERE NOT j.first AND ${FREE('d')}
       AND (SELECT count(*) = $5 AND count(*) FILTER (WHERE judged.first) < $4 FROM judged)
       FOR UPDATE OF d SKIP LOCKED
  ), parked AS (
    UPDATE webhook_delivery d SET parked = true FROM behind WHERE d.id = behind.id RETURNING d.id
  )
  SELECT p.parked, c.id, c.event_id AS "eventId", $1::text AS "endpointId", e.message_id AS "messageId", e.payload, c.tries
    FROM (SELECT count(*)::integer AS parked FROM parked) p
    LEFT JOIN (claimed c JOIN outbox_event e ON e.id = c.event_id) ON true`;

/**
 * Brings back what is parked and first of its key after all: an earlier delivery ended in the very moment in which it was
 * parked, or was forgotten. Looks up each key that has something parked.
 */
const UNPARK = `
  WITH RECURSIVE parked_key AS (
    (SELECT endpoint_id, order_key FROM webhook_delivery WHERE status = 'pending' AND parked
      ORDER BY endpoint_id, order_key LIMIT 1)
    UNION ALL
    SELECT n.endpoint_id, n.order_key FROM parked_key k CROSS JOIN LATERAL (
      SELECT d.endpoint_id, d.order_key FROM webhook_delivery d
       WHERE d.status = 'pending' AND d.parked AND (d.endpoint_id, d.order_key) > (k.endpoint_id, k.order_key)
       ORDER BY d.endpoint_id, d.order_key LIMIT 1) n
  ), first AS MATERIALIZED (
    SELECT ${firstOf('k.endpoint_id', 'k.order_key')} AS id FROM parked_key k
  )
  UPDATE webhook_delivery d SET parked = false FROM first WHERE d.id = first.id AND d.parked`;

/**
 * SQL that moves deliveries: made, claimed, recorded. Times are handed in, so that the clock of this process and not
 * that of the server decides.
 */
export class DeliveryRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Makes deliveries of up to `limit` waiting events, oldest first, one process at a time: so a later event of a SIM is
   * never there before an earlier one. Returns how many events it took and the endpoints that now have something to do.
   */
  async dispatch(now: number, limit: number): Promise<{ events: number; endpointIds: string[] }> {
    // Asked several times a second, mostly in vain: one round trip then, and no transaction.
    const waiting = await this.dataSource.query<unknown[]>(
      'SELECT id FROM outbox_event WHERE dispatched_at IS NULL ORDER BY id LIMIT 1',
    );
    if (waiting.length === 0) return { events: 0, endpointIds: [] };
    return inTransaction(this.dataSource, async (manager) => {
      const [lock] = await manager.query<{ taken: boolean }[]>(
        'SELECT pg_try_advisory_xact_lock($1) AS taken',
        [DISPATCH_LOCK],
      );
      if (lock?.taken !== true) return { events: 0, endpointIds: [] };
      const [row] = await manager.query<{ events: number; endpointIds: string[] }[]>(
        `WITH picked AS (
           SELECT id, type, sim_id FROM outbox_event WHERE dispatched_at IS NULL ORDER BY id LIMIT $2
         ), marked AS (
           UPDATE outbox_event e SET dispatched_at = $1 FROM picked p WHERE e.id = p.id
         ), made AS (
           INSERT INTO webhook_delivery (event_id, endpoint_id, order_key, status, attempts, tries, next_attempt_at, created_at)
           SELECT p.id, w.id, CASE WHEN w.ordering = 'sim' THEN p.sim_id END, 'pending', 0, 0, $1, $1
             FROM picked p
             JOIN webhook_endpoint w ON w.enabled AND (w.event_types = '{}' OR p.type = ANY (w.event_types))
            ORDER BY p.id
           RETURNING endpoint_id
         )
         SELECT (SELECT count(*)::integer FROM picked) AS events,
                ARRAY (SELECT DISTINCT endpoint_id::text FROM made) AS "endpointIds"`,
        [new Date(now), limit],
      );
      return row ?? { events: 0, endpointIds: [] };
    });
  }

  /**
   * Takes on up to `limit` due deliveries of an endpoint until `until`. Those that another process holds are passed
   * over, and so are those whose SIM has an earlier one that is still pending. What it costs is bounded by `limit`, but
   * for the first look at many deliveries of SIMs that wait: these are parked, a window at a time.
   */
  async claim(endpointId: string, now: number, until: number, limit: number): Promise<ClaimedDelivery[]> {
    const window = WINDOW_PER_CLAIMED * limit + WINDOW_BESIDE;
    const values = [endpointId, new Date(now), new Date(until), limit, window];
    for (;;) {
      const { claimed, parked } = await inTransaction(this.dataSource, (manager) => claimOf(manager, values));
      if (claimed.length > 0 || parked === 0) return claimed;
    }
  }

  /** Brings back deliveries that are parked with nothing before them. */
  async unpark(): Promise<void> {
    await this.dataSource.query(UNPARK);
  }

  /** Gives back what was claimed and not tried. */
  async release(ids: readonly string[]): Promise<void> {
    await this.dataSource.query(
      `UPDATE webhook_delivery SET claimed_until = NULL WHERE id = ANY ($1::bigint[]) AND status = 'pending'`,
      [ids],
    );
  }

  /**
   * Writes how tries went, in one statement, which is its own transaction: one round trip. What is no longer pending
   * (another process was faster) stays.
   */
  async record(outcomes: readonly Outcome[], now: number): Promise<void> {
    await insertOutcomes(this.dataSource.manager, outcomes, now);
  }

  /** Enabled endpoints that have had something to do since `dueBefore` and that nobody has taken on. */
  async overdueEndpoints(now: number, dueBefore: number): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT w.id FROM webhook_endpoint w
        WHERE w.enabled AND (w.paused_until IS NULL OR w.paused_until <= $1)
          AND EXISTS (SELECT 1 FROM webhook_delivery d
                       WHERE d.endpoint_id = w.id AND d.status = 'pending' AND NOT d.parked AND d.next_attempt_at <= $2
                         AND (d.claimed_until IS NULL OR d.claimed_until <= $1))`,
      [new Date(now), new Date(dueBefore)],
    );
    return rows.map((row) => row.id);
  }

  /**
   * Deletes up to `limit` dispatched events from before `before` that no enabled endpoint still waits for. Returns how
   * many.
   */
  async prune(before: number, limit: number): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>(
      `WITH gone AS (
         DELETE FROM outbox_event WHERE id IN (
           SELECT e.id FROM outbox_event e
            WHERE e.occurred_at < $1 AND e.dispatched_at IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM webhook_delivery d JOIN webhook_endpoint w ON w.id = d.endpoint_id
                               WHERE d.event_id = e.id AND d.status = 'pending' AND w.enabled)
            ORDER BY e.occurred_at LIMIT $2)
         RETURNING id
       ) SELECT count(*)::integer AS count FROM gone`,
      [new Date(before), limit],
    );
    return row?.count ?? 0;
  }
}

async function claimOf(
  manager: EntityManager,
  values: unknown[],
): Promise<{ claimed: ClaimedDelivery[]; parked: number }> {
  // However little the server knows of a table that fills, it must not look at all that is pending.
  await manager.query(
    `SELECT set_config(name, 'off', true)
       FROM unnest('{enable_sort,enable_bitmapscan,enable_hashjoin,enable_mergejoin}'::text[]) AS name`,
  );
  type Row = ClaimedDelivery & { eventId: string; parked: number };
  const rows = await manager.query<(Row | { id: null; parked: number })[]>(CLAIM, values);
  const claimed = rows.filter((row): row is Row => row.id !== null);
  claimed.sort((a, b) => Number(a.eventId) - Number(b.eventId));
  return { claimed, parked: rows[0]?.parked ?? 0 };
}

async function insertOutcomes(
  manager: EntityManager,
  outcomes: readonly Outcome[],
  now: number,
): Promise<void> {
  await manager.query(
    `WITH outcome AS (
       SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::integer[], $6::integer[],
                            $7::text[], $8::jsonb[], $9::text[])
         AS o (id, status, next_attempt_at, started_at, duration_ms, status_code, error, headers, head)
     ), updated AS (
       UPDATE webhook_delivery d
          SET status = o.status, attempts = d.attempts + 1, tries = d.tries + 1, next_attempt_at = o.next_attempt_at,
              claimed_until = NULL, finished_at = CASE WHEN o.status = 'pending' THEN NULL ELSE $10::timestamptz END
         FROM outcome o WHERE d.id = o.id AND d.status = 'pending'
       RETURNING d.id, d.attempts, d.status, d.endpoint_id, d.order_key, d.event_id
     ), next AS MATERIALIZED (
       SELECT ${firstOf('u.endpoint_id', 'u.order_key', 'u.event_id + 1')} AS id FROM updated u
        WHERE u.status <> 'pending' AND u.order_key IS NOT NULL
     ), brought_back AS (
       -- Those that waited for them, if they were parked. The first of another key, where none waited, may be seen.
       UPDATE webhook_delivery n SET parked = false WHERE n.parked AND n.id = ANY (ARRAY (SELECT id FROM next))
     )
     INSERT INTO webhook_attempt (delivery_id, number, started_at, duration_ms, status_code, error, response_headers, response_head)
     SELECT u.id, u.attempts, o.started_at, o.duration_ms, o.status_code, o.error, o.headers, o.head
       FROM updated u JOIN outcome o ON o.id = u.id`,
    [
      outcomes.map(({ delivery }) => delivery.id),
      outcomes.map(({ status }) => status),
      outcomes.map(({ nextAttemptAt }) => toDate(nextAttemptAt)),
      outcomes.map(({ attempt }) => new Date(attempt.startedAt)),
      outcomes.map(({ attempt }) => attempt.durationMs),
      outcomes.map(({ attempt }) => attempt.statusCode),
      outcomes.map(({ attempt }) => attempt.error),
      outcomes.map(({ attempt }) => attempt.responseHeaders && JSON.stringify(attempt.responseHeaders)),
      outcomes.map(({ attempt }) => attempt.responseHead),
      new Date(now),
    ],
  );
}

function toDate(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}
