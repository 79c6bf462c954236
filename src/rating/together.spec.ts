import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLaws } from '../../test/scenarios/scenario.js';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { canonicalJson, compilePlan, ratedDocument, rateTogether } from './index.js';
import type { RatedPeriod, RatingPack, RatingSegment, RatingSim } from './index.js';

const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(TOKYO, '2026-10');
/** Few hours and few octets, so that packs, pools and segments meet often. */
const HOURS = 12;
const at = (hour: number) => PERIOD.from + hour * HOUR_MS;
const octet = (value: number) => ({ value: String(value), unit: 'octet' as const });

const terms = fc
  .record({
    included: fc.integer({ min: 0, max: 200 }),
    proration: fc.constantFrom('full' as const, 'by_time' as const),
    carryOver: fc.constantFrom(undefined, { limit: null }, { limit: octet(30) }),
    overage: fc.constantFrom<PlanTermsInput['overage'][]>(
      { kind: 'none' },
      {
        kind: 'per_unit',
        unit: octet(7),
        unitRounding: 'up',
        tiers: [
          { upTo: octet(70), price: '3.30' },
          { upTo: null, price: '1.25' },
        ],
      },
    ),
    freeLine: fc.boolean(),
    counted: fc.constantFrom('both' as const, 'down' as const),
  })
  .map(({ included, proration, carryOver, overage, freeLine, counted }): PlanTermsInput => ({
    currency: { code: 'USD', exponent: 2 },
    timeZone: TOKYO.timeZone,
    rounding: 'half_even',
    tax: { treatment: 'exclusive', rates: [{ percent: '10' }] },
    baseFee: { amount: '9.80', proration: 'by_time' },
    quota: { included: octet(included), proration, ...(carryOver && { carryOver }) },
    overage,
    counted,
    free: freeLine ? [{ id: 'line', services: ['line'], includeSubServices: false }] : [],
  }));

const usage = fc.array(
  fc.record({
    hour: fc.integer({ min: 0, max: HOURS - 1 }),
    service: fc.constantFrom('line', null),
    up: fc.integer({ min: 0, max: 60 }),
    down: fc.integer({ min: 0, max: 60 }),
  }),
  { maxLength: 12 },
);
const packs = fc.array(
  fc.record({
    from: fc.integer({ min: -2, max: HOURS - 1 }),
    hours: fc.integer({ min: 1, max: HOURS }),
    octets: fc.integer({ min: 1, max: 90 }),
    price: fc.constantFrom(null, { n: 500n, d: 1n }),
    use: fc.constantFrom('before_quota' as const, 'after_quota' as const),
    outlasts: fc.boolean(),
  }),
  { maxLength: 3 },
);

