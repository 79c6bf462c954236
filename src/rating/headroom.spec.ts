import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import {
  checkThresholds,
  compilePlan,
  headroomsTogether,
  rateTogether,
  type ThresholdCheck,
} from './index.js';
import type { RatingInput, RatingSegment, RatingUsage } from './index.js';

const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(TOKYO, '2026-10');
const START = '2026-09-30T15:00:00.000Z';
const MIDDLE = Date.parse('2026-10-15T15:00:00Z');
const octet = (value: number) => ({ value: String(value), unit: 'octet' as const });
const quota = (value: number) => ({ included: octet(value), proration: 'full' as const });

/** Uplink of `line`, which is free, or downlink of nothing that is recognised, in an hour of the period. */
type Used = [service: 'line' | null, octets: number, hour?: number];
const row = ([service, octets, hour = 0]: Used): RatingUsage => ({
  firstHour: PERIOD.from + hour * HOUR_MS,
  lastHour: PERIOD.from + hour * HOUR_MS,
  serviceCode: service,
  serviceVersionId: null,
  evidence: 'none',
  rule: null,
  octetsUp: service === null ? 0n : BigInt(octets),
  octetsDown: service === null ? BigInt(octets) : 0n,
});

function segment(terms: Partial<PlanTermsInput>, more: Partial<RatingSegment> = {}): RatingSegment {
  const plan = compilePlan(
    planTermsSchema.parse({
      currency: { code: 'JPY', exponent: 0 },
      timeZone: TOKYO.timeZone,
      rounding: 'half_up',
      tax: null,
      baseFee: { amount: '100', proration: 'full' },
      quota: null,
      overage: { kind: 'none' },
      free: [{ id: 'line', services: ['line'] }],
      thresholds: { percents: [] },
      ...terms,
    }),
  );
  return { from: PERIOD.from, to: PERIOD.to, planCode: 'p', version: 1, plan, ...more };
}

const input = (segments: RatingSegment[], used: Used[], before: Used[] = []): RatingInput => ({
  calendar: TOKYO,
  period: PERIOD,
  segments,
  usage: used.map(row),
  history: before.map(row),
});

/** The thresholds of the first of SIMs that are rated together. */
function first(...sims: [RatingInput, ...RatingInput[]]): ThresholdCheck {
  const [rated] = rateTogether(sims.map((one, simKey) => ({ simKey, input: one })));
  return checkThresholds(sims[0], rated!);
}
const headroom = (terms: Partial<PlanTermsInput>, used: Used[], before: Used[] = []) =>
  first(input([segment(terms)], used, before)).headroom;

const units = (...prices: string[]): PlanTermsInput['overage'] => ({
  kind: 'per_unit',
  unit: octet(10),
  unitRounding: 'up',
  tiers: prices.map((price, index) => ({
    upTo: index === prices.length - 1 ? null : octet(50 * (index + 1)),
    price,
  })),
});

