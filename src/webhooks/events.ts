/** What an operator can be told of. The API's list, an endpoint's filter and the OpenAPI page come from here. */
export const EVENT_TYPES = [
  'usage.threshold_reached',
  'usage.cap_exceeded',
  'statement.drafted',
  'statement.finalized',
  'statement.corrected',
  'subscription.changed',
  'sim.suspense_bound',
  'capture.degraded',
  'reconciliation.deviated',
  'fraud.suspected',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Sent on request to one endpoint, whatever its filter. */
export const TEST_EVENT_TYPE = 'webhook.test';

/** Something that happened, as the domain where it happened tells it. */
export interface OutboxEvent {
  type: EventType;
  /** External id of the SIM it is about; such events are numbered per SIM without gaps. */
  simId?: string;
  /** Plain JSON: octets and money as strings or safe integers, never bigint. At most 256 KiB with the envelope. */
  data: object;
  /** UNIX milliseconds. */
  occurredAt: number;
}

/** An event as it stands in the outbox. */
export interface AppendedEvent {
  /** The `webhook-id` of every try to deliver it. */
  messageId: string;
  /** 1, 2, 3… per SIM; null for an event of no SIM. */
  sequence: number | null;
}

/** Standard Webhooks recommends small payloads; this is where a defect of ours ends. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

/**
 * The exact bytes that are signed and sent at every try (Standard Webhooks 1.0: `type`, `timestamp`, `data`).
 * Throws a RangeError for a payload that is too large and a TypeError for data that is no JSON.
 */
export function freezePayload(
  event: Omit<OutboxEvent, 'type'> & { type: string },
  sequence: number | null,
): Buffer {
  const payload = Buffer.from(
    JSON.stringify({
      type: event.type,
      timestamp: new Date(event.occurredAt).toISOString(),
      ...(event.simId !== undefined && { simId: event.simId, sequence }),
      data: event.data,
    }),
  );
  if (payload.length > MAX_PAYLOAD_BYTES) {
    throw new RangeError(
      `The payload of a ${event.type} event is ${payload.length} bytes, more than ${MAX_PAYLOAD_BYTES}: name the thing in it and let the receiver fetch it`,
    );
  }
  return payload;
}
