import { describe, expect, it } from 'vitest';
import { HOUR_MS, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { compilePlan } from './compile.js';

const octet = (value: number) => ({ value: String(value), unit: 'octet' as const });
type Rule = NonNullable<PlanTermsInput['free']>[number];
type CapInput = NonNullable<Rule['caps']>[number];

const rule = (id: string, more: Partial<Rule> = {}): Rule => ({ id, services: ['line'], ...more });
const cap = (per: CapInput['per'], limit = 1): CapInput => ({ limit: octet(limit), per, past: 'billed' });
const NIGHT = [{ fromHour: 1, toHour: 5 }];

function compile(more: Partial<PlanTermsInput> = {}, parents?: Record<string, string>) {
  const terms = planTermsSchema.parse({
    currency: { code: 'USD', exponent: 2 },
    timeZone: 'Asia/Tokyo',
    rounding: 'half_up',
    tax: null,
    baseFee: { amount: '9.805', proration: 'full' },
    quota: null,
    overage: { kind: 'none' },
    ...more,
  });
  return compilePlan(terms, parents && new Map(Object.entries(parents)));
}

describe('a compiled plan', () => {
  it.each<[boolean, string, Partial<PlanTermsInput>]>([
    [false, 'nothing free', {}],
    [false, 'a rule without caps or windows', { free: [rule('a')] }],
    [true, 'a window', { free: [rule('a', { windows: NIGHT })] }],
    [true, 'a window of one of its rules', { free: [rule('a'), rule('b', { windows: NIGHT })] }],
    [true, 'a cap', { free: [rule('a', { caps: [cap('period')] })] }],
    [true, 'a cap of one of its rules', { free: [rule('a'), rule('b', { caps: [cap('period')] })] }],
    [true, 'a total cap', { totalCap: { limit: octet(5), past: 'noticed' } }],
  ])('needs usage by the hour (%s) for %s', (needed, _, terms) =>
    expect(compile(terms).needsHours).toBe(needed),
  );

  it('looks back as far as its longest rolling cap', () => {
    expect(compile().lookbackMs).toBe(0);
    expect(compile({ free: [rule('a', { caps: [cap('period'), cap('day')] })] }).lookbackMs).toBe(0);
    const free = [
      rule('a', { caps: [cap({ rollingHours: 5 }), cap('day'), cap({ rollingHours: 72 })] }),
      rule('b', { caps: [cap({ rollingHours: 24 })] }),
    ];
    expect(compile({ free }).lookbackMs).toBe(72 * HOUR_MS);
  });

  it('names each cap, discount and tier by its place in the terms', () => {
    const plan = compile({
      free: [rule('a'), rule('b', { caps: [cap('day', 7), cap('period', 9)] })],
      discounts: [
        { id: 'x', amount: '1', whenTotalAtMost: octet(3), includingFree: true },
        { id: 'y', amount: '0.5', whenTotalAtMost: octet(4), includingFree: false },
      ],
      overage: {
        kind: 'stairs',
        tiers: [
          { upTo: octet(10), price: '1' },
          { upTo: null, price: '2.5' },
        ],
      },
    });
    expect(plan.rules.map(({ caps }) => caps)).toEqual([
      [],
      [
        { key: '["b",0]', pointer: '/free/1/caps/0', limit: 7n, per: 'day', past: 'billed' },
        { key: '["b",1]', pointer: '/free/1/caps/1', limit: 9n, per: 'period', past: 'billed' },
      ],
    ]);
    expect(plan.discounts).toEqual([
      { id: 'x', pointer: '/discounts/0', amount: { n: 100n, d: 1n }, limit: 3n, includingFree: true },
      { id: 'y', pointer: '/discounts/1', amount: { n: 500n, d: 10n }, limit: 4n, includingFree: false },
    ]);
    expect(plan.overage).toEqual({
      kind: 'stairs',
      tiers: [
        { pointer: '/overage/tiers/0', end: 10n, price: { n: 100n, d: 1n }, priceText: '1' },
        { pointer: '/overage/tiers/1', end: null, price: { n: 2500n, d: 10n }, priceText: '2.5' },
      ],
    });
  });

  it('reads quota, carry-over and total cap, which a plan may do without', () => {
    expect(compile()).toMatchObject({ quotaOctets: 0n, carryLimit: null, totalCap: null });
    const quota = { included: octet(5), proration: 'full' as const };
    expect(compile({ quota })).toMatchObject({ quotaOctets: 5n, carryLimit: null });
    expect(compile({ quota: { ...quota, carryOver: { limit: null } } }).carryLimit).toBeNull();
    expect(compile({ quota: { ...quota, carryOver: { limit: octet(3) } } }).carryLimit).toBe(3n);
    expect(compile({ totalCap: { limit: octet(8), past: 'billed' } }).totalCap).toBe(8n);
    expect(compile().baseFee).toEqual({ n: 980_500n, d: 1000n });
  });
});

describe('the rules that speak of a service', () => {
  const PARENTS = { 'line-calls': 'line', 'line-video': 'line-calls', youtube: 'google' };
  const of = (one: Partial<Rule>, service: string | null) =>
    compile({ free: [rule('a', one)] }, PARENTS).rulesFor(service).length === 1;

  it.each<[Partial<Rule>, string | null, boolean]>([
    [{}, 'line', true],
    [{}, 'youtube', false],
    [{}, null, false],
    [{}, 'line-calls', false],
    [{ includeSubServices: true }, 'line', true],
    [{ includeSubServices: true }, 'line-calls', true],
    [{ includeSubServices: true }, 'line-video', true],
    [{ includeSubServices: true }, 'youtube', false],
    [{ includeSubServices: true, services: ['line-calls'] }, 'line', false],
    [{ includeSubServices: true, except: ['line-calls'] }, 'line', true],
    [{ includeSubServices: true, except: ['line-calls'] }, 'line-calls', false],
    [{ includeSubServices: true, except: ['line-calls'] }, 'line-video', false],
    [{ services: 'all' }, 'youtube', true],
    [{ services: 'all' }, null, true],
    [{ services: 'all', except: ['google'] }, 'youtube', false],
    [{ services: 'all', except: ['google'] }, 'line', true],
    [{ services: 'all', except: ['google'] }, null, true],
    [{ services: ['line', 'youtube'], except: ['google'] }, 'youtube', false],
  ])('%j and %s: %s', (one, service, speaks) => expect(of(one, service)).toBe(speaks));

  it('are in the order of the plan, and the same each time', () => {
    const plan = compile({
      free: [rule('b'), rule('c', { services: ['x'] }), rule('a', { services: 'all' })],
    });
    const ids = (service: string | null) => plan.rulesFor(service).map((one) => one.rule.id);
    expect(ids('line')).toEqual(['b', 'a']);
    expect(ids('line')).toEqual(['b', 'a']);
    expect(ids('x')).toEqual(['c', 'a']);
    expect(ids(null)).toEqual(['a']);
    expect(plan.rulesFor('line')).toBe(plan.rulesFor('line'));
  });

  it('come to an end where services are each other’s parents', () => {
    const plan = compile({ free: [rule('a', { includeSubServices: true })] }, { x: 'y', y: 'x' });
    expect(plan.rulesFor('x')).toEqual([]);
  });
});
