import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UsageReader } from '../meter/index.js';
import { SegmentsReader, periodOfMonth, type BillingCalendar } from '../plans/index.js';
import { decodeCursor, encodeCursor, toPage, type Page, type PageRequest } from '../shared/index.js';
import { groupBy } from './groups.js';
import { ReportsRepository } from './reports.repository.js';

/** Statements compared in one query. */
const CHUNK = 1000;

export interface SimUsage {
  simId: string;
  octetsUp: string;
  octetsDown: string;
}

/** Octets of a closed period that are not on its statement; negative where the statement has more. */
export interface LateUsage extends SimUsage {
  statement: number;
}

/** What is on no statement: nothing disappears silently, not even after a month is closed. */
@Injectable()
export class BillingReports {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(ReportsRepository) private readonly reports: ReportsRepository,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(UsageReader) private readonly usage: UsageReader,
  ) {}

  /** Usage in [from, to), whole UTC hours, of SIMs that were on no plan in its hour. Ordered by SIM. */
  async withoutPlan(from: Date, to: Date, page: PageRequest): Promise<Page<SimUsage>> {
    const [after] =
      page.cursor === undefined ? ['0'] : decodeCursor('usage-without-plan', page.cursor, ['id']);
    const rows = await this.reports.withoutPlan(this.dataSource.manager, from, to, after, page.limit + 1);
    return toPage(
      rows,
      page.limit,
      (last) => encodeCursor('usage-without-plan', [last.simKey]),
      ({ simId, octetsUp, octetsDown }) => ({ simId, octetsUp, octetsDown }),
    );
  }

  async withoutPlanTotal(from: Date, to: Date): Promise<{ octets: bigint; sims: number }> {
    return this.reports.withoutPlanTotal(this.dataSource.manager, from, to);
  }

  /**
   * Usage of a month that became known after its statement was final, ordered by the statement's number. A page may
   * be short, or empty, and still have a next one: it ends after a number of statements looked at.
   */
  async lateUsage(month: string, page: PageRequest): Promise<Page<LateUsage>> {
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('late-usage', page.cursor, ['id']);
    const { manager } = this.dataSource;
    const rows = await this.reports.statementOctets(manager, month, after, Math.min(CHUNK, page.limit));
    const stored = new Map<string, { up: bigint; down: bigint }>();
    for (const [, ofCalendar] of groupBy(rows, calendarText)) {
      const [{ timeZone, anchorDay, currency } = { timeZone: 'UTC', anchorDay: 1, currency: '' }] =
        ofCalendar;
      const calendar: BillingCalendar = { timeZone, anchorDay, currency };
      const period = periodOfMonth(calendar, month);
      const sims = ofCalendar.map(({ simKey }) => Number(simKey));
      const spans = await this.segments.segments(manager, calendar, period, sims);
      for (const row of await this.usage.usageOfSpans(spans)) {
        const key = JSON.stringify([calendarText(calendar), spans[row.span]?.simKey]);
        const sum = stored.get(key) ?? { up: 0n, down: 0n };
        stored.set(key, { up: sum.up + row.octetsUp, down: sum.down + row.octetsDown });
      }
    }
    const items = rows.flatMap((row) => {
      const now = stored.get(JSON.stringify([calendarText(row), Number(row.simKey)])) ?? { up: 0n, down: 0n };
      const up = now.up - BigInt(row.octetsUp);
      const down = now.down - BigInt(row.octetsDown);
      if (up === 0n && down === 0n) return [];
      return [
        {
          statement: Number(row.number),
          simId: row.simId,
          octetsUp: up.toString(),
          octetsDown: down.toString(),
        },
      ];
    });
    const last = rows.at(-1);
    const more = rows.length === Math.min(CHUNK, page.limit) && last !== undefined;
    return { items, nextCursor: more ? encodeCursor('late-usage', [last.number]) : null };
  }
}

function calendarText({ timeZone, anchorDay, currency }: BillingCalendar): string {
  return JSON.stringify([timeZone, anchorDay, currency]);
}
