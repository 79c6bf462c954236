import { z } from 'zod';
import { DEFAULT_PAGE_LIMIT, instantSchema, MAX_PAGE_LIMIT } from '../shared/index.js';
import { EVENT_TYPES } from './events.js';
import { SIGNATURES } from './signing.js';

const MAX_IDS = 1000;
const MAX_OVERLAP_SECONDS = 30 * 24 * 3600;

/** What can be said of a URL without settings; the service also looks at scheme and address. */
const url = z
  .string()
  .max(2048, 'has at most 2048 characters')
  .superRefine((text, context) => {
    for (const message of urlFaults(text)) context.addIssue({ code: 'custom', message });
  })
  .meta({
    description: 'Where events are sent by POST. https, to a public address.',
    example: 'https://billing.example.com/countfree',
  });

function urlFaults(text: string): string[] {
  if (!URL.canParse(text)) return ['is a URL such as https://billing.example.com/countfree'];
  const parsed = new URL(text);
  const faults: string[] = [];
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') faults.push('starts with https://');
  if (parsed.username !== '' || parsed.password !== '') {
    faults.push('holds no user name or password: verify the signature instead');
  }
  if (parsed.hash !== '' || text.includes('#')) faults.push('has no fragment (#…)');
  return faults;
}

const eventTypes = z
  .array(z.enum(EVENT_TYPES))
  .max(EVENT_TYPES.length)
  .transform((types) => [...new Set(types)])
  .meta({ description: 'Event types that are sent; empty = all.' });
const description = z.string().max(500, 'has at most 500 characters');
const ordering = z.enum(['sim', 'none']).meta({
  description:
    '`sim`: an event waits until the earlier ones of its SIM are delivered or given up. `none`: as fast as can be; order by `sequence`.',
});
export const createEndpointSchema = z.strictObject({
  url,
  description: description.default(''),
  eventTypes: eventTypes.default([]),
  ordering: ordering.default('sim'),
  signature: z.enum(SIGNATURES).default('v1').meta({
    description:
      'Standard Webhooks 1.0: `v1` HMAC-SHA256 with a shared secret, `v1a` ed25519 with a public key.',
  }),
  enabled: z.boolean().default(true),
});
export type CreateEndpointInput = z.input<typeof createEndpointSchema>;

/** Every field may be left out and then stays as it is. The kind of signature is chosen once. */
export const updateEndpointSchema = z
  .strictObject({ url, description, eventTypes, ordering, enabled: z.boolean() })
  .partial();
export type UpdateEndpointInput = z.input<typeof updateEndpointSchema>;

export const rotateSecretSchema = z.strictObject({
  overlapSeconds: z
    .number('is a number of seconds')
    .int('is a whole number of seconds')
    .min(0, 'is not negative')
    .max(MAX_OVERLAP_SECONDS, 'is at most 30 days')
    .default(24 * 3600)
    .meta({ description: 'How long messages are signed with the old secret too.' }),
});
export type RotateSecretInput = z.input<typeof rotateSecretSchema>;

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

const page = {
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_LIMIT).default(DEFAULT_PAGE_LIMIT),
  cursor: z.string().optional(),
};
const endpointId = z.uuid('is the id of an endpoint');
const deliveryId = z.string().regex(/^[1-9]\d{0,17}$/, 'is the id of a delivery');

export const listEndpointsSchema = z.strictObject(page);
export const listAttemptsSchema = z.strictObject(page);

/** Newest first. A time range is that of the event, `from` inclusive, `to` exclusive. */
export const listDeliveriesSchema = z.strictObject({
  ...page,
  endpointId: endpointId.optional(),
  status: z.enum(DELIVERY_STATUSES).optional(),
  eventType: z.string().max(100).optional(),
  simId: z.string().max(200).optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
});
export type ListDeliveriesInput = z.input<typeof listDeliveriesSchema>;
export type DeliveryFilter = z.output<typeof listDeliveriesSchema>;

export const replaySchema = z
  .strictObject({
    deliveryIds: z
      .array(deliveryId)
      .min(1, 'names at least one')
      .max(MAX_IDS, `names at most ${MAX_IDS}`)
      .optional(),
    endpointId: endpointId.optional(),
    from: instantSchema.optional(),
    to: instantSchema.optional(),
    status: z.enum(['dead', 'delivered', 'pending', 'any']).default('dead').meta({
      description:
        'Which deliveries are sent again. `pending`: those that wait for their next try are tried now. Named ones are in any case.',
    }),
    includeMissing: z.boolean().default(false).meta({
      description:
        'Also send events that were never meant for the endpoint: from before it was made, or while it was disabled. Needs endpointId and from.',
    }),
  })
  .superRefine((input, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (input.deliveryIds === undefined && input.endpointId === undefined && input.from === undefined) {
      fault('endpointId', 'is needed, unless from begins a time range or deliveryIds names the deliveries');
    }
    if (input.deliveryIds !== undefined) {
      for (const field of ['endpointId', 'from', 'to'] as const) {
        if (input[field] !== undefined) fault(field, 'is left out where deliveryIds names the deliveries');
      }
    }
    if (input.from !== undefined && input.to !== undefined && input.to <= input.from)
      fault('to', 'is after from');
    if (input.includeMissing && (input.endpointId === undefined || input.from === undefined)) {
      fault('includeMissing', 'needs endpointId and from');
    }
  });
export type ReplayInput = z.input<typeof replaySchema>;
export type ReplayRequest = z.output<typeof replaySchema>;
