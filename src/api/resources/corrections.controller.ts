import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { correctionPdf, CorrectionsService, monthSchema } from '../../billing/index.js';
import { instant, numericId, pageOfItems, pageQuery, simIdText, wholeNumber } from '../kit/fields.js';
import { Problem } from '../kit/problem.js';
import { Download } from '../kit/reply.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'statements';
const scopes = ['billing'] as const;
const money = z.string().meta({ description: 'Decimal text; negative = credit.', examples: ['-220'] });

/** What is told of a correction, here and in its event. */
export const correctionFields = {
  id: z.string(),
  statement: z.int().meta({ description: 'Number of the statement that is corrected.' }),
  position: z.int().meta({ description: '1, 2, 3… per statement: each corrects what the one before left.' }),
  month: z.string(),
  direction: z.enum(['debit', 'credit', 'none']),
  amount: money,
  hash: z.string().meta({ description: 'SHA-256 of the JSON of the correction, hex.' }),
};
const correction = z
  .strictObject({
    ...correctionFields,
    simId: z.string(),
    currency: z.string(),
    correctedAt: instant,
    settledOn: z
      .int()
      .nullable()
      .meta({ description: 'Number of the statement that settles it; null until the next one is final.' }),
  })
  .meta({ id: 'Correction' });
const values = z.record(z.string(), z.string());
const correctionDocument = z
  .looseObject({
    simId: z.string(),
    statement: z.int(),
    statementHash: z.string(),
    position: z.int(),
    previousHash: z.string().nullable(),
    correctedAt: instant,
    direction: correctionFields.direction,
    amount: money,
    net: money,
    tax: money,
    lines: z.array(
      z.strictObject({
        section: z.enum(['usage', 'charge']),
        line: z.record(z.string(), z.union([z.string(), z.int(), z.null()])),
        before: values,
        after: values,
        difference: values,
      }),
    ),
    after: z.looseObject({}).meta({ description: 'The whole period as it is rated now.' }),
  })
  .meta({ id: 'CorrectionDocument' });

const listCorrections = defineRoute({
  method: 'GET',
  path: '/v1/corrections',
  operationId: 'listCorrections',
  tag,
  summary: 'List corrections of final statements, in the order in which they were made',
  scopes,
  query: z.strictObject({
    month: monthSchema.optional(),
    simId: simIdText.optional(),
    statement: wholeNumber.optional(),
    settled: z
      .enum(['true', 'false'])
      .transform((text) => text === 'true')
      .optional()
      .meta({ description: 'Those that a statement has settled, or those that are still open.' }),
    ...pageQuery.shape,
  }),
  response: pageOfItems(correction),
});
const getCorrection = defineRoute({
  method: 'GET',
  path: '/v1/corrections/{correctionId}',
  operationId: 'getCorrection',
  tag,
  summary: 'Get a correction with its lines',
  description: 'As JSON, the very bytes that were hashed; as PDF with `Accept: application/pdf`.',
  scopes,
  params: z.strictObject({ correctionId: numericId }),
  response: correctionDocument,
  otherResponseTypes: ['application/pdf'],
});
const correctPeriod = defineRoute({
  method: 'POST',
  path: '/v1/periods/{month}/correct',
  operationId: 'correctPeriod',
  tag,
  summary: 'Correct the final statements of a month',
  description:
    'A worker rates the month again from the usage and rules of now. What differs becomes a correction, which the SIM’s next statement settles as a credit or debit. Where nothing differs nothing is written: ordering it twice changes nothing.',
  scopes,
  params: z.strictObject({ month: monthSchema }),
  response: z
    .strictObject({ month: z.string(), status: z.literal('ordered') })
    .meta({ id: 'CorrectionOrder' }),
  status: 202,
});

@Controller()
export class CorrectionsController {
  constructor(private readonly corrections: CorrectionsService) {}

  @Handle(listCorrections)
  list(
    @Input() { query: { limit, cursor, ...filter } }: InputOf<typeof listCorrections>,
  ): Promise<AnswerOf<typeof listCorrections>> {
    return this.corrections.list(filter, { limit, cursor });
  }

  @Handle(getCorrection)
  async get(@Input() { params }: InputOf<typeof getCorrection>, @Req() request: Request): Promise<Download> {
    const wanted = request.accepts(['application/json', 'application/pdf']);
    if (wanted === false)
      throw new Problem(
        'not_acceptable',
        'A correction is application/json or application/pdf; accept one of them.',
      );
    const { text, hash } = await this.corrections.get(params.correctionId);
    const headers = { vary: 'accept' };
    if (wanted === 'application/json')
      return new Download('application/json; charset=utf-8', text, { headers });
    return new Download('application/pdf', await correctionPdf(text, hash ?? ''), {
      filename: `correction-${params.correctionId}.pdf`,
      headers,
    });
  }

  @Handle(correctPeriod)
  async correct(
    @Input() { params: { month } }: InputOf<typeof correctPeriod>,
  ): Promise<AnswerOf<typeof correctPeriod>> {
    await this.corrections.start(month);
    return { month, status: 'ordered' };
  }
}
