import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { compilePlan } from './compile.js';
import { rate } from './rate.js';
import { checkThresholds } from './thresholds.js';
import type { RatingInput, RatingUsage } from './types.js';

const PERIOD = periodOfMonth({ timeZone: 'Asia/Tokyo', anchorDay: 1 }, '2026-10');
const BASE: PlanTermsInput = {
  currency: { code: 'JPY', exponent: 0 },
  timeZone: 'Asia/Tokyo',
  rounding: 'half_up',
  tax: { treatment: 'exclusive', rates: [{ percent: '10' }] },
  baseFee: { amount: '100', proration: 'by_day' },
  quota: { included: { value: '1000', unit: 'octet' }, proration: 'by_day' },
  overage: { kind: 'none' },
};

function row(hour: number, service: string | null, octets: number): RatingUsage {
  const at = PERIOD.from + hour * HOUR_MS;
  return {
    firstHour: at,
    lastHour: at,
    serviceCode: service,
    serviceVersionId: service === null ? null : 1,
    evidence: 'none',
    rule: null,
    octetsUp: 0n,
    octetsDown: BigInt(octets),
  };
}

function input(
  terms: Partial<PlanTermsInput>,
  usage: readonly RatingUsage[],
  history: readonly RatingUsage[] = [],
): RatingInput {
  const plan = compilePlan(planTermsSchema.parse({ ...BASE, ...terms }));
  const segments = [{ from: PERIOD.from, to: PERIOD.to, planCode: 'p', version: 1, plan }];
  return { calendar: { timeZone: 'Asia/Tokyo', anchorDay: 1 }, period: PERIOD, segments, usage, history };
}

const check = (given: RatingInput) => checkThresholds(given, rate(given));
const told = (given: RatingInput) =>
  check(given).reached.map((one) => [one.kind, one.window, one.threshold, one.used]);

const START = '2026-09-30T15:00:00.000Z';
const capped = (per: 'period' | 'day' | { rollingHours: number }): Partial<PlanTermsInput> => ({
  free: [
    {
      id: 'line',
      services: ['line'],
      caps: [{ limit: { value: '100', unit: 'octet' }, per, past: 'billed' }],
    },
  ],
});

