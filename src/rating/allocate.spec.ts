import { describe, expect, it } from 'vitest';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { compilePlan, rate, type RatingInput, type RatingSegment, type RatingUsage } from './index.js';

const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(TOKYO, '2026-10');
const MIDDLE = PERIOD.from + 15 * 24 * HOUR_MS;
const octet = (value: number) => ({ value: String(value), unit: 'octet' as const });
type Rule = NonNullable<PlanTermsInput['free']>[number];
type CapInput = NonNullable<Rule['caps']>[number];
const cap = (limit: number, per: CapInput['per'] = 'period'): CapInput => ({
  limit: octet(limit),
  per,
  past: 'billed',
});

function segment(rule: Partial<Rule>, more: Partial<RatingSegment> = {}): RatingSegment {
  const terms: PlanTermsInput = {
    currency: { code: 'JPY', exponent: 0 },
    timeZone: TOKYO.timeZone,
    rounding: 'half_up',
    tax: null,
    baseFee: { amount: '0', proration: 'full' },
    quota: null,
    overage: { kind: 'none' },
    free: [{ id: 'line', services: ['line'], ...rule }],
  };
  const plan = compilePlan(planTermsSchema.parse(terms));
  return { from: PERIOD.from, to: PERIOD.to, planCode: 'p', version: 1, plan, ...more };
}

const row = (hour: number, more: Partial<RatingUsage>): RatingUsage => ({
  firstHour: PERIOD.from + hour * HOUR_MS,
  lastHour: PERIOD.from + hour * HOUR_MS,
  serviceCode: 'line',
  serviceVersionId: 1,
  evidence: 'sni',
  rule: null,
  octetsUp: 0n,
  octetsDown: 0n,
  ...more,
});

const input = (
  segments: RatingSegment[],
  usage: RatingUsage[],
  more: Partial<RatingInput> = {},
): RatingInput => ({ calendar: TOKYO, period: PERIOD, segments, usage, ...more });

describe('octets of one hour', () => {
  /** What is free of 8 octets of each of two rows under a cap of 8. */
  function free(first: Partial<RatingUsage>, second: Partial<RatingUsage>): string[] {
    const rows = [row(5, { octetsUp: 8n, ...first }), row(5, { octetsDown: 8n, ...second })];
    const of = (usage: RatingUsage[]) =>
      rate(input([segment({ services: 'all', caps: [cap(8)] })], usage))
        .usage.filter(({ treatment }) => treatment === 'free')
        .map(({ octetsUp, octetsDown }) => `${octetsUp}/${octetsDown}`);
    const inOrder = of(rows);
    expect(of([...rows].reverse())).toEqual(inOrder);
    return inOrder;
  }

  it.each<[string, Partial<RatingUsage>, Partial<RatingUsage>]>([
    ['service', { serviceCode: 'a' }, { serviceCode: 'b' }],
    ['service, known before unknown', { serviceCode: 'line' }, { serviceCode: null }],
    ['version of the service', { serviceVersionId: 2 }, { serviceVersionId: 10 }],
    ['version of the service, none before any', { serviceVersionId: null }, { serviceVersionId: 1 }],
    ['evidence', { evidence: 'dns' }, { evidence: 'sni' }],
    ['rule', { rule: 'a.example' }, { rule: 'b.example' }],
    ['network', { mcc: '208' }, { mcc: '440' }],
    ['network, known before unknown', { mcc: '208' }, {}],
  ])('are free in the order of %s, in whatever order they come', (_, first, second) => {
    expect(free(first, second)).toEqual(['8/0']);
    expect(free(second, first)).toEqual(['0/8']);
  });
});

