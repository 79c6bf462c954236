import { Controller } from '@nestjs/common';
import { z } from 'zod';
import {
  groupInputSchema,
  GroupsService,
  memberInputSchema,
  memberPatchSchema,
  planCodeSchema,
} from '../../plans/index.js';
import type { RequestContext } from '../kit/context.js';
import { changing } from '../kit/etag.js';
import { instant, numericId, octets, pageOfItems, pageQuery, simIdText } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'subscriptions';
const read = ['billing', 'usage-read'] as const;
const write = ['billing'] as const;
const params = z.strictObject({ groupCode: planCodeSchema });
const memberParams = z.strictObject({ memberId: numericId });

const group = z
  .strictObject({
    code: z.string(),
    name: z.string(),
    poolOctets: octets
      .nullable()
      .meta({ description: 'Of a fixed pool; null = the quotas of the SIMs in it together.' }),
    createdAt: instant,
  })
  .meta({ id: 'Group', description: 'SIMs that share a quota. Its pool never changes.' });
const member = z
  .strictObject({
    id: z.string(),
    groupCode: z.string(),
    simId: z.string(),
    from: instant,
    to: instant.nullable().meta({ description: 'Exclusive; null = until further notice.' }),
    version: z.int().meta({ description: 'Counts changes of this record.' }),
  })
  .meta({ id: 'GroupMember', description: 'A SIM is in a group from one instant to another.' });

const listGroups = defineRoute({
  method: 'GET',
  path: '/v1/groups',
  operationId: 'listGroups',
  tag,
  summary: 'List groups of SIMs that share a quota',
  scopes: read,
  query: pageQuery,
  response: pageOfItems(group),
});
const createGroup = defineRoute({
  method: 'POST',
  path: '/v1/groups',
  operationId: 'createGroup',
  tag,
  summary: 'Make a group of SIMs that share a quota',
  description:
    'Its pool stands in place of the quotas of the SIMs in it. It is drawn hour by hour, within an hour in the order in which the SIMs were created. Nothing of it is carried over.',
  scopes: write,
  body: groupInputSchema,
  response: group,
  examples: { body: { code: 'family-sato', name: 'Sato family', pool: { kind: 'sum' } } },
});
const getGroup = defineRoute({
  method: 'GET',
  path: '/v1/groups/{groupCode}',
  operationId: 'getGroup',
  tag,
  summary: 'Get a group',
  scopes: read,
  params,
  response: group,
});
const listMembers = defineRoute({
  method: 'GET',
  path: '/v1/group-members',
  operationId: 'listGroupMembers',
  tag,
  summary: 'Which SIM is in which group when',
  scopes: read,
  query: z.strictObject({
    groupCode: planCodeSchema.optional(),
    simId: simIdText.optional(),
    ...pageQuery.shape,
  }),
  response: pageOfItems(member),
});
const addMember = defineRoute({
  method: 'POST',
  path: '/v1/groups/{groupCode}/members',
  operationId: 'addGroupMember',
  tag,
  summary: 'Put a SIM into a group',
  description:
    'A SIM is in one group at a time. Its month splits where it enters or leaves, as where its plan changes.',
  scopes: write,
  params,
  body: memberInputSchema,
  response: member,
  etag: 'version',
  examples: { body: { simId: 'sim-0001', from: '2026-10-01T00:00:00+09:00' } },
});
const getMember = defineRoute({
  method: 'GET',
  path: '/v1/group-members/{memberId}',
  operationId: 'getGroupMember',
  tag,
  summary: 'Get a member of a group',
  scopes: read,
  params: memberParams,
  response: member,
  etag: 'version',
});
const endMember = defineRoute({
  method: 'PATCH',
  path: '/v1/group-members/{memberId}',
  operationId: 'endGroupMember',
  tag,
  summary: 'Set or lift the end of a SIM’s time in a group',
  scopes: write,
  params: memberParams,
  body: memberPatchSchema,
  response: member,
  etag: 'version',
  examples: { body: { to: '2026-11-01T00:00:00+09:00' } },
});
const withdrawMember = defineRoute({
  method: 'DELETE',
  path: '/v1/group-members/{memberId}',
  operationId: 'withdrawGroupMember',
  tag,
  summary: 'Take a SIM out of a group as if it had never been in it',
  description: 'Not once a statement of its time is final.',
  scopes: write,
  params: memberParams,
  etag: 'version',
});

@Controller()
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  @Handle(listGroups)
  list(@Input() { query }: InputOf<typeof listGroups>): Promise<AnswerOf<typeof listGroups>> {
    return this.groups.list(query);
  }

  @Handle(createGroup)
  async create(@Input() { body }: InputOf<typeof createGroup>): Promise<Reply<AnswerOf<typeof createGroup>>> {
    const made = await this.groups.create(body);
    return new Reply(made, { location: `/v1/groups/${made.code}` });
  }

  @Handle(getGroup)
  get(@Input() { params }: InputOf<typeof getGroup>): Promise<AnswerOf<typeof getGroup>> {
    return this.groups.get(params.groupCode);
  }

  @Handle(listMembers)
  members(
    @Input() { query: { limit, cursor, ...filter } }: InputOf<typeof listMembers>,
  ): Promise<AnswerOf<typeof listMembers>> {
    return this.groups.members(filter, { limit, cursor });
  }

  @Handle(addMember)
  async add(
    @Input() { params, body }: InputOf<typeof addMember>,
  ): Promise<Reply<AnswerOf<typeof addMember>>> {
    const made = await this.groups.add(params.groupCode, body);
    return new Reply(made, { location: `/v1/group-members/${made.id}` });
  }

  @Handle(getMember)
  member(@Input() { params }: InputOf<typeof getMember>): Promise<AnswerOf<typeof getMember>> {
    return this.groups.member(params.memberId);
  }

  @Handle(endMember)
  end(
    @Input() { params: { memberId }, body }: InputOf<typeof endMember>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof endMember>> {
    return changing(
      context,
      'version',
      () => this.groups.member(memberId),
      (version) => this.groups.end(memberId, body, version),
    );
  }

  @Handle(withdrawMember)
  withdraw(
    @Input() { params: { memberId } }: InputOf<typeof withdrawMember>,
    @Context() context: RequestContext,
  ): Promise<void> {
    return changing(
      context,
      'version',
      () => this.groups.member(memberId),
      (version) => this.groups.withdraw(memberId, version),
    );
  }
}
