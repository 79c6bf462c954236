import { Controller } from '@nestjs/common';
import { z } from 'zod';
import {
  createEndpointSchema,
  EVENT_TYPES,
  rotateSecretSchema,
  updateEndpointSchema,
  WebhookEndpoints,
  type EndpointWithKey,
} from '../../webhooks/index.js';
import type { RequestContext } from '../kit/context.js';
import { changing } from '../kit/etag.js';
import { instant, pageOfItems, pageQuery } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'webhooks';
const read = ['admin', 'billing'] as const;
const write = ['admin'] as const;
const params = z.strictObject({ endpointId: z.uuid('write the id of an endpoint, a UUID') });

const endpoint = z
  .strictObject({
    id: z.uuid(),
    url: z.string(),
    description: z.string(),
    eventTypes: z.array(z.enum(EVENT_TYPES)).meta({ description: 'Empty = all.' }),
    ordering: z.enum(['sim', 'none']),
    signature: z.enum(['v1', 'v1a']),
    publicKey: z.string().nullable().meta({ description: '`whpk_…` where the signature is v1a.' }),
    enabled: z.boolean(),
    disabledReason: z.string().nullable().meta({ description: 'Why, if not by the operator.' }),
    pausedUntil: instant.nullable().meta({ description: 'The receiver asked for a pause until then.' }),
    revision: z.int(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'WebhookEndpoint' });
const newEndpoint = z
  .strictObject({
    ...endpoint.shape,
    secret: z.string().nullable().meta({
      description: '`whsec_…`, shown in this answer and never again; null where the signature is v1a.',
    }),
  })
  .meta({ id: 'WebhookEndpointWithSecret' });

const listWebhookEndpoints = defineRoute({
  method: 'GET',
  path: '/v1/webhook-endpoints',
  operationId: 'listWebhookEndpoints',
  tag,
  summary: 'List webhook endpoints, oldest first',
  scopes: read,
  query: pageQuery,
  response: pageOfItems(endpoint),
});
const createWebhookEndpoint = defineRoute({
  method: 'POST',
  path: '/v1/webhook-endpoints',
  operationId: 'createWebhookEndpoint',
  tag,
  summary: 'Add a webhook endpoint',
  description: 'Keep the secret of the answer: it verifies what is sent, and is shown this once.',
  scopes: write,
  body: createEndpointSchema,
  response: newEndpoint,
  showsSecret: true,
  etag: 'revision',
  examples: {
    body: { url: 'https://billing.example.com/countfree', eventTypes: ['statement.finalized'] },
  },
});
const getWebhookEndpoint = defineRoute({
  method: 'GET',
  path: '/v1/webhook-endpoints/{endpointId}',
  operationId: 'getWebhookEndpoint',
  tag,
  summary: 'Get a webhook endpoint',
  scopes: read,
  params,
  response: endpoint,
  etag: 'revision',
});
const updateWebhookEndpoint = defineRoute({
  method: 'PATCH',
  path: '/v1/webhook-endpoints/{endpointId}',
  operationId: 'updateWebhookEndpoint',
  tag,
  summary: 'Change, disable or enable a webhook endpoint',
  description: 'Fields that are left out stay as they are.',
  scopes: write,
  params,
  body: updateEndpointSchema,
  response: endpoint,
  etag: 'revision',
  examples: { body: { enabled: false } },
});
const deleteWebhookEndpoint = defineRoute({
  method: 'DELETE',
  path: '/v1/webhook-endpoints/{endpointId}',
  operationId: 'deleteWebhookEndpoint',
  tag,
  summary: 'Remove a webhook endpoint, its deliveries and their log',
  scopes: write,
  params,
  etag: 'revision',
});
const rotateWebhookSecret = defineRoute({
  method: 'POST',
  path: '/v1/webhook-endpoints/{endpointId}/rotate-secret',
  operationId: 'rotateWebhookSecret',
  tag,
  summary: 'Make a new secret; the old one signs too until the overlap ends',
  scopes: write,
  params,
  body: rotateSecretSchema.prefault({}),
  response: newEndpoint,
  status: 200,
  showsSecret: true,
  examples: { body: { overlapSeconds: 86_400 } },
});
const sendTestEvent = defineRoute({
  method: 'POST',
  path: '/v1/webhook-endpoints/{endpointId}/test',
  operationId: 'sendTestEvent',
  tag,
  summary: 'Send a `webhook.test` event to one endpoint',
  scopes: write,
  params,
  response: z.strictObject({ deliveryId: z.string() }).meta({ id: 'TestEvent' }),
  status: 202,
});

@Controller()
export class WebhookEndpointsController {
  constructor(private readonly endpoints: WebhookEndpoints) {}

  @Handle(listWebhookEndpoints)
  list(
    @Input() { query }: InputOf<typeof listWebhookEndpoints>,
  ): Promise<AnswerOf<typeof listWebhookEndpoints>> {
    return this.endpoints.list(query);
  }

  @Handle(createWebhookEndpoint)
  async create(
    @Input() { body }: InputOf<typeof createWebhookEndpoint>,
  ): Promise<Reply<AnswerOf<typeof createWebhookEndpoint>>> {
    const made = await this.endpoints.create(body);
    return new Reply(withSecret(made), { location: `/v1/webhook-endpoints/${made.endpoint.id}` });
  }

  @Handle(getWebhookEndpoint)
  get(@Input() { params }: InputOf<typeof getWebhookEndpoint>): Promise<AnswerOf<typeof getWebhookEndpoint>> {
    return this.endpoints.get(params.endpointId);
  }

  @Handle(updateWebhookEndpoint)
  update(
    @Input() { params: { endpointId }, body }: InputOf<typeof updateWebhookEndpoint>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof updateWebhookEndpoint>> {
    return changing(
      context,
      'revision',
      () => this.endpoints.get(endpointId),
      (revision) => this.endpoints.update(endpointId, body, revision),
    );
  }

  @Handle(deleteWebhookEndpoint)
  async remove(
    @Input() { params: { endpointId } }: InputOf<typeof deleteWebhookEndpoint>,
    @Context() context: RequestContext,
  ): Promise<void> {
    await changing(
      context,
      'revision',
      () => this.endpoints.get(endpointId),
      (revision) => this.endpoints.remove(endpointId, revision),
    );
  }

  @Handle(rotateWebhookSecret)
  async rotate(
    @Input() { params: { endpointId }, body }: InputOf<typeof rotateWebhookSecret>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof rotateWebhookSecret>> {
    context.before = await this.endpoints.get(endpointId);
    return withSecret(await this.endpoints.rotateSecret(endpointId, body));
  }

  @Handle(sendTestEvent)
  async sendTest(
    @Input() { params: { endpointId } }: InputOf<typeof sendTestEvent>,
  ): Promise<Reply<AnswerOf<typeof sendTestEvent>>> {
    const { deliveryId } = await this.endpoints.sendTest(endpointId);
    return new Reply({ deliveryId }, { location: `/v1/deliveries/${deliveryId}` });
  }
}

function withSecret({ endpoint: view, key }: EndpointWithKey): z.input<typeof newEndpoint> {
  return { ...view, secret: view.signature === 'v1' ? key : null };
}
