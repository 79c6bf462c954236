import { describe, expect, it } from 'vitest';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { compilePlan, rate, rateTogether, type RatingInput, type RatingPack } from './index.js';

const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(TOKYO, '2026-10');
const octet = (value: number) => ({ value: String(value), unit: 'octet' as const });
const TERMS: PlanTermsInput = {
  currency: { code: 'JPY', exponent: 0 },
  timeZone: 'Asia/Tokyo',
  rounding: 'half_up',
  tax: null,
  baseFee: { amount: '0', proration: 'full' },
  quota: { included: octet(100), proration: 'full' },
  overage: { kind: 'none' },
};
const carrying = (limit: number | null): PlanTermsInput => ({
  ...TERMS,
  quota: {
    included: octet(100),
    proration: 'full',
    carryOver: { limit: limit === null ? null : octet(limit) },
  },
});

function input(
  terms: PlanTermsInput,
  octets: number[],
  more: Partial<RatingInput> = {},
  pool?: { code: string; octets: bigint | null },
): RatingInput {
  return {
    calendar: TOKYO,
    period: PERIOD,
    segments: [
      {
        ...PERIOD,
        planCode: 'p',
        version: 1,
        plan: compilePlan(planTermsSchema.parse(terms)),
        ...(pool !== undefined && { pool }),
      },
    ],
    usage: octets.map((octetsDown, hour) => ({
      firstHour: PERIOD.from + hour * HOUR_MS,
      lastHour: PERIOD.from + hour * HOUR_MS,
      serviceCode: null,
      serviceVersionId: null,
      evidence: 'none',
      rule: null,
      octetsUp: 0n,
      octetsDown: BigInt(octetsDown),
    })),
    ...more,
  };
}

const pack = (more: Partial<RatingPack> = {}): RatingPack => ({
  id: '1',
  rule: '/packs/0',
  from: PERIOD.from,
  to: PERIOD.to,
  octets: 50n,
  price: null,
  use: 'after_quota',
  ...more,
});

const covers = (one: RatingInput) =>
  rate(one).charges.flatMap(({ kind, octets }) => (octets === undefined ? [] : [`${kind} ${octets}`]));

describe('the use of a quota', () => {
  it('counts what was carried in where the plan carries, and what packs before it leave', () => {
    const [carried] = rate(input(carrying(null), [130], { carriedIn: 40n })).quotaUses;
    expect(carried).toEqual({ segment: 0, available: 140n, used: 130n, beyond: 0n });
    const [lapsed] = rate(input(TERMS, [130], { carriedIn: 40n })).quotaUses;
    expect(lapsed).toEqual({ segment: 0, available: 100n, used: 130n, beyond: 30n });
    const [before] = rate(input(TERMS, [130], { packs: [pack({ use: 'before_quota' })] })).quotaUses;
    expect(before).toEqual({ segment: 0, available: 100n, used: 80n, beyond: 0n });
    const [after] = rate(input(TERMS, [160], { packs: [pack()] })).quotaUses;
    expect(after).toEqual({ segment: 0, available: 100n, used: 160n, beyond: 10n });
  });

  it('of a pool is that of all its SIMs, with how many they are', () => {
    const pool = { code: 'family', octets: null };
    const rated = rateTogether([
      { simKey: 2, input: input(TERMS, [90, 90], {}, pool) },
      { simKey: 1, input: input(TERMS, [50], {}, pool) },
    ]);
    const shared = { segment: 0, available: 200n, used: 230n, group: { code: 'family', sims: 2 } };
    expect(rated.map(({ quotaUses }) => quotaUses[0])).toEqual([
      { ...shared, beyond: 30n },
      { ...shared, beyond: 0n },
    ]);
  });
});

describe('a quota over two stretches of a period', () => {
  const LATER = 400;
  interface Stretch {
    terms: PlanTermsInput;
    octets: number;
    pool?: { code: string; octets: bigint };
    planCode?: string;
  }
  /** Covers of octets in the first hour of October, and in one after the 16th. */
  function over(first: Stretch, second: Stretch, more: Partial<RatingInput> = {}): string[] {
    const middle = PERIOD.from + 15 * 24 * HOUR_MS;
    const segments = [first, second].map(({ terms, pool, planCode = 'p' }, index) => ({
      ...input(terms, [], {}, pool).segments[0]!,
      ...(index === 0 ? { to: middle } : { from: middle }),
      planCode,
      version: index + 1,
    }));
    const octets = [first.octets, ...Array<number>(LATER).fill(0), second.octets];
    return covers({ ...input(TERMS, octets), segments, ...more });
  }
  const quota = (octets: number, proration: 'full' | 'by_day'): PlanTermsInput => ({
    ...TERMS,
    quota: { included: octet(octets), proration },
  });
  const pool = { code: 'family', octets: 500n };

  it('is given once where it is given in full, less what it covered, and nothing else covered', () => {
    const terms = carrying(null);
    expect(over({ terms, octets: 60 }, { terms, octets: 95 }, { carriedIn: 50n })).toEqual([
      'carried_over 50',
      'included 10',
      'included 90',
      'beyond_quota 5',
    ]);
  });

  it('is none where a version that gives less has it used up', () => {
    expect(over({ terms: quota(100, 'full'), octets: 80 }, { terms: quota(50, 'full'), octets: 5 })).toEqual([
      'included 80',
      'beyond_quota 5',
    ]);
  });

  it('leaves nothing over there, and not less than that', () => {
    const versions = [100, 50].map((octets) => ({
      ...TERMS,
      quota: { included: octet(octets), proration: 'full' as const, carryOver: { limit: null } },
    }));
    const [first, second] = versions.map((terms, index) => ({
      ...input(terms, []).segments[0]!,
      ...(index === 0 ? { to: PERIOD.from + HOUR_MS } : { from: PERIOD.from + HOUR_MS }),
    }));
    const rated = rate({ ...input(TERMS, [80]), segments: [first!, second!] });
    expect(rated.quotaUses[1]).toEqual({ segment: 1, available: 0n, used: 0n, beyond: 0n });
    expect(rated.carriedOut).toBe(0n);
  });

  it('has its share in each where it is prorated', () => {
    const terms = quota(31, 'by_day');
    expect(over({ terms, octets: 15 }, { terms, octets: 17 })).toEqual([
      'included 15',
      'included 16',
      'beyond_quota 1',
    ]);
    expect(over({ terms, octets: 15, pool }, { terms, octets: 17 })).toEqual([
      'shared_quota 15',
      'included 16',
      'beyond_quota 1',
    ]);
  });

  it('is the SIM’s own where it is in a pool only later, or under another plan', () => {
    const terms = quota(100, 'full');
    expect(over({ terms, octets: 70 }, { terms, octets: 9, pool })).toEqual([
      'included 70',
      'shared_quota 9',
    ]);
    expect(over({ terms, octets: 9, pool, planCode: 'q' }, { terms, octets: 70 })).toEqual([
      'shared_quota 9',
      'included 70',
    ]);
    expect(over({ terms, octets: 9, pool }, { terms, octets: 70 })).toEqual([
      'shared_quota 9',
      'beyond_quota 70',
    ]);
  });
});

