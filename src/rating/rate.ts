import { allocate } from './allocate.js';
import { baseFee, charge, overage, quotaShare, segmentAt, type Charge } from './charges.js';
import { discounts } from './discounts.js';
import { formatMoney, ZERO } from './money.js';
import { taxes } from './tax.js';
import type { QuotaUse, RatedPeriod, RatedTotals, RatingInput, RatingSegment, UsageLine } from './types.js';

/** Rates one SIM's period. Pure: no clock, no I/O; integers and fractions of integers only. */
export function rate(input: RatingInput): RatedPeriod {
  const { usage, billed, notices, capUses } = allocate(input);
  const rater = new Charges(input, billed);
  const charges = rater.all(usage);
  const taxed = taxes(input, charges);
  const lines = [...charges, ...taxed.charges];
  const { currency } = segmentAt(input, 0).plan.terms;
  const amountCoins = lines.reduce((sum, { coins }) => sum + coins, 0n);
  return {
    calendar: input.calendar,
    period: input.period,
    currency,
    segments: input.segments.map(({ from, to, planCode, version }) => ({ from, to, planCode, version })),
    usage,
    charges: lines.map(({ line }) => line),
    taxes: taxed.totals,
    notices,
    totals: {
      ...octetTotals(usage),
      net: formatMoney(amountCoins - taxed.coins, currency.exponent),
      tax: formatMoney(taxed.coins, currency.exponent),
      amount: formatMoney(amountCoins, currency.exponent),
    },
    amountCoins,
    carriedOut: rater.carriedOut,
    capUses,
    quotaUses: rater.quotaUses,
  };
}

/** Charges before tax, segment by segment. */
class Charges {
  /** Quota that a plan with an unprorated quota has given in earlier segments. */
  private readonly given = new Map<string, bigint>();
  private carriedIn: bigint;
  /** Unused quota of the segment that runs to the end of the period, as far as the plan carries it over. */
  carriedOut = 0n;
  readonly quotaUses: QuotaUse[] = [];

  constructor(
    private readonly input: RatingInput,
    private readonly billed: readonly bigint[],
  ) {
    this.carriedIn = input.carriedIn ?? 0n;
  }

  all(usage: readonly UsageLine[]): Charge[] {
    const charges = this.input.segments.flatMap((_, index) => this.ofSegment(index));
    return [...charges, ...discounts(this.input, usage, charges)];
  }

  private ofSegment(index: number): Charge[] {
    const segment = segmentAt(this.input, index);
    const charges: Charge[] = [];
    const fee = baseFee(this.input, index);
    if (fee !== null) charges.push(fee);
    let rest = this.billed[index] ?? 0n;
    const cover = (kind: 'included' | 'carried_over', rule: string, available: bigint): bigint => {
      const octets = rest < available ? rest : available;
      // Corrected buckets can leave less than nothing: such octets are on the first line, and none is charged.
      if (octets === 0n) return 0n;
      rest -= octets;
      charges.push(charge(segment, ZERO, { kind, segment: index, rule, octets }));
      return octets;
    };
    // What was carried over is used first: it ends with this period.
    const carries = segment.plan.terms.quota?.carryOver !== undefined;
    const left = this.quotaLeft(segment, index);
    this.quotaUses.push({
      segment: index,
      available: left + (carries && this.carriedIn > 0n ? this.carriedIn : 0n),
      used: rest,
    });
    if (carries) this.carriedIn -= cover('carried_over', '/quota/carryOver', this.carriedIn);
    const included = cover('included', '/quota', left);
    this.given.set(segment.planCode, (this.given.get(segment.planCode) ?? 0n) + included);
    if (carries && segment.to === this.input.period.to)
      this.carriedOut = least(left - included, segment.plan.carryLimit);
    return [...charges, ...overage(segment, index, rest)];
  }

  private quotaLeft(segment: RatingSegment, index: number): bigint {
    const own = quotaShare(this.input, index);
    if (segment.plan.terms.quota?.proration !== 'full') return own;
    const left = own - (this.given.get(segment.planCode) ?? 0n);
    return left > 0n ? left : 0n;
  }
}

function least(octets: bigint, limit: bigint | null): bigint {
  return limit !== null && limit < octets ? limit : octets;
}

function octetTotals(usage: readonly UsageLine[]): Omit<RatedTotals, 'net' | 'tax' | 'amount'> {
  const totals = {
    octetsUp: 0n,
    octetsDown: 0n,
    freeOctets: 0n,
    billedOctets: 0n,
    notCountedOctets: 0n,
    nameNotVerifiedOctets: 0n,
  };
  for (const line of usage) {
    const octets = line.octetsUp + line.octetsDown;
    totals.octetsUp += line.octetsUp;
    totals.octetsDown += line.octetsDown;
    if (line.treatment === 'free') totals.freeOctets += octets;
    else if (line.treatment === 'billed') totals.billedOctets += octets;
    else totals.notCountedOctets += octets;
    if (line.treatment === 'billed' && line.reason === 'name_not_verified')
      totals.nameNotVerifiedOctets += octets;
  }
  return totals;
}
