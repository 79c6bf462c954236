import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { webhooks } from '../../src/api/openapi/webhooks.js';

export interface ToldEvent {
  type: string;
  timestamp: string;
  simId?: string;
  sequence?: number;
  data: Record<string, unknown>;
}

/** All events in the outbox in the order of their writing, each held against the schema that OpenAPI shows of its type. */
export async function eventsOf(dataSource: DataSource): Promise<ToldEvent[]> {
  const rows = await dataSource.query<{ payload: Buffer }[]>(`SELECT payload FROM outbox_event ORDER BY id`);
  return rows.map(({ payload }) => {
    const event = JSON.parse(payload.toString()) as ToldEvent;
    const spec = webhooks.find(({ type }) => type === event.type);
    if (spec === undefined) throw new Error(`OpenAPI does not show the event ${event.type}`);
    spec.payload.parse(event);
    return event;
  });
}
