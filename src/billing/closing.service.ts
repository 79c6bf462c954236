import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { brokenConstraint, inTransaction } from '../database/index.js';
import { AccountsReader, type UsageReader } from '../meter/index.js';
import {
  CatalogueReader,
  SegmentsReader,
  periodAt,
  periodOfMonth,
  type BillingCalendar,
  type Period,
} from '../plans/index.js';
import { JobQueue } from '../queue/index.js';
import { CLOCK, Refusal, formatInstant, metrics, type Clock } from '../shared/index.js';
import { completenessOf } from './completeness.js';
import { ClosingBrake } from './closing-brake.js';
import { ClosingRepository, type ClosingRun } from './closing.repository.js';
import { CorrectionsService } from './corrections.service.js';
import { KeptUsage } from './kept-usage.js';
import type { ClosePeriodInput, ClosingView } from './schemas.js';
import { BILLING_SETTINGS, type BillingSettings } from './settings.js';
import { StatementRater } from './statement-rater.js';
import { StatementWriter } from './statement-writer.js';
import { StatementsRepository } from './statements.repository.js';

interface CarryOutOptions {
  signal?: AbortSignal;
  report?: (view: ClosingView) => Promise<void>;
}

/** Closes periods: drafts become final statements, in batches of SIMs, and can be stopped at any point. */
@Injectable()
export class ClosingService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(ClosingRepository) private readonly runs: ClosingRepository,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(StatementWriter) private readonly writer: StatementWriter,
    @Inject(ClosingBrake) private readonly brake: ClosingBrake,
    @Inject(CorrectionsService) private readonly corrections: CorrectionsService,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(CatalogueReader) private readonly catalogue: CatalogueReader,
    @Inject(AccountsReader) private readonly accounts: AccountsReader,
    @Inject(JobQueue) private readonly queue: JobQueue,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
  ) {}

  /**
   * Orders the closing of a month for every calendar in use, and puts the work in the queue; a run that was stopped
   * goes on. Throws a {@link Refusal} (`conflict`) where a period with its grace is not over and `force` is not given,
   * and where every SIM has its statement already.
   */
  async start(input: ClosePeriodInput): Promise<ClosingView> {
    const view = await this.prepare(input);
    await this.enqueue(view, input.force);
    return view;
  }

  /** Puts what is ordered into the queue again, in case that Redis has lost it. Harmless where it has not. */
  async requeue(): Promise<void> {
    for (const month of await this.runs.runningMonths(this.dataSource.manager))
      await this.enqueue(await this.status(month), false);
  }

  private async enqueue({ month, runs }: ClosingView, force: boolean): Promise<void> {
    // One job for these very runs: a job that is just ending may not have seen them.
    const key = runs.filter(({ status }) => status === 'running').map(({ id }) => id);
    await this.queue.add('billing.close-period', { period: month, force }, { key: key.join() });
  }

  /** As {@link start}, and carries it out before it answers. For commands; the API leaves it to a worker. */
  async closeNow(input: ClosePeriodInput): Promise<ClosingView> {
    await this.prepare(input);
    await this.carryOut(input.month);
    return this.status(input.month);
  }

  /** Runs of a month, finished ones too. */
  async status(month: string): Promise<ClosingView> {
    return toView(month, await this.runs.ofMonth(this.dataSource.manager, month));
  }

  /**
   * Goes on with every run of a month until it is finished or `signal` is aborted (between two batches). Before the first
   * statement it corrects the months before, so that what came late for them is settled by the statements of this one.
   */
  async carryOut(month: string, options: CarryOutOptions = {}): Promise<void> {
    const runs = await this.runs.ofMonth(this.dataSource.manager, month);
    if (beforeFirstStatement(runs)) await this.corrections.correctBefore(month, options.signal);
    for (const run of runs.filter(({ status }) => status === 'running')) await this.carryOutRun(run, options);
  }

  private async carryOutRun(run: ClosingRun, { signal, report }: CarryOutOptions): Promise<void> {
    const usage = new KeptUsage(this.dataSource);
    const objection = await this.brake.objection(run, this.rater(usage), signal);
    if (objection !== null) {
      await this.runs.hold(this.dataSource.manager, run.id, objection);
      return;
    }
    const rater = this.rater(usage.again());
    while (signal?.aborted !== true && (await this.batch(run.id, rater)))
      await report?.(await this.status(run.period.month));
  }

  private rater(usage: UsageReader): StatementRater {
    return new StatementRater(this.segments, this.catalogue, usage);
  }

  private async prepare(input: ClosePeriodInput): Promise<ClosingView> {
    const asOf = input.asOf ?? this.clock.now();
    const wanted = await this.periods(input.month, asOf);
    if (wanted.length === 0)
      throw new Refusal('not_found', `No SIM is on a plan in ${input.month}: there is nothing to close.`);
    if (!input.force) this.refuseOpen(wanted, asOf);
    // Before the transaction that makes the runs: it may take a while, and holds for all of them.
    const completeness = await Promise.all(wanted.map(({ period }) => this.completeness(period)));
    await this.insertRuns(input, asOf, wanted, completeness);
    return this.status(input.month);
  }

  private async insertRuns(
    input: ClosePeriodInput,
    asOf: number,
    wanted: readonly Wanted[],
    completeness: readonly Record<string, string>[],
  ): Promise<void> {
    try {
      await inTransaction(this.dataSource, async (manager) => {
        if (input.confirm === true) await this.runs.confirm(manager, input.month);
        const known = await this.runs.ofMonth(manager, input.month);
        refuseHeld(input.month, known);
        const isRunning = (calendar: BillingCalendar) =>
          known.some((run) => run.status === 'running' && sameCalendar(run.calendar, calendar));
        let open = 0;
        for (const [index, { calendar, period, settlesOnly }] of wanted.entries()) {
          const running = isRunning(calendar);
          if (!running && !settlesOnly && !(await this.anyOpen(manager, calendar, period))) continue;
          open += 1;
          if (running) continue;
          await this.runs.insert(manager, {
            id: randomUUID(),
            calendar,
            period,
            asOf,
            forced: input.force,
            confirmed: input.confirm === true,
            completeness: completeness[index] ?? {},
            createdAt: this.clock.now(),
          });
        }
        if (open === 0) throw alreadyClosed(input.month, known);
      });
    } catch (error) {
      // Another process has ordered the same closing in this moment: it is under way, which is what was asked.
      if (brokenConstraint(error) !== 'closing_run_one_running_idx') throw error;
    }
  }

  /** The periods that start in a month, one for each calendar with a SIM in it, or with corrections to settle. */
  private async periods(month: string, asOf: number): Promise<Wanted[]> {
    const { manager } = this.dataSource;
    const calendars = await this.segments.calendarsOfMonth(manager, month);
    const wanted = calendars.map((calendar) => ({
      calendar,
      period: periodOfMonth(calendar, month),
      settlesOnly: false,
    }));
    const others = (await this.corrections.openCalendars()).filter(
      (calendar) => !calendars.some((one) => sameCalendar(one, calendar)),
    );
    if (others.length === 0) return wanted;
    const runs = await this.runs.ofMonth(manager, month);
    for (const calendar of others) {
      const period = periodOfMonth(calendar, month);
      // On the statement of the last month that may be closed, not of one long ago.
      const isOver = asOf >= periodAt(calendar, period.to).to + this.settings.graceMs;
      if (isOver || runs.some((run) => sameCalendar(run.calendar, calendar))) continue;
      const sims = await this.corrections.ended(manager, calendar, period, 1);
      if (sims.length > 0) wanted.push({ calendar, period, settlesOnly: true });
    }
    return wanted;
  }

  private refuseOpen(wanted: readonly Wanted[], asOf: number): void {
    const open = wanted.find(({ period }) => asOf < period.to + this.settings.graceMs);
    if (open === undefined) return;
    const until = formatInstant(open.period.to + this.settings.graceMs);
    const detail = `the period ends ${formatInstant(open.period.to)} (${open.calendar.timeZone}) and late usage is awaited until ${until}: close it then, or give force`;
    throw new Refusal('conflict', `${open.period.month} cannot be closed yet: ${detail}.`, [
      { pointer: '/force', detail },
    ]);
  }

  /**
   * After the SIMs on a plan: statements for those that have ended and have corrections to settle, as no other
   * statement of theirs would. Once there are no more, the run is finished.
   */
  private async settleEnded(manager: EntityManager, run: ClosingRun): Promise<number | undefined> {
    const { id, calendar, period, lastSimKey } = run;
    const ended = await this.corrections.ended(manager, calendar, period, this.settings.batchSims);
    if (ended.length === 0) {
      await this.runs.finish(manager, id, new Date(this.clock.now()));
      return undefined;
    }
    const count = await this.writer.writeSettling(manager, run, ended);
    await this.runs.advance(manager, id, lastSimKey, count);
    return count;
  }

  private async anyOpen(manager: EntityManager, calendar: BillingCalendar, period: Period): Promise<boolean> {
    for (let after = 0; ;) {
      const sims = await this.segments.sims(manager, calendar, period, after, this.settings.batchSims);
      const last = sims.at(-1);
      if (last === undefined) return false;
      const closed = await this.statements.closed(manager, calendar, period.month, sims);
      if (closed.size < sims.length) return true;
      after = last;
    }
  }

  private async completeness(period: Period): Promise<Record<string, string>> {
    const { from, to } = period;
    return completenessOf(await this.accounts.completeness(new Date(from), new Date(to)));
  }

  /** One transaction: the next SIMs of a run, their statements, their events, and how far the run is. */
  private async batch(id: string, rater: StatementRater): Promise<boolean> {
    const written = await inTransaction(this.dataSource, async (manager) => {
      const run = await this.runs.lock(manager, id);
      if (run?.status !== 'running') return undefined;
      await this.statements.lockSubscriptions(manager);
      const { calendar, period, lastSimKey } = run;
      const sims = await this.segments.sims(manager, calendar, period, lastSimKey, this.settings.batchSims);
      const last = sims.at(-1);
      if (last === undefined) return this.settleEnded(manager, run);
      const closed = await this.statements.closed(manager, calendar, period.month, sims);
      const open = sims.filter((simKey) => !closed.has(simKey));
      const count = await this.writer.write(manager, run, open, rater);
      await this.runs.advance(manager, id, last, count);
      return count;
    });
    if (written === undefined) return false;
    metrics.add('countfree_statements_total', written, { status: 'final' });
    return true;
  }
}

