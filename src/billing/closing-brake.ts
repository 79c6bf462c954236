import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SegmentsReader } from '../plans/index.js';
import { sumMoney } from '../rating/index.js';
import { ahead } from './ahead.js';
import type { ClosingRun } from './closing.repository.js';
import { BILLING_SETTINGS, type BillingSettings } from './settings.js';
import type { StatementRater } from './statement-rater.js';
import { StatementsRepository } from './statements.repository.js';

interface Totals {
  sims: number;
  before: string;
  now: string;
}

/**
 * Compares what a closing would bill with what the period before was billed, over the SIMs that have a statement of
 * both: new SIMs and ended ones do not count. It rates without writing, so that a run that is held has made nothing final.
 */
@Injectable()
export class ClosingBrake {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
  ) {}

  /** Why a run has to be held; null = it may go on, or `signal` was aborted before all SIMs were looked at. */
  async objection(run: ClosingRun, rater: StatementRater, signal?: AbortSignal): Promise<string | null> {
    const { brakeFactor, brakeSims } = this.settings;
    if (brakeFactor === null || run.confirmed || run.lastSimKey > 0) return null;
    const totals = await this.totals(run, rater, signal);
    // Of a part of the SIMs nothing can be said; a run that is stopped goes no further by itself.
    if (signal?.aborted === true || totals.sims < brakeSims) return null;
    const [before, now] = [Number(totals.before), Number(totals.now)];
    if (now <= before * brakeFactor && before <= now * brakeFactor) return null;
    const currency = run.calendar.currency.split('/')[0] ?? '';
    return `${totals.sims} SIMs would be billed ${totals.now} ${currency}, and were billed ${totals.before} ${currency} for the period before: more than a factor of ${brakeFactor} apart. Look at the drafts; if they are right, close again with confirm.`;
  }

  /** While one batch is summed the next is read. */
  private async totals(run: ClosingRun, rater: StatementRater, signal?: AbortSignal): Promise<Totals> {
    const exponent = Number(run.calendar.currency.split('/')[1] ?? 0);
    const totals: Totals = { sims: 0, before: '0', now: '0' };
    for await (const { before, now } of ahead(this.batches(run, signal), (sims) =>
      this.rate(run, rater, sims),
    )) {
      totals.sims += now.length;
      totals.before = sumMoney([totals.before, ...before], exponent);
      totals.now = sumMoney([totals.now, ...now], exponent);
    }
    return totals;
  }

  private async *batches({ calendar, period }: ClosingRun, signal?: AbortSignal): AsyncGenerator<number[]> {
    for (let after: number | undefined = 0; signal?.aborted !== true;) {
      const { manager } = this.dataSource;
      const sims = await this.segments.sims(manager, calendar, period, after, this.settings.batchSims);
      after = sims.at(-1);
      if (after === undefined) return;
      yield sims;
    }
  }

  /** Amounts of those of `simKeys` that have a statement of the period before, and of these. */
  private async rate(
    { calendar, period }: ClosingRun,
    rater: StatementRater,
    simKeys: readonly number[],
  ): Promise<{ before: string[]; now: string[] }> {
    const { manager } = this.dataSource;
    const billed = await this.statements.billedBefore(manager, calendar, period, simKeys);
    const both = simKeys.filter((simKey) => billed.has(simKey));
    if (both.length === 0) return { before: [], now: [] };
    const carriedIn = await this.statements.carriedInto(manager, calendar, period, both);
    const rated = await rater.rate(manager, calendar, period, both, carriedIn);
    return { before: [...billed.values()], now: rated.map((one) => one.rated.totals.amount) };
  }
}