describe('octets that may still come before a threshold', () => {
  it('are any number where the plan has none', () => {
    expect(first(input([segment({})], [[null, 500]]))).toEqual({
      reached: [],
      headroom: null,
      pooled: new Map(),
    });
  });

  it.each([
    [0, 500n],
    [300, 200n],
    [499, 1n],
    [500, 300n],
    [999, 1n],
    [1000, null],
  ])('of the quota, after %s of 1000 are %s', (used, left) =>
    expect(
      headroom({ quota: quota(1000), thresholds: { percents: [100, 50, 50, 80] } }, [[null, used]]),
    ).toBe(left),
  );

  it('are counted to whole octets: 50 % of 3 are 2', () => {
    const half = { quota: quota(3), thresholds: { percents: [50] } };
    expect(headroom(half, [[null, 1]])).toBe(1n);
    expect(headroom(half, [[null, 2]])).toBe(null);
  });

  it('are shared by all SIMs of a pool', () => {
    const terms = { quota: quota(100), thresholds: { percents: [50] } };
    const pooled = (used: Used[]) => {
      const pool = { code: 'family', octets: null };
      return input([segment(terms, { pool })], used);
    };
    expect(first(pooled([[null, 61]]), pooled([]))).toEqual({
      reached: [],
      headroom: 19n,
      pooled: new Map([['family', 19n]]),
    });
    expect(first(pooled([[null, 61]]), pooled([[null, 39]])).reached).toEqual([
      {
        kind: 'pool',
        planCode: 'p',
        planVersion: 1,
        rule: '/quota',
        window: START,
        threshold: '50%',
        limit: '200',
        used: '100',
        group: 'family',
      },
    ]);
  });

  const capped = (per: 'period' | 'day' | { rollingHours: number }, percents: number[]) => ({
    free: [{ id: 'line', services: ['line'], caps: [{ limit: octet(100), per, past: 'noticed' as const }] }],
    thresholds: { percents },
  });
  it.each<[string, Partial<PlanTermsInput>, Used[], Used[], bigint]>([
    ['an unused cap', capped('period', [50]), [], [], 50n],
    ['an unused cap without notices', capped('period', []), [], [], 100n],
    ['a cap without notices, which tells of its excess', capped('period', []), [['line', 30]], [], 71n],
    ['a cap', capped('period', [50]), [['line', 20]], [], 30n],
    ['a cap that is full', capped('period', [50, 100]), [['line', 100]], [], 1n],
    ['a cap per day, the next day', capped('day', [80]), [['line', 200]], [], 80n],
    ['a rolling cap with octets of before', capped({ rollingHours: 10 }, [50]), [], [['line', 30, -2]], 20n],
    ['both', capped({ rollingHours: 10 }, [50]), [['line', 5]], [['line', 30, -2]], 15n],
    ['more before', capped({ rollingHours: 10 }, [50]), [['line', 5, 50]], [['line', 30, -2]], 20n],
    ['an unused total cap', { totalCap: { limit: octet(70), past: 'noticed' } }, [], [], 70n],
    ['a total cap', { totalCap: { limit: octet(70), past: 'noticed' } }, [[null, 9]], [], 62n],
  ])('of %s', (_, terms, used, before, left) => expect(headroom(terms, used, before)).toBe(left));

  const stairs: PlanTermsInput['overage'] = {
    kind: 'stairs',
    tiers: [
      { upTo: octet(100), price: '50' },
      { upTo: octet(200), price: '80' },
      { upTo: null, price: '500' },
    ],
  };
  const light = { id: 'light', amount: '60', whenTotalAtMost: octet(500), includingFree: true };
  const due = (amount: string, more: Partial<PlanTermsInput>) => ({
    thresholds: { percents: [], amounts: [amount] },
    ...more,
  });
  const ANY = BigInt(Number.MAX_SAFE_INTEGER);
  /** A unit is taken for twice its price and two coins more, whatever tax and rounding are. */
  it.each<[string, Partial<PlanTermsInput>, Used[], bigint | null]>([
    ['100 due of 140, units of 10', due('140', { overage: units('10') }), [], 10n],
    ['100 due of 144, units of 10', due('144', { overage: units('10') }), [], 20n],
    ['100 due of 121, units of 10', due('121', { overage: units('10') }), [], 1n],
    ['110 due of 140, within a unit', due('140', { overage: units('10') }), [[null, 3]], 7n],
    ['the dearest unit', due('230', { overage: units('10', '30', '5') }), [], 20n],
    ['units for nothing', due('104', { overage: units('0') }), [], 20n],
    [
      'less than a unit past a quota',
      due('121', { overage: units('10'), quota: quota(100) }),
      [[null, 30]],
      71n,
    ],
    ['a price with places', due('146', { overage: units('10.5') }), [], 20n],
    ['an amount with places', due('144.5', { overage: units('10') }), [], 20n],
    [
      'a discount before units',
      due('144', { overage: units('10'), discounts: [{ ...light, whenTotalAtMost: octet(5) }] }),
      [],
      6n,
    ],
    ['a quota before', due('140', { overage: units('10'), quota: quota(100) }), [[null, 30]], 80n],
    ['a quota used up', due('150', { overage: units('10'), quota: quota(100) }), [[null, 103]], 7n],
    ['no overage', due('150', {}), [[null, 30]], ANY],
    ['stairs', due('150', { overage: stairs }), [], 1n],
    ['stairs past a quota', due('150', { overage: stairs, quota: quota(100) }), [[null, 30]], 71n],
    ['stairs, on the first', due('180', { overage: stairs }), [[null, 40]], 61n],
    ['stairs, at the end of the first', due('180', { overage: stairs }), [[null, 100]], 1n],
    ['stairs, on the second', due('600', { overage: stairs }), [[null, 101]], 100n],
    ['stairs, on the last', due('900', { overage: stairs }), [[null, 201]], ANY],
    [
      'a discount',
      due('150', { discounts: [light] }),
      [
        [null, 99],
        ['line', 1],
      ],
      401n,
    ],
    ['a discount, at its limit', due('150', { discounts: [light] }), [[null, 500]], 1n],
    ['a discount that is missed', due('150', { discounts: [light] }), [[null, 501]], ANY],
    ['what is due already', due('100', { overage: units('10') }), [], null],
  ])('that may cost what is missing: %s', (_, terms, used, left) => expect(headroom(terms, used)).toBe(left));

  it('are of a pool none that others may not use up, and of two segments half', () => {
    const terms = due('140', { overage: units('10'), quota: quota(100) });
    expect(first(input([segment(terms, { pool: { code: 'g', octets: 500n } })], [])).headroom).toBe(10n);
    const halves = [
      segment({ overage: units('10') }, { to: MIDDLE, planCode: 'q' }),
      segment(due('240', {}), { from: MIDDLE }),
    ];
    // 40 coins to 240, which is what both fees and four units of the first come to.
    expect(first(input(halves, [])).headroom).toBe(5n);
  });
});

