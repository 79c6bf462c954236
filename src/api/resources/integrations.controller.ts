import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { AccountingService } from '../../integrations/index.js';
import { formatInstant } from '../../shared/index.js';
import { instant, pageOfItems, pageQuery } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'integrations';

const unresolved = z
  .strictObject({
    realm: z.string(),
    nas: z.string().meta({ description: 'NAS-Identifier, or the address of the NAS.' }),
    acctSessionId: z.string(),
    prefix: z.string(),
    imsi: z.string().nullable(),
    iccid: z.string().nullable(),
    msisdn: z.string().nullable(),
    startTime: instant.meta({ description: 'Inclusive.' }),
    endTime: instant.nullable().meta({ description: 'Exclusive; null = not stopped.' }),
    simId: z.string().nullable(),
    problem: z.enum(['unknown_sim', 'refused', 'conflict']).meta({
      description:
        '`unknown_sim` and `refused` are tried again by themselves once the SIM, or the prefix of the realm, is there.',
    }),
    detail: z.string(),
  })
  .meta({ id: 'UnresolvedAccounting', description: 'RADIUS accounting that did not become a session.' });

const listUnresolved = defineRoute({
  method: 'GET',
  path: '/v1/integrations/radius/unresolved',
  operationId: 'listUnresolvedAccounting',
  tag,
  summary: 'List RADIUS accounting that did not become a session',
  description: 'Octets of these addresses wait in suspense until it does.',
  scopes: ['ingest', 'usage-read'],
  query: pageQuery,
  response: pageOfItems(unresolved),
});

@Controller()
export class IntegrationsController {
  constructor(private readonly accounting: AccountingService) {}

  @Handle(listUnresolved)
  async unresolved(
    @Input() { query }: InputOf<typeof listUnresolved>,
  ): Promise<AnswerOf<typeof listUnresolved>> {
    const { items, nextCursor } = await this.accounting.unresolved(query);
    return {
      nextCursor,
      items: items.map(({ storedStart: _stored, startTime, endTime, problem, detail, ...lease }) => ({
        ...lease,
        startTime: formatInstant(startTime),
        endTime: endTime === null ? null : formatInstant(endTime),
        problem: problem ?? 'unknown_sim',
        detail: detail ?? '',
      })),
    };
  }
}
