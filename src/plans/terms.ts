import { z } from 'zod';
import { zoneNamed } from './calendar.js';
import { checkCoin, isCurrency } from './currency.js';
import { positiveQuantitySchema, quantitySchema, toOctets } from './quantity.js';

/** How a fraction of the smallest coin becomes a whole one. `up`/`down` are away from and towards zero. */
export const ROUNDING_MODES = [
  'half_up',
  'half_even',
  'half_down',
  'up',
  'down',
  'ceiling',
  'floor',
] as const;
export type RoundingMode = (typeof ROUNDING_MODES)[number];

/** How a part of a period is paid for; see `prorationSchema`. */
export const PRORATIONS = ['full', 'by_day', 'by_time'] as const;
export type Proration = (typeof PRORATIONS)[number];

export const DIRECTIONS = ['both', 'up', 'down'] as const;
export type CountedDirection = (typeof DIRECTIONS)[number];

/** Names what terms hold: a rule, a pack, a sponsor, a service. */
export const codeSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/, 'write 1 to 64 lower-case letters, digits and hyphens');
const MONEY = /^\d{1,12}(\.\d{1,9})?$/;
const moneySchema = z
  .string()
  .regex(MONEY, 'write a decimal of at most 12 digits and 9 places, such as "980" or "0.25"')
  .meta({ id: 'Money', examples: ['980'] });
const prorationSchema = z.enum(PRORATIONS).meta({
  description:
    'How a part of a period counts. full: wholly, once per plan and period, less what earlier versions charged by their share. by_day: local days begun, a day of change goes to the later plan. by_time: milliseconds in force over milliseconds of the period.',
});
const date = z.iso.date('write a date as YYYY-MM-DD');

const timeZoneSchema = z.string().superRefine((name, context) => {
  const meant = zoneNamed(name);
  if (meant === name) return;
  const message =
    meant === null ? 'is no IANA time zone; write one such as Asia/Tokyo' : `write the zone as ${meant}`;
  context.addIssue({ code: 'custom', message });
});

const currencySchema = z
  .strictObject({
    code: z
      .string()
      .regex(/^[A-Z]{3}$/, 'write an ISO 4217 code, such as JPY')
      .refine(
        (code) => !/^[A-Z]{3}$/.test(code) || isCurrency(code),
        'is no currency; write an ISO 4217 code, such as JPY',
      ),
    exponent: z
      .int()
      .min(0)
      .max(4)
      .meta({ description: 'Places of the smallest coin that is billed: 0 for JPY, 2 for USD, 3 for KWD.' }),
  })
  .superRefine(checkCoin);

const taxSchema = z
  .strictObject({
    treatment: z.enum(['exclusive', 'inclusive']).meta({
      description: 'exclusive: added to the prices. inclusive: contained in them and shown.',
    }),
    rates: z
      .array(
        z.strictObject({
          from: date.optional().meta({ description: 'First local day; left out on the first rate only.' }),
          percent: z.string().regex(/^\d{1,2}(\.\d{1,4})?$/, 'write a percentage below 100, such as "10"'),
        }),
      )
      .min(1)
      .max(50)
      .meta({
        description:
          'The rate in force on the last local day of each stretch under a plan version holds for its charges.',
      }),
  })
  .superRefine((tax, context) => {
    tax.rates.forEach((rate, index) => {
      const before = tax.rates[index - 1];
      const problem =
        index === 0
          ? rate.from !== undefined && 'the first rate has no start: it holds since ever'
          : rate.from === undefined
            ? 'give the first day of this rate'
            : before?.from !== undefined && rate.from <= before.from && 'is later than the rate before';
      if (problem !== false)
        context.addIssue({ code: 'custom', path: ['rates', index, 'from'], message: problem });
    });
  });

/** Longest window of a cap: how far rating looks back before a period. */
export const MOST_ROLLING_HOURS = 744;

const capSchema = z.strictObject({
  limit: positiveQuantitySchema,
  per: z.union(
    [z.enum(['period', 'day']), z.strictObject({ rollingHours: z.int().min(1).max(MOST_ROLLING_HOURS) })],
    { error: `write "period", "day", or {"rollingHours": 72} with 1 to ${MOST_ROLLING_HOURS} hours` },
  ),
  past: z.enum(['billed', 'noticed']).meta({
    description: 'What octets past the cap are: billed like any other, or still free with a notice.',
  }),
});

const windowSchema = z
  .strictObject({
    fromHour: z.int().min(0).max(23),
    toHour: z.int().min(1).max(24),
    weekdays: z.array(z.int().min(1).max(7)).min(1).max(7).optional().meta({ description: '1 = Monday' }),
  })
  .refine((window) => window.fromHour !== window.toHour, {
    path: ['toHour'],
    error: 'differs from fromHour; leave the window out for the whole day',
  })
  .meta({ description: 'Local hours, the last one exclusive; 23 to 5 runs over midnight.' });

const payerSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('operator') }),
    z.strictObject({
      kind: z.literal('subscriber'),
      fee: z.strictObject({ amount: moneySchema, proration: prorationSchema }).optional().meta({
        description: 'What the subscriber pays per period for the rule; left out: it is in the base fee.',
      }),
    }),
    z.strictObject({
      kind: z.literal('sponsor'),
      sponsorId: codeSchema,
      rate: z
        .strictObject({ unit: positiveQuantitySchema, price: moneySchema })
        .optional()
        .meta({ description: 'What the sponsor pays for its octets; left out: nothing that is known here.' }),
    }),
  ])
  .meta({ description: 'Who pays for the free octets; named on their lines. Left out: nobody is named.' });

/** What names a service twice, or two limits for one span, says nothing: one of them never counts. */
function checkFreeRule(
  rule: {
    services: 'all' | readonly string[];
    except: readonly string[];
    caps: readonly z.output<typeof capSchema>[];
  },
  context: z.core.$RefinementCtx,
): void {
  const complain = (path: PropertyKey[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  rule.except.forEach((service, index) => {
    if (rule.services !== 'all' && rule.services.includes(service))
      complain(['except', index], 'is among the services of the rule: leave it out there or here');
  });
  const spans = new Set<string>();
  rule.caps.forEach(({ per, past }, index) => {
    if (past !== 'billed') return;
    const span = JSON.stringify(per);
    if (spans.has(span))
      complain(['caps', index], 'another cap of the rule is over this span: keep the lower one');
    spans.add(span);
  });
}

const freeRuleSchema = z
  .strictObject({
    id: codeSchema.meta({ description: 'Names the rule on statements; unique in the plan.' }),
    services: z.union([z.literal('all'), z.array(codeSchema).min(1).max(1000)], {
      error: 'write "all", or a list of 1 to 1000 codes of services, such as ["line"]',
    }),
    includeSubServices: z.boolean().default(false),
    except: z.array(codeSchema).max(1000).default([]),
    direction: z.enum(DIRECTIONS).default('both'),
    caps: z.array(capSchema).max(10).default([]),
    windows: z.array(windowSchema).max(20).default([]),
    homeMccs: z
      .array(z.string().regex(/^\d{3}$/, 'write a mobile country code of 3 digits, such as "440"'))
      .max(50)
      .default([])
      .meta({ description: 'Free only in these networks; empty = anywhere. An unknown network is home.' }),
    payer: payerSchema.optional(),
  })
  .superRefine(checkFreeRule)
  .meta({ id: 'FreeRule' });

const tierSchema = z.strictObject({
  upTo: positiveQuantitySchema.nullable().meta({
    description: 'Octets past the quota, over all versions of the plan in the period; null on the last tier.',
  }),
  price: moneySchema,
});

const overageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }).meta({ description: 'Past the quota nothing is charged.' }),
  z.strictObject({
    kind: z.literal('per_unit'),
    unit: positiveQuantitySchema,
    unitRounding: z.enum(['up', 'down', 'nearest', 'exact']),
    tiers: z
      .array(tierSchema)
      .min(1)
      .max(50)
      .meta({ description: 'Price of each unit that lies in the tier.' }),
  }),
  z.strictObject({
    kind: z.literal('stairs'),
    tiers: z
      .array(tierSchema)
      .min(1)
      .max(50)
      .meta({ description: 'One price for all octets past the quota, by the step that they reach.' }),
  }),
]);

const carryOverSchema = z.strictObject({
  limit: positiveQuantitySchema.nullable().meta({ description: 'Most that is carried; null = all of it.' }),
});

const discountSchema = z.strictObject({
  id: codeSchema,
  amount: moneySchema,
  whenTotalAtMost: quantitySchema,
  includingFree: z.boolean().meta({ description: 'Whether free octets count towards the total.' }),
});

const packSchema = z
  .strictObject({
    id: codeSchema.meta({ description: 'Names the pack; unique in the plan.' }),
    octets: positiveQuantitySchema,
    price: moneySchema,
    validFor: z
      .union([z.literal('period'), z.strictObject({ days: z.int().min(1).max(366) })], {
        error: 'write "period", or {"days": 30} with 1 to 366 days',
      })
      .meta({ description: 'Until the end of the period that it is bought in, or for days of 24 hours.' }),
    use: z.enum(['before_quota', 'after_quota']).default('after_quota').meta({
      description: 'Whether it covers octets before the quota is used, or only what is past it.',
    }),
  })
  .meta({ id: 'Pack', description: 'Octets that a SIM may buy beside its plan.' });

/** Notices for quota and caps that a plan does not speak of. */
export const DEFAULT_PERCENTS: readonly number[] = [50, 80, 100];

