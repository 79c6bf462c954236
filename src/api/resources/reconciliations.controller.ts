import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { ComparisonService, reconciliationFields } from '../../integrations/index.js';
import { formatInstant } from '../../shared/index.js';
import { instant, octets, pageOfItems, pageQuery, simIdText } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'integrations';
const day = z.iso.date('write a day such as 2026-10-01').meta({ description: 'A UTC day.' });

/** A SIM's day, in answers and in events. */
export const reconciliationShape = {
  simId: z.string(),
  day: day.meta({ description: 'UTC: SORACOM counts and bills by UTC days.' }),
  mirrorOctets: octets.meta({ description: 'On the SIM’s account.' }),
  waitingOctets: octets.meta({
    description: 'In suspense, of addresses that the SIM held for a part of the time; not in the ratio.',
  }),
  soracomOctets: octets.meta({ description: 'As SORACOM’s air statistics say, all speed classes.' }),
  ratio: z
    .string()
    .nullable()
    .meta({
      description: 'mirror ÷ SORACOM, four places; null where SORACOM has none.',
      examples: ['1.0004'],
    }),
  outside: z.boolean().meta({ description: 'Outside the band that is set for the account.' }),
};

const reconciliation = z
  .strictObject({ account: z.string(), ...reconciliationShape, comparedAt: instant })
  .meta({
    id: 'Reconciliation',
    description: 'A UTC day of a SIM: what was mirrored, and what SORACOM counted.',
  });

const listReconciliations = defineRoute({
  method: 'GET',
  path: '/v1/reconciliations',
  operationId: 'listReconciliations',
  tag,
  summary: 'Compare mirrored octets with SORACOM’s statistics, latest days first',
  description:
    'A worker compares the days that are over once a day. A ratio that is constant and near 1 is usual, as the two count on different layers; 0 says that the mirror misses the SIM.',
  scopes: ['usage-read', 'billing'],
  query: z.strictObject({
    from: day.optional().meta({ description: 'First day.' }),
    to: day.optional().meta({ description: 'Day after the last.' }),
    account: z.string().min(1).max(64).optional(),
    simId: simIdText.optional(),
    outside: z
      .enum(['true', 'false'])
      .transform((text) => text === 'true')
      .optional()
      .meta({ description: 'Only days that are outside the band, or only those that are not.' }),
    ...pageQuery.shape,
  }),
  response: pageOfItems(reconciliation),
});

const orderReconciliation = defineRoute({
  method: 'POST',
  path: '/v1/reconciliations',
  operationId: 'orderReconciliation',
  tag,
  summary: 'Have days compared with SORACOM’s statistics now',
  description:
    'With a SIM, its last 31 days are compared again; without, what is due of all SIMs. A worker begins within seconds.',
  scopes: ['ingest'],
  body: z.strictObject({ simId: simIdText.optional() }),
  response: z.strictObject({ ordered: z.literal(true) }),
  status: 202,
  examples: { body: { simId: 'sim-0001' } },
});

@Controller()
export class ReconciliationsController {
  constructor(private readonly comparison: ComparisonService) {}

  @Handle(listReconciliations)
  async list(
    @Input() { query: { limit, cursor, ...filter } }: InputOf<typeof listReconciliations>,
  ): Promise<AnswerOf<typeof listReconciliations>> {
    const { items, nextCursor } = await this.comparison.list(filter, { limit, cursor });
    return {
      nextCursor,
      items: items.map((item) => ({
        account: item.account,
        ...reconciliationFields(item),
        comparedAt: formatInstant(item.comparedAt.getTime()),
      })),
    };
  }

  @Handle(orderReconciliation)
  async order(
    @Input() { body }: InputOf<typeof orderReconciliation>,
  ): Promise<AnswerOf<typeof orderReconciliation>> {
    await this.comparison.order(body.simId);
    return { ordered: true };
  }
}
