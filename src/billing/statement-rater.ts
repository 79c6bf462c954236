import type { EntityManager } from 'typeorm';
import { UsageReader, type UsageRow } from '../meter/index.js';
import {
  CatalogueReader,
  HOUR_MS,
  SegmentsReader,
  type BillingCalendar,
  type Period,
  type PlanSegment,
  type PlanTerms,
} from '../plans/index.js';
import {
  compilePlan,
  rate,
  type CompiledPlan,
  type RatedPeriod,
  type RatingInput,
  type RatingSegment,
  type RatingUsage,
} from '../rating/index.js';
import { groupBy, pushTo } from './groups.js';

export interface RatedSim {
  simKey: number;
  /** What it was rated from. */
  input: RatingInput;
  rated: RatedPeriod;
}

interface CompiledVersion {
  planCode: string;
  version: number;
  plan: CompiledPlan;
}

/**
 * Rates SIMs from stored usage, a batch at a time: a fixed number of queries, however many SIMs. One of these serves
 * one run, as it keeps the plans that it has compiled; parents of services are those of its first batch.
 */
export class StatementRater {
  private readonly compiled = new Map<number, CompiledVersion>();
  private parents: Map<string, string> | undefined;

  constructor(
    private readonly segments: SegmentsReader,
    private readonly catalogue: CatalogueReader,
    private readonly usage: UsageReader,
    /** Terms that stand in for every version of a plan. */
    private readonly draft: { planCode: string; terms: PlanTerms } | null = null,
  ) {}

  /** SIMs in the order of `simKeys`; one without a segment in the period is left out. */
  async rate(
    manager: EntityManager,
    calendar: BillingCalendar,
    period: Period,
    simKeys: readonly number[],
    carriedIn: ReadonlyMap<number, bigint>,
  ): Promise<RatedSim[]> {
    const segments = await this.segments.segments(manager, calendar, period, simKeys);
    await this.compile(manager, segments);
    const usage = await this.readUsage(segments);
    const history = await this.readHistory(segments, period);
    const ofSim = groupBy(segments, ({ simKey }) => simKey);
    return simKeys.flatMap((simKey) => {
      const own = ofSim.get(simKey);
      if (own === undefined) return [];
      const carried = carriedIn.get(simKey);
      const input: RatingInput = {
        calendar: { timeZone: calendar.timeZone, anchorDay: calendar.anchorDay },
        period,
        segments: own.map((segment): RatingSegment => ({
          ...this.version(segment),
          from: segment.from,
          to: segment.to,
        })),
        usage: usage.get(simKey) ?? [],
        history: history.get(simKey) ?? [],
        ...(carried !== undefined && { carriedIn: carried }),
      };
      return [{ simKey, input, rated: rate(input) }];
    });
  }

  private async compile(manager: EntityManager, segments: readonly PlanSegment[]): Promise<void> {
    const missing = [...new Set(segments.map((segment) => segment.planVersionId))].filter(
      (id) => !this.compiled.has(id),
    );
    if (missing.length === 0) return;
    this.parents ??= await this.catalogue.parents(manager);
    for (const { id, planCode, version, terms } of await this.segments.versions(manager, missing))
      this.compiled.set(id, {
        planCode,
        version,
        plan: compilePlan(this.draft?.planCode === planCode ? this.draft.terms : terms, this.parents),
      });
  }

  private version(segment: PlanSegment): CompiledVersion {
    const version = this.compiled.get(segment.planVersionId);
    if (version === undefined) throw new Error(`plan version ${segment.planVersionId} is gone`);
    return version;
  }

  /** By the hour only for SIMs with a plan that looks at the hour; else summed where it is stored. */
  private async readUsage(segments: readonly PlanSegment[]): Promise<Map<number, RatingUsage[]>> {
    const hourly = new Set(
      segments.filter((one) => this.version(one).plan.needsHours).map(({ simKey }) => simKey),
    );
    const spans = segments.filter(({ simKey }) => !hourly.has(simKey));
    const usage = new Map<number, RatingUsage[]>();
    for (const row of await this.usage.usageOfSpans(spans)) {
      const simKey = spans[row.span]?.simKey;
      if (simKey !== undefined) pushTo(usage, simKey, row);
    }
    const ofHours = groupBy(
      segments.filter(({ simKey }) => hourly.has(simKey)),
      ({ simKey }) => simKey,
    );
    if (ofHours.size === 0) return usage;
    const all = [...ofHours.values()].flat();
    const rows = await this.usage.usageOfPeriod(
      [...ofHours.keys()],
      new Date(Math.min(...all.map(({ from }) => from))),
      new Date(Math.max(...all.map(({ to }) => to))),
    );
    for (const row of rows) {
      // Hours between two subscriptions are on no statement: they stand in the report of usage without a plan.
      const within = ofHours.get(row.simKey)?.some(({ from, to }) => row.hour >= from && row.hour < to);
      if (within === true) pushTo(usage, row.simKey, ofHour(row));
    }
    return usage;
  }

  private async readHistory(
    segments: readonly PlanSegment[],
    period: Period,
  ): Promise<Map<number, RatingUsage[]>> {
    const history = new Map<number, RatingUsage[]>();
    const lookback = (segment: PlanSegment) => this.version(segment).plan.lookbackMs;
    const looking = segments.filter((segment) => lookback(segment) > 0);
    if (looking.length === 0) return history;
    const from = period.from - Math.max(...looking.map(lookback));
    const rows = await this.usage.usageOfPeriod(
      [...new Set(looking.map(({ simKey }) => simKey))],
      new Date(Math.floor(from / HOUR_MS) * HOUR_MS),
      new Date(period.from),
    );
    for (const row of rows) pushTo(history, row.simKey, ofHour(row));
    return history;
  }
}

function ofHour(row: UsageRow): RatingUsage {
  return {
    firstHour: row.hour,
    lastHour: row.hour,
    serviceCode: row.serviceCode,
    serviceVersionId: row.serviceVersionId,
    evidence: row.evidence,
    rule: row.rule,
    mcc: row.mcc,
    octetsUp: row.octetsUp,
    octetsDown: row.octetsDown,
  };
}
