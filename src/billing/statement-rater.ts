import type { EntityManager } from 'typeorm';
import { UsageReader, type UsageRow } from '../meter/index.js';
import {
  CatalogueReader,
  HOUR_MS,
  PacksRepository,
  SegmentsReader,
  type BillingCalendar,
  type Period,
  type PlanSegment,
  type PlanTerms,
} from '../plans/index.js';
import {
  compilePlan,
  parseMoney,
  rateTogether,
  type CompiledPlan,
  type RatedPeriod,
  type RatingInput,
  type RatingPack,
  type RatingSegment,
  type RatingUsage,
} from '../rating/index.js';
import { groupBy, pushTo } from './groups.js';
import { packsLeft } from './packs-left.js';

export interface RatedSim {
  simKey: number;
  /** What it was rated from. */
  input: RatingInput;
  rated: RatedPeriod;
  /** Octets of the SIM's lines of which draft rules cannot tell for certain. */
  doubt: Doubt;
}

/** `depends`: taken for what the rules say of the name; `unknown`: left as they were recognised. */
export interface Doubt {
  depends: bigint;
  unknown: bigint;
}

/** What stands in for plans and catalogue as they are. */
export interface RatingDraft {
  planCode: string;
  /** In every version of the plan; null: as they are. */
  terms: PlanTerms | null;
  /** What each service is a part of; null = of nothing. */
  parents: ReadonlyMap<string, string | null>;
}

type StoredUsage = RatingUsage & Pick<UsageRow, 'certainty'>;

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
  private readonly packs = new PacksRepository();

  constructor(
    private readonly segments: SegmentsReader,
    private readonly catalogue: CatalogueReader,
    private readonly usage: UsageReader,
    private readonly draft: RatingDraft | null = null,
  ) {}

  /**
   * SIMs in the order of `simKeys`; one without a segment in the period is left out. Others that share a pool with one of
   * them are rated too, as their octets draw from it.
   */
  async rate(
    manager: EntityManager,
    calendar: BillingCalendar,
    period: Period,
    simKeys: readonly number[],
    carriedIn: ReadonlyMap<number, bigint>,
  ): Promise<RatedSim[]> {
    const together = await this.segments.together(manager, period, simKeys);
    const segments = await this.segments.segments(manager, calendar, period, together);
    await this.compile(manager, segments);
    const packs = await this.readPacks(manager, calendar, period, together);
    const usage = await this.readUsage(segments, packs);
    const history = await this.readHistory(segments, period);
    const ofSim = groupBy(segments, ({ simKey }) => simKey);
    const sims = together.flatMap((simKey) => {
      const own = ofSim.get(simKey);
      if (own === undefined) return [];
      const carried = carriedIn.get(simKey);
      const bought = packs.get(simKey);
      const input: RatingInput = {
        calendar: { timeZone: calendar.timeZone, anchorDay: calendar.anchorDay },
        period,
        segments: own.map((segment): RatingSegment => ({
          ...this.version(segment),
          from: segment.from,
          to: segment.to,
          ...(segment.pool !== undefined && { pool: segment.pool }),
        })),
        usage: usage.get(simKey) ?? [],
        history: history.get(simKey) ?? [],
        ...(carried !== undefined && { carriedIn: carried }),
        ...(bought !== undefined && { packs: bought }),
      };
      return [{ simKey, input }];
    });
    const rated = rateTogether(sims);
    const wanted = new Set(simKeys);
    return sims.flatMap(({ simKey, input }, index) => {
      const period = rated[index];
      return period === undefined || !wanted.has(simKey)
        ? []
        : [{ simKey, input, rated: period, doubt: doubtOf(usage.get(simKey) ?? []) }];
    });
  }

  /** Packs that cover hours of the period, with what the period before left of them. */
  private async readPacks(
    manager: EntityManager,
    calendar: BillingCalendar,
    period: Period,
    simKeys: readonly number[],
  ): Promise<Map<number, RatingPack[]>> {
    const packs = new Map<number, RatingPack[]>();
    const bought = await this.packs.covering(manager, simKeys, period);
    const earlier = bought.filter(({ from }) => from < period.from).map(({ simKey }) => simKey);
    const left = earlier.length === 0 ? null : await packsLeft(manager, calendar, period, earlier);
    const exponent = Number(calendar.currency.split('/')[1] ?? 0);
    for (const { simKey, price, ...pack } of bought) {
      const isNew = pack.from >= period.from;
      const octets = isNew ? pack.octets : (left?.get(simKey)?.get(pack.id) ?? 0n);
      pushTo(packs, simKey, { ...pack, octets, price: isNew ? parseMoney(price, exponent) : null });
    }
    return packs;
  }

  private async compile(manager: EntityManager, segments: readonly PlanSegment[]): Promise<void> {
    const missing = [...new Set(segments.map((segment) => segment.planVersionId))].filter(
      (id) => !this.compiled.has(id),
    );
    if (missing.length === 0) return;
    this.parents ??=
      this.draft === null ? await this.catalogue.parents(manager) : withParent(this.draft.parents);
    for (const { id, planCode, version, terms } of await this.segments.versions(manager, missing))
      this.compiled.set(id, {
        planCode,
        version,
        plan: compilePlan(
          (this.draft?.planCode === planCode ? this.draft.terms : null) ?? terms,
          this.parents,
        ),
      });
  }

  private version(segment: PlanSegment): CompiledVersion {
    const version = this.compiled.get(segment.planVersionId);
    if (version === undefined) throw new Error(`plan version ${segment.planVersionId} is gone`);
    return version;
  }

  /** By the hour only for SIMs with a plan, pack or pool that looks at the hour; else summed where it is stored. */
  private async readUsage(
    segments: readonly PlanSegment[],
    packs: ReadonlyMap<number, unknown>,
  ): Promise<Map<number, StoredUsage[]>> {
    const looksAtHours = (one: PlanSegment) =>
      this.version(one).plan.needsHours || one.pool !== undefined || packs.has(one.simKey);
    const hourly = new Set(segments.filter(looksAtHours).map(({ simKey }) => simKey));
    const spans = segments.filter(({ simKey }) => !hourly.has(simKey));
    const usage = new Map<number, StoredUsage[]>();
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

function ofHour(row: UsageRow): StoredUsage {
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
    ...(row.certainty !== undefined && { certainty: row.certainty }),
  };
}

function doubtOf(usage: readonly StoredUsage[]): Doubt {
  const doubt: Doubt = { depends: 0n, unknown: 0n };
  for (const { certainty, octetsUp, octetsDown } of usage)
    if (certainty === 'depends' || certainty === 'unknown') doubt[certainty] += octetsUp + octetsDown;
  return doubt;
}

function withParent(parents: ReadonlyMap<string, string | null>): Map<string, string> {
  return new Map([...parents].flatMap(([code, parent]) => (parent === null ? [] : [[code, parent]])));
}
