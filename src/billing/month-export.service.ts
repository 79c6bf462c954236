import { Inject, Injectable } from '@nestjs/common';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { DataSource } from 'typeorm';
import { Refusal } from '../shared/index.js';
import { CDR_COLUMNS, cdrJson, cdrRows, type CdrSource, type IdentityOf } from './cdr.js';
import { ClosingRepository } from './closing.repository.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { csvRows } from './csv.js';
import { parseCorrected, parseStatement } from './parsed-statement.js';
import { StatementsRepository } from './statements.repository.js';

/** Documents held in memory at once, a few kilobytes each. */
const PAGE = 500;

export const CDR_FORMATS = ['ndjson', 'csv'] as const;
export type CdrFormat = (typeof CDR_FORMATS)[number];
/** Of a month's final statements, or of the earlier ones that they settle corrections of. */
export const CDR_RECORDS = ['statements', 'corrections'] as const;

export interface CdrRequest {
  format: CdrFormat;
  records: (typeof CDR_RECORDS)[number];
  otherRatingGroup: number;
}

/** All final statements of a month in one file, as they are or as charging records. */
@Injectable()
export class MonthExport {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(ClosingRepository) private readonly runs: ClosingRepository,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(CorrectionsRepository) private readonly corrections: CorrectionsRepository,
  ) {}

  /**
   * NDJSON in gzip: one document to a line, by number, each the very bytes that were hashed. A closed month always gives
   * the same bytes: the gzip header holds no time. Throws a {@link Refusal} for a month that is not closed.
   */
  async gzip(month: string): Promise<Readable> {
    await this.refuseOpen(month);
    return packed(
      written(this.documents(month), (documents) => documents.map((document) => `${document}\n`).join('')),
    );
  }

  /**
   * Charging records of a closed month in gzip: NDJSON, or CSV with a row per container. One for each final statement by
   * number; or, with `corrections`, one for each earlier statement that these settle corrections of, as the last of them
   * left it, in the order in which they were made. A closed month always gives the same bytes. Octets of no service
   * stand under `otherRatingGroup`; throws a {@link Refusal} where a service has it.
   */
  async cdrs(month: string, { format, records, otherRatingGroup }: CdrRequest): Promise<Readable> {
    await this.refuseOpen(month);
    const identityOf = await this.identities(otherRatingGroup);
    const pages = records === 'statements' ? this.statementSources(month) : this.correctedSources(month);
    return packed(
      format === 'ndjson'
        ? written(pages, (all) => all.map((one) => `${cdrJson(one, identityOf)}\n`).join(''))
        : written(
            pages,
            (all) => csvRows(all.flatMap((one) => cdrRows(one, identityOf))),
            csvRows([CDR_COLUMNS]),
          ),
    );
  }

  private async identities(otherRatingGroup: number): Promise<IdentityOf> {
    const services = await this.statements.chargingIdentities(this.dataSource.manager);
    const taken = [...services].find(([, { ratingGroup }]) => ratingGroup === otherRatingGroup);
    if (taken !== undefined) {
      const detail = `service "${taken[0]}" has rating group ${otherRatingGroup}: name one that no service has for the octets of none`;
      throw new Refusal('invalid', `${detail}.`, [{ pointer: '/otherRatingGroup', detail }]);
    }
    return (code) => {
      if (code === null) return { ratingGroup: otherRatingGroup };
      const identity = services.get(code);
      if (identity === undefined)
        throw new Error(`a statement names service "${code}", which the catalogue has lost`);
      return identity;
    };
  }

  private async refuseOpen(month: string): Promise<void> {
    const runs = await this.runs.ofMonth(this.dataSource.manager, month);
    if (runs.length === 0)
      throw new Refusal('not_found', `${month} has no final statements: close it first.`);
    if (runs.some(({ status }) => status !== 'finished'))
      throw new Refusal(
        'conflict',
        `${month} is being closed: ask for the period, and export when it says closed.`,
      );
  }

  /** Pages by number. */
  private async *documents(month: string): AsyncGenerator<string[]> {
    const { manager } = this.dataSource;
    const rows = paged(
      (after) => this.statements.documents(manager, month, after, PAGE),
      ({ number }) => number,
    );
    for await (const page of rows) yield page.map(({ document }) => document);
  }

  private async *statementSources(month: string): AsyncGenerator<CdrSource[]> {
    for await (const page of this.documents(month))
      yield page.map((document) => ({ statement: parseStatement(document) }));
  }

  private async *correctedSources(month: string): AsyncGenerator<CdrSource[]> {
    const { manager } = this.dataSource;
    const rows = paged(
      (after) => this.corrections.settledBy(manager, month, after, PAGE),
      ({ id }) => id,
    );
    for await (const page of rows)
      yield page.map(({ document, ...correction }) => ({ statement: parseCorrected(document), correction }));
  }
}

/** Pages until one is short, each after the last key of the one before. */
async function* paged<R>(
  read: (after: string) => Promise<R[]>,
  keyOf: (row: R) => string,
): AsyncGenerator<R[]> {
  for (let after = '0'; ;) {
    const rows = await read(after);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < PAGE) return;
    after = keyOf(last);
  }
}

/** Each page made into text, after `head`. */
async function* written<T>(
  pages: AsyncIterable<T[]>,
  write: (page: T[]) => string,
  head = '',
): AsyncGenerator<string> {
  if (head !== '') yield head;
  for await (const page of pages) {
    const text = write(page);
    if (text !== '') yield text;
  }
}

function packed(text: AsyncGenerator<string>): Readable {
  const stream = createGzip({ level: 6 });
  // A failure of the reading end goes on to the packed stream, and so to whoever reads that.
  pipeline(Readable.from(text), stream, () => undefined);
  return stream;
}
