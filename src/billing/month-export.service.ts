import { Inject, Injectable } from '@nestjs/common';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { DataSource } from 'typeorm';
import { Refusal } from '../shared/index.js';
import { CDR_COLUMNS, cdrJson, cdrRows, type IdentityOf } from './cdr.js';
import { ClosingRepository } from './closing.repository.js';
import { csvRows } from './csv.js';
import { StatementsRepository } from './statements.repository.js';

/** Documents held in memory at once, a few kilobytes each. */
const PAGE = 500;

export const CDR_FORMATS = ['ndjson', 'csv'] as const;
export type CdrFormat = (typeof CDR_FORMATS)[number];

/** All final statements of a month in one file, as they are or as charging records. */
@Injectable()
export class MonthExport {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(ClosingRepository) private readonly runs: ClosingRepository,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
  ) {}

  /**
   * NDJSON in gzip: one document to a line, by number, each the very bytes that were hashed. A closed month always gives
   * the same bytes: the gzip header holds no time. Throws a {@link Refusal} for a month that is not closed.
   */
  async gzip(month: string): Promise<Readable> {
    await this.refuseOpen(month);
    return packed(this.pages(month, (documents) => documents.map((document) => `${document}\n`).join('')));
  }

  /**
   * The charging records of a closed month in gzip, one for each final statement by number: NDJSON, or CSV with a row
   * per container. Octets of no service stand under `otherRatingGroup`; throws a {@link Refusal} where a service has it.
   */
  async cdrs(month: string, format: CdrFormat, otherRatingGroup: number): Promise<Readable> {
    await this.refuseOpen(month);
    const identityOf = await this.identities(otherRatingGroup);
    return packed(
      format === 'ndjson'
        ? this.pages(month, (documents) => documents.map((one) => `${cdrJson(one, identityOf)}\n`).join(''))
        : this.pages(
            month,
            (documents) => csvRows(documents.flatMap((one) => cdrRows(one, identityOf))),
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

  /** Pages of documents by number, each made into text. */
  private async *pages(
    month: string,
    write: (documents: readonly string[]) => string,
    head = '',
  ): AsyncGenerator<string> {
    if (head !== '') yield head;
    for (let after = '0'; ;) {
      const rows = await this.statements.documents(this.dataSource.manager, month, after, PAGE);
      const text = write(rows.map(({ document }) => document));
      if (text !== '') yield text;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.number;
    }
  }
}

function packed(text: AsyncGenerator<string>): Readable {
  const stream = createGzip({ level: 6 });
  // A failure of the reading end goes on to the packed stream, and so to whoever reads that.
  pipeline(Readable.from(text), stream, () => undefined);
  return stream;
}
