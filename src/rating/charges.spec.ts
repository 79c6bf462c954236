import { describe, expect, it } from 'vitest';
import { HOUR_MS, periodOfMonth, planTermsSchema } from '../plans/index.js';
import { compilePlan, rate } from './index.js';

const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(TOKYO, '2026-10');
const MIDDLE = PERIOD.from + 15 * 24 * HOUR_MS;
const PLAN = compilePlan(
  planTermsSchema.parse({
    currency: { code: 'JPY', exponent: 0 },
    timeZone: TOKYO.timeZone,
    rounding: 'half_up',
    tax: null,
    baseFee: { amount: '0', proration: 'full' },
    quota: null,
    overage: {
      kind: 'per_unit',
      unit: { value: '3', unit: 'octet' },
      unitRounding: 'exact',
      tiers: [{ upTo: null, price: '1' }],
    },
  }),
);

/** Amount and exact amount of the overage of each of two versions, a yen for three octets. */
function overage(first: number, second: number): [string, string | undefined][] {
  const used = (firstHour: number, octets: number) => ({
    firstHour,
    lastHour: firstHour,
    serviceCode: null,
    serviceVersionId: null,
    evidence: 'none' as const,
    rule: null,
    octetsUp: 0n,
    octetsDown: BigInt(octets),
  });
  return rate({
    calendar: TOKYO,
    period: PERIOD,
    segments: [
      { from: PERIOD.from, to: MIDDLE, planCode: 'p', version: 1, plan: PLAN },
      { from: MIDDLE, to: PERIOD.to, planCode: 'p', version: 2, plan: PLAN },
    ],
    usage: [used(PERIOD.from, first), used(MIDDLE, second)],
  })
    .charges.filter(({ kind }) => kind === 'overage')
    .map(({ amount, exactAmount }) => [amount, exactAmount]);
}

describe('overage by the exact part of a unit over two versions', () => {
  it('says what the second would be without rounding, beside what the rounded sums grew by', () => {
    expect(overage(4, 3)).toEqual([
      ['1', '1.333333333333…'],
      ['1', undefined],
    ]);
    expect(overage(4, 2)).toEqual([
      ['1', '1.333333333333…'],
      ['1', '0.666666666666…'],
    ]);
    expect(overage(5, 1)).toEqual([
      ['2', '1.666666666666…'],
      ['0', '0.333333333333…'],
    ]);
  });
});
