import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UsageReader, type BucketKey, type UsageSlice, type UsageSpanRow } from '../meter/index.js';
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
import { sliceUsage } from './usage-slices.js';

export interface TreatmentQuery {
  simKeys: readonly number[];
  /** UNIX milliseconds, to exclusive: the UTC hours that begin in the span, as in a billing period. */
  from: number;
  to: number;
  serviceCode?: string | undefined;
  evidence?: string | undefined;
  /** Only octets of this name. */
  name?: string | undefined;
  /** Only octets of this direction. */
  direction?: 'up' | 'down' | undefined;
  /** Usage of the only SIM in the whole span, where it is read anyhow; null: it is not. */
  sums?: (() => Promise<UsageSpanRow[] | null>) | undefined;
}

/** Octets by what the plan in force in their hour made of them. */
export interface TreatedOctets {
  free: bigint;
  billed: bigint;
  notCounted: bigint;
}

/** What the plan in force made of a bucket: its octets are all on these lines. */
export interface TreatedBucket {
  planCode: string;
  planVersion: number;
  lines: UsageLine[];
}

/** Most SIMs whose plans are applied on ask, and most of them on plans that look at the hour, which cost far more. */
export const MOST_SIMS = { all: 5_000, hourly: 200 };

/** Spans of up to so long have few periods. */
const SHORT_MS = 100 * 24 * HOUR_MS;

