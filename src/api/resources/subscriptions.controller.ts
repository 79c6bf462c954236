import { Controller } from '@nestjs/common';
import { z } from 'zod';
import {
  planChangeSchema,
  planCodeSchema,
  subscriptionInputSchema,
  subscriptionPatchSchema,
  SubscriptionsService,
} from '../../plans/index.js';
import { instantSchema } from '../../shared/index.js';
import type { RequestContext } from '../kit/context.js';
import { changing } from '../kit/etag.js';
import { instant, numericId, pageOfItems, pageQuery, simIdText } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'subscriptions';
const read = ['billing', 'usage-read'] as const;
const write = ['billing'] as const;
const params = z.strictObject({ subscriptionId: numericId });

export const subscription = z
  .strictObject({
    id: z.string(),
    simId: z.string(),
    planCode: z.string(),
    planVersion: z.int().nullable().meta({ description: 'Stays on this version; null = follows the plan.' }),
    from: instant,
    to: instant.nullable().meta({ description: 'Exclusive; null = until further notice.' }),
    version: z.int().meta({ description: 'Counts changes of this record.' }),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Subscription', description: 'A SIM is on a plan from one instant to another.' });

const listSubscriptions = defineRoute({
  method: 'GET',
  path: '/v1/subscriptions',
  operationId: 'listSubscriptions',
  tag,
  summary: 'List subscriptions',
  scopes: read,
  query: z.strictObject({
    simId: simIdText.optional(),
    planCode: planCodeSchema.optional(),
    at: instantSchema.optional().meta({ description: 'In force at this instant.' }),
    ...pageQuery.shape,
  }),
  response: pageOfItems(subscription),
});
const createSubscription = defineRoute({
  method: 'POST',
  path: '/v1/subscriptions',
  operationId: 'createSubscription',
  tag,
  summary: 'Put a SIM on a plan',
  description: 'A SIM is on one plan at a time.',
  scopes: write,
  body: subscriptionInputSchema,
  response: subscription,
  etag: 'version',
  examples: { body: { simId: 'sim-0001', planCode: 'light-3gb', from: '2026-10-01T00:00:00+09:00' } },
});
const getSubscription = defineRoute({
  method: 'GET',
  path: '/v1/subscriptions/{subscriptionId}',
  operationId: 'getSubscription',
  tag,
  summary: 'Get a subscription',
  scopes: read,
  params,
  response: subscription,
  etag: 'version',
});
const endSubscription = defineRoute({
  method: 'PATCH',
  path: '/v1/subscriptions/{subscriptionId}',
  operationId: 'endSubscription',
  tag,
  summary: 'Set or lift the end of a subscription',
  scopes: write,
  params,
  body: subscriptionPatchSchema,
  response: subscription,
  etag: 'version',
  examples: { body: { to: '2026-11-01T00:00:00+09:00' } },
});
const withdrawSubscription = defineRoute({
  method: 'DELETE',
  path: '/v1/subscriptions/{subscriptionId}',
  operationId: 'withdrawSubscription',
  tag,
  summary: 'Take back a subscription that should not have been',
  description:
    'As if it had never been; not once a statement of its time is final. To undo a planned change of plan, take back what it started, then lift the end of what it ended.',
  scopes: write,
  params,
  etag: 'version',
});
const changePlan = defineRoute({
  method: 'POST',
  path: '/v1/plan-changes',
  operationId: 'changePlan',
  tag,
  summary: 'Move a SIM to another plan at an instant',
  description:
    'Ends what the SIM is on and starts the other plan; the month splits there. Answers with the new subscription.',
  scopes: write,
  body: planChangeSchema,
  response: subscription,
  examples: { body: { simId: 'sim-0001', planCode: 'light-10gb', at: '2026-10-15T00:00:00+09:00' } },
});

@Controller()
export class SubscriptionsController {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  @Handle(listSubscriptions)
  list(
    @Input() { query: { simId, planCode, at, ...page } }: InputOf<typeof listSubscriptions>,
  ): Promise<AnswerOf<typeof listSubscriptions>> {
    return this.subscriptions.list(
      { simId, planCode, at: at === undefined ? undefined : new Date(at) },
      page,
    );
  }

  @Handle(createSubscription)
  async create(
    @Input() { body }: InputOf<typeof createSubscription>,
  ): Promise<Reply<AnswerOf<typeof createSubscription>>> {
    const made = await this.subscriptions.create(body);
    return new Reply(made, { location: `/v1/subscriptions/${made.id}` });
  }

  @Handle(getSubscription)
  get(@Input() { params }: InputOf<typeof getSubscription>): Promise<AnswerOf<typeof getSubscription>> {
    return this.subscriptions.get(params.subscriptionId);
  }

  @Handle(endSubscription)
  end(
    @Input() { params: { subscriptionId }, body }: InputOf<typeof endSubscription>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof endSubscription>> {
    return changing(
      context,
      'version',
      () => this.subscriptions.get(subscriptionId),
      (version) => this.subscriptions.end(subscriptionId, body, version),
    );
  }

  @Handle(withdrawSubscription)
  withdraw(
    @Input() { params: { subscriptionId } }: InputOf<typeof withdrawSubscription>,
    @Context() context: RequestContext,
  ): Promise<void> {
    return changing(
      context,
      'version',
      () => this.subscriptions.get(subscriptionId),
      (version) => this.subscriptions.withdraw(subscriptionId, version),
    );
  }

  @Handle(changePlan)
  async change(
    @Input() { body }: InputOf<typeof changePlan>,
    @Context() context: RequestContext,
  ): Promise<Reply<AnswerOf<typeof changePlan>>> {
    const found = await this.subscriptions.list({ simId: body.simId, at: new Date(body.at) }, { limit: 1 });
    context.before = found.items[0];
    const made = await this.subscriptions.changePlan(body);
    return new Reply(made, { location: `/v1/subscriptions/${made.id}` });
  }
}
