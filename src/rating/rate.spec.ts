import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLaws } from '../../test/scenarios/scenario.js';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { quotaShare } from './charges.js';
import { compilePlan } from './compile.js';
import { canonicalJson, ratedDocument } from './document.js';
import { rate, rateNothing } from './rate.js';
import type { RatingInput, RatingSegment, RatingUsage } from './types.js';

const CALENDAR = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(CALENDAR, '2026-10');
const HOURS = (PERIOD.to - PERIOD.from) / HOUR_MS;
const SERVICES = ['line', 'line-calls', 'youtube', null] as const;

const quantity = (min: number) =>
  fc.record({
    value: fc.integer({ min, max: 5_000 }).map(String),
    unit: fc.constantFrom('octet' as const, 'kB' as const, 'KiB' as const),
  });
const money = fc
  .tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 999 }))
  .map(([whole, part]) => `${whole}.${String(part).padStart(3, '0')}`);
const direction = fc.constantFrom('both' as const, 'up' as const, 'down' as const);
const proration = fc.constantFrom('full' as const, 'by_day' as const, 'by_time' as const);
const cap = fc.record({
  limit: quantity(1),
  per: fc.oneof(
    fc.constantFrom('period' as const, 'day' as const),
    fc.record({ rollingHours: fc.integer({ min: 1, max: 100 }) }),
  ),
  past: fc.constantFrom('billed' as const, 'noticed' as const),
});
const freeRule = fc.record({
  services: fc.oneof<fc.Arbitrary<'all' | string[]>[]>(
    fc.constant('all'),
    fc.uniqueArray(fc.constantFrom('line', 'line-calls', 'youtube'), { minLength: 1 }),
  ),
  includeSubServices: fc.boolean(),
  direction,
  caps: fc.uniqueArray(cap, { maxLength: 2, selector: ({ per, past }) => JSON.stringify([per, past]) }),
  windows: fc.constantFrom<{ fromHour: number; toHour: number; weekdays?: number[] }[]>(
    [],
    [{ fromHour: 22, toHour: 5 }],
    [{ fromHour: 9, toHour: 17, weekdays: [1, 2, 3, 4, 5] }],
  ),
  payer: fc.option(
    fc.record({ kind: fc.constant('subscriber' as const), fee: fc.record({ amount: money, proration }) }),
    { nil: undefined },
  ),
});
const overage = fc.oneof<fc.Arbitrary<PlanTermsInput['overage']>[]>(
  fc.constant({ kind: 'none' as const }),
  fc.record({
    kind: fc.constant('stairs' as const),
    tiers: fc.array(fc.tuple(fc.integer({ min: 1, max: 4000 }), money), { maxLength: 3 }).map((steps) => {
      const prices = [...steps.map(([, price]) => price), '3000'].sort((a, b) => Number(a) - Number(b));
      let end = 0;
      return prices.map((price, index) => {
        end += steps[index]?.[0] ?? 0;
        return {
          upTo: index === steps.length ? null : { value: String(end), unit: 'octet' as const },
          price,
        };
      });
    }),
  }),
  fc
    .record({
      unit: fc.integer({ min: 1, max: 2000 }),
      steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), money), { maxLength: 3 }),
      last: money,
      unitRounding: fc.constantFrom('up' as const, 'down' as const, 'nearest' as const, 'exact' as const),
    })
    .map(({ unit, steps, last, unitRounding }) => {
      let end = 0;
      const tiers = steps.map(([units, price]) => {
        end += units * unit;
        return { upTo: { value: String(end), unit: 'octet' as const }, price };
      });
      return {
        kind: 'per_unit' as const,
        unit: { value: String(unit), unit: 'octet' as const },
        unitRounding,
        tiers: [...tiers, { upTo: null, price: last }],
      };
    }),
);

const terms = fc
  .record({
    currency: fc.constantFrom({ code: 'JPY', exponent: 0 }, { code: 'USD', exponent: 2 }),
    rounding: fc.constantFrom('half_up' as const, 'half_even' as const, 'floor' as const, 'ceiling' as const),
    tax: fc.constantFrom<PlanTermsInput['tax'][]>(
      null,
      { treatment: 'exclusive' as const, rates: [{ percent: '10' }] },
      {
        treatment: 'inclusive' as const,
        rates: [{ percent: '8' }, { from: '2026-10-15', percent: '10.25' }],
      },
    ),
    baseFee: fc.record({ amount: money, proration }),
    counted: direction,
    quota: fc.option(fc.record({ included: quantity(0), proration }), { nil: null }),
    overage,
    free: fc.array(freeRule, { maxLength: 3 }),
    totalCap: fc.option(
      fc.record({ limit: quantity(1), past: fc.constantFrom('billed' as const, 'noticed' as const) }),
      { nil: undefined },
    ),
  })
  .map(({ totalCap, free, ...rest }): PlanTermsInput => {
    return {
      ...rest,
      timeZone: CALENDAR.timeZone,
      free: free.map((rule, index) => ({ id: `rule-${index}`, ...rule })),
      ...(totalCap && { totalCap }),
    };
  });

