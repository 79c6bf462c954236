import { z } from 'zod';
import { WARNING_KINDS } from '../../capture/index.js';
import type { EventType, TEST_EVENT_TYPE } from '../../webhooks/index.js';
import { instant, octets } from '../kit/fields.js';
import { subscription } from '../resources/subscriptions.controller.js';
import { correctionFields } from '../resources/corrections.controller.js';
import { reconciliationShape } from '../resources/reconciliations.controller.js';
import { fraudShape } from '../resources/reports.controller.js';
import { thresholdFields } from '../resources/thresholds.controller.js';
import type { WebhookSpec } from './document.js';
import { webhookExamples } from './webhook-examples.js';

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

const statementSums = {
  month: z.string(),
  from: instant,
  to: instant,
  freeOctets: octets,
  billedOctets: octets,
  currency: z.string(),
  amount: z.string().meta({ description: 'Decimal text, tax included.' }),
};

const specs: readonly Omit<WebhookSpec, 'example'>[] = [
  {
    type: 'statement.drafted',
    summary: 'A SIM’s period has ended: what its statement will be, unless usage comes within the grace time',
    payload: event(
      'statement.drafted',
      'StatementDrafted',
      z.strictObject({
        ...statementSums,
        closesAt: instant.meta({ description: 'When the grace time is over.' }),
        url: z.string().meta({ description: 'Path of the draft in this API.' }),
      }),
      true,
    ),
  },
  {
    type: 'statement.finalized',
    summary: 'A statement is final',
    payload: event(
      'statement.finalized',
      'StatementFinalized',
      z.strictObject({
        number: z.int(),
        ...statementSums,
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
    summary: 'A SIM was put on a plan, moved to another, or taken off; or what was so was taken back',
    payload: event(
      'subscription.changed',
      'SubscriptionChanged',
      z.strictObject({
        change: z.enum(['started', 'ended', 'continued', 'changed', 'withdrawn']),
        subscription,
      }),
      true,
    ),
  },
  {
    type: 'capture.degraded',
    summary: 'A capture point raised a warning',
    payload: event(
      'capture.degraded',
      'CaptureDegraded',
      z.strictObject({
        node: z.string(),
        point: z.string().meta({ description: 'Interface or file.' }),
        warning: z.enum(WARNING_KINDS),
        since: instant,
        detail: z.string().meta({ description: 'What was found, what it means, what to do.' }),
      }),
      false,
    ),
  },
  {
    type: 'reconciliation.deviated',
    summary: 'SIMs’ days differ from SORACOM’s statistics by more than the band that is set',
    payload: event(
      'reconciliation.deviated',
      'ReconciliationDeviated',
      z.strictObject({
        account: z.string(),
        from: z.string().meta({ description: 'First UTC day.' }),
        to: z.string().meta({ description: 'Day after the last.' }),
        simDays: z.int().meta({ description: 'Days of SIMs that differ.' }),
        worst: z.array(z.strictObject(reconciliationShape)),
        url: z.string().meta({ description: 'Path of all of them in this API.' }),
      }),
      false,
    ),
  },
  {
    type: 'fraud.suspected',
    summary:
      'The fraud report has a finding of many octets; told once a UTC day for each SIM, kind and service',
    payload: event(
      'fraud.suspected',
      'FraudSuspected',
      z.strictObject({
        day: z.string().meta({ description: 'UTC. The figures are of the day so far.' }),
        ...fraudShape,
        url: z.string().meta({ description: 'Path of the report in this API.' }),
      }),
      true,
    ),
  },
  {
    type: 'sim.suspense_bound',
    summary: 'Octets that waited in suspense moved to a SIM, as its session became known',
    payload: event(
      'sim.suspense_bound',
      'SuspenseBound',
      z.strictObject({
        rows: z.int().meta({ description: 'Addresses, hours and reasons that it was kept under.' }),
        octetsUp: octets,
        octetsDown: octets,
        octets,
        firstHour: instant,
        lastHour: instant,
        url: z.string().meta({ description: 'Path of where each came from, in this API.' }),
      }),
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

/** The events that the service sends, each with an example. */
export const webhooks: readonly WebhookSpec[] = specs.map((spec) => ({
  ...spec,
  example: webhookExamples[spec.type],
}));
