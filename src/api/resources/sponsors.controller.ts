import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { monthSchema, SponsorsService } from '../../billing/index.js';
import { octets } from '../kit/fields.js';
import { Download } from '../kit/reply.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'statements';
const scopes = ['billing'] as const;
const params = z.strictObject({ month: monthSchema });
const money = z.string().meta({ description: 'Decimal text.', examples: ['1200'] });

const settlement = z
  .strictObject({
    sponsorId: z.string(),
    currency: z.string(),
    octets,
    amount: money.meta({ description: 'Of the lines that have a rate, without tax.' }),
    lines: z.array(
      z.strictObject({
        planCode: z.string(),
        planVersion: z.int(),
        planRule: z.string().meta({ description: 'Id of the free rule that names the sponsor.' }),
        serviceCode: z.string().nullable(),
        sims: z.int(),
        octetsUp: octets,
        octetsDown: octets,
        octets,
        unitOctets: octets.nullable().meta({ description: 'Null: the plan names no rate.' }),
        unitPrice: money.nullable(),
        amount: money.nullable().meta({ description: 'Octets at the rate, rounded as the plan rounds.' }),
      }),
    ),
  })
  .meta({ id: 'SponsorSettlement', description: 'What a sponsor owes for a month.' });

const getSponsorSettlements = defineRoute({
  method: 'GET',
  path: '/v1/periods/{month}/sponsors',
  operationId: 'getSponsorSettlements',
  tag,
  summary: 'What sponsors owe for the free octets of a closed month',
  description:
    'From the final statements of the month, as their corrections left them. Octets of a rule without a rate have no amount.',
  scopes,
  params,
  response: z.strictObject({ items: z.array(settlement) }).meta({ id: 'SponsorSettlements' }),
});
const getSponsorSettlementsCsv = defineRoute({
  method: 'GET',
  path: '/v1/periods/{month}/sponsors.csv',
  operationId: 'getSponsorSettlementsCsv',
  tag,
  summary: 'The same as CSV, a row per line',
  scopes,
  params,
  otherResponseTypes: ['text/csv'],
  status: 200,
});

@Controller()
export class SponsorsController {
  constructor(private readonly sponsors: SponsorsService) {}

  @Handle(getSponsorSettlements)
  async list(
    @Input() { params }: InputOf<typeof getSponsorSettlements>,
  ): Promise<AnswerOf<typeof getSponsorSettlements>> {
    return { items: await this.sponsors.settlements(params.month) };
  }

  @Handle(getSponsorSettlementsCsv)
  async csv(@Input() { params }: InputOf<typeof getSponsorSettlementsCsv>): Promise<Download> {
    return new Download('text/csv; charset=utf-8', await this.sponsors.csv(params.month));
  }
}
