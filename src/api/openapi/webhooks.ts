import { z } from 'zod';
import type { EventType, TEST_EVENT_TYPE } from '../../webhooks/index.js';
import { instant, octets } from '../kit/fields.js';
import { subscription } from '../resources/subscriptions.controller.js';
import { correctionFields } from '../resources/corrections.controller.js';
import { thresholdFields } from '../resources/thresholds.controller.js';
import type { WebhookSpec } from './document.js';

/** A payload as Standard Webhooks 1.0 shapes it. Events of a SIM are numbered, so that a receiver can order them. */
function event(
  type: EventType | typeof TEST_EVENT_TYPE,
  id: string,
  data: z.ZodType,
  ofSim: boolean,
): z.ZodType {
  return z
    .strictObject({
      type: z.literal(type),
      timestamp: instant.meta({ description: 'When it happened.' }),
      ...(ofSim && {
        simId: z.string(),
        sequence: z.int().meta({ description: '1, 2, 3… among the events of the SIM.' }),
      }),
      data,
    })
    .meta({ id });
}

const thresholdData = z.strictObject({
  ...thresholdFields,
  currency: z.string().optional().meta({ description: 'Of an amount.' }),
  from: instant,
  to: instant,
});

/** The events that the service sends. */
export const webhooks: readonly WebhookSpec[] = [
  {
    type: 'statement.finalized',
    summary: 'A statement is final',
    payload: event(
      'statement.finalized',
      'StatementFinalized',
      z.strictObject({
        number: z.int(),
        month: z.string(),
        from: instant,
        to: instant,
        freeOctets: octets,
        billedOctets: octets,
        currency: z.string(),
        amount: z.string().meta({ description: 'Decimal text, tax included.' }),
        hash: z.string().meta({ description: 'SHA-256 of the statement’s JSON, hex.' }),
        url: z.string().meta({ description: 'Path of the statement in this API.' }),
      }),
      true,
    ),
  },
  {
    type: 'statement.corrected',
    summary: 'A final statement was found to differ from the usage and rules of now',
    payload: event(
      'statement.corrected',
      'StatementCorrected',
      z.strictObject({
        ...correctionFields,
        url: z.string().meta({ description: 'Path of the correction in this API.' }),
      }),
      true,
    ),
  },
  {
    type: 'usage.threshold_reached',
    summary: 'A SIM reached a share of its quota or of a cap, or an amount of money',
    payload: event('usage.threshold_reached', 'UsageThresholdReached', thresholdData, true),
  },
  {
    type: 'usage.cap_exceeded',
    summary: 'A SIM used more than a cap',
    payload: event('usage.cap_exceeded', 'UsageCapExceeded', thresholdData, true),
  },
  {
    type: 'subscription.changed',
    summary: 'A SIM was put on a plan, moved to another, or taken off',
    payload: event(
      'subscription.changed',
      'SubscriptionChanged',
      z.strictObject({ change: z.enum(['started', 'ended', 'continued', 'changed']), subscription }),
      true,
    ),
  },
  {
    type: 'webhook.test',
    summary: 'Sent on request, to one endpoint',
    payload: event(
      'webhook.test',
      'WebhookTest',
      z.strictObject({ endpointId: z.string(), message: z.string() }),
      false,
    ),
  },
];
