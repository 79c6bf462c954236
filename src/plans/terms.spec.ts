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

const dayCap = (limit: number) => ({ limit: octets(limit), per: 'day', past: 'billed' });
const notice = (limit: number) => ({ ...dayCap(limit), past: 'noticed' });
const rolling = (rollingHours: number) => ({ ...dayCap(1), per: { rollingHours } });
const rule = (caps: object[]) => ({ id: 'a', services: 'all', caps });
const tiers = (prices: string[]) => ({
  kind: 'per_unit',
  unit: octets(1),
  unitRounding: 'up',
  tiers: prices.map((price, index) => ({
    upTo: index === prices.length - 1 ? null : octets(index + 1),
    price,
  })),
});

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
    [
      'an exception from what the rule names',
      { free: [{ id: 'a', services: ['line', 'news'], except: ['calls', 'news'] }] },
      ['/free/0/except/1'],
    ],
    [
      'two limits for one span',
      { free: [{ id: 'a', services: 'all', caps: [dayCap(2), dayCap(1)] }] },
      ['/free/0/caps/1'],
    ],
    [
      'two limits for as many hours',
      { free: [{ id: 'a', services: 'all', caps: [rolling(72), rolling(24), rolling(72)] }] },
      ['/free/0/caps/2'],
    ],
    [
      'stairs that fall',
      {
        overage: {
          kind: 'stairs',
          tiers: [
            { upTo: octets(5), price: '10' },
            { upTo: octets(6), price: '9.99' },
            { upTo: null, price: '9.99' },
          ],
        },
      },
      ['/overage/tiers/1/price'],
    ],
  ])('refuse %s', (_, fields, expected) => expect(pointers(fields)).toEqual(expected));

  it.each<[string, object]>([
    ['notices at several levels of one span', { free: [rule([notice(1), notice(2), dayCap(3)])] }],
    ['limits for several spans', { free: [rule([dayCap(1), rolling(72), rolling(24)])] }],
    ['an exception from everything', { free: [{ id: 'a', services: 'all', except: ['news'] }] }],
    ['prices of units that fall', { overage: tiers(['300', '30']) }],
    ['stairs that rise by digits', { overage: { kind: 'stairs', tiers: tiers(['9', '10', '10.5']).tiers } }],
    ['forints without fillér', { currency: { code: 'HUF', exponent: 0 } }],
    ['dinars of a thousand fils', { currency: { code: 'KWD', exponent: 3 } }],
    ['units of account', { currency: { code: 'CLF', exponent: 4 } }],
    ['what people agree on', { currency: { code: 'XTS', exponent: 4 } }],
    ['2^63 - 1 octets', { quota: { included: octets('9223372036854775807'), proration: 'full' } }],
    ['a link of the zone database', { timeZone: 'Asia/Calcutta' }],
  ])('take %s', (_, fields) => expect(pointers(fields)).toEqual([]));

  it.each<[string, object, string]>([
    ['another writing of a zone', { timeZone: 'asia/tokyo' }, 'write the zone as Asia/Tokyo'],
    ['UTC in lower case', { timeZone: 'utc' }, 'write the zone as UTC'],
    ['a short name', { timeZone: 'JST' }, 'is no IANA time zone; write one such as Asia/Tokyo'],
    [
      'coins that there are not',
      { currency: { code: 'JPY', exponent: 2 } },
      'the smallest coin of JPY has 0 places (ISO 4217): write 0',
    ],
    [
      'tenths of a cent',
      { currency: { code: 'USD', exponent: 3 } },
      'the smallest coin of USD has 2 places (ISO 4217): write 2',
    ],
    [
      'a code of no currency',
      { currency: { code: 'YEN', exponent: 0 } },
      'is no currency; write an ISO 4217 code, such as JPY',
    ],
    [
      'a span of a cap by a name that is not one',
      { free: [rule([{ ...dayCap(1), per: 'month' }])] },
      'write "period", "day", or {"rollingHours": 72} with 1 to 744 hours',
    ],
    [
      'one service without its brackets',
      { free: [{ id: 'a', services: 'line' }] },
      'write "all", or a list of 1 to 1000 codes of services, such as ["line"]',
    ],
    [
      'a pack for a month',
      { packs: [{ id: 'a', octets: octets(1), price: '1', validFor: 'month' }] },
      'write "period", or {"days": 30} with 1 to 366 days',
    ],
    [
      '2^63 octets',
      { quota: { included: octets('9223372036854775808'), proration: 'full' } },
      'is more than 2^63 - 1 octets',
    ],
    [
      'octets with a comma',
      { quota: { included: octets('3,000'), proration: 'full' } },
      'write a decimal of at most 19 digits and 9 places, such as "3" or "0.5"',
    ],
  ])('say what to write for %s, and nothing else', (_, fields, expected) => {
    const parsed = planTermsSchema.safeParse({ ...TERMS, ...fields });
    expect(fieldErrors(parsed.error!).map(({ detail }) => detail)).toEqual([expected]);
  });

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
