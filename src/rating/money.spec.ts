import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROUNDING_MODES, type RoundingMode } from '../plans/index.js';
import { add, formatFraction, formatMoney, multiply, parseDecimal, roundFraction } from './money.js';

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
    ['half_up', '3', '-3'],
    ['half_down', '2', '-2'],
    ['half_even', '2', '-2'],
    ['up', '3', '-3'],
    ['down', '2', '-2'],
    ['ceiling', '3', '-2'],
    ['floor', '2', '-3'],
  ] as const)('%s takes 2.5 to %s and -2.5 to %s', (mode, above, below) => {
    expect(roundFraction({ n: 5n, d: 2n }, mode).toString()).toBe(above);
    expect(roundFraction({ n: -5n, d: 2n }, mode).toString()).toBe(below);
  });

  it('adds and multiplies as decimal.js does', () => {
    fc.assert(
      fc.property(decimalText, decimalText, (a, b) => {
        const asDecimal = ({ n, d }: { n: bigint; d: bigint }) => new PRECISE(n.toString()).div(d.toString());
        expect(asDecimal(add(parseDecimal(a), parseDecimal(b))).eq(new PRECISE(a).plus(b))).toBe(true);
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
});
