import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { AccountingService, SoracomService } from '../../integrations/index.js';
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
    mcc: z.string().nullable().meta({ description: 'Mobile country code of the network; null = not told.' }),
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

const noteSoracomEvent = defineRoute({
  method: 'POST',
  path: '/v1/integrations/soracom/events',
  operationId: 'noteSoracomEvent',
  tag,
  summary: 'Say that something happened to a SIM of SORACOM',
  description:
    'For the web request of a SORACOM Event Handler. A worker reads the SIM and its session history from SORACOM within seconds; of what the event itself says only the SIM is used.',
  scopes: ['ingest'],
  body: z
    .strictObject({
      simId: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'an id of a SIM')
        .optional()
        .meta({ description: "SORACOM's id of the SIM." }),
      imsi: z
        .string()
        .regex(/^\d{5,15}$/, 'an IMSI is 5 to 15 digits (ITU-T E.212)')
        .optional()
        .meta({ description: 'Of a SIM that an earlier sync has read.' }),
    })
    .refine(({ simId, imsi }) => simId !== undefined || imsi !== undefined, 'name the SIM by simId or imsi'),
  response: z.strictObject({ noted: z.literal(true) }),
  status: 202,
  examples: { body: { imsi: '440101234567890' } },
});

@Controller()
export class IntegrationsController {
  constructor(
    private readonly accounting: AccountingService,
    private readonly soracom: SoracomService,
  ) {}

  @Handle(noteSoracomEvent)
  async note(
    @Input() { body }: InputOf<typeof noteSoracomEvent>,
  ): Promise<AnswerOf<typeof noteSoracomEvent>> {
    await this.soracom.noteEvent(body);
    return { noted: true };
  }

  @Handle(listUnresolved)
  async unresolved(
    @Input() { query }: InputOf<typeof listUnresolved>,
  ): Promise<AnswerOf<typeof listUnresolved>> {
    const { items, nextCursor } = await this.accounting.unresolved(query);
    return {
      nextCursor,
      items: items.map(
        ({ storedStart: _stored, continues: _continues, startTime, endTime, problem, detail, ...lease }) => ({
          ...lease,
          startTime: formatInstant(startTime),
          endTime: endTime === null ? null : formatInstant(endTime),
          problem: problem ?? 'unknown_sim',
          detail: detail ?? '',
        }),
      ),
    };
  }
}
