import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '../database/index.js';
import { DryRunService, UsageReader } from '../meter/index.js';
import {
  CatalogueReader,
  SegmentsReader,
  periodOfMonth,
  type BillingCalendar,
  type Period,
  type PlanTerms,
} from '../plans/index.js';
import { JobQueue } from '../queue/index.js';
import {
  CLOCK,
  Refusal,
  decodeCursor,
  encodeCursor,
  formatInstant,
  toPage,
  type Clock,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { BILLING_SETTINGS, type BillingSettings } from './settings.js';
import {
  SimulationsRepository,
  type NewResult,
  type ResultRow,
  type Simulation,
  type SimulationFilter,
  type SimulationTotals,
} from './simulations.repository.js';
import { parentsUnder, refuseMisfits, type SimulationInput } from './simulation-input.js';
import { StatementRater } from './statement-rater.js';
import { StatementsRepository } from './statements.repository.js';

export interface SimulationView {
  id: string;
  month: string;
  planCode: string;
  /** The services whose draft rules it is about. */
  serviceCodes: string[];
  status: Simulation['status'];
  failedBecause: string | null;
  /** SIMs that were on the plan in the month, and how many of them are done. */
  sims: number;
  done: number;
  currency: string;
  /** Of the SIMs that are done. */
  totals: SimulationTotals;
  createdAt: string;
  finishedAt: string | null;
}

/** One in a list: its currency, drafts and totals are told by {@link SimulationsService.get}. */
export type SimulationSummary = Omit<SimulationView, 'serviceCodes' | 'currency' | 'totals'>;

export type SimulationResultView = Omit<ResultRow, 'simKey' | 'statement'> & { statement: number | null };

/**
 * "What would October have cost?": rates a stored month under draft terms, a draft catalogue or both, and compares it with what was billed. It
 * writes only its own tables; usage, plans and statements are read as they are.
 */
@Injectable()
export class SimulationsService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(SimulationsRepository) private readonly simulations: SimulationsRepository,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(CatalogueReader) private readonly catalogue: CatalogueReader,
    @Inject(UsageReader) private readonly usage: UsageReader,
    @Inject(DryRunService) private readonly dryRun: DryRunService,
    @Inject(JobQueue) private readonly queue: JobQueue,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
  ) {}

  /** Orders a simulation; a worker carries it out. Throws a {@link Refusal} for an unknown plan or another calendar. */
  async start(input: SimulationInput): Promise<SimulationView> {
    const { manager } = this.dataSource;
    const { month, planCode, terms = null, services = [] } = input;
    refuseMisfits(input, await this.catalogue.services(manager));
    const calendar = await this.calendarFor(manager, { planCode, terms, month });
    const period = periodOfMonth(calendar, month);
    this.refuseFuture(period);
    const simulation = {
      month,
      planCode,
      terms,
      id: randomUUID(),
      status: 'running' as const,
      failedBecause: null,
      sims: await this.simulations.countSims(manager, input.planCode, period),
      done: 0,
      lastSimKey: 0,
      createdAt: new Date(this.clock.now()),
      finishedAt: null,
    };
    await this.simulations.insert(manager, simulation, services);
    try {
      await this.enqueue(simulation.id);
    } catch (error) {
      // Who is refused asks again: that must not make two.
      await this.simulations.remove(manager, simulation.id);
      throw error;
    }
    return this.get(simulation.id);
  }

  /** Newest first. */
  async list(filter: SimulationFilter, page: PageRequest): Promise<Page<SimulationSummary>> {
    const [createdAt, id] =
      page.cursor === undefined ? [null, null] : decodeCursor('simulations', page.cursor, ['time', 'uuid']);
    const after = createdAt === null ? null : { createdAt: new Date(createdAt), id };
    const rows = await this.simulations.list(this.dataSource.manager, filter, after, page.limit + 1);
    return toPage(
      rows,
      page.limit,
      (last) => encodeCursor('simulations', [last.createdAt.getTime(), last.id]),
      ({ createdAt, finishedAt, ...row }) => ({
        ...row,
        createdAt: formatInstant(createdAt.getTime()),
        finishedAt: finishedAt && formatInstant(finishedAt.getTime()),
      }),
    );
  }

  /** Puts what is ordered into the queue again, in case that Redis has lost it. Harmless where it has not. */
  async requeue(): Promise<void> {
    for (const id of await this.simulations.running(this.dataSource.manager)) await this.enqueue(id);
  }

  /** Ends one that no try could carry out. */
  async fail(id: string, because: string): Promise<void> {
    await this.simulations.fail(this.dataSource.manager, id, because, new Date(this.clock.now()));
  }

  async get(id: string): Promise<SimulationView> {
    const { manager } = this.dataSource;
    const simulation = await this.found(manager, id);
    const { month, planCode, status, failedBecause, sims, done, createdAt, finishedAt } = simulation;
    const { currency } = await this.calendarFor(manager, simulation);
    return {
      id,
      month,
      planCode,
      status,
      failedBecause,
      sims,
      done,
      serviceCodes: await this.simulations.serviceCodes(manager, id),
      currency: currency.split('/')[0] ?? '',
      totals: await this.simulations.totals(manager, id),
      createdAt: formatInstant(createdAt.getTime()),
      finishedAt: finishedAt && formatInstant(finishedAt.getTime()),
    };
  }

  /** SIMs that are done, in the order of their keys. */
  async results(id: string, page: PageRequest): Promise<Page<SimulationResultView>> {
    const { manager } = this.dataSource;
    await this.found(manager, id);
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('simulation', page.cursor, ['id']);
    const rows = await this.simulations.results(manager, id, after, page.limit + 1);
    return toPage(
      rows,
      page.limit,
      (last) => encodeCursor('simulation', [last.simKey]),
      ({ simKey: _simKey, statement, ...row }) => ({
        ...row,
        statement: statement === null ? null : Number(statement),
      }),
    );
  }

  /** Also ends one that runs: its worker finds it gone. */
  async remove(id: string): Promise<void> {
    if (!(await this.simulations.remove(this.dataSource.manager, id))) throw unknown(id);
  }

  /** Goes on with a simulation, a batch of SIMs to a transaction, until it is finished, gone, or `signal` is aborted. */
  async carryOut(
    id: string,
    options: {
      signal?: AbortSignal;
      report?: (progress: { sims: number; done: number }) => Promise<void>;
    } = {},
  ): Promise<void> {
    const simulation = await this.simulations.find(this.dataSource.manager, id);
    if (simulation === undefined) return;
    const { manager } = this.dataSource;
    const { planCode, terms } = simulation;
    const drafts = await this.simulations.drafts(manager, id);
    const now = new StatementRater(this.segments, this.catalogue, this.usage);
    const draft = new StatementRater(
      this.segments,
      this.catalogue,
      drafts.length === 0 ? this.usage : await this.dryRun.usageUnder(drafts),
      {
        planCode,
        terms,
        parents: parentsUnder(await this.catalogue.services(manager), drafts),
      },
    );
    for (let more = true; more && options.signal?.aborted !== true;) {
      more = await inTransaction(this.dataSource, (manager) => this.batch(manager, id, now, draft));
      const progress = await this.simulations.find(this.dataSource.manager, id);
      if (progress !== undefined) await options.report?.({ sims: progress.sims, done: progress.done });
    }
  }

  private async batch(
    manager: EntityManager,
    id: string,
    now: StatementRater,
    draft: StatementRater,
  ): Promise<boolean> {
    const simulation = await this.simulations.find(manager, id, true);
    if (simulation?.status !== 'running') return false;
    const { month, planCode, lastSimKey } = simulation;
    const calendar = await this.calendarFor(manager, simulation);
    const period = periodOfMonth(calendar, month);
    const sims = await this.simulations.sims(manager, planCode, period, lastSimKey, this.settings.batchSims);
    const last = sims.at(-1);
    if (last === undefined) {
      await this.simulations.finish(manager, id, new Date(this.clock.now()));
      return false;
    }
    const results = await this.rate(manager, calendar, month, sims, now, draft);
    await this.simulations.addResults(manager, id, results, last, sims.length);
    return true;
  }

  private async rate(
    manager: EntityManager,
    calendar: BillingCalendar,
    month: string,
    sims: readonly number[],
    now: StatementRater,
    draft: StatementRater,
  ): Promise<NewResult[]> {
    const period = periodOfMonth(calendar, month);
    const carriedIn = await this.statements.carriedInto(manager, calendar, period, sims);
    const billed = await this.simulations.billed(manager, calendar, month, sims);
    const open = sims.filter((simKey) => !billed.has(simKey));
    const asNow = new Map(
      (open.length === 0 ? [] : await now.rate(manager, calendar, period, open, carriedIn)).map((one) => [
        one.simKey,
        one.rated.totals,
      ]),
    );
    return (await draft.rate(manager, calendar, period, sims, carriedIn)).map(({ simKey, rated, doubt }) => {
      const was = billed.get(simKey) ?? asNow.get(simKey);
      const { totals } = rated;
      return {
        simKey,
        statement: billed.get(simKey)?.statement ?? null,
        billedAmount: was?.amount ?? '0',
        billedFreeOctets: String(was?.freeOctets ?? 0),
        simulatedAmount: totals.amount,
        simulatedFreeOctets: totals.freeOctets.toString(),
        octets: (totals.octetsUp + totals.octetsDown).toString(),
        dependsOctets: doubt.depends.toString(),
        unknownOctets: doubt.unknown.toString(),
      };
    });
  }

  private async enqueue(simulationId: string): Promise<void> {
    await this.queue.add('billing.simulate', { simulationId }, { key: simulationId });
  }

  private refuseFuture({ from }: Period): void {
    if (this.clock.now() >= from) return;
    const detail = `begins at ${formatInstant(from)}, so nothing is stored of it: give a month that has begun`;
    throw new Refusal('invalid', `The month ${detail}.`, [{ pointer: '/month', detail }]);
  }

  /** The plan's calendar in a month; throws a {@link Refusal} where draft terms have another. */
  private async calendarFor(
    manager: EntityManager,
    { planCode, terms, month }: Pick<Simulation, 'planCode' | 'terms' | 'month'>,
  ): Promise<BillingCalendar> {
    const calendars = await this.simulations.calendars(manager, planCode);
    const [first] = calendars;
    if (first === undefined) {
      const detail = `there is no plan "${planCode}"`;
      throw new Refusal('invalid', `The simulation has no plan: ${detail}.`, [
        { pointer: '/planCode', detail },
      ]);
    }
    if (terms === null)
      return (
        calendars.findLast(
          ({ effectiveFrom, ...calendar }) => effectiveFrom.getTime() <= periodOfMonth(calendar, month).from,
        ) ?? first
      );
    const wanted = calendarOf(terms);
    const same = calendars.find(
      ({ timeZone, anchorDay, currency }) =>
        timeZone === wanted.timeZone && anchorDay === wanted.anchorDay && currency === wanted.currency,
    );
    if (same !== undefined) return same;
    const texts = calendars.map(
      ({ timeZone, anchorDay, currency }) => `${timeZone}, day ${anchorDay}, ${currency}`,
    );
    const known = [...new Set(texts)].join('; ');
    const detail = `keep time zone, anchor day and currency of the plan (${known}): other periods cannot be compared`;
    throw new Refusal('invalid', `The draft is billed by another calendar than "${planCode}": ${detail}.`, [
      { pointer: '/terms', detail },
    ]);
  }

  private async found(manager: EntityManager, id: string): Promise<Simulation> {
    const simulation = await this.simulations.find(manager, id);
    if (simulation === undefined) throw unknown(id);
    return simulation;
  }
}

function unknown(id: string): Refusal {
  return new Refusal('not_found', `There is no simulation ${id}.`);
}

function calendarOf({ timeZone, anchorDay, currency }: PlanTerms): BillingCalendar {
  return { timeZone, anchorDay, currency: `${currency.code}/${currency.exponent}` };
}
