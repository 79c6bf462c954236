import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import { inTransaction } from '../database/index.js';
import { UsageReader } from '../meter/index.js';
import {
  CatalogueReader,
  SegmentsReader,
  periodOfMonth,
  planCodeSchema,
  planTermsSchema,
  type BillingCalendar,
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
import { monthSchema } from './schemas.js';
import { BILLING_SETTINGS, type BillingSettings } from './settings.js';
import {
  SimulationsRepository,
  type NewResult,
  type ResultRow,
  type Simulation,
  type SimulationTotals,
} from './simulations.repository.js';
import { StatementRater } from './statement-rater.js';
import { StatementsRepository } from './statements.repository.js';

export const simulationInputSchema = z.strictObject({
  month: monthSchema,
  planCode: planCodeSchema.describe('Plan whose terms the draft stands in for, in every version'),
  terms: planTermsSchema.describe(
    'Draft terms; currency, time zone and anchor day are those of the plan, as they fix the period',
  ),
});
export type SimulationInput = z.output<typeof simulationInputSchema>;

export interface SimulationView {
  id: string;
  month: string;
  planCode: string;
  status: 'running' | 'finished';
  /** SIMs that were on the plan in the month, and how many of them are done. */
  sims: number;
  done: number;
  currency: string;
  /** Of the SIMs that are done. */
  totals: SimulationTotals;
  createdAt: string;
  finishedAt: string | null;
}

export type SimulationResultView = Omit<ResultRow, 'simKey' | 'statement'> & { statement: number | null };

/**
 * "What would October have cost?": rates a stored month under draft terms and compares it with what was billed. It
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
    @Inject(JobQueue) private readonly queue: JobQueue,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
  ) {}

  /** Orders a simulation; a worker carries it out. Throws a {@link Refusal} for an unknown plan or another calendar. */
  async start(input: SimulationInput): Promise<SimulationView> {
    const { manager } = this.dataSource;
    await this.catalogue.refuseUnknownServices(manager, input.terms);
    await this.refuseOtherCalendar(manager, input);
    const period = periodOfMonth(input.terms, input.month);
    const simulation: Simulation = {
      ...input,
      id: randomUUID(),
      status: 'running',
      sims: await this.simulations.countSims(manager, input.planCode, period),
      done: 0,
      lastSimKey: 0,
      createdAt: new Date(this.clock.now()),
      finishedAt: null,
    };
    await this.simulations.insert(manager, simulation);
    await this.queue.add('billing.simulate', { simulationId: simulation.id }, { key: simulation.id });
    return this.get(simulation.id);
  }

  async get(id: string): Promise<SimulationView> {
    const { manager } = this.dataSource;
    const { terms, month, planCode, status, sims, done, createdAt, finishedAt } = await this.found(
      manager,
      id,
    );
    return {
      id,
      month,
      planCode,
      status,
      sims,
      done,
      currency: terms.currency.code,
      totals: await this.simulations.totals(manager, id),
      createdAt: formatInstant(createdAt.getTime()),
      finishedAt: finishedAt && formatInstant(finishedAt.getTime()),
    };
  }

  /** SIMs that are done, in the order of their keys. */
  async results(id: string, page: PageRequest): Promise<Page<SimulationResultView>> {
    const { manager } = this.dataSource;
    await this.found(manager, id);
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('simulation', page.cursor, ['string']);
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
    const now = this.rater(null);
    const draft = this.rater({ planCode: simulation.planCode, terms: simulation.terms });
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
    const { month, planCode, terms, lastSimKey } = simulation;
    const period = periodOfMonth(terms, month);
    const sims = await this.simulations.sims(manager, planCode, period, lastSimKey, this.settings.batchSims);
    const last = sims.at(-1);
    if (last === undefined) {
      await this.simulations.finish(manager, id, new Date(this.clock.now()));
      return false;
    }
    const results = await this.rate(manager, month, terms, sims, now, draft);
    await this.simulations.addResults(manager, id, results, last, sims.length);
    return true;
  }

  private async rate(
    manager: EntityManager,
    month: string,
    terms: PlanTerms,
    sims: readonly number[],
    now: StatementRater,
    draft: StatementRater,
  ): Promise<NewResult[]> {
    const calendar = calendarOf(terms);
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
    return (await draft.rate(manager, calendar, period, sims, carriedIn)).map(({ simKey, rated }) => {
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
      };
    });
  }

  private rater(draft: { planCode: string; terms: PlanTerms } | null): StatementRater {
    return new StatementRater(this.segments, this.catalogue, this.usage, draft);
  }

  private async refuseOtherCalendar(
    manager: EntityManager,
    { planCode, terms }: SimulationInput,
  ): Promise<void> {
    const calendars = await this.simulations.calendars(manager, planCode);
    if (calendars.length === 0) throw new Refusal('not_found', `There is no plan "${planCode}".`);
    const wanted = calendarOf(terms);
    const same = calendars.some(
      ({ timeZone, anchorDay, currency }) =>
        timeZone === wanted.timeZone && anchorDay === wanted.anchorDay && currency === wanted.currency,
    );
    if (same) return;
    const known = calendars
      .map(({ timeZone, anchorDay, currency }) => `${timeZone}, day ${anchorDay}, ${currency}`)
      .join('; ');
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
