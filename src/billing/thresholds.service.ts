import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '../database/index.js';
import { TouchesRepository, UsageReader, type UsageTouch } from '../meter/index.js';
import {
  CatalogueReader,
  HOUR_MS,
  SegmentsReader,
  periodAt,
  type BillingCalendar,
  type Period,
} from '../plans/index.js';
import { checkThresholds, headroomsTogether } from '../rating/index.js';
import {
  CLOCK,
  decodeCursor,
  encodeCursor,
  formatInstant,
  toPage,
  type Clock,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { Outbox } from '../webhooks/index.js';
import { StatementRater } from './statement-rater.js';
import { StatementsRepository } from './statements.repository.js';
import {
  ThresholdsRepository,
  type NewThreshold,
  type ThresholdFilter,
  type ThresholdRow,
} from './thresholds.repository.js';

/** Rows of touched usage per transaction. */
const TOUCHES = 20;
/** SIMs rated at once: bounds memory, however many SIMs a batch touched. */
const SIMS = 500;

/** A threshold that was reached, as the API and the event show it. */
export type ThresholdView = Omit<ThresholdRow, 'reachedAt'> & { reachedAt: string };

/**
 * Tells when usage reaches a threshold. It looks only at SIMs whose usage a committed batch has changed, and rates one
 * only if enough octets came since its last rating to reach something: a fleet costs by the octet, not by the SIM.
 */
@Injectable()
export class ThresholdsService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(TouchesRepository) private readonly touches: TouchesRepository,
    @Inject(ThresholdsRepository) private readonly thresholds: ThresholdsRepository,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(CatalogueReader) private readonly catalogue: CatalogueReader,
    @Inject(UsageReader) private readonly usage: UsageReader,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Looks at all usage that has changed, until there is none or `signal` is aborted (between two transactions). Safe
   * from any number of processes: one works, the others find it at work. Returns how many thresholds it told of.
   */
  async check(signal?: AbortSignal): Promise<number> {
    let told = 0;
    while (signal?.aborted !== true) {
      const step = await inTransaction(this.dataSource, (manager) => this.step(manager));
      told += step.told;
      if (!step.more) break;
    }
    return told;
  }

  /** What was reached, in that order. */
  async list(filter: ThresholdFilter, page: PageRequest): Promise<Page<ThresholdView>> {
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('thresholds', page.cursor, ['id']);
    const rows = await this.thresholds.list(this.dataSource.manager, filter, after, page.limit + 1);
    return toPage(
      rows,
      page.limit,
      (last) => encodeCursor('thresholds', [last.id]),
      (row) => ({ ...row, reachedAt: formatInstant(row.reachedAt.getTime()) }),
    );
  }

  private async step(manager: EntityManager): Promise<{ told: number; more: boolean }> {
    if (!(await this.thresholds.tryLock(manager))) return { told: 0, more: false };
    const taken = await this.touches.take(manager, TOUCHES);
    const rater = new StatementRater(this.segments, this.catalogue, this.usage);
    let told = 0;
    for (const touch of mergeByHour(taken)) {
      const due = await this.thresholds.due(manager, touch);
      const periods = [{ from: touch.hour, to: touch.hour + HOUR_MS, simKeys: due.now }, ...due.later];
      for (const { simKeys, ...span } of periods)
        for (let start = 0; start < simKeys.length; start += SIMS)
          told += await this.rate(manager, rater, span, simKeys.slice(start, start + SIMS));
    }
    return { told, more: taken.length === TOUCHES };
  }

  /** Rates SIMs over the periods that the start of a span lies in, and tells of what is new. */
  private async rate(
    manager: EntityManager,
    rater: StatementRater,
    span: { from: number; to: number },
    simKeys: readonly number[],
  ): Promise<number> {
    let told = 0;
    const [from, to] = [new Date(span.from), new Date(span.to)];
    for (const calendar of await this.segments.calendars(manager, from, to, simKeys))
      told += await this.ratePeriod(manager, rater, calendar, periodAt(calendar, span.from), simKeys);
    return told;
  }

  /** With those who share a pool with them: the octets of one may bring another to a threshold. */
  private async ratePeriod(
    manager: EntityManager,
    rater: StatementRater,
    calendar: BillingCalendar,
    period: Period,
    simKeys: readonly number[],
  ): Promise<number> {
    const sharing = await this.segments.together(manager, period, simKeys);
    // What comes after the statement is told by its correction.
    const closed = await this.statements.closed(manager, calendar, period.month, sharing);
    const open = sharing.filter((simKey) => !closed.has(simKey));
    if (open.length === 0) return 0;
    const carriedIn = await this.statements.carriedInto(manager, calendar, period, open);
    const rated = await rater.rate(manager, calendar, period, open, carriedIn);
    const checks = rated.map(({ input, rated: one }) => checkThresholds(input, one));
    const headrooms = headroomsTogether(checks);
    await this.thresholds.watch(
      manager,
      period,
      rated.map(({ simKey }, index) => ({ simKey, headroom: headrooms[index] ?? null })),
    );
    const reached = rated.flatMap(({ simKey }, index) =>
      (checks[index]?.reached ?? []).map((one): NewThreshold => ({ ...one, simKey, period })),
    );
    return this.tell(manager, oncePerPool(reached), calendar.currency.split('/')[0] ?? '');
  }

  private async tell(
    manager: EntityManager,
    reached: readonly NewThreshold[],
    currency: string,
  ): Promise<number> {
    if (reached.length === 0) return 0;
    const now = this.clock.now();
    const fresh = (await this.thresholds.insert(manager, reached, new Date(now))).flatMap(
      (index) => reached[index] ?? [],
    );
    const simIds = await this.statements.simIds(manager, [...new Set(fresh.map(({ simKey }) => simKey))]);
    await this.outbox.appendMany(
      manager,
      fresh.map(({ simKey, period, ...one }) => ({
        type: one.threshold === 'exceeded' ? ('usage.cap_exceeded' as const) : 'usage.threshold_reached',
        simId: simIds.get(simKey) ?? '',
        data: {
          ...one,
          ...(one.kind === 'amount' && { currency }),
          month: period.month,
          from: formatInstant(period.from),
          to: formatInstant(period.to),
        },
        occurredAt: now,
      })),
    );
    return fresh.length;
  }
}

/** All SIMs of a pool have reached what it has: the first tells. */
function oncePerPool(reached: readonly NewThreshold[]): NewThreshold[] {
  const known = new Set<string>();
  return reached.filter(({ group, window, threshold }) => {
    if (group === undefined) return true;
    const key = JSON.stringify([group, window, threshold]);
    return !known.has(key) && known.add(key);
  });
}

/** Several batches often touch the same SIM in the same hour: it is looked at once. */
function mergeByHour(touches: readonly UsageTouch[]): UsageTouch[] {
  const hours = new Map<number, Map<number, bigint>>();
  for (const { hour, sims } of touches) {
    const known = hours.get(hour) ?? new Map<number, bigint>();
    for (const { simKey, octets } of sims) known.set(simKey, (known.get(simKey) ?? 0n) + octets);
    hours.set(hour, known);
  }
  return [...hours].map(([hour, sims]) => ({
    hour,
    sims: [...sims].map(([simKey, octets]) => ({ simKey, octets })),
  }));
}
