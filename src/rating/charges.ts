import type { Proration, RoundingMode } from '../plans/index.js';
import type { CompiledFee, CompiledOverage, CompiledTier } from './compile.js';
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
  const { planCode, plan } = segmentAt(input, index);
  const earlier = input.segments.slice(0, index).filter((segment) => segment.planCode === planCode);
  const base = { pointer: '/baseFee', amount: plan.baseFee, proration: plan.terms.baseFee.proration };
  return [
    ...fee(input, index, base, 'base_fee', earlier.length > 0),
    ...plan.rules.flatMap((rule) => {
      if (rule.fee === null) return [];
      const given = earlier.some(({ plan: before }) =>
        before.rules.some((one) => one.rule.id === rule.rule.id && one.fee !== null),
      );
      return fee(input, index, rule.fee, 'service_fee', given);
    }),
  ];
}

/**
 * A prorated fee is the difference of two rounded sums, so that the parts of a period that is split come to the whole,
 * whatever the rounding. One that is not is charged once per plan and period.
 */
function fee(
  input: RatingInput,
  index: number,
  { pointer, amount, proration }: CompiledFee,
  kind: 'base_fee' | 'service_fee',
  given: boolean,
): Charge[] {
  const segment = segmentAt(input, index);
  const line = { kind, segment: index, rule: pointer };
  if (proration === 'full') return given ? [] : [charge(segment, amount, line)];
  const { before, until, whole } = shares(input, index, proration);
  const upTo = (weight: bigint, mode: RoundingMode) =>
    roundFraction({ n: amount.n * weight, d: amount.d * whole }, mode);
  const { rounding } = segment.plan.terms;
  const coins = upTo(until, rounding) - upTo(before, rounding);
  const exact = { n: amount.n * (until - before), d: amount.d * whole };
  return [chargeCoins(segment, exact, coins, { ...line, share: `${until - before}/${whole}` })];
}

/** Octets of quota that a segment has of its own: prorated, the parts of a split period come to the whole. */
export function quotaShare(input: RatingInput, index: number): bigint {
  const { quotaOctets, terms } = segmentAt(input, index).plan;
  if (terms.quota === null) return 0n;
  if (terms.quota.proration === 'full') return quotaOctets;
  const { before, until, whole } = shares(input, index, terms.quota.proration);
  return (quotaOctets * until) / whole - (quotaOctets * before) / whole;
}

/** The lines of `octets` past the quota. They cover all of them, also where nothing is charged. */
export function overage(segment: RatingSegment, index: number, octets: bigint): Charge[] {
  const rule: CompiledOverage = segment.plan.overage;
  if (octets === 0n) return [];
  switch (rule.kind) {
    case 'none':
      return [charge(segment, ZERO, { kind: 'beyond_quota', segment: index, rule: '/overage', octets })];
    case 'stairs': {
      const tier = rule.tiers.find(({ end }) => end === null || octets <= end);
      if (tier === undefined) throw new RangeError('the last tier is open');
      return [charge(segment, tier.price, { kind: 'overage', segment: index, rule: tier.pointer, octets })];
    }
    case 'per_unit':
      return perUnit(segment, index, octets, rule);
  }
}

function perUnit(
  segment: RatingSegment,
  index: number,
  octets: bigint,
  rule: Extract<CompiledOverage, { kind: 'per_unit' }>,
): Charge[] {
  const charges: Charge[] = [];
  let start = 0n;
  for (const tier of rule.tiers) {
    const end = tier.end === null || octets < tier.end ? octets : tier.end;
    if (end <= start) break;
    charges.push(tierCharge(segment, index, end - start, tier, rule));
    start = end;
  }
  return charges;
}

function tierCharge(
  segment: RatingSegment,
  index: number,
  octets: bigint,
  tier: CompiledTier,
  { unitOctets, unitRounding }: { unitOctets: bigint; unitRounding: 'up' | 'down' | 'nearest' | 'exact' },
): Charge {
  const line = {
    kind: 'overage',
    segment: index,
    rule: tier.pointer,
    octets,
    unitOctets,
    unitPrice: tier.priceText,
  } as const;
  if (unitRounding === 'exact')
    return charge(segment, multiply(tier.price, { n: octets, d: unitOctets }), line);
  const mode = unitRounding === 'nearest' ? 'half_up' : unitRounding;
  const units = roundFraction({ n: octets, d: unitOctets }, mode);
  return charge(segment, { n: tier.price.n * units, d: tier.price.d }, { ...line, units });
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