const usage: fc.Arbitrary<RatingUsage[]> = fc.array(
  fc
    .record({
      hour: fc.integer({ min: 0, max: HOURS - 1 }),
      service: fc.constantFrom(...SERVICES),
      evidence: fc.constantFrom('sni', 'prefix', 'sni_unverified'),
      rule: fc.constantFrom(null, 'line.me'),
      up: fc.integer({ min: 0, max: 3000 }),
      down: fc.integer({ min: 0, max: 3000 }),
    })
    .map(({ hour, service, evidence, rule, up, down }) => ({
      firstHour: PERIOD.from + hour * HOUR_MS,
      lastHour: PERIOD.from + hour * HOUR_MS,
      serviceCode: evidence === 'sni_unverified' ? null : service,
      serviceVersionId: service === null || evidence === 'sni_unverified' ? null : SERVICES.indexOf(service),
      evidence,
      rule,
      octetsUp: BigInt(up),
      octetsDown: BigInt(down),
    })),
  { maxLength: 40 },
);

/** One to three segments that cover the period, each of a plan of its own. */
const input: fc.Arbitrary<RatingInput> = fc
  .record({
    terms: fc.array(terms, { minLength: 1, maxLength: 3 }),
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: HOURS - 1 }), { minLength: 2, maxLength: 2 }),
    samePlan: fc.boolean(),
    usage,
    carriedIn: fc.bigInt({ min: 0n, max: 1_000_000n }),
  })
  .map(({ terms: all, cuts, samePlan, usage: rows, carriedIn }) => {
    const edges = [0, ...cuts.sort((a, b) => a - b).slice(0, all.length - 1), HOURS];
    const segments = all.map((one, index): RatingSegment => {
      // Segments of one statement share the currency.
      const parsed = planTermsSchema.parse({ ...one, currency: all[0]!.currency });
      return {
        from: PERIOD.from + edges[index]! * HOUR_MS,
        to: PERIOD.from + edges[index + 1]! * HOUR_MS,
        planCode: samePlan ? 'plan' : `plan-${index}`,
        version: index + 1,
        plan: compilePlan(parsed, new Map([['line-calls', 'line']])),
      };
    });
    return { calendar: CALENDAR, period: PERIOD, segments, usage: rows, carriedIn };
  });

const bytes = (of: RatingInput) => canonicalJson(ratedDocument(rate(of)));

