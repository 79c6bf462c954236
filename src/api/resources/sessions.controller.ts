import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { CLOCK, instantSchema, type Clock } from '../../shared/index.js';
import {
  addressSchema,
  sessionInputSchema,
  sessionPatchSchema,
  sessionsFromCsv,
  SessionsService,
} from '../../sims/index.js';
import type { RequestContext } from '../kit/context.js';
import { changing } from '../kit/etag.js';
import { instant, pageOfItems, pageQuery, simIdText, wholeNumber } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';
import { bulkOf, bulkResult, notingFound } from './bulk.js';

const tag = 'sessions';
const read = ['ingest', 'usage-read'] as const;
const write = ['ingest'] as const;
const params = z.strictObject({ sessionId: wholeNumber });
const open = z
  .enum(['refuse', 'end'])
  .default('refuse')
  .meta({ description: 'What to do with an earlier session of the same prefix that is still open.' });

const session = z
  .strictObject({
    id: z.int(),
    simId: z.string(),
    realm: z.string(),
    prefix: z.string(),
    startTime: instant.meta({ description: 'Inclusive.' }),
    endTime: instant.nullable().meta({ description: 'Exclusive; null = the SIM still holds it.' }),
    dnsServers: z.array(z.string()),
    mcc: z
      .string()
      .nullable()
      .meta({ description: 'Mobile country code of the visited network; null = unknown, taken for home.' }),
    revision: z.int(),
  })
  .meta({ id: 'Session', description: 'One SIM held one address (or LAN prefix) in one realm for a time.' });
const exampleSession = {
  simId: 'sim-0001',
  realm: 'vpg-tokyo',
  prefix: '10.128.0.1',
  startTime: '2026-10-01T00:00:00+09:00',
};

const listSessions = defineRoute({
  method: 'GET',
  path: '/v1/sessions',
  operationId: 'listSessions',
  tag,
  summary: 'List sessions',
  scopes: read,
  query: z.strictObject({
    simId: simIdText.optional(),
    realm: z.string().min(1).max(64).optional(),
    address: addressSchema.optional().meta({ description: 'Sessions whose prefix contains this address.' }),
    at: instantSchema.optional().meta({ description: 'Sessions that were open at this instant.' }),
    ...pageQuery.shape,
  }),
  response: pageOfItems(session),
});
const createSession = defineRoute({
  method: 'POST',
  path: '/v1/sessions',
  operationId: 'createSession',
  tag,
  summary: 'Say that a SIM holds an address',
  description: 'Octets of the address that wait in suspense since then move to the SIM.',
  scopes: write,
  query: z.strictObject({ open }),
  body: sessionInputSchema,
  response: session,
  etag: 'revision',
  examples: { body: exampleSession },
});
const putSessions = defineRoute({
  method: 'POST',
  path: '/v1/sessions/bulk',
  operationId: 'putSessions',
  tag,
  summary: 'Add and change many sessions',
  description: 'A row with the SIM, prefix and start of a stored session changes that session.',
  scopes: write,
  query: z.strictObject({ open }),
  body: bulkOf(sessionInputSchema),
  bodyLimit: 'bulk',
  response: bulkResult,
  status: 200,
  examples: { body: { items: [exampleSession] } },
});
const putSessionsCsv = defineRoute({
  method: 'POST',
  path: '/v1/sessions/csv',
  operationId: 'putSessionsCsv',
  tag,
  summary: 'Add and change many sessions, given as CSV',
  description:
    'The first line names columns: simId, realm, prefix, startTime, endTime, dnsServers (with ; between), mcc. Good rows are taken, bad ones are named. `index` of an error counts the rows below the first line, from 0.',
  scopes: write,
  query: z.strictObject({ open }),
  body: z.string().min(1, 'send the table as text/csv'),
  bodyTypes: ['text/csv'],
  bodyLimit: 'bulk',
  response: bulkResult,
  status: 200,
  examples: {
    body: 'simId,realm,prefix,startTime\nsim-0002,vpg-tokyo,10.128.0.9/32,2026-10-01T00:00:00+09:00\n',
  },
});
const getSession = defineRoute({
  method: 'GET',
  path: '/v1/sessions/{sessionId}',
  operationId: 'getSession',
  tag,
  summary: 'Get a session',
  scopes: read,
  params,
  response: session,
  etag: 'revision',
});
const updateSession = defineRoute({
  method: 'PATCH',
  path: '/v1/sessions/{sessionId}',
  operationId: 'updateSession',
  tag,
  summary: 'End, reopen or correct a session',
  scopes: write,
  params,
  body: sessionPatchSchema,
  response: session,
  etag: 'revision',
  examples: { body: { endTime: '2026-10-02T12:00:00+09:00' } },
});
const endSession = defineRoute({
  method: 'POST',
  path: '/v1/sessions/{sessionId}/end',
  operationId: 'endSession',
  tag,
  summary: 'End a session now',
  scopes: write,
  params,
  response: session,
  status: 200,
  etag: 'revision',
});
const deleteSession = defineRoute({
  method: 'DELETE',
  path: '/v1/sessions/{sessionId}',
  operationId: 'deleteSession',
  tag,
  summary: 'Remove a session that never was',
  description: 'One that is over is ended instead.',
  scopes: write,
  params,
  etag: 'revision',
});

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Handle(listSessions)
  list(
    @Input() { query: { limit, cursor, ...filter } }: InputOf<typeof listSessions>,
  ): Promise<AnswerOf<typeof listSessions>> {
    return this.sessions.list({ limit, cursor }, filter);
  }

  @Handle(createSession)
  async create(
    @Input() { query, body }: InputOf<typeof createSession>,
    @Context() context: RequestContext,
  ): Promise<Reply<AnswerOf<typeof createSession>>> {
    const made = await this.sessions.create(body, query, notingFound(context));
    return new Reply(made, { location: `/v1/sessions/${made.id}` });
  }

  @Handle(putSessions)
  put(
    @Input() { query, body }: InputOf<typeof putSessions>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof putSessions>> {
    return this.sessions.bulkUpsert(body.items, query, notingFound(context));
  }

  @Handle(putSessionsCsv)
  putCsv(
    @Input() { query, body }: InputOf<typeof putSessionsCsv>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof putSessionsCsv>> {
    return this.sessions.bulkUpsert(sessionsFromCsv(body), query, notingFound(context));
  }

  @Handle(getSession)
  get(@Input() { params }: InputOf<typeof getSession>): Promise<AnswerOf<typeof getSession>> {
    return this.sessions.get(params.sessionId);
  }

  @Handle(updateSession)
  update(
    @Input() { params: { sessionId }, body }: InputOf<typeof updateSession>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof updateSession>> {
    return changing(
      context,
      'revision',
      () => this.sessions.get(sessionId),
      (revision) => this.sessions.update(sessionId, body, revision),
    );
  }

  @Handle(endSession)
  end(
    @Input() { params: { sessionId } }: InputOf<typeof endSession>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof endSession>> {
    return changing(
      context,
      'revision',
      () => this.sessions.get(sessionId),
      (revision) => this.sessions.update(sessionId, { endTime: this.clock.now() }, revision),
    );
  }

  @Handle(deleteSession)
  async remove(
    @Input() { params: { sessionId } }: InputOf<typeof deleteSession>,
    @Context() context: RequestContext,
  ): Promise<void> {
    await changing(
      context,
      'revision',
      () => this.sessions.get(sessionId),
      (revision) => this.sessions.remove(sessionId, revision),
    );
  }
}
