import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { monthSchema, StatementsService, VerificationService } from '../../billing/index.js';
import { ifNoneMatchHits } from '../kit/etag.js';
import { pageOfItems, pageQuery, simIdText, wholeNumber } from '../kit/fields.js';
import { Problem } from '../kit/problem.js';
import { Download } from '../kit/reply.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';
import { statement, statementSummary } from './statement.schema.js';

const tag = 'statements';
const scopes = ['billing'] as const;
const params = z.strictObject({ number: wholeNumber });
const CSV = 'text/csv; charset=utf-8';

const listStatements = defineRoute({
  method: 'GET',
  path: '/v1/statements',
  operationId: 'listStatements',
  tag,
  summary: 'List final statements, by number',
  scopes,
  query: z.strictObject({ month: monthSchema.optional(), simId: simIdText.optional(), ...pageQuery.shape }),
  response: pageOfItems(statementSummary),
});
const getStatement = defineRoute({
  method: 'GET',
  path: '/v1/statements/{number}',
  operationId: 'getStatement',
  tag,
  summary: 'Get a final statement with its lines',
  description:
    'As JSON, the very bytes that were hashed (the ETag is the hash); as CSV with `Accept: text/csv`, as PDF with `Accept: application/pdf`.',
  scopes,
  params,
  response: statement,
  etag: 'content',
  otherResponseTypes: ['text/csv', 'application/pdf'],
});
const getStatementCsv = defineRoute({
  method: 'GET',
  path: '/v1/statements/{number}/csv',
  operationId: 'getStatementCsv',
  tag,
  summary: 'Get a final statement as a CSV file',
  description: 'RFC 4180, safe to open in a spreadsheet.',
  scopes,
  params,
  otherResponseTypes: ['text/csv'],
  status: 200,
});
const getStatementPdf = defineRoute({
  method: 'GET',
  path: '/v1/statements/{number}/pdf',
  operationId: 'getStatementPdf',
  tag,
  summary: 'Get a final statement as a PDF file',
  description: 'A4, in Japanese, its font embedded. The same statement gives the same bytes.',
  scopes,
  params,
  otherResponseTypes: ['application/pdf'],
  status: 200,
});
const listStatementDrafts = defineRoute({
  method: 'GET',
  path: '/v1/statement-drafts',
  operationId: 'listStatementDrafts',
  tag,
  summary: 'What the statements of a month would be now',
  description: 'Of SIMs without a final one. Nothing is stored.',
  scopes,
  query: z.strictObject({
    month: monthSchema,
    simId: simIdText.optional(),
    ...pageQuery.shape,
  }),
  response: pageOfItems(statement),
});
const checkStatementChain = defineRoute({
  method: 'GET',
  path: '/v1/statement-chains/{simId}',
  operationId: 'checkStatementChain',
  tag,
  summary: 'Check that no statement or correction of a SIM was changed or taken out',
  description:
    'Hashes every document again, and compares it with what is stored beside it and with the statement before. `countfree verify` does so for all SIMs, and with a mark that you kept also finds what was changed with all hashes.',
  scopes,
  params: z.strictObject({ simId: simIdText }),
  response: z
    .strictObject({
      simId: z.string(),
      statements: z.int().meta({ description: 'Statements that are sound, from the first.' }),
      broken: z.strictObject({ number: z.int(), reason: z.string() }).nullable(),
    })
    .meta({ id: 'StatementChain' }),
});

@Controller()
export class StatementsController {
  constructor(
    private readonly statements: StatementsService,
    private readonly verification: VerificationService,
  ) {}

  @Handle(listStatements)
  list(
    @Input() { query: { limit, cursor, ...filter } }: InputOf<typeof listStatements>,
  ): Promise<AnswerOf<typeof listStatements>> {
    return this.statements.list(filter, { limit, cursor });
  }

  @Handle(getStatement)
  async get(@Input() { params }: InputOf<typeof getStatement>, @Req() request: Request): Promise<Download> {
    const wanted = request.accepts(['application/json', 'text/csv', 'application/pdf']);
    if (wanted === 'text/csv') return this.csv({ params });
    if (wanted === 'application/pdf') return this.pdf({ params });
    if (wanted === false) {
      throw new Problem(
        'not_acceptable',
        'A statement is application/json, text/csv or application/pdf; accept one of them.',
      );
    }
    const { text, hash } = await this.statements.get(params.number);
    const etag = `"${hash ?? ''}"`;
    const headers = { etag, vary: 'accept' };
    if (ifNoneMatchHits(request.get('if-none-match'), etag)) {
      return new Download('application/json; charset=utf-8', '', { headers, status: 304 });
    }
    return new Download('application/json; charset=utf-8', text, { headers });
  }

  @Handle(getStatementCsv)
  async csv(@Input() { params }: Pick<InputOf<typeof getStatementCsv>, 'params'>): Promise<Download> {
    const text = await this.statements.csv(params.number);
    return new Download(CSV, text, {
      filename: `statement-${params.number}.csv`,
      headers: { vary: 'accept' },
    });
  }

  @Handle(getStatementPdf)
  async pdf(@Input() { params }: Pick<InputOf<typeof getStatementPdf>, 'params'>): Promise<Download> {
    return new Download('application/pdf', await this.statements.pdf(params.number), {
      filename: `statement-${params.number}.pdf`,
      headers: { vary: 'accept' },
    });
  }

  @Handle(listStatementDrafts)
  async drafts(
    @Input() { query: { month, simId, ...page } }: InputOf<typeof listStatementDrafts>,
  ): Promise<AnswerOf<typeof listStatementDrafts>> {
    const { items, nextCursor } = await this.statements.drafts(month, { simId }, page);
    return { items: items.map(({ text }) => JSON.parse(text) as z.input<typeof statement>), nextCursor };
  }

  @Handle(checkStatementChain)
  checkChain(
    @Input() { params }: InputOf<typeof checkStatementChain>,
  ): Promise<AnswerOf<typeof checkStatementChain>> {
    return this.verification.checkChain(params.simId);
  }
}
