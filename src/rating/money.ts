import type { RoundingMode } from '../plans/index.js';

/**
 * An exact amount, as a fraction of integers. Prorated fees (980 × 11 / 31) have no finite decimal, so a decimal of any
 * precision would round twice: here nothing is rounded until {@link roundFraction}. The denominator is positive.
 */
export interface Fraction {
  n: bigint;
  d: bigint;
}

export const ZERO: Fraction = { n: 0n, d: 1n };

/** Parses a decimal such as `980` or `-0.25`. The caller has checked its form. */
export function parseDecimal(text: string): Fraction {
  const [whole = '0', fraction = ''] = text.split('.');
  return { n: BigInt(whole + fraction), d: 10n ** BigInt(fraction.length) };
}

/** A decimal amount of a currency in its coins. */
export function parseMoney(text: string, exponent: number): Fraction {
  return multiply(parseDecimal(text), { n: 10n ** BigInt(exponent), d: 1n });
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return { n: a.n * b.n, d: a.d * b.d };
}

/** The whole number nearest to a fraction by the named mode. */
export function roundFraction({ n, d }: Fraction, mode: RoundingMode): bigint {
  const towardsZero = n / d;
  const rest = n % d;
  if (rest === 0n) return towardsZero;
  const away = n < 0n ? -1n : 1n;
  return goesAway(mode, away, rest, d, towardsZero) ? towardsZero + away : towardsZero;
}

function goesAway(mode: RoundingMode, away: bigint, rest: bigint, d: bigint, towardsZero: bigint): boolean {
  const twice = 2n * (rest < 0n ? -rest : rest);
  switch (mode) {
    case 'up':
      return true;
    case 'down':
      return false;
    case 'ceiling':
      return away > 0n;
    case 'floor':
      return away < 0n;
    case 'half_up':
      return twice >= d;
    case 'half_down':
      return twice > d;
    case 'half_even':
      return twice > d || (twice === d && towardsZero % 2n !== 0n);
  }
}

/** Writes coins of 10^-exponent as a decimal: (98050, 2) → `980.50`. */
export function formatMoney(coins: bigint, exponent: number): string {
  if (exponent === 0) return coins.toString();
  const digits = (coins < 0n ? -coins : coins).toString().padStart(exponent + 1, '0');
  return `${coins < 0n ? '-' : ''}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** Greatest number of places that {@link formatFraction} writes. */
const PLACES = 12;

/** A fraction of coins as a decimal of the currency, to explain an amount: exact, or cut after 12 places with `…`. */
export function formatFraction({ n, d }: Fraction, exponent: number): string {
  const scaled = n * 10n ** BigInt(PLACES);
  const denominator = d * 10n ** BigInt(exponent);
  const text = formatMoney(scaled / denominator, PLACES).replace(/\.?0+$/, '');
  return scaled % denominator === 0n ? text : `${text}…`;
}

/** A price times a share, rounded once: what so many octets cost at so much a unit. */
export function roundedMoney(
  price: string,
  share: { times: bigint; over: bigint },
  exponent: number,
  mode: RoundingMode,
): string {
  const exact = multiply(parseMoney(price, exponent), { n: share.times, d: share.over });
  return formatMoney(roundFraction(exact, mode), exponent);
}

/** The sum of decimals of one currency. */
export function sumMoney(amounts: readonly string[], exponent: number): string {
  const coins = amounts.reduce((sum, text) => {
    const { n, d } = parseDecimal(text);
    return sum + (n * 10n ** BigInt(exponent)) / d;
  }, 0n);
  return formatMoney(coins, exponent);
}

/** The same amount with the other sign. */
export function negateMoney(amount: string): string {
  if (/^-?[0.]+$/.test(amount)) return amount.replace('-', '');
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
}