describe('what SIMs of a pool may use that were looked at together', () => {
  const family = { code: 'family', octets: null };
  const checkAll = (sims: RatingInput[]) => {
    const rated = rateTogether(sims.map((one, simKey) => ({ simKey, input: one })));
    return sims.map((one, index) => checkThresholds(one, rated[index]!));
  };

  it('is the least that one of them leaves the others, and of another pool nothing', () => {
    const check = (headroom: bigint | null, pooled: [string, bigint | null][]): ThresholdCheck => ({
      reached: [],
      headroom,
      pooled: new Map(pooled),
    });
    expect(
      headroomsTogether([
        check(9n, [['a', 40n]]),
        check(30n, [['a', 30n]]),
        check(null, [['a', null]]),
        check(7n, [['b', 7n]]),
        check(2n, []),
        check(null, [
          ['a', null],
          ['b', null],
        ]),
        check(null, []),
      ]),
    ).toEqual([9n, 30n, 30n, 7n, 2n, 7n, null]);
  });

  it('is known of each pool that a SIM is in, though its own plan has no threshold, or has one in a part of the time', () => {
    const half = { quota: quota(100), thresholds: { percents: [50] } };
    const none = { quota: quota(100) };
    const alone = input([segment(none, { pool: family })], []);
    expect(first(alone)).toEqual({ reached: [], headroom: null, pooled: new Map([['family', null]]) });
    const parts = [
      segment(half, { pool: family, to: MIDDLE }),
      segment(none, { pool: family, from: MIDDLE, planCode: 'q' }),
    ];
    expect(first(input(parts, [])).pooled).toEqual(new Map([['family', 100n]]));
  });

  it('is what the one who is nearest to an amount leaves all, as each draws from what the others have to pay for without', () => {
    const terms = {
      quota: quota(10),
      overage: units('5'),
      thresholds: { percents: [], amounts: ['150'] },
    };
    const checks = checkAll(
      [[], [[null, 100, 1] satisfies Used]].map((own) => input([segment(terms, { pool: family })], own)),
    );
    expect(checks.map((one) => one.headroom)).toEqual([20n, 1n]);
    expect(headroomsTogether(checks)).toEqual([1n, 1n]);
  });

  /** As a worker does: what each SIM uses comes off its own headroom, and only once that is used up are all looked at anew. */
  it('brings none of them to a threshold unseen, whoever uses what, in whichever order', () => {
    const plans = fc.constantFrom<Partial<PlanTermsInput>[]>(
      { quota: quota(100), thresholds: { percents: [50] } },
      { quota: quota(60), thresholds: { percents: [30, 80, 100] } },
      { quota: quota(10), overage: units('5'), thresholds: { percents: [], amounts: ['150', '200'] } },
      { quota: quota(30), overage: units('20', '3'), thresholds: { amounts: ['140', '260'] } },
    );
    const use = fc.tuple(
      fc.nat({ max: 2 }),
      fc.constantFrom('line', null),
      fc.integer({ min: 1, max: 60 }),
      // Within an hour the SIM that was created first draws first, whatever came first.
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(plans, fc.array(use, { minLength: 4, maxLength: 14 }), (terms, uses) => {
        const used: Used[][] = [[], [], []];
        const look = () => checkAll(used.map((own) => input([segment(terms, { pool: family })], own)));
        const reached = (checks: ThresholdCheck[]) =>
          checks.map((one) => one.reached.map((it) => it.threshold));
        let known = look();
        let left = headroomsTogether(known);
        uses.forEach(([sim, service, octets, hour], turn) => {
          used[sim]!.push([service, octets, Math.floor(turn / 4) * 4 + hour]);
          left = left.map((own, index) => (index === sim && own !== null ? own - BigInt(octets) : own));
          const now = look();
          if (left[sim] === null || left[sim]! > 0n) expect(reached(now)).toEqual(reached(known));
          else {
            known = now;
            left = headroomsTogether(now);
          }
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('a threshold that is reached', () => {
  it('of a quota is named by the start of its segment', () => {
    const terms = { quota: quota(100), thresholds: { percents: [50] } };
    const segments = [
      segment(terms, { to: MIDDLE, planCode: 'old' }),
      segment(terms, { from: MIDDLE, version: 4 }),
    ];
    const { reached } = first(input(segments, [[null, 60, 400]]));
    expect(reached).toEqual([
      {
        kind: 'quota',
        planCode: 'p',
        planVersion: 4,
        rule: '/quota',
        window: '2026-10-15T15:00:00.000Z',
        threshold: '50%',
        limit: '100',
        used: '60',
      },
    ]);
  });

  it('of a pool is named by the start of the period, whenever the SIM entered it', () => {
    const terms = { quota: quota(100), thresholds: { percents: [50] } };
    const pool = { code: 'family', octets: 100n };
    const segments = [segment(terms, { to: MIDDLE }), segment(terms, { from: MIDDLE, pool })];
    const { reached } = first(input(segments, [[null, 60, 400]]));
    expect(reached.map(({ kind, window }) => [kind, window])).toEqual([['pool', START]]);
  });

  it('of a cap and of a total cap is named by its place in the terms', () => {
    const terms: Partial<PlanTermsInput> = {
      free: [
        {
          id: 'line',
          services: ['line'],
          caps: [
            { limit: octet(100), per: 'period', past: 'billed' },
            { limit: octet(50), per: 'day', past: 'billed' },
          ],
        },
      ],
      totalCap: { limit: octet(40), past: 'noticed' },
      thresholds: { percents: [100, 30] },
    };
    const named = { planCode: 'p', planVersion: 1 };
    const { reached } = first(input([segment(terms)], [['line', 41]]));
    expect(reached).toEqual([
      {
        ...named,
        kind: 'cap',
        rule: '/free/0/caps/0',
        window: START,
        threshold: '30%',
        limit: '100',
        used: '41',
      },
      {
        ...named,
        kind: 'cap',
        rule: '/free/0/caps/1',
        window: '2026-10-01',
        threshold: '30%',
        limit: '50',
        used: '41',
      },
      ...['30%', '100%', 'exceeded'].map((threshold) => ({
        ...named,
        kind: 'total_cap',
        rule: '/totalCap',
        window: START,
        threshold,
        limit: '40',
        used: '41',
      })),
    ]);
  });

  it('of money is told once, of the plan that the SIM has last', () => {
    const money = {
      currency: { code: 'USD', exponent: 2 },
      baseFee: { amount: '1.50', proration: 'full' as const },
    };
    const segments = [
      segment({ ...money, thresholds: { amounts: ['0.01'] } }, { to: MIDDLE, planCode: 'old' }),
      segment({ ...money, thresholds: { amounts: ['3', '3', '3.01', '2.995'] } }, { from: MIDDLE }),
    ];
    const { reached } = first(input(segments, []));
    const told = {
      kind: 'amount',
      planCode: 'p',
      planVersion: 1,
      rule: '/thresholds/amounts',
      window: START,
      used: '3.00',
    };
    expect(reached).toEqual([
      { ...told, threshold: '3', limit: '3' },
      { ...told, threshold: '2.995', limit: '2.995' },
    ]);
  });
});
