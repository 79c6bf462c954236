import type { PlanTerms } from '../plans/index.js';
import { charge, segmentAt, type Charge } from './charges.js';
import { formatMoney, parseDecimal, type Fraction } from './money.js';
import type { RatingInput, RatingSegment, TaxTotal } from './types.js';

interface TaxGroup {
  segment: RatingSegment;
  treatment: TaxTotal['treatment'];
  percent: string;
  /** Index of the rate in the terms. */
  rate: number;
  coins: bigint;
}

/**
 * Tax, rounded once per rate for the whole period (as Japan's qualified invoices want it), not per line. The rate is
 * the one in force on the last local day of each segment.
 */
export function taxes(
  input: RatingInput,
  charges: readonly Charge[],
): { charges: Charge[]; totals: TaxTotal[]; coins: bigint } {
  const made: Charge[] = [];
  const totals: TaxTotal[] = [];
  let coins = 0n;
  for (const group of groups(input, charges)) {
    const { exponent } = group.segment.plan.terms.currency;
    const percent = parseDecimal(group.percent);
    const hundred = 100n * percent.d;
    const tax = charge(group.segment, taxOf(group, percent.n, hundred), {
      kind: 'tax',
      segment: null,
      rule: `/tax/rates/${group.rate}`,
      taxPercent: group.percent,
      taxBase: formatMoney(group.coins, exponent),
    });
    coins += tax.coins;
    if (group.treatment === 'exclusive') made.push(tax);
    totals.push({
      treatment: group.treatment,
      percent: group.percent,
      net: formatMoney(group.treatment === 'exclusive' ? group.coins : group.coins - tax.coins, exponent),
      tax: formatMoney(tax.coins, exponent),
    });
  }
  return { charges: made, totals, coins };
}

function taxOf(group: TaxGroup, percent: bigint, hundred: bigint): Fraction {
  return group.treatment === 'exclusive'
    ? { n: group.coins * percent, d: hundred }
    : { n: group.coins * percent, d: hundred + percent };
}

function groups(input: RatingInput, charges: readonly Charge[]): TaxGroup[] {
  const found: TaxGroup[] = [];
  for (const { line, coins } of charges) {
    if (line.segment === null) continue;
    const segment = segmentAt(input, line.segment);
    const { tax, rounding } = segment.plan.terms;
    if (tax === null) continue;
    const rate = rateAt(tax.rates, segment);
    const percent = tax.rates[rate]?.percent ?? '0';
    const known = found.find(
      (group) =>
        group.treatment === tax.treatment &&
        group.percent === percent &&
        group.segment.plan.terms.rounding === rounding,
    );
    if (known === undefined) found.push({ segment, treatment: tax.treatment, percent, rate, coins });
    else known.coins += coins;
  }
  return found;
}

function rateAt(rates: NonNullable<PlanTerms['tax']>['rates'], { plan, to }: RatingSegment): number {
  if (rates.length === 1) return 0;
  const day = plan.clock.date(to - 1);
  return rates.findLastIndex(({ from }) => from === undefined || from <= day);
}
