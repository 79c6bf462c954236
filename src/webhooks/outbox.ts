import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { freezePayload, type AppendedEvent, type OutboxEvent } from './events.js';

/** Rows per INSERT: bounds the memory of one statement while a month is closed. */
const CHUNK = 2000;

/**
 * Writes events within the caller's transaction: they exist exactly if what caused them does. Delivery follows when
 * the transaction has committed. Needs nothing but the manager, so it also works in a process without Redis.
 */
export class Outbox {
  async append(manager: EntityManager, event: OutboxEvent): Promise<AppendedEvent> {
    const [appended] = await this.appendMany(manager, [event]);
    if (appended === undefined) throw new Error('The outbox returned no row for an event');
    return appended;
  }

  /**
   * Appends events in the given order, in bulk. Numbers of a SIM are taken under a lock on its sequence row that is
   * held until the transaction ends, so that numbers are in commit order; rows are locked in the order of the SIM's id.
   */
  async appendMany(manager: EntityManager, events: readonly OutboxEvent[]): Promise<AppendedEvent[]> {
    const nextOf = await reserveNumbers(manager, events);
    const appended: AppendedEvent[] = [];
    for (let start = 0; start < events.length; start += CHUNK) {
      const rows = events.slice(start, start + CHUNK).map((event) => prepare(event, nextOf));
      await insertRows(manager, rows);
      appended.push(...rows.map(({ messageId, sequence }) => ({ messageId, sequence })));
    }
    return appended;
  }
}

interface Row extends AppendedEvent {
  event: OutboxEvent;
  payload: Buffer;
}

function prepare(event: OutboxEvent, nextOf: Map<string, number>): Row {
  const sequence = event.simId === undefined ? null : takeNumber(nextOf, event.simId);
  return { event, messageId: newMessageId(), sequence, payload: freezePayload(event, sequence) };
}

async function insertRows(manager: EntityManager, rows: readonly Row[]): Promise<void> {
  await manager.query(
    `INSERT INTO outbox_event (message_id, type, sim_id, sequence, occurred_at, payload)
     SELECT message_id, type, sim_id, sequence, to_timestamp(occurred_ms / 1000.0), decode(payload, 'base64')
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::double precision[], $6::text[])
            WITH ORDINALITY AS e (message_id, type, sim_id, sequence, occurred_ms, payload, position)
      ORDER BY position`,
    [
      rows.map((row) => row.messageId),
      rows.map((row) => row.event.type),
      rows.map((row) => row.event.simId ?? null),
      rows.map((row) => row.sequence),
      rows.map((row) => row.event.occurredAt),
      rows.map((row) => row.payload.toString('base64')),
    ],
  );
}

/** First number of each SIM; as many as it has events are reserved. */
async function reserveNumbers(
  manager: EntityManager,
  events: readonly OutboxEvent[],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { simId } of events) if (simId !== undefined) counts.set(simId, (counts.get(simId) ?? 0) + 1);
  if (counts.size === 0) return new Map();
  const simIds = [...counts.keys()].sort();
  const rows = await manager.query<{ sim_id: string; last_sequence: string }[]>(
    `INSERT INTO outbox_sequence AS s (sim_id, last_sequence)
     SELECT sim_id, count FROM unnest($1::text[], $2::bigint[]) AS t (sim_id, count)
     ON CONFLICT (sim_id) DO UPDATE SET last_sequence = s.last_sequence + excluded.last_sequence
     RETURNING sim_id, last_sequence`,
    [simIds, simIds.map((simId) => counts.get(simId))],
  );
  return new Map(
    rows.map((row) => [row.sim_id, Number(row.last_sequence) - (counts.get(row.sim_id) ?? 0) + 1]),
  );
}

function takeNumber(nextOf: Map<string, number>, simId: string): number {
  const number = nextOf.get(simId);
  if (number === undefined) throw new Error('The outbox reserved no number for a SIM');
  nextOf.set(simId, number + 1);
  return number;
}

/** Unguessable, so that a receiver may use it as its key of what it has seen. */
export function newMessageId(): string {
  return `evt_${randomBytes(16).toString('base64url')}`;
}
