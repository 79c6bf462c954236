import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UsageReader } from '../meter/index.js';
import {
  CatalogueReader,
  HOUR_MS,
  SegmentsReader,
  periodAt,
  type BillingCalendar,
  type PlanSegment,
} from '../plans/index.js';
import {
  allocate,
  compilePlan,
  type RatingSegment,
  type RatingUsage,
  type UsageLine,
} from '../rating/index.js';
import { CLOCK, type Clock } from '../shared/index.js';
import { groupBy } from './groups.js';

export interface TreatmentQuery {
  simKeys: readonly number[];
  /** UNIX milliseconds; rounded down to the UTC hour, as usage is. */
  from: number;
  to: number;
  serviceCode?: string | undefined;
  evidence?: string | undefined;
  /** Only octets of this direction. */
  direction?: 'up' | 'down' | undefined;
}

/** Octets by what the plan in force in their hour made of them. */
export interface TreatedOctets {
  free: bigint;
  billed: bigint;
  notCounted: bigint;
}

/** Plan versions never change, but which service is part of which may. */
const KNOWN_FOR_MS = 5_000;

type CompiledVersion = Omit<RatingSegment, 'from' | 'to'>;

/**
 * Tells what plans make of usage as it stands: what is free and what is billed of a span, with the very allocation that
 * statements are made with. Nothing is stored.
 */
@Injectable()
export class UsageTreatments {
  private known:
    { readAt: number; parents: Map<string, string>; plans: Map<number, CompiledVersion> } | undefined;

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(CatalogueReader) private readonly catalogue: CatalogueReader,
    @Inject(UsageReader) private readonly usage: UsageReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Octets of SIMs in hours on no plan are in none of the three. */
  async totals(query: TreatmentQuery): Promise<TreatedOctets> {
    const sum: TreatedOctets = { free: 0n, billed: 0n, notCounted: 0n };
    if (query.simKeys.length === 0) return sum;
    const span = { from: hourOf(query.from), to: hourOf(query.to) };
    const segments = await this.segments.everySegment(this.dataSource.manager, span, query.simKeys);
    const byCalendar = groupBy(segments, ({ calendar }) => JSON.stringify(calendar));
    for (const own of byCalendar.values()) {
      const calendar = own[0]?.calendar;
      if (calendar === undefined) continue;
      const found = await this.rated(own);
      const hourly = new Set(found.filter(({ rated }) => rated.plan.needsHours).map(({ simKey }) => simKey));
      await this.addSpans(
        sum,
        query,
        found.filter(({ simKey }) => !hourly.has(simKey)),
      );
      if (hourly.size > 0) await this.addHours(sum, query, calendar, span, [...hourly]);
    }
    return sum;
  }

  /** Plans that do not look at the hour: what is free depends on the reason alone, so any span can be treated by itself. */
  private async addSpans(
    sum: TreatedOctets,
    query: TreatmentQuery,
    found: readonly RatedSegment[],
  ): Promise<void> {
    const spans = found.map(({ simKey, rated: { from, to } }) => ({ simKey, from, to }));
    const rows = groupBy(await this.usage.usageOfSpans(spans), ({ span }) => span);
    for (const [index, usage] of rows) {
      const segment = found[index]?.rated;
      if (segment !== undefined) add(sum, query, linesOf(segment, [segment], usage), 1n);
    }
  }

  /**
   * Plans with caps or windows give octets away in the order of the hours, so what a span got is what the period had
   * got at its end less what it had got at its start.
   */
  private async addHours(
    sum: TreatedOctets,
    query: TreatmentQuery,
    calendar: BillingCalendar,
    span: { from: number; to: number },
    simKeys: readonly number[],
  ): Promise<void> {
    for (let period = periodAt(calendar, span.from); period.from < span.to;) {
      const found = await this.rated(
        await this.segments.segments(this.dataSource.manager, calendar, period, simKeys),
      );
      const lookback = Math.max(0, ...found.map(({ rated }) => rated.plan.lookbackMs));
      const rows = await this.usage.usageOfPeriod(
        simKeys,
        new Date(hourOf(period.from - lookback)),
        new Date(Math.min(period.to, span.to)),
      );
      const ofSim = groupBy(rows, ({ simKey }) => simKey);
      for (const [simKey, own] of groupBy(found, (one) => one.simKey)) {
        const segments = own.map(({ rated }) => rated);
        const usage = (ofSim.get(simKey) ?? []).map(({ hour, ...row }): RatingUsage => ({
          ...row,
          firstHour: hour,
          lastHour: hour,
        }));
        const until = (end: number) =>
          linesOf(
            period,
            segments,
            usage.filter(({ firstHour }) => firstHour < end && onPlan(segments, firstHour)),
            usage.filter(({ firstHour }) => firstHour < period.from),
          );
        add(sum, query, until(span.to), 1n);
        if (span.from > period.from) add(sum, query, until(span.from), -1n);
      }
      period = periodAt(calendar, period.to);
    }
  }

  private async rated(segments: readonly PlanSegment[]): Promise<RatedSegment[]> {
    const versions = await this.versions([...new Set(segments.map(({ planVersionId }) => planVersionId))]);
    return segments.map(({ simKey, planVersionId, from, to }) => {
      const version = versions.get(planVersionId);
      if (version === undefined) throw new Error(`plan version ${planVersionId} is gone`);
      return { simKey, rated: { ...version, from, to } };
    });
  }

  private async versions(ids: readonly number[]): Promise<ReadonlyMap<number, CompiledVersion>> {
    const { manager } = this.dataSource;
    const now = this.clock.now();
    if (this.known === undefined || Math.abs(now - this.known.readAt) > KNOWN_FOR_MS)
      this.known = { readAt: now, parents: await this.catalogue.parents(manager), plans: new Map() };
    const { parents, plans } = this.known;
    const missing = ids.filter((id) => !plans.has(id));
    if (missing.length > 0) {
      for (const { id, planCode, version, terms } of await this.segments.versions(manager, missing))
        plans.set(id, { planCode, version, plan: compilePlan(terms, parents) });
    }
    return plans;
  }
}

interface RatedSegment {
  simKey: number;
  rated: RatingSegment;
}

function hourOf(instant: number): number {
  return Math.floor(instant / HOUR_MS) * HOUR_MS;
}

function onPlan(segments: readonly RatingSegment[], hour: number): boolean {
  return segments.some(({ from, to }) => hour >= from && hour < to);
}

/** Only the edges of the period matter to what usage is treated as, and only where a cap looks back over them. */
function linesOf(
  { from, to }: { from: number; to: number },
  segments: readonly RatingSegment[],
  usage: readonly RatingUsage[],
  history: readonly RatingUsage[] = [],
): UsageLine[] {
  const calendar = { timeZone: segments[0]?.plan.terms.timeZone ?? 'UTC', anchorDay: 1 };
  return allocate({ calendar, period: { month: '', from, to }, segments, usage, history }).usage;
}

function add(sum: TreatedOctets, query: TreatmentQuery, lines: readonly UsageLine[], sign: 1n | -1n): void {
  const { serviceCode, evidence, direction } = query;
  for (const line of lines) {
    if (serviceCode !== undefined && line.serviceCode !== serviceCode) continue;
    if (evidence !== undefined && line.evidence !== evidence) continue;
    const octets = (direction === 'down' ? 0n : line.octetsUp) + (direction === 'up' ? 0n : line.octetsDown);
    if (line.treatment === 'free') sum.free += sign * octets;
    else if (line.treatment === 'billed') sum.billed += sign * octets;
    else sum.notCounted += sign * octets;
  }
}
