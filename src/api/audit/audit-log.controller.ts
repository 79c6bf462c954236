import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { instantSchema } from '../../shared/index.js';
import { instant, pageOfItems, pageQuery } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';
import { AuditLog } from './audit-log.service.js';

const entry = z
  .strictObject({
    requestId: z.uuid().meta({ description: 'The id under which the request stands in the log.' }),
    at: instant,
    keyId: z.uuid().nullable().meta({ description: 'The API key that asked; null: a command on the host.' }),
    operation: z.string().meta({ description: 'operationId.' }),
    path: z.string(),
    requested: z.unknown().meta({ description: 'Body of the request, without secrets.' }),
    status: z.int().nullable().meta({
      description: 'Of the answer. Null: the process died before the end was known; it may have been done.',
    }),
    before: z.unknown().meta({ description: 'What was found; null where nothing was there.' }),
    after: z.unknown().meta({ description: 'What was answered, without secrets.' }),
  })
  .meta({ id: 'AuditEntry', description: 'A change that was asked for.' });

const listAuditLog = defineRoute({
  method: 'GET',
  path: '/v1/audit-log',
  operationId: 'listAuditLog',
  tag: 'audit-log',
  summary: 'List changes, newest first',
  description: 'Who asked for what, when, what was there before and after, also where it was refused.',
  scopes: ['admin'],
  query: z.strictObject({
    keyId: z.uuid('write the id of a key, a UUID').optional(),
    path: z
      .string()
      .startsWith('/', 'begins with /')
      .max(1000)
      .optional()
      .meta({ description: 'A path, or with a / at its end everything below it.' }),
    from: instantSchema.optional(),
    to: instantSchema.optional(),
    ...pageQuery.shape,
  }),
  response: pageOfItems(entry),
});

@Controller()
export class AuditLogController {
  constructor(private readonly log: AuditLog) {}

  @Handle(listAuditLog)
  list(
    @Input() { query: { limit, cursor, ...filter } }: InputOf<typeof listAuditLog>,
  ): Promise<AnswerOf<typeof listAuditLog>> {
    return this.log.list(filter, { limit, cursor });
  }
}
