import { z } from 'zod';
import { canonicalJson, negateMoney, sumMoney, type JsonValue } from '../rating/index.js';

const octets = z.string().regex(/^-?\d+$/);
const usageSchema = z.looseObject({
  segment: z.int(),
  treatment: z.string(),
  reason: z.string(),
  planRule: z.string().nullable(),
  serviceCode: z.string().nullable(),
  serviceVersionId: z.int().nullable(),
  evidence: z.string(),
  rule: z.string().nullable(),
  octetsUp: octets,
  octetsDown: octets,
});
const chargeSchema = z.looseObject({
  kind: z.string(),
  segment: z.int().nullable(),
  rule: z.string(),
  octets: octets.optional(),
  taxPercent: z.string().optional(),
  pack: z.string().optional(),
  group: z.string().optional(),
  amount: z.string(),
});
const ratedSchema = z.looseObject({
  period: z.looseObject({ month: z.string(), from: z.string(), to: z.string() }),
  currency: z.looseObject({ code: z.string(), exponent: z.int() }),
  usage: z.array(usageSchema),
  charges: z.array(chargeSchema),
  totals: z.looseObject({ net: z.string(), tax: z.string(), amount: z.string() }),
  carriedOutOctets: octets,
});
type Rated = z.output<typeof ratedSchema>;

/** One line that a statement should have shown otherwise; a line that it lacked was 0. */
export interface CorrectedLine {
  section: 'usage' | 'charge';
  /** What names the line on its statement. */
  line: Record<string, string | number | null>;
  before: Record<string, string>;
  after: Record<string, string>;
  difference: Record<string, string>;
}

export interface Difference {
  lines: CorrectedLine[];
  /** What is due in addition; negative = credit. */
  amount: string;
  net: string;
  tax: string;
}

/** Reads what was rated from the document of a statement, or from `after` of the correction before. */
export function ratedOf(document: unknown): Rated {
  return ratedSchema.parse(document);
}

/**
 * Whether a document (of a statement, or of the correction before) has the very lines of `after` in it, to the byte: most
 * have, and need not be parsed. A quote within a string is escaped, and no other object of either document has members
 * of these names, so a text that is found is the lines themselves. Where it is false, {@link difference} tells. Pure.
 */
export function saysTheSame(document: string, after: Record<string, JsonValue>): boolean {
  return ['usage', 'charges'].every((name) =>
    document.includes(`"${name}":${canonicalJson(after[name] ?? null)}`),
  );
}

/** What changed between two ratings of one period, line by line. Lines with nothing changed are left out. Pure. */
export function difference(before: Rated, after: Rated): Difference {
  const { exponent } = after.currency;
  const lines = [
    ...compare('usage', usageLines(before), usageLines(after), exponent),
    ...compare('charge', chargeLines(before), chargeLines(after), exponent),
  ];
  const total = (field: 'amount' | 'net' | 'tax') =>
    sumMoney([after.totals[field], negateMoney(before.totals[field])], exponent);
  return { lines, amount: total('amount'), net: total('net'), tax: total('tax') };
}

interface CorrectionHead {
  simId: string;
  statement: number;
  statementHash: string;
  position: number;
  /** Hash of the correction before; null on the first. */
  previousHash: string | null;
  /** UNIX milliseconds. */
  correctedAt: number;
}

/** The document of a correction: canonical JSON, which is what is hashed. `after` is the whole period as it is now. */
export function correctionDocument(
  head: CorrectionHead,
  change: Difference,
  after: Record<string, JsonValue>,
): string {
  return canonicalJson({
    ...head,
    correctedAt: new Date(head.correctedAt).toISOString(),
    direction: directionOf(change.amount),
    amount: change.amount,
    net: change.net,
    tax: change.tax,
    lines: change.lines.map((line) => ({ ...line })),
    after,
  });
}

export type Direction = 'debit' | 'credit' | 'none';

export function directionOf(amount: string): Direction {
  if (/^-?[0.]+$/.test(amount)) return 'none';
  return amount.startsWith('-') ? 'credit' : 'debit';
}

type Line = Pick<CorrectedLine, 'line'> & { values: Record<string, string> };

function usageLines(rated: Rated): Line[] {
  return rated.usage.map((one) => ({
    line: {
      segment: one.segment,
      treatment: one.treatment,
      reason: one.reason,
      planRule: one.planRule,
      serviceCode: one.serviceCode,
      serviceVersionId: one.serviceVersionId,
      evidence: one.evidence,
      rule: one.rule,
    },
    values: { octetsUp: one.octetsUp, octetsDown: one.octetsDown },
  }));
}

function chargeLines(rated: Rated): Line[] {
  return rated.charges.map((one) => ({
    line: {
      kind: one.kind,
      segment: one.segment,
      rule: one.rule,
      taxPercent: one.taxPercent ?? null,
      ...(one.pack !== undefined && { pack: one.pack }),
      ...(one.group !== undefined && { group: one.group }),
    },
    values: { octets: one.octets ?? '0', amount: one.amount },
  }));
}

function compare(
  section: CorrectedLine['section'],
  before: readonly Line[],
  after: readonly Line[],
  exponent: number,
): CorrectedLine[] {
  const sums = new Map<string, { line: Line['line']; before: Line['values']; after: Line['values'] }>();
  const gather = (lines: readonly Line[], side: 'before' | 'after') => {
    for (const { line, values } of lines) {
      const key = JSON.stringify(line);
      const known = sums.get(key) ?? { line, before: {}, after: {} };
      for (const [name, value] of Object.entries(values))
        known[side][name] = plus(name, known[side][name] ?? zero(name, exponent), value, exponent);
      sums.set(key, known);
    }
  };
  gather(before, 'before');
  gather(after, 'after');
  return [...sums.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { line, before: was, after: is }]) => {
      const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
      const full = (values: Line['values']) =>
        Object.fromEntries(names.map((name) => [name, values[name] ?? zero(name, exponent)]));
      const [old, now] = [full(was), full(is)];
      const change = Object.fromEntries(
        names.map((name) => [name, plus(name, now[name] ?? '0', negateMoney(old[name] ?? '0'), exponent)]),
      );
      const same = Object.values(change).every((value) => /^[0.]+$/.test(value));
      return same ? [] : [{ section, line, before: old, after: now, difference: change }];
    });
}

function plus(name: string, a: string, b: string, exponent: number): string {
  return sumMoney([a, b], name === 'amount' ? exponent : 0);
}

function zero(name: string, exponent: number): string {
  return sumMoney([], name === 'amount' ? exponent : 0);
}
