import { describe, expect, it } from 'vitest';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { compilePlan, rate } from './index.js';

const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(TOKYO, '2026-10');
const MIDDLE = PERIOD.from + 15 * 24 * HOUR_MS;
const octet = (value: number) => ({ value: String(value), unit: 'octet' as const });
type Discount = NonNullable<PlanTermsInput['discounts']>[number];
const discount = (change: Partial<Discount> = {}): Discount => ({
  id: 'light',
  amount: '30',
  whenTotalAtMost: octet(100),
  includingFree: true,
  ...change,
});

interface Part {
  planCode: string;
  discounts: Discount[];
  fee?: string;
  counted?: PlanTermsInput['counted'];
  /** Free uplink and billed downlink in its first hour. */
  free?: number;
  billed?: number;
}

/** Segment, rule and amount of each discount, of one plan for the whole period or of one for each half. */
function given(...parts: [Part] | [Part, Part]): string[] {
  const segments = parts.map(({ planCode, discounts, fee = '100', counted }, index) => ({
    from: index === 0 ? PERIOD.from : MIDDLE,
    to: index === parts.length - 1 ? PERIOD.to : MIDDLE,
    planCode,
    version: index + 1,
    plan: compilePlan(
      planTermsSchema.parse({
        currency: { code: 'JPY', exponent: 0 },
        timeZone: TOKYO.timeZone,
        rounding: 'half_up',
        tax: null,
        baseFee: { amount: fee, proration: 'full' },
        quota: null,
        overage: { kind: 'none' },
        ...(counted !== undefined && { counted }),
        free: [{ id: 'line', services: ['line'], includeSubServices: false }],
        discounts: discounts.map((one, at) => ({ ...one, id: `${one.id}-${at}` })),
      }),
    ),
  }));
  const usage = parts.flatMap(({ free = 0, billed = 0 }, index) =>
    [
      { serviceCode: 'line', octetsUp: BigInt(free), octetsDown: 0n },
      { serviceCode: null, octetsUp: 0n, octetsDown: BigInt(billed) },
    ].map((row) => ({
      ...row,
      firstHour: segments[index]!.from,
      lastHour: segments[index]!.from,
      serviceVersionId: null,
      evidence: 'sni',
      rule: null,
    })),
  );
  return rate({ calendar: TOKYO, period: PERIOD, segments, usage })
    .charges.filter(({ kind }) => kind === 'discount')
    .map(({ segment, rule, amount }) => `${segment} ${rule} ${amount}`);
}

describe('discounts', () => {
  it('are given up to the limit, to the octet', () => {
    const plan = { planCode: 'p', discounts: [discount()] };
    expect(given({ ...plan, billed: 100 })).toEqual(['0 /discounts/0 -30']);
    expect(given({ ...plan, billed: 101 })).toEqual([]);
    expect(given({ ...plan, free: 60, billed: 40 })).toEqual(['0 /discounts/0 -30']);
    expect(given({ ...plan, free: 60, billed: 41 })).toEqual([]);
  });

  it('look at free octets only if they say so', () => {
    const discounts = [discount({ includingFree: false })];
    expect(given({ planCode: 'p', discounts, free: 500, billed: 100 })).toEqual(['0 /discounts/0 -30']);
    expect(given({ planCode: 'p', discounts, free: 500, billed: 101 })).toEqual([]);
  });

  it('look at no octets of a direction that is not counted', () => {
    const plan = { planCode: 'p', discounts: [discount()], counted: 'up' as const };
    expect(given({ ...plan, free: 100, billed: 500 })).toEqual(['0 /discounts/0 -30']);
  });

  it('never come to more than the plan charged', () => {
    const part = discount({ amount: '30.5' });
    expect(given({ planCode: 'p', discounts: [part] })).toEqual(['0 /discounts/0 -31']);
    const one = discount({ amount: '60' });
    expect(given({ planCode: 'p', discounts: [one, one, one] })).toEqual([
      '0 /discounts/0 -60',
      '0 /discounts/1 -40',
    ]);
    expect(given({ planCode: 'p', fee: '0', discounts: [one] })).toEqual([]);
  });

  it('are given once, with the last segment of the plan, for the octets of all of them', () => {
    const part = { planCode: 'p', discounts: [discount()] };
    expect(given({ ...part, billed: 50 }, { ...part, billed: 50 })).toEqual(['1 /discounts/0 -30']);
    expect(given({ ...part, billed: 50 }, { ...part, billed: 51 })).toEqual([]);
  });

  it('look at nothing of another plan: neither its octets nor its charges', () => {
    const first = { planCode: 'p', fee: '20', discounts: [discount()], billed: 100 };
    const second = { planCode: 'q', fee: '500', discounts: [], billed: 900 };
    expect(given(first, second)).toEqual(['0 /discounts/0 -20']);
    expect(given(second, first)).toEqual(['1 /discounts/0 -20']);
  });
});
