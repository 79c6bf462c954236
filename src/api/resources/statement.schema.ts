import { z } from 'zod';
import { EVIDENCES } from '../../identify/index.js';
import { CHARGE_KINDS } from '../../rating/index.js';
import { instant, octets } from '../kit/fields.js';

const money = z
  .string()
  .meta({ description: 'Decimal text in the currency of the statement.', examples: ['980'] });
const segment = z.int().meta({ description: 'Position in `segments`, from 0.' });

/** What a period or a span says of its own gaps. */
export const completeness = z.record(z.string(), z.string()).meta({
  description:
    'What is not known of the time, over the whole system. Octets that wait for a session, that a full flow table counted by address pair, subscriber or amount alone, whose hour is uncertain, malformed, of an unsupported form; packets lost on the way (of `numberedPackets`, whose numbers show it) and dropped by the packet socket; hellos dropped.',
});

const nameNotVerifiedOctets = octets.meta({
  description: 'Part of the billed octets whose claimed name the address did not bear out.',
});

const usageLine = z
  .looseObject({
    segment,
    treatment: z.string().meta({ description: 'free, billed or not_counted.', examples: ['free'] }),
    reason: z.string().meta({ description: 'Why it is treated so.' }),
    planRule: z
      .string()
      .nullable()
      .meta({ description: "Id of the plan's free rule that decided, or refused." }),
    payer: z.looseObject({ kind: z.string() }).nullable(),
    serviceCode: z.string().nullable(),
    serviceVersionId: z.int().nullable(),
    evidence: z.enum(EVIDENCES),
    rule: z.string().nullable().meta({ description: 'The destination rule that fired.' }),
    octetsUp: octets,
    octetsDown: octets,
    octets,
    firstHour: instant,
    lastHour: instant,
    amount: money
      .optional()
      .meta({ description: '"0" on what is not billed; billed octets are priced on charges.' }),
  })
  .meta({ id: 'StatementUsageLine' });

const chargeLine = z
  .looseObject({
    kind: z.enum(CHARGE_KINDS),
    segment: segment.nullable(),
    rule: z.string().meta({ description: 'JSON pointer of the rule within the terms of the plan version.' }),
    octets: octets.optional(),
    octetsBefore: octets.optional().meta({
      description: 'What the tier, or the stairs, had counted in earlier stretches under the plan.',
    }),
    pack: z.string().optional().meta({ description: 'The pack that is charged, or that covers the octets.' }),
    group: z.string().optional().meta({ description: 'The group whose pool covers the octets.' }),
    units: z.string().optional(),
    unitOctets: octets.optional(),
    unitPrice: money.optional(),
    share: z.string().optional().meta({ description: 'Part of the period that was charged, as part/whole.' }),
    exactAmount: money.optional().meta({ description: 'Before rounding, where that differs.' }),
    amount: money,
  })
  .meta({ id: 'StatementChargeLine' });

/** A statement with its lines, as src/billing writes it. Loose: a later version may say more. */
export const statement = z
  .looseObject({
    status: z.enum(['draft', 'final']),
    simId: z.string(),
    number: z.int().optional().meta({ description: 'Without gaps, on final statements.' }),
    chainPosition: z.int().optional().meta({ description: '1, 2, 3… per SIM.' }),
    previousHash: z
      .string()
      .nullable()
      .optional()
      .meta({ description: "SHA-256 of the SIM's statement before: a later change of it shows." }),
    finalizedAt: instant.optional(),
    period: z.looseObject({
      month: z.string(),
      from: instant,
      to: instant,
      timeZone: z.string(),
      anchorDay: z.int(),
    }),
    currency: z.strictObject({ code: z.string(), exponent: z.int() }),
    segments: z.array(
      z.strictObject({
        planCode: z.string(),
        planVersion: z.int(),
        from: instant,
        to: instant,
        group: z
          .string()
          .optional()
          .meta({ description: 'Group whose pool stands in place of the plan’s quota.' }),
      }),
    ),
    usage: z.array(usageLine),
    charges: z.array(chargeLine),
    taxes: z.array(
      z.strictObject({
        treatment: z.enum(['exclusive', 'inclusive']),
        percent: z.string(),
        net: money,
        tax: money,
      }),
    ),
    notices: z.array(z.looseObject({ kind: z.string(), segment, rule: z.string(), hour: instant })),
    totals: z.looseObject({
      octets,
      octetsUp: octets,
      octetsDown: octets,
      freeOctets: octets,
      billedOctets: octets,
      notCountedOctets: octets,
      nameNotVerifiedOctets,
      net: money,
      tax: money,
      amount: money.meta({ description: 'What the subscriber pays, tax included.' }),
    }),
    carriedOutOctets: octets,
    corrections: z
      .array(
        z.strictObject({
          id: z.string(),
          statement: z.int(),
          position: z.int(),
          month: z.string(),
          amount: money,
          hash: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Corrections of earlier statements that are settled with this one.' }),
    amountDue: money.optional().meta({ description: 'Total and corrections, where there are any.' }),
    completeness,
    serviceVersions: z.array(z.strictObject({ serviceVersionId: z.int(), serviceCode: z.string() })),
  })
  .meta({
    id: 'Statement',
    description: 'A SIM’s month: every octet is on one usage line, every amount on one charge.',
  });

export const statementSummary = z
  .strictObject({
    number: z.int(),
    simId: z.string(),
    chainPosition: z.int(),
    month: z.string(),
    from: instant,
    to: instant,
    timeZone: z.string(),
    anchorDay: z.int(),
    octets,
    octetsUp: octets,
    octetsDown: octets,
    freeOctets: octets,
    billedOctets: octets,
    notCountedOctets: octets,
    nameNotVerifiedOctets,
    currency: z.string(),
    net: money,
    tax: money,
    amount: money,
    correctionsAmount: money.meta({
      description: 'Corrections of earlier statements that are settled with this one; negative = credit.',
    }),
    amountDue: money.meta({ description: 'Both together: what the subscriber pays.' }),
    hash: z.string().meta({ description: 'SHA-256 of the statement’s JSON, hex.' }),
    finalizedAt: instant,
    completeness,
  })
  .meta({ id: 'StatementSummary', description: 'A final statement without its lines.' });
