import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldErrors } from '../shared/index.js';
import { planTermsSchema, type PlanTermsInput } from './terms.js';

const TERMS: PlanTermsInput = {
  currency: { code: 'JPY', exponent: 0 },
  timeZone: 'Asia/Tokyo',
  rounding: 'half_up',
  tax: null,
  baseFee: { amount: '980', proration: 'by_day' },
  quota: { included: { value: '3', unit: 'GB' }, proration: 'by_day' },
  overage: { kind: 'none' },
};
const open = { upTo: null, price: '100' };
const octets = (value: number | string) => ({ value: String(value), unit: 'octet' as const });

function pointers(fields: object): string[] {
  const parsed = planTermsSchema.safeParse({ ...TERMS, ...fields });
  return parsed.success ? [] : fieldErrors(parsed.error).map(({ pointer }) => pointer);
}

describe('plan terms', () => {
  it('fill in defaults', () => {
    expect(planTermsSchema.parse(TERMS)).toMatchObject({
      anchorDay: 1,
      counted: 'both',
      free: [],
      discounts: [],
    });
  });

  it.each<[string, object, string[]]>([
    ['an unknown field', { bonus: 1 }, ['/bonus']],
    ['an unknown zone', { timeZone: 'Asia/Tokio' }, ['/timeZone']],
    ['an offset for a zone', { timeZone: '+09:00' }, ['/timeZone']],
    ['a float for money', { baseFee: { amount: 980.5, proration: 'full' } }, ['/baseFee/amount']],
    ['a negative fee', { baseFee: { amount: '-1', proration: 'full' } }, ['/baseFee/amount']],
    [
      'part of an octet',
      { quota: { included: octets('0.5'), proration: 'full' } },
      ['/quota/included/value'],
    ],
    [
      'more octets than a bigint column holds',
      { quota: { included: { value: '99999999999', unit: 'TB' }, proration: 'full' } },
      ['/quota/included/value'],
    ],
    [
      'a unit of no name',
      { quota: { included: { value: '3', unit: 'G' }, proration: 'full' } },
      ['/quota/included/unit'],
    ],
    [
      'stairs whose last is not open',
      { overage: { kind: 'stairs', tiers: [{ upTo: octets(5), price: '1' }] } },
      ['/overage/tiers/0/upTo'],
    ],
    [
      'an open tier before the last',
      { overage: { kind: 'stairs', tiers: [open, open] } },
      ['/overage/tiers/0/upTo'],
    ],
    [
      'tiers that do not rise',
      {
        overage: {
          kind: 'stairs',
          tiers: [{ upTo: octets(5), price: '1' }, { upTo: octets(5), price: '2' }, open],
        },
      },
      ['/overage/tiers/1/upTo'],
    ],
    [
      'a tier that ends within a unit',
      {
        overage: {
          kind: 'per_unit',
          unit: octets(10),
          unitRounding: 'up',
          tiers: [{ upTo: octets(15), price: '1' }, open],
        },
      },
      ['/overage/tiers/0/upTo'],
    ],
    [
      'two rules of one id',
      {
        free: [
          { id: 'a', services: 'all' },
          { id: 'a', services: ['line'] },
        ],
      },
      ['/free/1/id'],
    ],
    [
      'a first tax rate with a start',
      { tax: { treatment: 'exclusive', rates: [{ from: '2019-10-01', percent: '10' }] } },
      ['/tax/rates/0/from'],
    ],
    [
      'tax rates out of order',
      {
        tax: {
          treatment: 'exclusive',
          rates: [
            { percent: '5' },
            { from: '2019-10-01', percent: '10' },
            { from: '2014-04-01', percent: '8' },
            { percent: '9' },
          ],
        },
      },
      ['/tax/rates/2/from', '/tax/rates/3/from'],
    ],
    [
      'a window without length',
      { free: [{ id: 'a', services: 'all', windows: [{ fromHour: 3, toHour: 3 }] }] },
      ['/free/0/windows/0/toHour'],
    ],
    [
      'several faults, all at once',
      { rounding: 'nearest', anchorDay: 32, currency: { code: 'yen', exponent: 9 } },
      ['/currency/code', '/currency/exponent', '/anchorDay', '/rounding'],
    ],
  ])('refuse %s', (_, fields, expected) => expect(pointers(fields)).toEqual(expected));

  it('never throw, whatever comes', () => {
    const keys = Object.keys(TERMS);
    fc.assert(
      fc.property(fc.constantFrom(...keys, 'free', 'totalCap', 'discounts'), fc.jsonValue(), (key, value) => {
        planTermsSchema.safeParse({ ...TERMS, [key]: value });
        planTermsSchema.safeParse({
          ...TERMS,
          quota: { included: { value, unit: value }, proration: 'full' },
          overage: {
            kind: 'per_unit',
            unit: { value, unit: 'GB' },
            unitRounding: 'up',
            tiers: [
              { upTo: { value, unit: 'GB' }, price: value },
              { upTo: value, price: '1' },
            ],
          },
          tax: { treatment: 'exclusive', rates: [{ percent: value }, { from: value, percent: '1' }] },
        });
      }),
    );
  });
});
