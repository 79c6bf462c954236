import { z } from 'zod';
import { instantSchema } from '../shared/index.js';

export const monthSchema = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'write a month as YYYY-MM, such as 2026-10')
  .describe('Month in which the period starts, in the zone of the plan');

export const closePeriodInputSchema = z.strictObject({
  month: monthSchema,
  force: z
    .boolean()
    .default(false)
    .describe(
      'Close although the period or its grace time is not over; usage that comes later is not on the statement',
    ),
  confirm: z
    .boolean()
    .optional()
    .describe('Close although the total is further from the period before than the brake allows'),
  asOf: instantSchema.optional().describe('Date of the statements; left out: now'),
});
export type ClosePeriodInput = z.output<typeof closePeriodInputSchema>;

export interface ClosingRunView {
  id: string;
  timeZone: string;
  anchorDay: number;
  currency: string;
  from: string;
  to: string;
  asOf: string;
  forced: boolean;
  status: 'running' | 'held' | 'finished';
  /** Why the brake holds it; null unless held. */
  heldBecause: string | null;
  statements: number;
  createdAt: string;
  finishedAt: string | null;
}

export interface ClosingView {
  month: string;
  /** open: never ordered. held: waits to be confirmed. */
  status: 'open' | 'closing' | 'held' | 'closed';
  statements: number;
  runs: ClosingRunView[];
}

/** A final statement without its lines. Octets and money as text, as they may exceed 2^53. */
export interface StatementView {
  number: number;
  simId: string;
  chainPosition: number;
  month: string;
  from: string;
  to: string;
  timeZone: string;
  anchorDay: number;
  octets: string;
  octetsUp: string;
  octetsDown: string;
  freeOctets: string;
  billedOctets: string;
  notCountedOctets: string;
  /** Part of the billed octets whose claimed name the address did not bear out (`sni_unverified`). */
  nameNotVerifiedOctets: string;
  currency: string;
  net: string;
  tax: string;
  amount: string;
  /** Corrections of earlier statements that are settled with this one; negative = credit. */
  correctionsAmount: string;
  /** Both together. */
  amountDue: string;
  /** SHA-256 of the document, hex. */
  hash: string;
  finalizedAt: string;
  /** What is not known of the period, over the whole system. */
  completeness: Record<string, string>;
}

/** A statement with its lines. */
export interface StatementDocument {
  /** Hash of `text`; null on a draft. */
  hash: string | null;
  /** Canonical JSON: the very bytes that were hashed. */
  text: string;
}
