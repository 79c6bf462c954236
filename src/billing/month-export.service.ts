import { Inject, Injectable } from '@nestjs/common';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { DataSource } from 'typeorm';
import { Refusal } from '../shared/index.js';
import { ClosingRepository } from './closing.repository.js';
import { StatementsRepository } from './statements.repository.js';

/** Documents held in memory at once, a few kilobytes each. */
const PAGE = 500;

/** All final statements of a month in one file. */
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
    const runs = await this.runs.ofMonth(this.dataSource.manager, month);
    if (runs.length === 0)
      throw new Refusal('not_found', `${month} has no final statements: close it first.`);
    if (runs.some(({ status }) => status !== 'finished'))
      throw new Refusal(
        'conflict',
        `${month} is being closed: ask for the period, and export when it says closed.`,
      );
    const packed = createGzip({ level: 6 });
    // A failure of the reading end goes on to the packed stream, and so to whoever reads that.
    pipeline(Readable.from(this.lines(month)), packed, () => undefined);
    return packed;
  }

  private async *lines(month: string): AsyncGenerator<string> {
    for (let after = '0'; ;) {
      const rows = await this.statements.documents(this.dataSource.manager, month, after, PAGE);
      if (rows.length > 0) yield rows.map(({ document }) => `${document}\n`).join('');
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.number;
    }
  }
}
