import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountsReader, UsageReader } from '../meter/index.js';
import { CatalogueReader, SegmentsReader, periodOfMonth, type BillingCalendar } from '../plans/index.js';
import {
  Refusal,
  decodeCursor,
  encodeCursor,
  formatInstant,
  once,
  toPage,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { completenessOf } from './completeness.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { groupBy } from './groups.js';
import { statementPdf } from './pdf/statement-pdf.js';
import type { StatementDocument, StatementView } from './schemas.js';
import { statementCsv } from './statement-csv.js';
import { statementDocument } from './statement-document.js';
import { StatementRater } from './statement-rater.js';
import { StatementsRepository, type StatementFilter, type StatementRow } from './statements.repository.js';

/** Reads final statements, and makes drafts of what is not closed. */
@Injectable()
export class StatementsService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(CatalogueReader) private readonly catalogue: CatalogueReader,
    @Inject(UsageReader) private readonly usage: UsageReader,
    @Inject(AccountsReader) private readonly accounts: AccountsReader,
    @Inject(CorrectionsRepository) private readonly corrections: CorrectionsRepository,
  ) {}

  /** Final statements in the order of their numbers. */
  async list(filter: StatementFilter, page: PageRequest): Promise<Page<StatementView>> {
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('statements', page.cursor, ['id']);
    const rows = await this.statements.list(this.dataSource.manager, filter, after, page.limit + 1);
    // Statements of a page are mostly of one run and period.
    const instant = once((text: string) => formatInstant(Number(text)));
    const completeness = once((text: string) => JSON.parse(text) as Record<string, string>);
    return toPage(
      rows,
      page.limit,
      (last) => encodeCursor('statements', [last.number]),
      (row) => toView(row, instant, completeness),
    );
  }

  async get(number: number): Promise<StatementDocument> {
    const { document, hash } = await this.found(number);
    return { text: document, hash };
  }

  /** RFC 4180, safe to open in a spreadsheet. */
  async csv(number: number): Promise<string> {
    return statementCsv((await this.found(number)).document);
  }

  /** A4, in Japanese. The same statement gives the same bytes. */
  async pdf(number: number): Promise<Buffer> {
    const { document, hash } = await this.found(number);
    return statementPdf(document, hash);
  }

  /**
   * What the statements of a month would be now, for SIMs without a final one, ordered by calendar and SIM. Nothing is
   * stored. A draft without the octets carried over from a period that is itself not closed says so by their absence;
   * corrections that are open it names as its final statement would, those that the closing itself will make it cannot know.
   */
  async drafts(
    month: string,
    filter: { simId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<StatementDocument>> {
    const { manager } = this.dataSource;
    const simKey = filter.simId === undefined ? undefined : await this.knownSim(filter.simId);
    const calendars = await this.calendarsOf(month);
    const [startAt, after] =
      page.cursor === undefined
        ? [calendarKey(calendars[0]), simKey === undefined ? 0 : simKey - 1]
        : decodeCursor('drafts', page.cursor, ['text', 'number']);
    const items: StatementDocument[] = [];
    for (const calendar of calendars.filter((one) => calendarKey(one) >= startAt)) {
      const from = calendarKey(calendar) === startAt ? after : simKey === undefined ? 0 : simKey - 1;
      const room = page.limit - items.length;
      const period = periodOfMonth(calendar, month);
      const found = await this.segments.sims(manager, calendar, period, from, room + 1);
      const sims = simKey === undefined ? found : found.filter((key) => key === simKey);
      const now = sims.slice(0, room);
      items.push(...(await this.draft(calendar, month, now)));
      if (sims.length > room)
        return {
          items,
          nextCursor: encodeCursor('drafts', [calendarKey(calendar), now.at(-1) ?? from]),
        };
    }
    return { items, nextCursor: null };
  }

  private async draft(
    calendar: BillingCalendar,
    month: string,
    simKeys: readonly number[],
  ): Promise<StatementDocument[]> {
    const { manager } = this.dataSource;
    const period = periodOfMonth(calendar, month);
    const closed = await this.statements.closed(manager, calendar, month, simKeys);
    const open = simKeys.filter((key) => !closed.has(key));
    if (open.length === 0) return [];
    const carriedIn = await this.statements.carriedInto(manager, calendar, period, open);
    const simIds = await this.statements.simIds(manager, open);
    const settles = groupBy(
      await this.corrections.open(manager, calendar.currency, open),
      ({ simKey }) => simKey,
    );
    const completeness = completenessOf(
      await this.accounts.completeness(new Date(period.from), new Date(period.to)),
    );
    const rater = new StatementRater(this.segments, this.catalogue, this.usage);
    const rated = await rater.rate(manager, calendar, period, open, carriedIn);
    return rated.map(({ simKey, rated: one }) => ({
      hash: null,
      text: statementDocument(
        {
          simId: simIds.get(simKey) ?? '',
          final: null,
          completeness,
          corrections: settles.get(simKey) ?? [],
        },
        one,
      ),
    }));
  }

  private async calendarsOf(month: string): Promise<BillingCalendar[]> {
    const calendars = await this.segments.calendarsOfMonth(this.dataSource.manager, month);
    return calendars.sort((a, b) => (calendarKey(a) < calendarKey(b) ? -1 : 1));
  }

  private async knownSim(simId: string): Promise<number> {
    const simKey = await this.statements.simKey(this.dataSource.manager, simId);
    if (simKey === undefined) throw new Refusal('not_found', `There is no SIM "${simId}".`);
    return simKey;
  }

  private async found(number: number): Promise<StatementRow & { document: string }> {
    const row = await this.statements.find(this.dataSource.manager, number);
    if (row === undefined) throw new Refusal('not_found', `There is no statement ${number}.`);
    return row;
  }
}

function calendarKey(calendar: BillingCalendar | undefined): string {
  return JSON.stringify([calendar?.timeZone, calendar?.anchorDay, calendar?.currency]);
}

function toView(
  row: StatementRow,
  instant: (text: string) => string,
  completeness: (text: string) => Record<string, string>,
): StatementView {
  return {
    number: Number(row.number),
    simId: row.simId,
    chainPosition: row.chainPosition,
    month: row.month,
    from: instant(row.periodFrom),
    to: instant(row.periodTo),
    timeZone: row.timeZone,
    anchorDay: row.anchorDay,
    octets: (BigInt(row.octetsUp) + BigInt(row.octetsDown)).toString(),
    octetsUp: row.octetsUp,
    octetsDown: row.octetsDown,
    freeOctets: row.freeOctets,
    billedOctets: row.billedOctets,
    notCountedOctets: row.notCountedOctets,
    nameNotVerifiedOctets: row.nameNotVerifiedOctets,
    currency: row.currency.split('/')[0] ?? '',
    net: row.net,
    tax: row.tax,
    amount: row.amount,
    correctionsAmount: row.correctionsAmount,
    amountDue: row.amountDue,
    hash: row.hash,
    finalizedAt: instant(row.finalizedAt),
    completeness: completeness(row.completeness),
  };
}