/** One to four SIMs, of which some share a pool from some hour on. */
const sims: fc.Arbitrary<RatingSim[]> = fc
  .record({
    fixed: fc.option(fc.bigInt({ min: 0n, max: 300n })),
    each: fc.array(
      fc.record({
        terms,
        usage,
        packs,
        poolFrom: fc.constantFrom(null, 0, 3, 6),
        carriedIn: fc.bigInt({ min: 0n, max: 50n }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ fixed, each }) =>
    each.map((one, index) => {
      const plan = compilePlan(planTermsSchema.parse(one.terms));
      const of = (from: number, to: number, pooled: boolean): RatingSegment => ({
        from,
        to,
        planCode: 'plan',
        version: 1,
        plan,
        ...(pooled && { pool: { code: 'family', octets: fixed } }),
      });
      const { poolFrom } = one;
      const segments =
        poolFrom === null || poolFrom === 0
          ? [of(PERIOD.from, PERIOD.to, poolFrom === 0)]
          : [of(PERIOD.from, at(poolFrom), false), of(at(poolFrom), PERIOD.to, true)];
      return {
        simKey: index + 1,
        input: {
          calendar: TOKYO,
          period: PERIOD,
          segments,
          usage: one.usage.map(({ hour, service, up, down }) => ({
            firstHour: at(hour),
            lastHour: at(hour),
            serviceCode: service,
            serviceVersionId: service === null ? null : 1,
            evidence: 'sni',
            rule: null,
            octetsUp: BigInt(up),
            octetsDown: BigInt(down),
          })),
          carriedIn: one.carriedIn,
          packs: one.packs.map((pack, packIndex): RatingPack => ({
            id: `${index}-${packIndex}`,
            rule: `/packs/${packIndex}`,
            from: at(pack.from),
            to: pack.outlasts ? PERIOD.to + HOUR_MS : at(pack.from + pack.hours),
            octets: BigInt(pack.octets),
            price: pack.price,
            use: pack.use,
          })),
        },
      };
    }),
  );

const bytes = (rated: readonly RatedPeriod[]) => rated.map((one) => canonicalJson(ratedDocument(one)));
const covered = (rated: RatedPeriod, kind: string, pack?: string) =>
  rated.charges
    .filter((line) => line.kind === kind && (pack === undefined || line.pack === pack))
    .reduce((sum, { octets = 0n }) => sum + octets, 0n);
const sumOf = (numbers: readonly bigint[]) => numbers.reduce((sum, one) => sum + one, 0n);

describe('rating SIMs together, whatever their packs and pools', () => {
  it('keeps the laws for each: octets and cents are each on exactly one line, and lines sum to totals', () => {
    fc.assert(
      fc.property(sims, (given) => {
        const rated = rateTogether(given);
        expect(rated).toHaveLength(given.length);
        rated.forEach((one, index) => checkLaws(given[index]!.input, one));
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same bytes in any order of SIMs, of usage and of packs, and again', () => {
    fc.assert(
      fc.property(sims, fc.infiniteStream(fc.nat()), (given, keys) => {
        const shuffle = <T>(list: readonly T[]): T[] =>
          list
            .map((item) => ({ item, key: keys.next().value }))
            .sort((a, b) => a.key - b.key)
            .map(({ item }) => item);
        const turned = shuffle(given).map(({ simKey, input }) => ({
          simKey,
          input: { ...input, usage: shuffle(input.usage), packs: shuffle(input.packs ?? []) },
        }));
        const documents = bytes(rateTogether(given));
        const byKey = new Map(
          bytes(rateTogether(turned)).map((text, index) => [turned[index]!.simKey, text]),
        );
        expect(given.map(({ simKey }) => byKey.get(simKey))).toEqual(documents);
        expect(bytes(rateTogether(given))).toEqual(documents);
      }),
      { numRuns: 150 },
    );
  });

  it('covers no more by a pack or a pool than it holds, and charges nothing past one that still holds', () => {
    fc.assert(
      fc.property(sims, (given) => {
        const rated = rateTogether(given);
        rated.forEach((one, index) => {
          for (const { id, octets, to } of given[index]!.input.packs ?? []) {
            const used = covered(one, 'pack_octets', id);
            expect(used <= octets).toBe(true);
            const left = one.packsOut.find((pack) => pack.id === id)?.octets ?? 0n;
            expect(left).toBe(to > PERIOD.to ? octets - used : 0n);
          }
        });
        const pooled = rated.flatMap(({ quotaUses }) => quotaUses.filter(({ group }) => group !== undefined));
        const size = pooled[0]?.available ?? 0n;
        const drawn = sumOf(rated.map((one) => covered(one, 'shared_quota')));
        expect(drawn <= size).toBe(true);
        if (drawn < size) expect(sumOf(pooled.map(({ beyond }) => beyond))).toBe(0n);
      }),
      { numRuns: 300 },
    );
  });

  it('charges a pack once, in the segment that it was bought in, and not again if it was before', () => {
    fc.assert(
      fc.property(sims, (given) => {
        rateTogether(given).forEach((one, index) => {
          const { packs: all = [], segments } = given[index]!.input;
          const bought = all.filter(({ price, from }) => price !== null && from >= PERIOD.from);
          const lines = one.charges.filter(({ kind }) => kind === 'pack');
          expect(lines.map(({ pack }) => pack).sort()).toEqual(bought.map(({ id }) => id).sort());
          for (const { pack, segment, amount } of lines) {
            const { from } = bought.find(({ id }) => id === pack)!;
            expect(amount).toBe('5.00');
            expect(segment).toBe(segments.findIndex((part) => from >= part.from && from < part.to));
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('makes the parts of the fee of a SIM that enters a pool come to the whole', () => {
    fc.assert(
      fc.property(sims, (given) => {
        rateTogether(given).forEach((one) => {
          const fees = one.charges.filter(({ kind }) => kind === 'base_fee');
          expect(sumOf(fees.map(({ amount }) => BigInt(amount.replace('.', ''))))).toBe(980n);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('rates SIMs without a pool as if each were alone', () => {
    fc.assert(
      fc.property(sims, (given) => {
        const apart = given.map(({ simKey, input }) => ({
          simKey,
          input: { ...input, segments: input.segments.map(({ pool: _pool, ...segment }) => segment) },
        }));
        expect(bytes(rateTogether(apart))).toEqual(apart.flatMap((one) => bytes(rateTogether([one]))));
      }),
      { numRuns: 100 },
    );
  });
});
