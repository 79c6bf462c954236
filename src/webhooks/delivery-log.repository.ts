import type { EntityManager } from 'typeorm';
import { freezePayload, TEST_EVENT_TYPE } from './events.js';
import { newMessageId } from './outbox.js';
import type { DeliveryFilter, DeliveryStatus, ReplayRequest } from './schemas.js';

/** A delivery with its event, without the payload. */
export interface DeliveryRow {
  id: string;
  endpointId: string;
  messageId: string;
  eventType: string;
  simId: string | null;
  sequence: string | null;
  occurredAt: Date;
  status: DeliveryStatus;
  attempts: number;
  nextAttemptAt: Date | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface AttemptRow {
  number: number;
  startedAt: Date;
  durationMs: number;
  statusCode: number | null;
  error: string | null;
  responseHeaders: Record<string, string> | null;
  responseHead: string | null;
}

const COLUMNS = `
  d.id, d.endpoint_id AS "endpointId", e.message_id AS "messageId", e.type AS "eventType", e.sim_id AS "simId",
  e.sequence, e.occurred_at AS "occurredAt", d.status, d.attempts, d.next_attempt_at AS "nextAttemptAt",
  d.created_at AS "createdAt", d.finished_at AS "finishedAt"`;

/** What can be sent again at $1: it has ended, or waits for a next try that nobody has begun. */
const REPLAYABLE = `(d.status <> 'pending'
  OR (d.next_attempt_at > $1 AND (d.claimed_until IS NULL OR d.claimed_until <= $1)))`;

/** SQL that answers about deliveries and sends them again. */
export class DeliveryLogRepository {
  /** Newest first; `before`: id of the last one of the page before. */
  list(
    manager: EntityManager,
    filter: DeliveryFilter,
    limit: number,
    before: string | undefined,
  ): Promise<DeliveryRow[]> {
    const conditions: string[] = [];
    const values: unknown[] = [];
    const add = (condition: string, value: unknown): void => {
      if (value === undefined) return;
      values.push(value);
      conditions.push(condition.replace('?', `$${values.length}`));
    };
    add('d.id < ?', before);
    add('d.endpoint_id = ?', filter.endpointId);
    add('d.status = ?', filter.status);
    add('e.type = ?', filter.eventType);
    add('e.sim_id = ?', filter.simId);
    add('e.occurred_at >= ?', toDate(filter.from));
    add('e.occurred_at < ?', toDate(filter.to));
    values.push(limit);
    return manager.query<DeliveryRow[]>(
      `SELECT ${COLUMNS} FROM webhook_delivery d JOIN outbox_event e ON e.id = d.event_id
        ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
        ORDER BY d.id DESC LIMIT $${values.length}`,
      values,
    );
  }

  async find(manager: EntityManager, id: string): Promise<(DeliveryRow & { payload: Buffer }) | undefined> {
    const rows = await manager.query<(DeliveryRow & { payload: Buffer })[]>(
      `SELECT ${COLUMNS}, e.payload FROM webhook_delivery d JOIN outbox_event e ON e.id = d.event_id WHERE d.id = $1`,
      [id],
    );
    return rows[0];
  }

  /** In their order; `after`: number of the last one of the page before. */
  attempts(manager: EntityManager, deliveryId: string, after: number, limit: number): Promise<AttemptRow[]> {
    return manager.query<AttemptRow[]>(
      `SELECT number, started_at AS "startedAt", duration_ms AS "durationMs", status_code AS "statusCode", error,
              response_headers AS "responseHeaders", response_head AS "responseHead"
         FROM webhook_attempt WHERE delivery_id = $1 AND number > $2 ORDER BY number LIMIT $3`,
      [deliveryId, after, limit],
    );
  }

