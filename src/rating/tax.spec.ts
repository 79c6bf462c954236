import { describe, expect, it } from 'vitest';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { compilePlan, rate, type TaxTotal } from './index.js';

const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(TOKYO, '2026-10');
const DAY = 24 * HOUR_MS;

type Tax = NonNullable<PlanTermsInput['tax']>;
const exclusive = (percent: string, ...later: { from: string; percent: string }[]): Tax => ({
  treatment: 'exclusive',
  rates: [{ percent }, ...later],
});
interface Part {
  tax: Tax | null;
  fee: string;
  rounding?: PlanTermsInput['rounding'];
}

/** What is taxed of plans that follow each other. */
function taxed(...parts: Part[]): { taxes: readonly TaxTotal[]; lines: string[]; amount: string } {
  const start = (index: number) => (index === 0 ? PERIOD.from : PERIOD.from + (13 + index) * DAY);
  const segments = parts.map(({ tax, fee, rounding = 'half_up' }, index) => ({
    from: start(index),
    to: index === parts.length - 1 ? PERIOD.to : start(index + 1),
    planCode: `plan-${index}`,
    version: 1,
    plan: compilePlan(
      planTermsSchema.parse({
        currency: { code: 'JPY', exponent: 0 },
        timeZone: TOKYO.timeZone,
        rounding,
        tax,
        baseFee: { amount: fee, proration: 'full' },
        quota: null,
        overage: { kind: 'none' },
      }),
    ),
  }));
  const { taxes, charges, totals } = rate({ calendar: TOKYO, period: PERIOD, segments, usage: [] });
  const lines = charges
    .filter(({ kind }) => kind === 'tax')
    .map(
      ({ rule, taxPercent, taxBase, amount, segment }) =>
        `${segment} ${rule} ${taxPercent}% ${taxBase} ${amount}`,
    );
  return { taxes, lines, amount: totals.amount };
}

describe('tax', () => {
  it('of a percentage with places is taken exactly, and rounded once', () => {
    const { taxes, lines, amount } = taxed({ tax: exclusive('8.25'), fee: '1000' });
    expect(taxes).toEqual([{ treatment: 'exclusive', percent: '8.25', net: '1000', tax: '83' }]);
    expect(lines).toEqual(['null /tax/rates/0 8.25% 1000 83']);
    expect(amount).toBe('1083');
    const inclusive = taxed({ tax: { treatment: 'inclusive', rates: [{ percent: '8.25' }] }, fee: '1083' });
    // 1083 × 8.25 / 108.25 = 82.54
    expect(inclusive).toEqual({
      taxes: [{ treatment: 'inclusive', percent: '8.25', net: '1000', tax: '83' }],
      lines: [],
      amount: '1083',
    });
  });

  it('is taken of one sum where rate, treatment and rounding are one', () => {
    const half = { tax: exclusive('10'), fee: '5' };
    expect(taxed(half, half, half).lines).toEqual(['null /tax/rates/0 10% 15 2']);
  });

  it('is taken apart by rate, in the order in which plans came', () => {
    const { lines } = taxed(
      { tax: exclusive('8'), fee: '100' },
      { tax: exclusive('10'), fee: '200' },
      { tax: exclusive('8'), fee: '300' },
    );
    expect(lines).toEqual(['null /tax/rates/0 8% 400 32', 'null /tax/rates/0 10% 200 20']);
  });

  it('is taken apart by treatment, and by rounding', () => {
    const inclusive: Tax = { treatment: 'inclusive', rates: [{ percent: '10' }] };
    const { taxes, amount } = taxed({ tax: inclusive, fee: '110' }, { tax: exclusive('10'), fee: '100' });
    expect(taxes).toEqual([
      { treatment: 'inclusive', percent: '10', net: '100', tax: '10' },
      { treatment: 'exclusive', percent: '10', net: '100', tax: '10' },
    ]);
    expect(amount).toBe('220');
    const down = { tax: exclusive('10'), fee: '9', rounding: 'down' as const };
    const up = { tax: exclusive('10'), fee: '1', rounding: 'up' as const };
    expect(taxed(down, up).lines).toEqual(['null /tax/rates/0 10% 9 0', 'null /tax/rates/0 10% 1 1']);
  });

  it('is not taken of a plan without it', () => {
    const { lines, amount } = taxed({ tax: null, fee: '100' }, { tax: exclusive('10'), fee: '200' });
    expect(lines).toEqual(['null /tax/rates/0 10% 200 20']);
    expect(amount).toBe('320');
  });

  it('has the rate of the last local day, from that day on', () => {
    const rateOf = (from: string) =>
      taxed({ tax: exclusive('8', { from, percent: '10' }), fee: '100' }).lines;
    expect(rateOf('2026-10-31')).toEqual(['null /tax/rates/1 10% 100 10']);
    expect(rateOf('2026-11-01')).toEqual(['null /tax/rates/0 8% 100 8']);
  });
});
