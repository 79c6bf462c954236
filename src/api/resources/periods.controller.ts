import { Controller } from '@nestjs/common';
import { z } from 'zod';
import {
  BillingReports,
  CDR_FORMATS,
  CDR_RECORDS,
  closePeriodInputSchema,
  ClosingService,
  MonthExport,
  monthSchema,
} from '../../billing/index.js';
import type { RequestContext } from '../kit/context.js';
import { instant, octets, pageOfItems, pageQuery, spanWith } from '../kit/fields.js';
import { Download, Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'statements';
const scopes = ['billing'] as const;
const params = z.strictObject({ month: monthSchema });

const closing = z
  .strictObject({
    month: z.string(),
    status: z.enum(['open', 'closing', 'held', 'closed']).meta({
      description: 'open: closing was never ordered. held: its total waits to be confirmed.',
    }),
    statements: z.int(),
    runs: z
      .array(
        z.strictObject({
          id: z.string(),
          timeZone: z.string(),
          anchorDay: z.int(),
          currency: z.string(),
          from: instant,
          to: instant,
          asOf: instant,
          forced: z.boolean(),
          status: z.enum(['running', 'held', 'finished']),
          heldBecause: z.string().nullable(),
          statements: z.int(),
          createdAt: instant,
          finishedAt: instant.nullable(),
        }),
      )
      .meta({ description: 'One for each zone, anchor day and currency that plans bill by.' }),
  })
  .meta({ id: 'Period' });
const withoutPlan = z
  .strictObject({ simId: z.string(), octetsUp: octets, octetsDown: octets })
  .meta({ id: 'UsageWithoutPlan' });
const lateUsage = z
  .strictObject({ statement: z.int(), simId: z.string(), octetsUp: octets, octetsDown: octets })
  .meta({ id: 'LateUsage' });

const getPeriod = defineRoute({
  method: 'GET',
  path: '/v1/periods/{month}',
  operationId: 'getPeriod',
  tag,
  summary: 'How far the closing of a month is',
  scopes,
  params,
  response: closing,
});
const closePeriod = defineRoute({
  method: 'POST',
  path: '/v1/periods/{month}/close',
  operationId: 'closePeriod',
  tag,
  summary: 'Close a month: its statements become final',
  description:
    'A worker does it; ask for the period to see how far it is. Refused (409) while the month or its grace time is not over, unless forced, and when every SIM has its statement already. A closing whose total is more than a factor of 2 from the period before, over the same SIMs, is held until it is ordered with `confirm`. A closing that was stopped goes on.',
  scopes,
  params,
  body: closePeriodInputSchema.omit({ month: true }).prefault({}),
  response: closing,
  status: 202,
  examples: { body: { force: false } },
});
const listLateUsage = defineRoute({
  method: 'GET',
  path: '/v1/periods/{month}/late-usage',
  operationId: 'listLateUsage',
  tag,
  summary: 'Usage of a month that became known after its statement was final',
  description: 'A page may be short, or empty, and still have a next one.',
  scopes,
  params,
  query: pageQuery,
  response: pageOfItems(lateUsage),
});
const exportStatements = defineRoute({
  method: 'GET',
  path: '/v1/periods/{month}/statements.ndjson.gz',
  operationId: 'exportStatements',
  tag,
  summary: 'All final statements of a closed month in one file',
  description:
    'Gzip of one JSON document to a line, by number, each the very bytes that were hashed. The same month gives the same bytes.',
  scopes,
  params,
  otherResponseTypes: ['application/gzip'],
  status: 200,
});
const exportCdrs = defineRoute({
  method: 'GET',
  path: '/v1/periods/{month}/cdrs',
  operationId: 'exportCdrs',
  tag,
  summary: 'All final statements of a closed month as charging records with 3GPP field names',
  description:
    'Gzip of one charging function record (TS 32.298) per statement: a JSON document to a line, or CSV with a row per container. Times are exact to the hour. `treatment` (free, billed, not_counted) and `correction` are the fields that are not 3GPP’s.',
  scopes,
  params,
  query: z.strictObject({
    format: z.enum(CDR_FORMATS).default('ndjson'),
    records: z.enum(CDR_RECORDS).default('statements').meta({
      description:
        'corrections: instead of this month’s, the records of earlier statements whose corrections this month’s statements settle, as they are now. Each takes the place of the record with its `localRecordSequenceNumber`.',
    }),
    otherRatingGroup: z.coerce
      .number({ error: 'write a whole number' })
      .int('write a whole number')
      .min(0, 'at least 0')
      .max(4_294_967_295, 'at most 4294967295')
      .default(0)
      .meta({ description: 'Rating group for octets of no service; one that no service has.' }),
  }),
  otherResponseTypes: ['application/gzip'],
  status: 200,
});
const listUsageWithoutPlan = defineRoute({
  method: 'GET',
  path: '/v1/usage-without-plan',
  operationId: 'listUsageWithoutPlan',
  tag,
  summary: 'Usage of SIMs that were on no plan in its hour',
  scopes: ['billing', 'usage-read'],
  query: spanWith(pageQuery.shape),
  response: pageOfItems(withoutPlan),
});

@Controller()
export class PeriodsController {
  constructor(
    private readonly closing: ClosingService,
    private readonly reports: BillingReports,
    private readonly months: MonthExport,
  ) {}

  @Handle(getPeriod)
  get(@Input() { params }: InputOf<typeof getPeriod>): Promise<AnswerOf<typeof getPeriod>> {
    return this.closing.status(params.month);
  }

  @Handle(closePeriod)
  async close(
    @Input() { params: { month }, body }: InputOf<typeof closePeriod>,
    @Context() context: RequestContext,
  ): Promise<Reply<AnswerOf<typeof closePeriod>>> {
    context.before = await this.closing.status(month);
    return new Reply(await this.closing.start({ month, ...body }), { location: `/v1/periods/${month}` });
  }

  @Handle(listLateUsage)
  lateUsage(
    @Input() { params, query }: InputOf<typeof listLateUsage>,
  ): Promise<AnswerOf<typeof listLateUsage>> {
    return this.reports.lateUsage(params.month, query);
  }

  @Handle(exportStatements)
  async export(@Input() { params: { month } }: InputOf<typeof exportStatements>): Promise<Download> {
    return new Download('application/gzip', await this.months.gzip(month), {
      filename: `statements-${month}.ndjson.gz`,
    });
  }

  @Handle(exportCdrs)
  async cdrs(@Input() { params: { month }, query }: InputOf<typeof exportCdrs>): Promise<Download> {
    const name = query.records === 'statements' ? 'cdrs' : 'corrected-cdrs';
    return new Download('application/gzip', await this.months.cdrs(month, query), {
      filename: `${name}-${month}.${query.format}.gz`,
    });
  }

  @Handle(listUsageWithoutPlan)
  withoutPlan(
    @Input() { query: { from, to, ...page } }: InputOf<typeof listUsageWithoutPlan>,
  ): Promise<AnswerOf<typeof listUsageWithoutPlan>> {
    return this.reports.withoutPlan(new Date(from), new Date(to), page);
  }
}
