import { z } from 'zod';

const text = z.string().nullish();

const usageSchema = z.object({
  segment: z.int(),
  treatment: z.string(),
  reason: z.string(),
  planRule: text,
  payer: z.object({ kind: z.string(), sponsorId: z.string().optional() }).nullish(),
  serviceCode: text,
  serviceVersionId: z.int().nullish(),
  evidence: z.string(),
  rule: text,
  octetsUp: z.string(),
  octetsDown: z.string(),
  octets: z.string(),
  firstHour: z.string(),
  lastHour: z.string(),
  amount: text,
});

const chargeSchema = z.object({
  kind: z.string(),
  segment: z.int().nullable(),
  rule: z.string(),
  octets: text,
  units: text,
  unitPrice: text,
  share: text,
  taxPercent: text,
  pack: text,
  group: text,
  amount: z.string(),
});

/** What the formats of a statement read of its document. Loose: a document may say more than any of them shows. */
const statementSchema = z.object({
  status: z.string(),
  number: z.int().optional(),
  simId: z.string(),
  chainPosition: z.int().optional(),
  previousHash: text,
  finalizedAt: z.string().optional(),
  period: z.object({
    month: z.string(),
    from: z.string(),
    to: z.string(),
    timeZone: z.string().default('UTC'),
  }),
  currency: z.object({ code: z.string(), exponent: z.int().default(0) }),
  segments: z.array(
    z.object({ planCode: z.string(), planVersion: z.int(), from: z.string(), to: z.string() }),
  ),
  usage: z.array(usageSchema),
  charges: z.array(chargeSchema),
  corrections: z
    .array(z.object({ id: z.string(), statement: z.int(), month: z.string(), amount: z.string() }))
    .default([]),
  amountDue: z.string().optional(),
  carriedOutOctets: z.string().default('0'),
  completeness: z.record(z.string(), z.string()).default({}),
  totals: z.object({
    octetsUp: z.string(),
    octetsDown: z.string(),
    octets: z.string(),
    freeOctets: z.string().default('0'),
    billedOctets: z.string().default('0'),
    notCountedOctets: z.string().default('0'),
    nameNotVerifiedOctets: z.string().default('0'),
    net: z.string().default('0'),
    tax: z.string().default('0'),
    amount: z.string(),
  }),
});

export type ParsedStatement = z.output<typeof statementSchema>;
export type ParsedUsageLine = ParsedStatement['usage'][number];
export type ParsedCharge = ParsedStatement['charges'][number];

/** Reads the stored document of a statement. */
export function parseStatement(document: string): ParsedStatement {
  return statementSchema.parse(JSON.parse(document));
}

const correctionSchema = z.object({
  simId: z.string(),
  statement: z.int(),
  statementHash: z.string(),
  position: z.int(),
  previousHash: z.string().nullable(),
  correctedAt: z.string(),
  direction: z.string(),
  amount: z.string(),
  net: z.string(),
  tax: z.string(),
  lines: z.array(
    z.object({
      section: z.enum(['usage', 'charge']),
      line: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
      before: z.record(z.string(), z.string()),
      after: z.record(z.string(), z.string()),
      difference: z.record(z.string(), z.string()),
    }),
  ),
  after: z.object({
    period: statementSchema.shape.period,
    currency: statementSchema.shape.currency,
    segments: statementSchema.shape.segments,
    totals: statementSchema.shape.totals,
  }),
});

export type ParsedCorrection = z.output<typeof correctionSchema>;

/** Reads the stored document of a correction. */
export function parseCorrection(document: string): ParsedCorrection {
  return correctionSchema.parse(JSON.parse(document));
}

/** Reads a statement as a correction of it left it: the lines and totals of `after` under the statement's number. */
export function parseCorrected(document: string): ParsedStatement {
  const { simId, statement, after } = JSON.parse(document) as {
    simId: string;
    statement: number;
    after: Record<string, unknown>;
  };
  return statementSchema.parse({ ...after, status: 'final', simId, number: statement });
}
