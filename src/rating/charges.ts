import type { Proration, RoundingMode } from '../plans/index.js';
import type { CompiledFee, CompiledOverage, CompiledPlan, CompiledTier } from './compile.js';
import { formatFraction, formatMoney, multiply, roundFraction, ZERO, type Fraction } from './money.js';
import type { ChargeLine, RatingInput, RatingSegment } from './types.js';

/** A charge line and its amount in coins. */
export interface Charge {
  line: ChargeLine;
  coins: bigint;
}

interface Shares {
  /** Weight of the segments before this one, and of this one too; in days or milliseconds. */
  before: bigint;
  until: bigint;
  whole: bigint;
}

/** The one place where money is rounded: every amount on a statement passes through here once. */
export function charge(
  segment: RatingSegment,
  exact: Fraction,
  line: Omit<ChargeLine, 'amount' | 'exactAmount'>,
): Charge {
  return chargeCoins(segment, exact, roundFraction(exact, segment.plan.terms.rounding), line);
}

function chargeCoins(
  segment: RatingSegment,
  exact: Fraction,
  coins: bigint,
  line: Omit<ChargeLine, 'amount' | 'exactAmount'>,
): Charge {
  const { exponent } = segment.plan.terms.currency;
  const differs = exact.n !== coins * exact.d;
  return {
    coins,
    line: {
      ...line,
      ...(differs && { exactAmount: formatFraction(exact, exponent) }),
      amount: formatMoney(coins, exponent),
    },
  };
}

/** What a segment is charged whatever was used: its base fee, and what the subscriber pays for free services. */
export function fees(input: RatingInput, index: number): Charge[] {
  const ofRule = (id: string) => (plan: CompiledPlan) =>
    plan.rules.find(({ rule }) => rule.id === id)?.fee ?? null;
  return [
    ...fee(input, index, 'base_fee', (plan) => ({
      pointer: '/baseFee',
      amount: plan.baseFee,
      proration: plan.terms.baseFee.proration,
    })),
    ...segmentAt(input, index).plan.rules.flatMap(({ rule }) =>
      fee(input, index, 'service_fee', ofRule(rule.id)),
    ),
  ];
}

/**
 * A prorated fee is the difference of two rounded sums, so that the parts of a period that is split come to the whole,
 * whatever the rounding. One that is not is charged once per plan and period, less the parts that earlier versions charged.
 */
function fee(
  input: RatingInput,
  index: number,
  kind: 'base_fee' | 'service_fee',
  feeOf: (plan: CompiledPlan) => CompiledFee | null,
): Charge[] {
  const segment = segmentAt(input, index);
  const found = feeOf(segment.plan);
  if (found === null) return [];
  const { pointer, amount, proration } = found;
  const line = { kind, segment: index, rule: pointer };
  if (proration === 'full') {
    const charged = chargedBefore(input, index, kind, feeOf);
    if (charged === null) return [];
    const rest = amount.n - charged * amount.d;
    return rest < 0n ? [] : [charge(segment, { n: rest, d: amount.d }, line)];
  }
  const { before, until, whole } = shares(input, index, proration);
  const upTo = (weight: bigint, mode: RoundingMode) =>
    roundFraction({ n: amount.n * weight, d: amount.d * whole }, mode);
  const { rounding } = segment.plan.terms;
  const coins = upTo(until, rounding) - upTo(before, rounding);
  const exact = { n: amount.n * (until - before), d: amount.d * whole };
  return [chargeCoins(segment, exact, coins, { ...line, share: `${until - before}/${whole}` })];
}

/** Coins of a fee that earlier versions of the plan charged by their share of the period; null: it was charged in full. */
function chargedBefore(
  input: RatingInput,
  index: number,
  kind: 'base_fee' | 'service_fee',
  feeOf: (plan: CompiledPlan) => CompiledFee | null,
): bigint | null {
  let charged = 0n;
  for (let earlier = 0; earlier < index; earlier += 1) {
    const { planCode, plan } = segmentAt(input, earlier);
    const before = planCode === segmentAt(input, index).planCode ? feeOf(plan) : null;
    if (before?.proration === 'full') return null;
    if (before !== null) charged += sumOf(fee(input, earlier, kind, feeOf));
  }
  return charged;
}

function sumOf(charges: readonly Charge[]): bigint {
  return charges.reduce((sum, { coins }) => sum + coins, 0n);
}

/** Octets of quota that a segment has of its own: prorated, the parts of a split period come to the whole. */
export function quotaShare(input: RatingInput, index: number): bigint {
  const { quotaOctets, terms } = segmentAt(input, index).plan;
  if (terms.quota === null) return 0n;
  if (terms.quota.proration === 'full') return quotaOctets;
  const { before, until, whole } = shares(input, index, terms.quota.proration);
  return (quotaOctets * until) / whole - (quotaOctets * before) / whole;
}

/**
 * The lines of `octets` past the quota. They cover all of them, also where nothing is charged. Tiers count on over the
 * stretches of a plan in the period: `before` octets past the quota came in earlier ones. Like a prorated fee, an amount is
 * then the difference of two sums, so that a period that is split comes to what the whole would.
 */