const thresholdsSchema = z
  .strictObject({
    percents: z
      .array(z.int().min(1).max(1000))
      .max(20)
      .default([...DEFAULT_PERCENTS])
      .meta({ description: 'Shares of the quota and of each cap that raise `usage.threshold_reached`.' }),
    amounts: z
      .array(moneySchema)
      .max(20)
      .default([])
      .meta({ description: 'Amounts due, tax included, that raise `usage.threshold_reached`.' }),
  })
  .meta({ description: 'Left out: 50, 80 and 100 percent, and no amounts. They never change a price.' });

/** What a plan version says: all that rating needs. Pure data; every rule is named on the lines that it makes. */
export const planTermsSchema = z
  .strictObject({
    currency: currencySchema,
    timeZone: timeZoneSchema,
    anchorDay: z.int().min(1).max(31).default(1),
    rounding: z.enum(ROUNDING_MODES),
    tax: taxSchema.nullable(),
    baseFee: z.strictObject({ amount: moneySchema, proration: prorationSchema }),
    counted: z.enum(DIRECTIONS).default('both').meta({
      description:
        'Direction that is billed. Free rules go first: what they make free is free in both directions, or in that of the rule.',
    }),
    quota: z
      .strictObject({
        included: quantitySchema,
        proration: prorationSchema,
        carryOver: carryOverSchema.optional(),
      })
      .nullable()
      .meta({ description: 'null: nothing is included, every billed octet is past the quota.' }),
    overage: overageSchema,
    free: z.array(freeRuleSchema).max(200).default([]),
    totalCap: z
      .strictObject({ limit: positiveQuantitySchema, past: z.enum(['billed', 'noticed']) })
      .optional()
      .meta({
        description:
          'Octets in a period that are billed or free, past which nothing is free or a notice is given.',
      }),
    discounts: z.array(discountSchema).max(20).default([]),
    packs: z.array(packSchema).max(50).optional(),
    thresholds: thresholdsSchema.optional(),
  })
  .superRefine((terms, context) => {
    uniqueIds(terms.free, 'free', context);
    uniqueIds(terms.discounts, 'discounts', context);
    uniqueIds(terms.packs ?? [], 'packs', context);
    if (terms.overage.kind !== 'none') checkTiers(terms.overage, context);
    if (terms.overage.kind === 'stairs') checkStairs(terms.overage.tiers, context);
  })
  .meta({ id: 'PlanTerms' });

export type PlanTerms = z.output<typeof planTermsSchema>;
export type PlanTermsInput = z.input<typeof planTermsSchema>;
export type FreeRule = PlanTerms['free'][number];
export type Cap = FreeRule['caps'][number];
export type Overage = PlanTerms['overage'];

type Context = z.core.$RefinementCtx;

function uniqueIds(rules: readonly { id: string }[], field: string, context: Context): void {
  const seen = new Set<string>();
  rules.forEach((rule, index) => {
    if (seen.has(rule.id))
      context.addIssue({ code: 'custom', path: [field, index, 'id'], message: 'another rule has this id' });
    seen.add(rule.id);
  });
}

/** Tiers rise, only the last is open, and a tier holds whole units, so that no unit is priced twice. */
function checkTiers(overage: Exclude<Overage, { kind: 'none' }>, context: Context): void {
  const unit = (overage.kind === 'per_unit' ? toOctets(overage.unit) : undefined) ?? 1n;
  let before = 0n;
  overage.tiers.forEach((tier, index) => {
    const complain = (message: string) =>
      context.addIssue({ code: 'custom', path: ['overage', 'tiers', index, 'upTo'], message });
    const last = index === overage.tiers.length - 1;
    if (tier.upTo === null) {
      if (!last) complain('only the last tier is open; give this one an end');
      return;
    }
    const end = toOctets(tier.upTo);
    if (end === undefined) return;
    if (last) complain('the last tier is open: write null');
    else if (end <= before) complain('is more than the end of the tier before');
    else if (unit !== 0n && (end - before) % unit !== 0n) complain('holds a whole number of units');
    before = end;
  });
}

/** More octets never cost less. */
function checkStairs(tiers: readonly z.output<typeof tierSchema>[], context: Context): void {
  tiers.forEach(({ price }, index) => {
    const before = tiers[index - 1]?.price;
    if (before !== undefined && isLess(price, before))
      context.addIssue({
        code: 'custom',
        path: ['overage', 'tiers', index, 'price'],
        message: `is at least ${before}, the price of the step before: more octets would cost less`,
      });
  });
}

/** Compares decimals that `moneySchema` has let through; of others nothing is said. */
function isLess(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => {
    if (!MONEY.test(text)) return null;
    const [whole = '0', part = ''] = text.split('.');
    return BigInt(whole + part.padEnd(9, '0'));
  });
  return first != null && second != null && first < second;
}
