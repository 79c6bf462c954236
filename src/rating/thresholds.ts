import { DEFAULT_PERCENTS } from '../plans/index.js';
import { segmentAt } from './charges.js';
import { multiply, parseDecimal } from './money.js';
import type { QuotaUse, RatedPeriod, RatingInput, RatingSegment } from './types.js';

export type ThresholdKind = 'quota' | 'pool' | 'cap' | 'total_cap' | 'amount';

/** A threshold that usage has reached. Plan, rule, window and threshold name it within a SIM's period. */
export interface ReachedThreshold {
  kind: ThresholdKind;
  planCode: string;
  planVersion: number;
  /** JSON pointer within the terms. */
  rule: string;
  /** What the threshold starts anew with: a local day `YYYY-MM-DD`, else the start of segment or period. */
  window: string;
  /** `80%`, `exceeded`, or an amount. */
  threshold: string;
  /** Octets or money that 100 % would be. */
  limit: string;
  used: string;
  /** The group whose pool it is: told once for all its SIMs. */
  group?: string;
}

export interface ThresholdCheck {
  /** In rising order of each limit. */
  reached: ReachedThreshold[];
  /** Octets that may still come, whatever they are, before another threshold can be reached; null = any number. */
  headroom: bigint | null;
  /**
   * Of the groups that the SIM shares a pool in: octets that each of a group's SIMs may still use, as the octets of one may
   * bring another to a threshold; null = any number.
   */
  pooled: ReadonlyMap<string, bigint | null>;
}

/** What thresholds a rated period has reached, and how much more usage cannot reach another. Pure. */
export function checkThresholds(input: RatingInput, rated: RatedPeriod): ThresholdCheck {
  const check = new Check();
  quotas(input, rated, check);
  caps(input, rated, check);
  amounts(input, rated, check);
  return { reached: check.reached, headroom: check.headroom, pooled: check.pooled };
}

class Check {
  readonly reached: ReachedThreshold[] = [];
  readonly pooled = new Map<string, bigint | null>();
  private own: bigint | null = null;

  get headroom(): bigint | null {
    return [...this.pooled.values()].reduce(lesser, this.own);
  }

  share({ code }: Sharers): void {
    if (!this.pooled.has(code)) this.pooled.set(code, null);
  }

  /** Notes that `octets` more may reach something: of this SIM, or of all that share a pool, each without another being looked at. */
  away(octets: bigint, sharers?: Sharers): void {
    if (sharers === undefined) {
      this.own = lesser(this.own, octets < 1n ? 1n : octets);
      return;
    }
    const each = octets / BigInt(sharers.sims);
    this.pooled.set(sharers.code, lesser(this.pooled.get(sharers.code) ?? null, each < 1n ? 1n : each));
  }

  level(at: bigint, used: bigint, held: bigint, reached: () => ReachedThreshold, sharers?: Sharers): void {
    if (used >= at) this.reached.push(reached());
    else this.away(at - (held > used ? held : used), sharers);
  }
}

type Sharers = NonNullable<QuotaUse['group']>;