export function overage(segment: RatingSegment, index: number, octets: bigint, before: bigint): Charge[] {
  const rule: CompiledOverage = segment.plan.overage;
  if (octets === 0n) return [];
  switch (rule.kind) {
    case 'none':
      return [charge(segment, ZERO, { kind: 'beyond_quota', segment: index, rule: '/overage', octets })];
    case 'stairs':
      return [stairs(segment, index, { from: before, to: before + octets }, rule.tiers)];
    case 'per_unit':
      return perUnit(segment, index, { from: before, to: before + octets }, rule);
  }
}

/** Octets past the quota, counted from the first of the plan in the period. */
interface Stretch {
  from: bigint;
  to: bigint;
}

function stairs(
  segment: RatingSegment,
  index: number,
  { from, to }: Stretch,
  tiers: readonly CompiledTier[],
): Charge {
  const step = (octets: bigint): CompiledTier => {
    const tier = tiers.find(({ end }) => end === null || octets <= end);
    if (tier === undefined) throw new RangeError('the last tier is open');
    return tier;
  };
  const { pointer, price } = step(to);
  const line = {
    kind: 'overage',
    segment: index,
    rule: pointer,
    octets: to - from,
    ...counted(from),
  } as const;
  return chargeDifference(segment, from === 0n ? ZERO : step(from).price, price, line);
}

function perUnit(
  segment: RatingSegment,
  index: number,
  stretch: Stretch,
  rule: Extract<CompiledOverage, { kind: 'per_unit' }>,
): Charge[] {
  const charges: Charge[] = [];
  let start = 0n;
  for (const tier of rule.tiers) {
    const from = stretch.from > start ? stretch.from : start;
    const to = tier.end === null || stretch.to < tier.end ? stretch.to : tier.end;
    if (to > from)
      charges.push(tierCharge(segment, index, { from: from - start, to: to - start }, tier, rule));
    if (tier.end === null) break;
    start = tier.end;
  }
  return charges;
}

/** `stretch` is counted from the start of the tier. */
function tierCharge(
  segment: RatingSegment,
  index: number,
  { from, to }: Stretch,
  tier: CompiledTier,
  { unitOctets, unitRounding }: { unitOctets: bigint; unitRounding: 'up' | 'down' | 'nearest' | 'exact' },
): Charge {
  const line = {
    kind: 'overage',
    segment: index,
    rule: tier.pointer,
    octets: to - from,
    ...counted(from),
    unitOctets,
    unitPrice: tier.priceText,
  } as const;
  if (unitRounding === 'exact') {
    const of = (octets: bigint) => multiply(tier.price, { n: octets, d: unitOctets });
    return chargeDifference(segment, of(from), of(to), line);
  }
  const mode = unitRounding === 'nearest' ? 'half_up' : unitRounding;
  const units = (octets: bigint) => roundFraction({ n: octets, d: unitOctets }, mode);
  const of = (octets: bigint) => multiply(tier.price, { n: units(octets), d: 1n });
  return chargeDifference(segment, of(from), of(to), { ...line, units: units(to) - units(from) });
}

function counted(octetsBefore: bigint): Pick<ChargeLine, 'octetsBefore'> {
  return octetsBefore === 0n ? {} : { octetsBefore };
}

/** What a sum of money grew by; each of the two sums is rounded. */
function chargeDifference(
  segment: RatingSegment,
  before: Fraction,
  until: Fraction,
  line: Omit<ChargeLine, 'amount' | 'exactAmount'>,
): Charge {
  const { rounding } = segment.plan.terms;
  const exact = { n: until.n * before.d - before.n * until.d, d: until.d * before.d };
  return chargeCoins(segment, exact, roundFraction(until, rounding) - roundFraction(before, rounding), line);
}

export function segmentAt(input: RatingInput, index: number): RatingSegment {
  const segment = input.segments[index];
  if (segment === undefined) throw new RangeError(`no segment ${index}`);
  return segment;
}

function shares(input: RatingInput, index: number, proration: Exclude<Proration, 'full'>): Shares {
  const weigh = proration === 'by_time' ? milliseconds : days;
  let before = 0n;
  for (let earlier = 0; earlier < index; earlier += 1) before += weigh(input, earlier);
  const { from, to } = input.period;
  const clock = segmentAt(input, index).plan.clock;
  const whole = proration === 'by_time' ? to - from : clock.at(to).day - clock.at(from).day;
  return { before, until: before + weigh(input, index), whole: BigInt(whole) };
}

function milliseconds(input: RatingInput, index: number): bigint {
  const { from, to } = segmentAt(input, index);
  return BigInt(to - from);
}

/** Local days that a segment has begun, less the last where a later segment has that day too. */
function days(input: RatingInput, index: number): bigint {
  const { from, to, plan } = segmentAt(input, index);
  const next = input.segments[index + 1];
  const last = plan.clock.at(to - 1).day;
  const shared = next !== undefined && plan.clock.at(next.from).day === last;
  return BigInt(last - plan.clock.at(from).day + (shared ? 0 : 1));
}
