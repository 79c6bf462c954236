import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { monthSchema, ThresholdsService } from '../../billing/index.js';
import { instant, pageOfItems, pageQuery, simIdText } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

/** What is told of a threshold, here and in its event. */
export const thresholdFields = {
  kind: z.enum(['quota', 'pool', 'cap', 'total_cap', 'amount']),
  planCode: z.string(),
  planVersion: z.int(),
  rule: z.string().meta({ description: 'JSON pointer of the rule within the terms of the plan version.' }),
  window: z.string().meta({
    description: 'What the threshold starts anew with: a local day, else the start of the segment or period.',
  }),
  threshold: z.string().meta({ description: 'A share such as `80%`, `exceeded`, or an amount.' }),
  limit: z.string().meta({ description: 'Octets, or money, that 100 % is.' }),
  used: z.string(),
  group: z
    .string()
    .nullable()
    .optional()
    .meta({ description: 'The group whose pool it is; it is told of once for all its SIMs.' }),
  month: z.string(),
};

const threshold = z
  .strictObject({ id: z.string(), simId: z.string(), ...thresholdFields, reachedAt: instant })
  .meta({ id: 'UsageThreshold' });

const listThresholds = defineRoute({
  method: 'GET',
  path: '/v1/thresholds',
  operationId: 'listThresholds',
  tag: 'usage',
  summary: 'Thresholds of quota, caps and money that SIMs have reached',
  description:
    'Each once per SIM, period and threshold, in the order in which they were reached. Plans say which there are; 50, 80 and 100 percent where they do not.',
  scopes: ['usage-read', 'billing'],
  query: z.strictObject({ simId: simIdText.optional(), month: monthSchema.optional(), ...pageQuery.shape }),
  response: pageOfItems(threshold),
});

@Controller()
export class ThresholdsController {
  constructor(private readonly thresholds: ThresholdsService) {}

  @Handle(listThresholds)
  async list(
    @Input() { query: { limit, cursor, ...filter } }: InputOf<typeof listThresholds>,
  ): Promise<AnswerOf<typeof listThresholds>> {
    const { items, nextCursor } = await this.thresholds.list(filter, { limit, cursor });
    return {
      items: items.map((item) => ({ ...item, kind: thresholdFields.kind.parse(item.kind) })),
      nextCursor,
    };
  }
}