describe('uses of caps', () => {
  it('are those of octets that the rule speaks of', () => {
    const up = segment({ direction: 'up', caps: [cap(8)] });
    expect(rate(input([up], [row(1, { octetsDown: 5n })])).capUses).toEqual([]);
    const [use] = rate(input([up], [row(1, { octetsUp: 3n, octetsDown: 5n })])).capUses;
    expect(use).toEqual({ segment: 0, rule: '/free/0/caps/0', limit: 8n, octets: 3n, held: 0n, day: null });
  });

  it('of before the period are held by rolling caps only', () => {
    const both = segment({ caps: [cap(8), cap(9, { rollingHours: 5 }), cap(7, 'day')] });
    const history = [row(-2, { octetsDown: 2n })];
    expect(rate(input([both], [], { history })).capUses).toEqual([
      { segment: 0, rule: '/free/0/caps/1', limit: 9n, octets: 0n, held: 2n, day: null },
    ]);
    const used = rate(input([both], [row(0, { octetsUp: 3n })], { history })).capUses;
    expect(used.map(({ rule, octets, held }) => [rule, octets, held])).toEqual([
      ['/free/0/caps/1', 5n, 2n],
      ['/free/0/caps/0', 3n, 0n],
      ['/free/0/caps/2', 3n, 0n],
    ]);
  });

  it('of before the period are held by each rolling cap, of each plan', () => {
    const caps = [cap(9, { rollingHours: 5 }), cap(9, { rollingHours: 9 })];
    const plans = [{ to: MIDDLE }, { from: MIDDLE, planCode: 'q' }];
    const segments = plans.map((more) => segment({ caps }, more));
    const history = [row(-2, { octetsDown: 2n }), row(-7, { octetsUp: 4n })];
    expect(rate(input(segments, [], { history })).capUses.map(({ segment: of, held }) => [of, held])).toEqual(
      [
        [0, 2n],
        [0, 6n],
        [1, 2n],
        [1, 6n],
      ],
    );
  });

  it('are of the last version of the plan, with its limit and place', () => {
    const segments = [
      segment({ caps: [cap(8)] }, { to: MIDDLE }),
      segment({ caps: [cap(20)] }, { from: MIDDLE, version: 2 }),
    ];
    const usage = [row(1, { octetsUp: 9n }), row(700, { octetsUp: 4n })];
    expect(rate(input(segments, usage)).capUses).toEqual([
      { segment: 1, rule: '/free/0/caps/0', limit: 20n, octets: 13n, held: 0n, day: null },
    ]);
  });
});

it('an exceeded cap is noticed once in each version of the plan', () => {
  const versions = [{ to: MIDDLE }, { from: MIDDLE, version: 2 }];
  const segments = versions.map((more) => segment({ caps: [cap(8)] }, more));
  const hours = [1, 2, 3, 700, 701];
  const { notices } = rate(
    input(
      segments,
      hours.map((hour) => row(hour, { octetsUp: 5n })),
    ),
  );
  expect(notices.map(({ segment: of, rule, hour }) => [of, rule, (hour - PERIOD.from) / HOUR_MS])).toEqual([
    [0, '/free/0/caps/0', 2],
    [1, '/free/0/caps/0', 700],
  ]);
});

it('usage that lies in no segment, or in two, is refused', () => {
  const segments = [segment({}, { to: MIDDLE }), segment({}, { from: MIDDLE })];
  const over = { ...row(1, { octetsUp: 1n }), lastHour: MIDDLE };
  for (const usage of [[row(-1, {})], [over]])
    expect(() => rate(input(segments, usage))).toThrow(new RangeError('usage lies in no segment, or in two'));
});

describe('a cap whose span a version changes', () => {
  const versions = (before: CapInput['per'], after: CapInput['per']) => [
    segment({ caps: [cap(10, before)] }, { to: MIDDLE }),
    segment({ caps: [cap(10, after)] }, { from: MIDDLE, version: 2 }),
  ];
  /** Octets that are free under each version. */
  const free = (segments: RatingSegment[], usage: RatingUsage[], history: RatingUsage[]): number[] => {
    const lines = rate(input(segments, usage, { history })).usage.filter(
      ({ treatment }) => treatment === 'free',
    );
    return segments.map((_, index) =>
      Number(lines.filter((line) => line.segment === index).reduce((sum, line) => sum + line.octetsDown, 0n)),
    );
  };
  const before = [row(-2, { octetsDown: 8n })];
  const first = row(5, { octetsDown: 10n });
  const later = row((MIDDLE - PERIOD.from) / HOUR_MS + 5, { octetsDown: 9n });

  it.each(['period', 'day'] as const)('counts octets of before the period over hours, not per %s', (per) => {
    expect(free(versions(per, { rollingHours: 72 }), [first, later], before)).toEqual([10, 9]);
    expect(free(versions({ rollingHours: 72 }, per), [first, later], before)).toEqual([
      2,
      per === 'day' ? 9 : 0,
    ]);
  });

  it('counts for each version what the other saw', () => {
    const close = { ...first, firstHour: MIDDLE - HOUR_MS, lastHour: MIDDLE - HOUR_MS };
    expect(free(versions('day', { rollingHours: 72 }), [close, later], before)).toEqual([10, 0]);
    expect(free(versions({ rollingHours: 5 }, { rollingHours: 7 }), [close, later], before)).toEqual([10, 0]);
    expect(free(versions({ rollingHours: 7 }, { rollingHours: 5 }), [close, later], before)).toEqual([10, 9]);
  });
});