describe('what a period leaves over', () => {
  it.each([
    [null, 30, 70n],
    [80, 30, 70n],
    [70, 30, 70n],
    [60, 30, 60n],
    [60, 200, 0n],
  ])('under a limit of %s after %s octets is %s', (limit, used, left) => {
    expect(rate(input(carrying(limit), [used])).carriedOut).toBe(left);
  });

  it('is nothing where the SIM leaves the plan before the end', () => {
    const left = input(carrying(null), [30]);
    const segments = left.segments.map((segment) => ({ ...segment, to: PERIOD.to - HOUR_MS }));
    expect(rate({ ...left, segments }).carriedOut).toBe(0n);
  });

  it('is nothing where the plan carries nothing over', () => {
    expect(rate(input(TERMS, [30])).carriedOut).toBe(0n);
  });
});

describe('corrected buckets below nothing', () => {
  it('stand on the first line, and nothing is charged for them', () => {
    expect(covers(input(TERMS, [-5]))).toEqual(['included -5']);
    expect(covers(input(carrying(null), [-5], { carriedIn: 7n }))).toEqual(['carried_over -5']);
    expect(covers(input(TERMS, [-5], { packs: [pack({ use: 'before_quota' })] }))).toEqual(['included -5']);
  });

  it('are made up for by the octets of later hours', () => {
    const packs = [pack({ use: 'before_quota' })];
    expect(covers(input(TERMS, [-5, 8], { packs }))).toEqual(['pack_octets 3']);
    expect(covers(input(TERMS, [-5, 5], { packs }))).toEqual([]);
    expect(covers(input(TERMS, [60, 60, 60], { packs }))).toEqual([
      'pack_octets 50',
      'included 100',
      'beyond_quota 30',
    ]);
  });
});

describe('packs', () => {
  it('cover from their first hour to before their end', () => {
    const hour = { from: PERIOD.from + HOUR_MS, to: PERIOD.from + 2 * HOUR_MS, use: 'before_quota' as const };
    expect(covers(input(TERMS, [1, 10, 100], { packs: [pack(hour)] }))).toEqual([
      'pack_octets 10',
      'included 100',
      'beyond_quota 1',
    ]);
  });

  it('cover each its own hours', () => {
    const of = (id: string, hour: number) =>
      pack({
        id,
        from: PERIOD.from + hour * HOUR_MS,
        to: PERIOD.from + (hour + 1) * HOUR_MS,
        use: 'before_quota',
      });
    expect(covers(input(TERMS, [10, 20, 4], { packs: [of('a', 0), of('b', 1)] }))).toEqual([
      'pack_octets 10',
      'pack_octets 20',
      'included 4',
    ]);
  });

  it('are known to the next period if they outlast this one and anything is left of them', () => {
    const packs = [
      pack({ id: 'used up', octets: 30n, to: PERIOD.to + HOUR_MS }),
      pack({ id: 'left', octets: 30n, to: PERIOD.to + 2 * HOUR_MS }),
      pack({ id: 'ended', octets: 30n, from: PERIOD.to - HOUR_MS }),
    ];
    expect(rate(input(TERMS, [140], { packs })).packsOut).toEqual([{ id: 'left', octets: 20n }]);
  });

  it('go in the order of their ends, then of their purchases, then of their ids', () => {
    const packs = [
      pack({ id: 'd', octets: 1n }),
      pack({ id: 'c', octets: 1n }),
      pack({ id: 'b', octets: 1n, from: PERIOD.from - HOUR_MS }),
      pack({ id: 'a', octets: 1n, to: PERIOD.to - HOUR_MS }),
    ];
    for (const given of [packs, [...packs].reverse()]) {
      const order = (octets: number) =>
        rate(input(TERMS, [octets], { packs: given })).charges.flatMap(({ pack: id }) => id ?? []);
      expect([101, 102, 103, 104].map(order)).toEqual([
        ['a'],
        ['a', 'b'],
        ['a', 'b', 'c'],
        ['a', 'b', 'c', 'd'],
      ]);
    }
  });
});