describe('rating any plan and any usage', () => {
  it('keeps the laws: octets and yen are each on exactly one line, and lines sum to totals', () => {
    fc.assert(
      fc.property(input, (given) => checkLaws(given, rate(given))),
      { numRuns: 500 },
    );
  });

  it('gives the same bytes in any order of usage, and again', () => {
    fc.assert(
      fc.property(input, fc.infiniteStream(fc.nat()), (given, keys) => {
        const shuffled = [...given.usage]
          .map((row) => ({ row, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ row }) => row);
        expect(bytes({ ...given, usage: shuffled })).toBe(bytes(given));
        expect(bytes(given)).toBe(bytes(given));
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same totals whether an hour of usage came in one piece or in several', () => {
    fc.assert(
      fc.property(input, (given) => {
        const halves = given.usage.flatMap((row) => [
          { ...row, octetsUp: row.octetsUp / 2n, octetsDown: row.octetsDown / 2n },
          {
            ...row,
            octetsUp: row.octetsUp - row.octetsUp / 2n,
            octetsDown: row.octetsDown - row.octetsDown / 2n,
          },
        ]);
        const whole = rate(given).totals;
        const parts = rate({ ...given, usage: halves }).totals;
        expect(parts.octetsUp + parts.octetsDown).toBe(whole.octetsUp + whole.octetsDown);
        if (
          given.segments.every(
            ({ plan }) => plan.terms.free.every(({ caps }) => caps.length === 0) && plan.totalCap === null,
          )
        )
          expect(parts).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('makes the parts of a split period come to the whole fee and quota', () => {
    fc.assert(
      fc.property(
        terms,
        fc.uniqueArray(fc.integer({ min: 1, max: HOURS - 1 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('by_day' as const, 'by_time' as const),
        (one, cuts, how) => {
          const parsed = planTermsSchema.parse({
            ...one,
            tax: null,
            free: (['by_day', 'by_time', 'full'] as const).map((each) => ({
              id: each.replace('_', '-'),
              services: 'all',
              payer: {
                kind: 'subscriber',
                fee: { ...one.baseFee, proration: each === 'full' ? each : how },
              },
            })),
            quota: {
              included: { value: '1000003', unit: 'octet' },
              proration: how,
              carryOver: { limit: null },
            },
            baseFee: { ...one.baseFee, proration: how },
          });
          const plan = compilePlan(parsed);
          const edges = [0, ...cuts.sort((a, b) => a - b), HOURS];
          const segments = edges.slice(1).map((to, index): RatingSegment => ({
            from: PERIOD.from + edges[index]! * HOUR_MS,
            to: PERIOD.from + to * HOUR_MS,
            planCode: 'plan',
            version: index + 1,
            plan,
          }));
          const whole = [{ ...segments[0]!, to: PERIOD.to }];
          const of = (parts: RatingSegment[]): RatingInput => ({
            calendar: CALENDAR,
            period: PERIOD,
            segments: parts,
            usage: [],
          });
          expect(rate(of(segments)).totals.amount).toBe(rate(of(whole)).totals.amount);
          const quota = segments.reduce((sum, _, index) => sum + quotaShare(of(segments), index), 0n);
          expect(quota).toBe(1_000_003n);
        },
      ),
    );
  });

  it('comes to the same where new versions of a plan say what the old one said, whatever was used when', () => {
    fc.assert(
      fc.property(
        terms,
        usage,
        fc.uniqueArray(fc.integer({ min: 1, max: HOURS - 1 }), { minLength: 1, maxLength: 3 }),
        fc.bigInt({ min: 0n, max: 1_000_000n }),
        (one, rows, cuts, carriedIn) => {
          // What a prorated quota leaves ends with its stretch, and a tax rate holds for a stretch: those may differ.
          const parsed = planTermsSchema.parse({
            ...one,
            quota: one.quota && { ...one.quota, proration: 'full', carryOver: { limit: null } },
            tax: one.tax && { ...one.tax, rates: [{ percent: '10' }] },
            discounts: [
              {
                id: 'light',
                amount: '55.5',
                whenTotalAtMost: { value: '9', unit: 'kB' },
                includingFree: true,
              },
            ],
          });
          const whole: RatingSegment = {
            ...PERIOD,
            planCode: 'plan',
            version: 1,
            plan: compilePlan(parsed, new Map([['line-calls', 'line']])),
          };
          const edges = [0, ...cuts.sort((a, b) => a - b), HOURS].map((hour) => PERIOD.from + hour * HOUR_MS);
          const parts = edges.slice(1).map((to, index): RatingSegment => ({
            ...whole,
            from: edges[index]!,
            to,
            version: index + 1,
          }));
          const of = (segments: RatingSegment[]) =>
            rate({ calendar: CALENDAR, period: PERIOD, segments, usage: rows, carriedIn });
          const { totals, carriedOut } = of(parts);
          expect({ totals, carriedOut }).toEqual(
            (({ totals: all, carriedOut: left }) => ({ totals: all, carriedOut: left }))(of([whole])),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('frees nothing that no rule speaks of: without free rules every counted octet is billed', () => {
    fc.assert(
      fc.property(input, (given) => {
        const bare = given.segments.map((segment) => ({
          ...segment,
          plan: compilePlan({ ...segment.plan.terms, free: [] }),
        }));
        expect(rate({ ...given, segments: bare }).totals.freeOctets).toBe(0n);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a period without a plan', () => {
  it('has nothing on it, and nothing to pay, in the currency’s own form', () => {
    const rated = rateNothing(CALENDAR, PERIOD, { code: 'USD', exponent: 2 });
    expect(rated).toEqual({
      calendar: CALENDAR,
      period: PERIOD,
      currency: { code: 'USD', exponent: 2 },
      segments: [],
      usage: [],
      charges: [],
      taxes: [],
      notices: [],
      totals: {
        octetsUp: 0n,
        octetsDown: 0n,
        freeOctets: 0n,
        billedOctets: 0n,
        notCountedOctets: 0n,
        nameNotVerifiedOctets: 0n,
        net: '0.00',
        tax: '0.00',
        amount: '0.00',
      },
      amountCoins: 0n,
      carriedOut: 0n,
      packsOut: [],
      capUses: [],
      quotaUses: [],
    });
  });
});

describe('rating refuses', () => {
  it('usage that lies in no segment, as it would be on no line', () => {
    const plan = compilePlan(
      planTermsSchema.parse({
        currency: { code: 'JPY', exponent: 0 },
        timeZone: 'Asia/Tokyo',
        rounding: 'half_up',
        tax: null,
        baseFee: { amount: '0', proration: 'full' },
        quota: null,
        overage: { kind: 'none' },
      }),
    );
    const row: RatingUsage = {
      firstHour: PERIOD.from - HOUR_MS,
      lastHour: PERIOD.from,
      serviceCode: null,
      serviceVersionId: null,
      evidence: 'none',
      rule: null,
      octetsUp: 1n,
      octetsDown: 0n,
    };
    const segments = [{ ...PERIOD, planCode: 'plan', version: 1, plan }];
    expect(() => rate({ calendar: CALENDAR, period: PERIOD, segments, usage: [row] })).toThrow(RangeError);
  });
});