  /** An event for one endpoint, past the dispatcher. Returns the delivery's id. */
  async insertTest(manager: EntityManager, endpointId: string, now: number): Promise<string> {
    const type = TEST_EVENT_TYPE;
    const data = {
      endpointId,
      message: 'This is a test event. It was sent on request and means nothing else.',
    };
    const payload = freezePayload({ type, data, occurredAt: now }, null);
    const rows = await manager.query<{ id: string }[]>(
      `WITH event AS (
         INSERT INTO outbox_event (message_id, type, occurred_at, payload, dispatched_at)
         VALUES ($1, $2, $3, $4, $3) RETURNING id
       )
       INSERT INTO webhook_delivery (event_id, endpoint_id, status, attempts, tries, next_attempt_at, created_at)
       SELECT id, $5, 'pending', 0, 0, $3, $3 FROM event RETURNING id`,
      [newMessageId(), type, new Date(now), payload, endpointId],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('The test event made no delivery');
    return row.id;
  }

  /** Ids among `ids` that are no delivery. */
  async unknown(manager: EntityManager, ids: readonly string[]): Promise<string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT id::text FROM unnest($1::bigint[]) AS wanted (id)
        WHERE NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.id = wanted.id)`,
      [ids],
    );
    return rows.map((row) => row.id);
  }

  /** Makes named deliveries due now. Returns the endpoint of each. */
  async reviveNamed(manager: EntityManager, ids: readonly string[], now: number): Promise<string[]> {
    return this.revive(manager, 'd.id = ANY ($2::bigint[])', [new Date(now), ids]);
  }

  /** Makes deliveries of an endpoint, of a time range or of both due now. Returns the endpoint of each. */
  async reviveRange(manager: EntityManager, request: ReplayRequest, now: number): Promise<string[]> {
    return this.revive(
      manager,
      `($2::uuid IS NULL OR d.endpoint_id = $2) AND ($3 = 'any' OR d.status = $3)
       AND EXISTS (SELECT 1 FROM outbox_event e WHERE e.id = d.event_id
                    AND e.occurred_at >= coalesce($4, '-infinity'::timestamptz)
                    AND e.occurred_at < coalesce($5, 'infinity'::timestamptz))`,
      [
        new Date(now),
        request.endpointId ?? null,
        request.status,
        toDate(request.from) ?? null,
        toDate(request.to) ?? null,
      ],
    );
  }

  /** Makes deliveries of events that the endpoint's filter takes and that were never meant for it. */
  async insertMissing(manager: EntityManager, request: ReplayRequest, now: number): Promise<string[]> {
    const rows = await manager.query<{ endpointId: string }[]>(
      `WITH made AS (
         INSERT INTO webhook_delivery (event_id, endpoint_id, order_key, status, attempts, tries, next_attempt_at, created_at)
         SELECT e.id, w.id, CASE WHEN w.ordering = 'sim' THEN e.sim_id END, 'pending', 0, 0, $1::timestamptz, $1::timestamptz
           FROM outbox_event e JOIN webhook_endpoint w ON w.id = $2
          WHERE e.occurred_at >= $3 AND e.occurred_at < coalesce($4, 'infinity'::timestamptz)
            AND e.dispatched_at IS NOT NULL AND e.type <> $5
            AND (w.event_types = '{}' OR e.type = ANY (w.event_types))
          ORDER BY e.id
         ON CONFLICT (event_id, endpoint_id) DO NOTHING
         RETURNING endpoint_id AS "endpointId"
       ) SELECT "endpointId" FROM made`,
      [new Date(now), request.endpointId, toDate(request.from), toDate(request.to) ?? null, TEST_EVENT_TYPE],
    );
    return rows.map((row) => row.endpointId);
  }

  private async revive(manager: EntityManager, condition: string, values: unknown[]): Promise<string[]> {
    const rows = await manager.query<{ endpointId: string }[]>(
      `WITH revived AS (
         UPDATE webhook_delivery d
            SET status = 'pending', tries = 0, next_attempt_at = $1, claimed_until = NULL, finished_at = NULL, parked = false
          WHERE ${REPLAYABLE} AND ${condition}
         RETURNING d.endpoint_id AS "endpointId"
       ) SELECT "endpointId" FROM revived`,
      values,
    );
    return rows.map((row) => row.endpointId);
  }
}

function toDate(time: number | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
