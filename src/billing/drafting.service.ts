import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '../database/index.js';
import { UsageReader } from '../meter/index.js';
import {
  CatalogueReader,
  SegmentsReader,
  periodOfMonth,
  type BillingCalendar,
  type Period,
} from '../plans/index.js';
import { CLOCK, formatInstant, type Clock } from '../shared/index.js';
import { Outbox } from '../webhooks/index.js';
import { DraftingRepository } from './drafting.repository.js';
import { BILLING_SETTINGS, type BillingSettings } from './settings.js';
import { StatementRater, type RatedSim } from './statement-rater.js';
import { StatementsRepository } from './statements.repository.js';

/**
 * Tells of each SIM's draft once its period has ended: what the statement will be unless usage comes within the grace
 * time. Once per SIM and period; it can be stopped at any point, and called at any time from any number of processes.
 */
@Injectable()
export class DraftingService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(DraftingRepository) private readonly runs: DraftingRepository,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(CatalogueReader) private readonly catalogue: CatalogueReader,
    @Inject(UsageReader) private readonly usage: UsageReader,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
  ) {}

  /** Tells of the drafts of the periods of a month that are over, until `signal` is aborted. Returns how many. */
  async tell(month: string, signal?: AbortSignal): Promise<number> {
    const now = this.clock.now();
    let told = 0;
    for (const calendar of await this.segments.calendarsOfMonth(this.dataSource.manager, month)) {
      const period = periodOfMonth(calendar, month);
      if (now < period.to) continue;
      await this.runs.begin(this.dataSource.manager, calendar, month, new Date(now));
      const rater = new StatementRater(this.segments, this.catalogue, this.usage);
      for (let count: number | null = 0; count !== null && signal?.aborted !== true;) {
        count = await inTransaction(this.dataSource, (manager) =>
          this.batch(manager, rater, calendar, period, now),
        );
        told += count ?? 0;
      }
    }
    return told;
  }

  /** The next SIMs and their events in one transaction; null when there are no more. */
  private async batch(
    manager: EntityManager,
    rater: StatementRater,
    calendar: BillingCalendar,
    period: Period,
    now: number,
  ): Promise<number | null> {
    const after = await this.runs.lock(manager, calendar, period.month);
    if (after === undefined) return null;
    const sims = await this.segments.sims(manager, calendar, period, after, this.settings.batchSims);
    const last = sims.at(-1);
    if (last === undefined) {
      await this.runs.finish(manager, calendar, period.month, new Date(now));
      return null;
    }
    // Who has a final statement already needs no draft.
    const closed = await this.statements.closed(manager, calendar, period.month, sims);
    const open = sims.filter((simKey) => !closed.has(simKey));
    const carriedIn = await this.statements.carriedInto(manager, calendar, period, open);
    const rated = await rater.rate(manager, calendar, period, open, carriedIn);
    await this.append(manager, rated, period, now);
    await this.runs.advance(manager, calendar, period.month, last);
    return rated.length;
  }

  private async append(
    manager: EntityManager,
    rated: readonly RatedSim[],
    period: Period,
    now: number,
  ): Promise<void> {
    const simIds = await this.statements.simIds(
      manager,
      rated.map(({ simKey }) => simKey),
    );
    await this.outbox.appendMany(
      manager,
      rated.map(({ simKey, rated: { totals, currency } }) => {
        const simId = simIds.get(simKey) ?? '';
        return {
          type: 'statement.drafted' as const,
          simId,
          data: {
            month: period.month,
            from: formatInstant(period.from),
            to: formatInstant(period.to),
            freeOctets: totals.freeOctets.toString(),
            billedOctets: totals.billedOctets.toString(),
            currency: currency.code,
            amount: totals.amount,
            closesAt: formatInstant(period.to + this.settings.graceMs),
            url: `/v1/statement-drafts?month=${period.month}&simId=${encodeURIComponent(simId)}`,
          },
          occurredAt: now,
        };
      }),
    );
  }
}
