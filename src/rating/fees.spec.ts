import { describe, expect, it } from 'vitest';
import { HOUR_MS, periodOfMonth, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import { compilePlan, rate } from './index.js';

const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
const PERIOD = periodOfMonth(TOKYO, '2026-10');
const SIXTEENTH = PERIOD.from + 15 * 24 * HOUR_MS;
type Rule = NonNullable<PlanTermsInput['free']>[number];
type How = PlanTermsInput['baseFee']['proration'];

const paid = (id: string, amount: string, proration: How = 'full'): Rule => ({
  id,
  services: [id],
  payer: { kind: 'subscriber', fee: { amount, proration } },
});
const unpaid = (id: string): Rule => ({ id, services: [id] });
interface Part {
  free: Rule[];
  planCode?: string;
  base?: How;
  fee?: string;
}

/** Fees of plans for the halves of October: segment, rule, amount, and the share of the month. */
function fees(...parts: [Part, Part]): string[] {
  const segments = parts.map(({ free, planCode = 'p', base = 'full', fee = '310' }, index) => ({
    from: index === 0 ? PERIOD.from : SIXTEENTH,
    to: index === 0 ? SIXTEENTH : PERIOD.to,
    planCode,
    version: index + 1,
    plan: compilePlan(
      planTermsSchema.parse({
        currency: { code: 'JPY', exponent: 0 },
        timeZone: TOKYO.timeZone,
        rounding: 'half_up',
        tax: null,
        baseFee: { amount: fee, proration: base },
        quota: null,
        overage: { kind: 'none' },
        free,
      }),
    ),
  }));
  return rate({ calendar: TOKYO, period: PERIOD, segments, usage: [] }).charges.map(
    ({ kind, segment, rule, amount, share }) => [kind, segment, rule, amount, share].join(' ').trim(),
  );
}

describe('fees', () => {
  it('in full are charged once for all versions of a plan, by the name of the rule', () => {
    expect(fees({ free: [paid('video', '100')] }, { free: [unpaid('chat'), paid('video', '100')] })).toEqual([
      'base_fee 0 /baseFee 310',
      'service_fee 0 /free/0/payer/fee 100',
    ]);
  });

  it('of a rule that a version adds, or makes one to pay for, are charged with that version', () => {
    expect(
      fees(
        { free: [paid('video', '100'), unpaid('music')] },
        { free: [paid('video', '100'), paid('music', '50'), paid('books', '20')] },
      ),
    ).toEqual([
      'base_fee 0 /baseFee 310',
      'service_fee 0 /free/0/payer/fee 100',
      'service_fee 1 /free/1/payer/fee 50',
      'service_fee 1 /free/2/payer/fee 20',
    ]);
  });

  it('are each plan’s own', () => {
    const free = [paid('video', '100')];
    expect(fees({ free }, { free, planCode: 'q' })).toEqual([
      'base_fee 0 /baseFee 310',
      'service_fee 0 /free/0/payer/fee 100',
      'base_fee 1 /baseFee 310',
      'service_fee 1 /free/0/payer/fee 100',
    ]);
  });

  it('that are prorated are charged for each version, by its days', () => {
    const free = [paid('video', '62', 'by_day')];
    expect(fees({ free, base: 'by_day' }, { free, base: 'by_day' })).toEqual([
      'base_fee 0 /baseFee 150 15/31',
      'service_fee 0 /free/0/payer/fee 30 15/31',
      'base_fee 1 /baseFee 160 16/31',
      'service_fee 1 /free/0/payer/fee 32 16/31',
    ]);
  });

  it('in full, after days that were charged, come to the whole less those days, and never give back', () => {
    const free = [paid('video', '62', 'by_day')];
    const days: Part = { free, base: 'by_day' };
    expect(fees(days, { free: [paid('video', '80')], fee: '400' })).toEqual([
      'base_fee 0 /baseFee 150 15/31',
      'service_fee 0 /free/0/payer/fee 30 15/31',
      'base_fee 1 /baseFee 250',
      'service_fee 1 /free/0/payer/fee 50',
    ]);
    expect(fees(days, { free: [paid('video', '30')], fee: '149.5' })).toEqual([
      'base_fee 0 /baseFee 150 15/31',
      'service_fee 0 /free/0/payer/fee 30 15/31',
      'service_fee 1 /free/0/payer/fee 0',
    ]);
    expect(fees(days, { free, planCode: 'q', fee: '400' }).slice(2)).toEqual([
      'base_fee 1 /baseFee 400',
      'service_fee 1 /free/0/payer/fee 32 16/31',
    ]);
  });
});
