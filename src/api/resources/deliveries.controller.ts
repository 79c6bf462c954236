import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { formatInstant } from '../../shared/index.js';
import {
  DELIVERY_STATUSES,
  listDeliveriesSchema,
  replaySchema,
  WebhookDeliveries,
} from '../../webhooks/index.js';
import { instant, numericId, pageOfItems, pageQuery } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'webhooks';
const read = ['admin', 'billing'] as const;
const params = z.strictObject({ deliveryId: numericId });

const delivery = z
  .strictObject({
    id: z.string(),
    endpointId: z.string(),
    messageId: z.string().meta({ description: 'The `webhook-id` of all its tries.' }),
    eventType: z.string(),
    simId: z.string().nullable(),
    sequence: z.int().nullable().meta({ description: "1, 2, 3… among the SIM's events." }),
    occurredAt: instant,
    status: z
      .enum(DELIVERY_STATUSES)
      .meta({ description: 'dead: given up after the last try; can be replayed.' }),
    attempts: z.int(),
    nextAttemptAt: instant.nullable(),
    createdAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Delivery', description: 'One event on its way to one endpoint.' });
const attempt = z
  .strictObject({
    number: z.int(),
    startedAt: instant,
    durationMs: z.int(),
    statusCode: z.int().nullable().meta({ description: 'Null where no answer came; `error` says why.' }),
    error: z.string().nullable(),
    responseHeaders: z.record(z.string(), z.string()).nullable(),
    responseHead: z.string().nullable().meta({ description: 'The first 1024 bytes of the answer.' }),
  })
  .meta({ id: 'DeliveryAttempt' });

const listDeliveries = defineRoute({
  method: 'GET',
  path: '/v1/deliveries',
  operationId: 'listDeliveries',
  tag,
  summary: 'List deliveries, newest first',
  description: '`status=dead` lists the dead letters. A time range is that of the event.',
  scopes: read,
  query: z.strictObject({ ...listDeliveriesSchema.shape, ...pageQuery.shape }),
  response: pageOfItems(delivery),
});
const getDelivery = defineRoute({
  method: 'GET',
  path: '/v1/deliveries/{deliveryId}',
  operationId: 'getDelivery',
  tag,
  summary: 'Get a delivery with the exact text that is sent',
  scopes: read,
  params,
  response: z.strictObject({ ...delivery.shape, payload: z.string() }).meta({ id: 'DeliveryWithPayload' }),
});
const listDeliveryAttempts = defineRoute({
  method: 'GET',
  path: '/v1/deliveries/{deliveryId}/attempts',
  operationId: 'listDeliveryAttempts',
  tag,
  summary: 'List the tries of a delivery',
  scopes: read,
  params,
  query: pageQuery,
  response: pageOfItems(attempt),
});
const replayDeliveries = defineRoute({
  method: 'POST',
  path: '/v1/deliveries/replay',
  operationId: 'replayDeliveries',
  tag,
  summary: 'Send deliveries again',
  description:
    'Named ones, or those of an endpoint, of a time range, or of both; with the same id and bytes, and from the start of the retry schedule.',
  scopes: ['admin'],
  body: replaySchema,
  response: z.strictObject({ replayed: z.int() }).meta({ id: 'Replay' }),
  status: 202,
  examples: {
    body: { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z', status: 'dead' },
  },
});

@Controller()
export class DeliveriesController {
  constructor(private readonly deliveries: WebhookDeliveries) {}

  @Handle(listDeliveries)
  list(@Input() { query }: InputOf<typeof listDeliveries>): Promise<AnswerOf<typeof listDeliveries>> {
    return this.deliveries.list({ ...query, ...spanAsText(query) });
  }

  @Handle(getDelivery)
  get(@Input() { params }: InputOf<typeof getDelivery>): Promise<AnswerOf<typeof getDelivery>> {
    return this.deliveries.get(params.deliveryId);
  }

  @Handle(listDeliveryAttempts)
  attempts(
    @Input() { params, query }: InputOf<typeof listDeliveryAttempts>,
  ): Promise<AnswerOf<typeof listDeliveryAttempts>> {
    return this.deliveries.attempts(params.deliveryId, query);
  }

  @Handle(replayDeliveries)
  replay(@Input() { body }: InputOf<typeof replayDeliveries>): Promise<AnswerOf<typeof replayDeliveries>> {
    return this.deliveries.replay({ ...body, ...spanAsText(body) });
  }
}

/** The service takes input as it comes from outside, times as text. */
function spanAsText({ from, to }: { from?: number | undefined; to?: number | undefined }) {
  return {
    from: from === undefined ? undefined : formatInstant(from),
    to: to === undefined ? undefined : formatInstant(to),
  };
}