/** SIMs read together: those of plans that look at the hour have thousands of rows each. */
const AT_ONCE = { spans: 1_000, hourly: 20 };

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

  /**
   * Octets of SIMs in hours on no plan are in none of the three. Null: more SIMs than {@link MOST_SIMS}, which a question
   * has no time for.
   */
  async totals(query: TreatmentQuery): Promise<TreatedOctets | null> {
    const sum: TreatedOctets = { free: 0n, billed: 0n, notCounted: 0n };
    if (query.simKeys.length === 0) return sum;
    if (query.simKeys.length > MOST_SIMS.all) return null;
    const span = { from: query.from, to: query.to };
    const segments = await this.segments.everySegment(this.dataSource.manager, span, query.simKeys);
    const found = await this.rated(segments);
    const hourly = new Set(found.filter(({ rated }) => rated.plan.needsHours).map(({ simKey }) => simKey));
    if (hourly.size > MOST_SIMS.hourly) return null;
    const whole = found.filter(({ simKey }) => !hourly.has(simKey));
    const [only] = whole;
    // Only where one version was in force all the time: then its part of the span is the span.
    if (
      only !== undefined &&
      found.length === 1 &&
      only.rated.from <= span.from &&
      only.rated.to >= span.to
    ) {
      const sums = await query.sums?.();
      if (sums) {
        add(sum, query, linesOf(only.rated, [only.rated], sums), 1n);
        return sum;
      }
    }
    for (const some of chunks(whole, AT_ONCE.spans)) await this.addSpans(sum, query, some);
    const ofCalendar = groupBy(
      segments.filter(({ simKey }) => hourly.has(simKey)),
      ({ calendar }) => JSON.stringify(calendar),
    );
    for (const own of ofCalendar.values()) {
      const simKeys = [...new Set(own.map(({ simKey }) => simKey))];
      const calendar = own[0]?.calendar;
      if (calendar === undefined) continue;
      for (const some of chunks(simKeys, AT_ONCE.hourly))
        await this.addHours(sum, query, calendar, span, some);
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
    const rows =
      query.name === undefined
        ? groupBy(await this.usage.usageOfSpans(spans), ({ span }) => span)
        : await this.namedOfSpans(spans, query.name);
    for (const [index, usage] of rows) {
      const segment = found[index]?.rated;
      if (segment !== undefined) add(sum, query, linesOf(segment, [segment], usage), 1n);
    }
  }

  private async namedOfSpans(
    spans: readonly { simKey: number; from: number; to: number }[],
    name: string,
  ): Promise<Map<number, RatingUsage[]>> {
    const ofSim = groupBy(
      await this.usage.usageOfName(
        [...new Set(spans.map(({ simKey }) => simKey))],
        new Date(Math.min(...spans.map(({ from }) => from))),
        new Date(Math.max(...spans.map(({ to }) => to))),
        name,
      ),
      ({ simKey }) => simKey,
    );
    return new Map(
      spans.map(({ simKey, from, to }, index) => [
        index,
        (ofSim.get(simKey) ?? []).filter(({ hour }) => hour >= from && hour < to).map(atItsHour),
      ]),
    );
  }

  /**
   * Plans with caps or windows give octets away in the order of the hours, so what a span got is what the period had
   * got at its end less what it had got at its start.
   */
  private async addHours(
    sum: TreatedOctets,
    query: TreatmentQuery,
    calendar: BillingCalendar,
    asked: { from: number; to: number },
    simKeys: readonly number[],
  ): Promise<void> {
    const span = await this.withUsage(asked, simKeys);
    if (span === undefined) return;
    for (let period = periodAt(calendar, span.from); period.from < span.to;) {
      const found = await this.rated(
        await this.segments.segments(this.dataSource.manager, calendar, period, simKeys),
      );
      const lookback = Math.max(0, ...found.map(({ rated }) => rated.plan.lookbackMs));
      const until = new Date(Math.min(period.to, span.to));
      const rows = await this.usage.usageOfPeriod(simKeys, new Date(hourOf(period.from - lookback)), until);
      const start = new Date(Math.max(span.from, period.from));
      const named =
        query.name === undefined
          ? undefined
          : groupBy(await this.usage.usageOfName(simKeys, start, until, query.name), ({ simKey }) => simKey);
      const ofSim = groupBy(rows, ({ simKey }) => simKey);
      for (const [simKey, own] of groupBy(found, (one) => one.simKey)) {
        const month: SimPeriod = {
          period,
          segments: own.map(({ rated }) => rated),
          usage: (ofSim.get(simKey) ?? []).map(atItsHour),
        };
        if (named !== undefined) add(sum, query, nameLines(month, span.to, named.get(simKey) ?? []), 1n);
        else {
          add(sum, query, linesUntil(month, span.to), 1n);
          if (span.from > period.from) add(sum, query, linesUntil(month, span.from), -1n);
        }
      }
      period = periodAt(calendar, period.to);
    }
  }

  /** What plans made of each of these buckets of a SIM, in that order; null for one in an hour on no plan, or that is gone. */
  async ofBuckets(simKey: number, buckets: readonly BucketKey[]): Promise<(TreatedBucket | null)[]> {
    if (buckets.length === 0) return [];
    const slices = await this.usage.usageOfBuckets(simKey, buckets);
    const hours = buckets.map(({ hour }) => hour);
    const span = { from: Math.min(...hours), to: Math.max(...hours) + HOUR_MS };
    const found = new Map<string, TreatedBucket>();
    const segments = await this.segments.everySegment(this.dataSource.manager, span, [simKey]);
    for (const own of groupBy(segments, ({ calendar }) => JSON.stringify(calendar)).values()) {
      const calendar = own[0]?.calendar;
      if (calendar === undefined) continue;
      for (let period = periodAt(calendar, span.from); period.from < span.to;) {
        await this.treatBuckets(found, simKey, calendar, period, slices);
        period = periodAt(calendar, period.to);
      }
    }
    return buckets.map((bucket) => found.get(bucketText(bucket)) ?? null);
  }

  private async treatBuckets(
    found: Map<string, TreatedBucket>,
    simKey: number,
    calendar: BillingCalendar,
    period: { from: number; to: number },
    slices: readonly (UsageSlice & BucketKey)[],
  ): Promise<void> {
    const { manager } = this.dataSource;
    const rated = await this.rated(await this.segments.segments(manager, calendar, period, [simKey]));
    const segments = rated.map((one) => one.rated);
    const wanted = slices.filter(({ hour }) => onPlan(segments, hour));
    if (wanted.length === 0) return;
    const hours = wanted.map(({ hour }) => hour);
    const end = Math.max(...hours) + HOUR_MS;
    const lookback = Math.max(0, ...segments.map(({ plan }) => plan.lookbackMs));
    const hourly = segments.some(({ plan }) => plan.needsHours);
    const start = hourly ? hourOf(period.from - lookback) : Math.min(...hours);
    const rows = await this.usage.usageOfPeriod([simKey], new Date(start), new Date(end));
    const lines = slicedLines({ period, segments, usage: rows.map(atItsHour) }, end, wanted);
    wanted.forEach((bucket, index) => {
      const own = lines[index] ?? [];
      const segment = segments.find(({ from, to }) => bucket.hour >= from && bucket.hour < to);
      if (segment !== undefined)
        found.set(bucketText(bucket), {
          planCode: segment.planCode,
          planVersion: segment.version,
          lines: own,
        });
    });
  }

  /** Who asks for all time must not have thousands of years of empty periods rated. */
  private async withUsage(
    span: { from: number; to: number },
    simKeys: readonly number[],
  ): Promise<{ from: number; to: number } | undefined> {
    if (span.to - span.from <= SHORT_MS) return span;
    const hours = await this.usage.hoursWithUsage(simKeys, new Date(span.from), new Date(span.to));
    return hours && { from: hours.first, to: hours.last + HOUR_MS };
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

function bucketText({ hour, reasonId }: BucketKey): string {
  return JSON.stringify([hour, reasonId]);
}

interface RatedSegment {
  simKey: number;
  rated: RatingSegment;
}

/** A SIM's period, with the usage of before it that its caps look back on. */
interface SimPeriod {
  period: { from: number; to: number };
  segments: readonly RatingSegment[];
  usage: readonly RatingUsage[];
}

function linesUntil({ period, segments, usage }: SimPeriod, end: number): UsageLine[] {
  return linesOf(
    period,
    segments,
    usage.filter(({ firstHour }) => firstHour < end && onPlan(segments, firstHour)),
    usage.filter(({ firstHour }) => firstHour < period.from),
  );
}

function nameLines(month: SimPeriod, end: number, named: readonly UsageSlice[]): UsageLine[] {
  return slicedLines(month, end, named).flat();
}

/** What each of these parts of the usage before `end` got. */
function slicedLines(month: SimPeriod, end: number, slices: readonly UsageSlice[]): UsageLine[][] {
  if (slices.length === 0) return [];
  const sliced = sliceUsage(month.usage, slices);
  return sliced.linesOf(linesUntil({ ...month, usage: sliced.usage }, end));
}

function atItsHour<Row extends { hour: number }>({ hour, ...row }: Row): Omit<Row, 'hour'> & Hours {
  return { ...row, firstHour: hour, lastHour: hour };
}

type Hours = Pick<RatingUsage, 'firstHour' | 'lastHour'>;

function chunks<T>(all: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, index) =>
    all.slice(index * most, (index + 1) * most),
  );
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
