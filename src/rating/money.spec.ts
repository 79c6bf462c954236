import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROUNDING_MODES, type RoundingMode } from '../plans/index.js';
import {
  formatFraction,
  formatMoney,
  multiply,
  negateMoney,
  parseDecimal,
  parseMoney,
  roundedMoney,
  roundFraction,
  sumMoney,
} from './money.js';

const PRECISE = Decimal.clone({ precision: 400, toExpNeg: -1000, toExpPos: 1000 });
const MODES: Record<RoundingMode, Decimal.Rounding> = {
  up: 0,
  down: 1,
  ceiling: 2,
  floor: 3,
  half_up: 4,
  half_down: 5,
  half_even: 6,
};
const decimalText = fc
  .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 0, max: 9 }))
  .map(([coins, places]) => formatMoney(coins, places));

describe('money', () => {
  it('rounds as decimal.js does, in every mode, for decimals of either sign', () => {
    fc.assert(
      fc.property(decimalText, fc.constantFrom(...ROUNDING_MODES), (text, mode) => {
        expect(roundFraction(parseDecimal(text), mode).toString()).toBe(
          new PRECISE(text).toDecimalPlaces(0, MODES[mode]).abs().isZero()
            ? '0'
            : new PRECISE(text).toDecimalPlaces(0, MODES[mode]).toString(),
        );
      }),
    );
  });

  it.each([
    ['half_up', [3n, 4n, 2n, 3n], [-3n, -4n, -2n, -3n]],
    ['half_down', [2n, 3n, 2n, 3n], [-2n, -3n, -2n, -3n]],
    ['half_even', [2n, 4n, 2n, 3n], [-2n, -4n, -2n, -3n]],
    ['up', [3n, 4n, 3n, 3n], [-3n, -4n, -3n, -3n]],
    ['down', [2n, 3n, 2n, 2n], [-2n, -3n, -2n, -2n]],
    ['ceiling', [3n, 4n, 3n, 3n], [-2n, -3n, -2n, -2n]],
    ['floor', [2n, 3n, 2n, 2n], [-3n, -4n, -3n, -3n]],
  ] as const)('%s takes 2.5, 3.5, 2.4 and 2.6 to %s, and those below zero to %s', (mode, above, below) => {
    const tenths = [25n, 35n, 24n, 26n];
    expect(tenths.map((n) => roundFraction({ n, d: 10n }, mode))).toEqual(above);
    expect(tenths.map((n) => roundFraction({ n: -n, d: 10n }, mode))).toEqual(below);
  });

  it('multiplies as decimal.js does', () => {
    fc.assert(
      fc.property(decimalText, decimalText, (a, b) => {
        const asDecimal = ({ n, d }: { n: bigint; d: bigint }) => new PRECISE(n.toString()).div(d.toString());
        expect(asDecimal(multiply(parseDecimal(a), parseDecimal(b))).eq(new PRECISE(a).times(b))).toBe(true);
      }),
    );
  });

  it('writes money and reads it back', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 4 }), (coins, exponent) => {
        const read = parseDecimal(formatMoney(coins, exponent));
        expect(read.n * 10n ** BigInt(exponent)).toBe(coins * read.d);
      }),
    );
    expect(formatMoney(-5n, 2)).toBe('-0.05');
    expect(formatMoney(98050n, 2)).toBe('980.50');
  });

  it('explains a fraction exactly, or says that it is cut', () => {
    expect(formatFraction({ n: 100n, d: 1n }, 0)).toBe('100');
    expect(formatFraction({ n: 1n, d: 4n }, 2)).toBe('0.0025');
    expect(formatFraction({ n: 1000n, d: 3n }, 0)).toBe('333.333333333333…');
  });

  it.each([
    [{ n: 1n, d: 8n }, 0, '0.125'],
    [{ n: 1000n, d: 1n }, 2, '10'],
    [{ n: -1n, d: 3n }, 0, '-0.333333333333…'],
    [{ n: -5n, d: 2n }, 2, '-0.025'],
    [{ n: 0n, d: 7n }, 2, '0'],
    [{ n: 1n, d: 10n ** 12n }, 0, '0.000000000001'],
    [{ n: 1n, d: 10n ** 13n }, 0, '0…'],
  ])('explains %o of exponent %s as %s', (fraction, exponent, text) =>
    expect(formatFraction(fraction, exponent)).toBe(text),
  );

  it('takes a decimal of a currency for its coins', () => {
    expect(parseDecimal('-0.25')).toEqual({ n: -25n, d: 100n });
    expect(parseDecimal('980')).toEqual({ n: 980n, d: 1n });
    expect(parseMoney('9.805', 2)).toEqual({ n: 980500n, d: 1000n });
  });

  it.each([
    [[], 0, '0'],
    [[], 2, '0.00'],
    [['1.10', '-3.35'], 2, '-2.25'],
    [['1', '2.5'], 2, '3.50'],
    [['-0.05', '0.05'], 2, '0.00'],
    [['9007199254740993', '1'], 0, '9007199254740994'],
  ])('sums %j of exponent %s to %s', (amounts, exponent, sum) =>
    expect(sumMoney(amounts, exponent)).toBe(sum),
  );

  it.each([
    ['5', '-5'],
    ['-5', '5'],
    ['0.05', '-0.05'],
    ['-10.00', '10.00'],
    ['100', '-100'],
    ['0', '0'],
    ['-0', '0'],
    ['0.00', '0.00'],
    ['-0.00', '0.00'],
  ])('negates %s to %s', (amount, negated) => expect(negateMoney(amount)).toBe(negated));

  it.each([
    ['10', { times: 1n, over: 3n }, 0, 'half_up', '3'],
    ['10', { times: 1n, over: 3n }, 0, 'up', '4'],
    ['0.25', { times: 1n, over: 10n }, 2, 'half_up', '0.03'],
    ['0.25', { times: 1n, over: 10n }, 2, 'half_even', '0.02'],
    ['1.5', { times: 1_000_000_001n, over: 1_000_000_000n }, 0, 'floor', '1'],
  ] as const)('is %s times %o of exponent %s by %s: %s', (price, share, exponent, mode, cost) =>
    expect(roundedMoney(price, share, exponent, mode)).toBe(cost),
  );
});
