import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { realmInputSchema, realmPatchSchema, RealmsService } from '../../sims/index.js';
import type { RequestContext } from '../kit/context.js';
import { changing } from '../kit/etag.js';
import { instant, pageOfItems, pageQuery } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'realms';
const read = ['ingest', 'usage-read'] as const;
const write = ['admin'] as const;
const params = z.strictObject({
  realmName: z.string().min(1).max(64).meta({ description: 'Name of the realm.' }),
});

const realm = z
  .strictObject({
    name: z.string(),
    index: z.int().meta({ description: 'Number of the realm in flow records; assigned.' }),
    mirror: z.strictObject({
      type: z.enum(['none', 'gre', 'vxlan', 'gtpu', 'ipip']),
      outerSource: z.string().optional(),
      outerDestination: z.string().optional(),
      key: z.int().optional().meta({ description: 'GRE key, VNI or TEID; absent = any.' }),
    }),
    subscriberPrefixes: z.array(z.string()),
    resolvers: z.array(z.string()),
    shareNames: z.boolean(),
    retentionDays: z.int(),
    revision: z.int(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Realm', description: 'One address space, e.g. one SORACOM VPG.' });

const listRealms = defineRoute({
  method: 'GET',
  path: '/v1/realms',
  operationId: 'listRealms',
  tag,
  summary: 'List realms, by name',
  scopes: read,
  query: pageQuery,
  response: pageOfItems(realm),
});
const createRealm = defineRoute({
  method: 'POST',
  path: '/v1/realms',
  operationId: 'createRealm',
  tag,
  summary: 'Add a realm',
  description: 'Engines take it within seconds: traffic of its mirror is counted from then on.',
  scopes: write,
  body: realmInputSchema,
  response: realm,
  etag: 'revision',
  examples: {
    body: {
      name: 'vpg-tokyo',
      mirror: { type: 'gre', outerSource: '100.64.1.10', outerDestination: '10.0.0.5' },
      subscriberPrefixes: ['10.128.0.0/9'],
      resolvers: ['100.127.0.53', '100.127.1.53'],
    },
  },
});
const getRealm = defineRoute({
  method: 'GET',
  path: '/v1/realms/{realmName}',
  operationId: 'getRealm',
  tag,
  summary: 'Get a realm',
  scopes: read,
  params,
  response: realm,
  etag: 'revision',
});
const updateRealm = defineRoute({
  method: 'PATCH',
  path: '/v1/realms/{realmName}',
  operationId: 'updateRealm',
  tag,
  summary: 'Change a realm',
  description: 'Fields that are left out stay as they are.',
  scopes: write,
  params,
  body: realmPatchSchema,
  response: realm,
  etag: 'revision',
  examples: { body: { resolvers: ['100.127.0.53'] } },
});
const deleteRealm = defineRoute({
  method: 'DELETE',
  path: '/v1/realms/{realmName}',
  operationId: 'deleteRealm',
  tag,
  summary: 'Remove a realm that no session has referred to',
  scopes: write,
  params,
  etag: 'revision',
});

@Controller()
export class RealmsController {
  constructor(private readonly realms: RealmsService) {}

  @Handle(listRealms)
  list(@Input() { query }: InputOf<typeof listRealms>): Promise<AnswerOf<typeof listRealms>> {
    return this.realms.list(query);
  }

  @Handle(createRealm)
  async create(@Input() { body }: InputOf<typeof createRealm>): Promise<Reply<AnswerOf<typeof createRealm>>> {
    const made = await this.realms.create(body);
    return new Reply(made, { location: `/v1/realms/${made.name}` });
  }

  @Handle(getRealm)
  get(@Input() { params }: InputOf<typeof getRealm>): Promise<AnswerOf<typeof getRealm>> {
    return this.realms.get(params.realmName);
  }

  @Handle(updateRealm)
  update(
    @Input() { params: { realmName }, body }: InputOf<typeof updateRealm>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof updateRealm>> {
    return changing(
      context,
      'revision',
      () => this.realms.get(realmName),
      (revision) => this.realms.update(realmName, body, revision),
    );
  }

  @Handle(deleteRealm)
  async remove(
    @Input() { params: { realmName } }: InputOf<typeof deleteRealm>,
    @Context() context: RequestContext,
  ): Promise<void> {
    await changing(
      context,
      'revision',
      () => this.realms.get(realmName),
      (revision) => this.realms.remove(realmName, revision),
    );
  }
}