/** null = any number. */
function lesser(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/**
 * What each of SIMs may use that were rated together, null = any number: no more than the pools that it is in leave each of their SIMs.
 * Only together they hold: where one is rated alone, the others would go on with a share of what it has used since.
 */
export function headroomsTogether(checks: readonly ThresholdCheck[]): (bigint | null)[] {
  const shares = new Map<string, bigint | null>();
  for (const { pooled } of checks)
    for (const [code, octets] of pooled) shares.set(code, lesser(shares.get(code) ?? null, octets));
  return checks.map(({ headroom, pooled }) =>
    [...pooled.keys()].reduce((least, code) => lesser(least, shares.get(code) ?? null), headroom),
  );
}

/** Octets at which each notice of a limit is due, rising. */
function levels({ plan }: RatingSegment, limit: bigint): { threshold: string; at: bigint }[] {
  const percents = plan.terms.thresholds?.percents ?? DEFAULT_PERCENTS;
  return [...new Set(percents)]
    .sort((a, b) => a - b)
    .map((percent) => ({ threshold: `${percent}%`, at: (limit * BigInt(percent) + 99n) / 100n }));
}

function quotas(input: RatingInput, rated: RatedPeriod, check: Check): void {
  for (const { segment: index, available, used, group } of rated.quotaUses) {
    if (group !== undefined) check.share(group);
    if (available === 0n) continue;
    const segment = segmentAt(input, index);
    for (const { threshold, at } of levels(segment, available)) {
      const reached = (): ReachedThreshold => ({
        kind: group === undefined ? 'quota' : 'pool',
        planCode: segment.planCode,
        planVersion: segment.version,
        rule: '/quota',
        window: new Date(group === undefined ? segment.from : input.period.from).toISOString(),
        threshold,
        limit: available.toString(),
        used: used.toString(),
        ...(group !== undefined && { group: group.code }),
      });
      check.level(at, used, 0n, reached, group);
    }
  }
}

function caps(input: RatingInput, rated: RatedPeriod, check: Check): void {
  const start = new Date(input.period.from).toISOString();
  for (const use of rated.capUses) {
    const segment = segmentAt(input, use.segment);
    const steps = [...levels(segment, use.limit), { threshold: 'exceeded', at: use.limit + 1n }];
    for (const { threshold, at } of steps)
      check.level(at, use.octets, use.held, () => ({
        kind: use.rule === '/totalCap' ? 'total_cap' : 'cap',
        planCode: segment.planCode,
        planVersion: segment.version,
        rule: use.rule,
        window: use.day === null ? start : new Date(use.day * 86_400_000).toISOString().slice(0, 10),
        threshold,
        limit: use.limit.toString(),
        used: use.octets.toString(),
      }));
  }
  // A cap that nothing has used yet, and one per day on its next day, start from nothing.
  for (const segment of input.segments) {
    const limits = segment.plan.rules.flatMap((rule) => rule.caps.map(({ limit }) => limit));
    for (const limit of [...limits, ...(segment.plan.totalCap === null ? [] : [segment.plan.totalCap])])
      check.away(levels(segment, limit)[0]?.at ?? limit);
  }
}

function amounts(input: RatingInput, rated: RatedPeriod, check: Check): void {
  const segment = input.segments.at(-1);
  const wanted = segment?.plan.terms.thresholds?.amounts ?? [];
  if (segment === undefined || wanted.length === 0) return;
  const coins = { n: 10n ** BigInt(rated.currency.exponent), d: 1n };
  const due = { n: rated.amountCoins, d: 1n };
  for (const threshold of new Set(wanted)) {
    const { n, d } = multiply(parseDecimal(threshold), coins);
    if (due.n * d < n) {
      const octets = octetsUntil(input, rated, n / d - due.n);
      check.away(octets);
      // What others draw from the pool, this SIM has to pay for past it.
      for (const { group } of rated.quotaUses) if (group !== undefined) check.away(octets, group);
      continue;
    }
    check.reached.push({
      kind: 'amount',
      planCode: segment.planCode,
      planVersion: segment.version,
      rule: '/thresholds/amounts',
      window: new Date(input.period.from).toISOString(),
      threshold,
      limit: threshold,
      used: rated.totals.amount,
    });
  }
}

/** Fewest octets that can raise the amount by `coins`, or fewer: prices rise in steps, and this looks at the steepest. */
function octetsUntil(input: RatingInput, rated: RatedPeriod, coins: bigint): bigint {
  const bounds: bigint[] = [];
  const atLeast = (octets: bigint) => bounds.push(octets);
  const total = rated.totals.octetsUp + rated.totals.octetsDown;
  // Tiers count on over the stretches of a plan.
  const counted = new Map<string, bigint>();
  for (const { segment: index, available, used, beyond, group } of rated.quotaUses) {
    const { plan, planCode } = segmentAt(input, index);
    const over = (counted.get(planCode) ?? 0n) + beyond;
    counted.set(planCode, over);
    for (const { limit } of plan.discounts) if (total <= limit) atLeast(limit - total + 1n);
    // What is left of a pool, others may use up.
    const left = group === undefined && used < available ? available - used : 0n;
    const { overage } = plan;
    if (overage.kind === 'none') continue;
    if (overage.kind === 'stairs') {
      const end = overage.tiers.find((tier) => tier.end === null || over <= tier.end)?.end ?? null;
      if (left > 0n || beyond === 0n) atLeast(left + 1n);
      else if (end !== null) atLeast(end - over + 1n);
      continue;
    }
    // Twice the highest price covers any tax and the rounding of each line.
    const dearest = overage.tiers.reduce((most, { price }) => {
      const whole = (2n * price.n) / price.d + 2n;
      return whole > most ? whole : most;
    }, 1n);
    const units = coins / dearest;
    const inUnit = over % overage.unitOctets;
    atLeast(left + (units === 0n ? 1n : units * overage.unitOctets - inUnit));
  }
  const least = bounds.reduce((a, b) => (b < a ? b : a), BigInt(Number.MAX_SAFE_INTEGER));
  // Usage may come in several segments at once.
  return least / BigInt(input.segments.length);
}
