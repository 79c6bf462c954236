import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { formatInstant, type Page } from '../../shared/index.js';
import type { RequestContext } from '../kit/context.js';
import { noteFound } from '../kit/etag.js';
import { instant, pageOfItems, pageQuery } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';
import { SCOPES } from '../kit/scopes.js';
import { apiKeyInputSchema, ApiKeysService, rotateKeySchema, type ApiKey } from './api-keys.service.js';

const tag = 'api-keys';
const params = z.strictObject({ keyId: z.uuid('write the id of a key, a UUID') });

const apiKey = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: instant,
    createdBy: z
      .uuid()
      .nullable()
      .meta({ description: 'The key that made it; null = made by a command on the host.' }),
    expiresAt: instant.nullable(),
    revokedAt: instant.nullable(),
    lastUsedAt: instant.nullable().meta({ description: 'Exact to a minute.' }),
  })
  .meta({ id: 'ApiKey' });
const newApiKey = z
  .strictObject({
    ...apiKey.shape,
    secret: z.string().meta({ description: 'Shown in this answer and never again.' }),
  })
  .meta({ id: 'NewApiKey' });

const createApiKey = defineRoute({
  method: 'POST',
  path: '/v1/api-keys',
  operationId: 'createApiKey',
  tag,
  summary: 'Make an API key',
  description:
    'A key can be given only scopes that the key of the request holds. To change what a key may do, make a new one and revoke the old one.',
  scopes: ['admin'],
  body: apiKeyInputSchema,
  response: newApiKey,
  showsSecret: true,
  examples: { body: { name: 'billing system', scopes: ['billing', 'usage-read'], expiresAt: null } },
});
const rotateApiKey = defineRoute({
  method: 'POST',
  path: '/v1/api-keys/{keyId}/rotate',
  operationId: 'rotateApiKey',
  tag,
  summary: 'Make the key that follows another; the old one is good too until the overlap ends',
  description:
    'The new key has the name and scopes of the old one, and a secret and an id of its own: rate and Idempotency-Keys are its own too, so ' +
    'let requests that had no answer end under the old key. Refused (409) where the old key is revoked or expired.',
  scopes: ['admin'],
  params,
  body: rotateKeySchema.prefault({}),
  response: newApiKey,
  showsSecret: true,
  examples: { body: { overlapSeconds: 86_400 } },
});
const listApiKeys = defineRoute({
  method: 'GET',
  path: '/v1/api-keys',
  operationId: 'listApiKeys',
  tag,
  summary: 'List API keys, without their secrets',
  scopes: ['admin'],
  query: pageQuery,
  response: pageOfItems(apiKey),
});
const getApiKey = defineRoute({
  method: 'GET',
  path: '/v1/api-keys/{keyId}',
  operationId: 'getApiKey',
  tag,
  summary: 'Get an API key, without its secret',
  scopes: ['admin'],
  params,
  response: apiKey,
  etag: 'content',
});
const revokeApiKey = defineRoute({
  method: 'DELETE',
  path: '/v1/api-keys/{keyId}',
  operationId: 'revokeApiKey',
  tag,
  summary: 'Revoke an API key',
  description: 'At once, in every process. The key stays listed. Revoking twice changes nothing.',
  scopes: ['admin'],
  params,
  response: apiKey,
  etag: 'content',
});

@Controller()
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Handle(createApiKey)
  async create(
    @Input() { body }: InputOf<typeof createApiKey>,
    @Context() { caller }: RequestContext,
  ): Promise<Reply<AnswerOf<typeof createApiKey>>> {
    const { key, secret } = await this.keys.create(body, caller);
    return new Reply({ ...present(key), secret }, { location: `/v1/api-keys/${key.id}` });
  }

  @Handle(rotateApiKey)
  async rotate(
    @Input() { params: { keyId }, body }: InputOf<typeof rotateApiKey>,
    @Context() context: RequestContext,
  ): Promise<Reply<AnswerOf<typeof rotateApiKey>>> {
    context.before = present(await this.keys.get(keyId));
    const { key, secret } = await this.keys.rotate(keyId, body, context.caller);
    return new Reply({ ...present(key), secret }, { location: `/v1/api-keys/${key.id}` });
  }

  @Handle(listApiKeys)
  async list(@Input() { query }: InputOf<typeof listApiKeys>): Promise<Page<AnswerOf<typeof getApiKey>>> {
    const { items, nextCursor } = await this.keys.list(query);
    return { items: items.map(present), nextCursor };
  }

  @Handle(getApiKey)
  async get(@Input() { params: { keyId } }: InputOf<typeof getApiKey>): Promise<AnswerOf<typeof getApiKey>> {
    return present(await this.keys.get(keyId));
  }

  @Handle(revokeApiKey)
  async revoke(
    @Input() { params: { keyId } }: InputOf<typeof revokeApiKey>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof revokeApiKey>> {
    noteFound(context, present(await this.keys.get(keyId)));
    return present(await this.keys.revoke(keyId));
  }
}

function present(key: ApiKey): z.input<typeof apiKey> {
  const optional = (time: number | null) => (time === null ? null : formatInstant(time));
  return {
    ...key,
    createdAt: formatInstant(key.createdAt),
    expiresAt: optional(key.expiresAt),
    revokedAt: optional(key.revokedAt),
    lastUsedAt: optional(key.lastUsedAt),
  };
}