describe('thresholds', () => {
  it('are 50, 80 and 100 percent of the quota where the plan says nothing', () => {
    expect(told(input({}, [row(1, null, 499)]))).toEqual([]);
    expect(told(input({}, [row(1, null, 500)]))).toEqual([['quota', START, '50%', '500']]);
    expect(told(input({}, [row(1, null, 2000)])).map(([, , threshold]) => threshold)).toEqual([
      '50%',
      '80%',
      '100%',
    ]);
  });

  it('are the own ones of a plan, and amounts with tax', () => {
    const terms: Partial<PlanTermsInput> = {
      thresholds: { percents: [95, 10], amounts: ['120', '200'] },
      overage: {
        kind: 'per_unit',
        unit: { value: '10', unit: 'octet' },
        unitRounding: 'up',
        tiers: [{ upTo: null, price: '10' }],
      },
    };
    expect(told(input(terms, [row(1, null, 100)])).map(([, , one]) => one)).toEqual(['10%']);
    expect(told(input(terms, [row(1, null, 1001)])).map(([kind, , one, used]) => [kind, one, used])).toEqual([
      ['quota', '10%', '1001'],
      ['quota', '95%', '1001'],
      ['amount', '120', '121'],
    ]);
  });

  it('of a cap say apart that it is full and that it was exceeded', () => {
    const full = input(capped('period'), [row(1, 'line', 100)]);
    expect(told(full).map(([, , threshold]) => threshold)).toEqual(['50%', '80%', '100%']);
    const over = input(capped('period'), [row(1, 'line', 101)]);
    expect(told(over).at(-1)).toEqual(['cap', START, 'exceeded', '101']);
  });

  it('of a cap per day come on each day, named by the local day', () => {
    const usage = [row(14, 'line', 50), row(25, 'line', 80)];
    expect(told(input(capped('day'), usage)).map(([, day, threshold]) => [day, threshold])).toEqual([
      ['2026-10-01', '50%'],
      ['2026-10-02', '50%'],
      ['2026-10-02', '80%'],
    ]);
  });

  it('of a rolling cap count the hours before the period, once the SIM uses the service in it', () => {
    const before = [row(-2, 'line', 60)];
    expect(told(input(capped({ rollingHours: 10 }), [], before))).toEqual([]);
    expect(check(input(capped({ rollingHours: 10 }), [], before)).headroom).toBe(1n);
    expect(told(input(capped({ rollingHours: 10 }), [row(0, 'line', 1)], before))).toEqual([
      ['cap', START, '50%', '61'],
    ]);
  });

  it('of a total cap count free octets too', () => {
    const terms = {
      ...capped('period'),
      totalCap: { limit: { value: '200', unit: 'octet' as const }, past: 'noticed' as const },
    };
    const kinds = told(input(terms, [row(1, 'line', 60), row(2, null, 40)])).map(([kind, , one]) => [
      kind,
      one,
    ]);
    expect(kinds).toContainEqual(['total_cap', '50%']);
  });

  const usage = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 743 }),
      fc.constantFrom('line', null),
      fc.integer({ min: 0, max: 400 }),
    ),
    { maxLength: 8 },
  );
  const money: PlanTermsInput['overage'][] = [
    { kind: 'none' },
    {
      kind: 'per_unit',
      unit: { value: '50', unit: 'octet' },
      unitRounding: 'nearest',
      tiers: [
        { upTo: { value: '100', unit: 'octet' }, price: '7.5' },
        { upTo: null, price: '31.25' },
      ],
    },
    {
      kind: 'per_unit',
      unit: { value: '7', unit: 'octet' },
      unitRounding: 'exact',
      tiers: [{ upTo: null, price: '0.9' }],
    },
    {
      kind: 'stairs',
      tiers: [
        { upTo: { value: '100', unit: 'octet' }, price: '50' },
        { upTo: null, price: '500' },
      ],
    },
  ];

  /** The same terms, in two versions of the plan. */
  const inTwo = (given: RatingInput, hour: number): RatingInput => {
    const at = PERIOD.from + hour * HOUR_MS;
    const segments = given.segments.flatMap((segment) => [
      { ...segment, to: at },
      { ...segment, from: at, version: 2 },
    ]);
    return { ...given, segments };
  };

  it('are never reached within the headroom, whatever is used and whenever', () => {
    fc.assert(
      fc.property(
        usage,
        usage,
        fc.constantFrom<Parameters<typeof capped>[0][]>('period', 'day', { rollingHours: 30 }),
        fc.constantFrom(...money),
        fc.tuple(fc.integer({ min: 0, max: 743 }), fc.constantFrom('line', null), fc.nat()),
        fc.option(fc.integer({ min: 1, max: 743 })),
        fc.constantFrom('full' as const, 'by_day' as const),
        (before, now, per, overage, [hour, service, share], cut, proration) => {
          const terms: Partial<PlanTermsInput> = {
            ...capped(per),
            overage,
            quota: { included: { value: '1000', unit: 'octet' }, proration },
            totalCap: { limit: { value: '900', unit: 'octet' }, past: 'noticed' },
            thresholds: { amounts: ['120', '150', '300', '900'] },
            discounts: [
              {
                id: 'light',
                amount: '60',
                whenTotalAtMost: { value: '500', unit: 'octet' },
                includingFree: true,
              },
            ],
          };
          const rows = now.map(([at, name, octets]) => row(at, name, octets));
          const history = before.map(([at, name, octets]) => row(at - 744, name, octets));
          const rated = (of: RatingUsage[]) => {
            const whole = input(terms, of, history);
            return check(cut === null ? whole : inTwo(whole, cut));
          };
          const first = rated(rows);
          if (first.headroom === null || first.headroom <= 1n) return;
          // Time goes on: what comes lies in no hour before those that were used.
          const last = Math.max(hour, ...now.map(([at]) => at));
          const more = Number(BigInt(share) % first.headroom);
          const second = rated([...rows, row(last, service, more)]);
          expect(second.reached.length).toBe(first.reached.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