interface Wanted {
  calendar: BillingCalendar;
  period: Period;
  /** No SIM is on a plan of the calendar: statements only settle corrections of those that were. */
  settlesOnly: boolean;
}

function beforeFirstStatement(runs: readonly ClosingRun[]): boolean {
  return runs.some(({ status }) => status === 'running') && runs.every(({ statements }) => statements === 0);
}

function sameCalendar(a: BillingCalendar, b: BillingCalendar): boolean {
  return a.timeZone === b.timeZone && a.anchorDay === b.anchorDay && a.currency === b.currency;
}

/** A run that was held stays so until it is confirmed. */
function refuseHeld(month: string, runs: readonly ClosingRun[]): void {
  const held = runs.find(({ status }) => status === 'held');
  if (held === undefined) return;
  const detail = held.heldBecause ?? '';
  throw new Refusal('conflict', `The closing of ${month} is held: ${detail}`, [
    { pointer: '/confirm', detail },
  ]);
}

function alreadyClosed(month: string, runs: readonly ClosingRun[]): Refusal {
  const statements = runs.reduce((sum, run) => sum + run.statements, 0);
  return new Refusal(
    'conflict',
    `${month} is closed: ${statements} final statements were written, and every SIM on a plan has its own. Final statements do not change.`,
  );
}

function statusOf(runs: readonly ClosingRun[]): ClosingView['status'] {
  if (runs.length === 0) return 'open';
  if (runs.some(({ status }) => status === 'running')) return 'closing';
  return runs.some(({ status }) => status === 'held') ? 'held' : 'closed';
}

function toView(month: string, runs: readonly ClosingRun[]): ClosingView {
  return {
    month,
    status: statusOf(runs),
    statements: runs.reduce((sum, run) => sum + run.statements, 0),
    runs: runs.map((run) => ({
      id: run.id,
      timeZone: run.calendar.timeZone,
      anchorDay: run.calendar.anchorDay,
      currency: run.calendar.currency.split('/')[0] ?? '',
      from: formatInstant(run.period.from),
      to: formatInstant(run.period.to),
      asOf: formatInstant(run.asOf),
      forced: run.forced,
      status: run.status,
      heldBecause: run.status === 'held' ? run.heldBecause : null,
      statements: run.statements,
      createdAt: formatInstant(run.createdAt),
      finishedAt: run.finishedAt === null ? null : formatInstant(run.finishedAt),
    })),
  };
}
