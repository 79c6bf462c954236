import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, sumMoney } from '../rating/index.js';
import { Refusal } from '../shared/index.js';
import { documentHash } from './statement-document.js';

/** A final statement as it is stored: its document, and what the database says of it beside that. */
export interface StoredStatement {
  number: string;
  /** Null: its SIM is not in the database any more. */
  simId: string | null;
  chainPosition: number;
  month: string;
  timeZone: string;
  anchorDay: number;
  currency: string;
  /** UNIX milliseconds, as text. */
  periodFrom: string;
  periodTo: string;
  finalizedAt: string;
  octetsUp: string;
  octetsDown: string;
  freeOctets: string;
  billedOctets: string;
  notCountedOctets: string;
  carriedOutOctets: string;
  net: string;
  tax: string;
  amount: string;
  correctionsAmount: string;
  document: string;
  /** Hex. */
  hash: string;
  /** Of the SIM's statement before it, as that is stored; null where there is none. */
  hashBefore: string | null;
  /** JSON of the completeness that its closing fixed; null: its closing is gone. */
  completeness: string | null;
  /** Corrections that are stored as settled on it. */
  settles: readonly SettledCorrection[];
}

export interface SettledCorrection {
  id: string;
  statement: string;
  position: number;
  amount: string;
  /** Hex. */
  hash: string;
}

export interface StoredCorrection extends SettledCorrection {
  simId: string | null;
  carriedOutOctets: string;
  /** UNIX milliseconds, as text. */
  correctedAt: string;
  document: string;
  /** Of its statement, as that is stored; null where there is none. */
  statementHash: string | null;
  /** Of the correction of that statement before it; null where there is none. */
  hashBefore: string | null;
}

const statementSchema = z.object({
  status: z.literal('final'),
  number: z.int(),
  simId: z.string(),
  chainPosition: z.int(),
  previousHash: z.string().nullable(),
  finalizedAt: z.string(),
  period: z.object({
    month: z.string(),
    from: z.string(),
    to: z.string(),
    timeZone: z.string(),
    anchorDay: z.int(),
  }),
  currency: z.object({ code: z.string(), exponent: z.int() }),
  completeness: z.record(z.string(), z.string()),
  corrections: z
    .array(
      z.object({
        id: z.string(),
        statement: z.int(),
        position: z.int(),
        amount: z.string(),
        hash: z.string(),
      }),
    )
    .default([]),
  carriedOutOctets: z.string(),
  totals: z.object({
    octetsUp: z.string(),
    octetsDown: z.string(),
    freeOctets: z.string(),
    billedOctets: z.string(),
    notCountedOctets: z.string(),
    net: z.string(),
    tax: z.string(),
    amount: z.string(),
  }),
});

const correctionSchema = z.object({
  simId: z.string(),
  statement: z.int(),
  statementHash: z.string(),
  position: z.int(),
  previousHash: z.string().nullable(),
  correctedAt: z.string(),
  amount: z.string(),
  after: z.object({ carriedOutOctets: z.string() }),
});

/** What is wrong with a stored statement, in words; null = nothing. Pure. */
export function statementFault(stored: StoredStatement): string | null {
  if (documentHash(stored.document) !== stored.hash) return 'the document is not the one that was hashed';
  const said = readAs(statementSchema, stored.document);
  if (said === null) return 'the document is no final statement';
  if (said.chainPosition > 1 && stored.hashBefore === null)
    return `statement ${said.chainPosition - 1} of the SIM is missing`;
  if (said.previousHash !== stored.hashBefore) return 'it does not name the statement before it';
  const { period, totals, currency } = said;
  return (
    differing({
      number: [String(said.number), stored.number],
      SIM: [said.simId, stored.simId],
      'place in the chain': [said.chainPosition, stored.chainPosition],
      month: [period.month, stored.month],
      'time zone': [period.timeZone, stored.timeZone],
      'anchor day': [period.anchorDay, stored.anchorDay],
      currency: [`${currency.code}/${currency.exponent}`, stored.currency],
      'begin of the period': [milliseconds(period.from), stored.periodFrom],
      'end of the period': [milliseconds(period.to), stored.periodTo],
      date: [milliseconds(said.finalizedAt), stored.finalizedAt],
      'octets up': [totals.octetsUp, stored.octetsUp],
      'octets down': [totals.octetsDown, stored.octetsDown],
      'free octets': [totals.freeOctets, stored.freeOctets],
      'billed octets': [totals.billedOctets, stored.billedOctets],
      'octets not counted': [totals.notCountedOctets, stored.notCountedOctets],
      'octets carried out': [said.carriedOutOctets, stored.carriedOutOctets],
      net: [plain(totals.net), plain(stored.net)],
      tax: [plain(totals.tax), plain(stored.tax)],
      amount: [plain(totals.amount), plain(stored.amount)],
      'amount of corrections': [
        plain(
          sumMoney(
            said.corrections.map(({ amount }) => amount),
            currency.exponent,
          ),
        ),
        plain(stored.correctionsAmount),
      ],
      completeness: [
        canonicalJson(said.completeness),
        stored.completeness === null
          ? null
          : canonicalJson(JSON.parse(stored.completeness) as Record<string, string>),
      ],
    }) ?? settlesOthers(said.corrections, stored.settles)
  );
}

/** What is wrong with a stored correction, in words; null = nothing. Pure. */
export function correctionFault(stored: StoredCorrection): string | null {
  if (documentHash(stored.document) !== stored.hash) return 'the document is not the one that was hashed';
  const said = readAs(correctionSchema, stored.document);
  if (said === null) return 'the document is no correction';
  if (stored.statementHash === null) return 'the statement that it corrects is missing';
  if (said.statementHash !== stored.statementHash) return 'it does not name the statement as that is stored';
  if (said.position > 1 && stored.hashBefore === null) return `correction ${said.position - 1} is missing`;
  if (said.previousHash !== stored.hashBefore) return 'it does not name the correction before it';
  return differing({
    SIM: [said.simId, stored.simId],
    statement: [String(said.statement), stored.statement],
    position: [said.position, stored.position],
    date: [milliseconds(said.correctedAt), stored.correctedAt],
    amount: [plain(said.amount), plain(stored.amount)],
    'octets carried out': [said.after.carriedOutOctets, stored.carriedOutOctets],
  });
}

function settlesOthers(
  said: readonly z.output<typeof statementSchema>['corrections'][number][],
  stored: readonly SettledCorrection[],
): string | null {
  const key = (one: {
    id: string;
    statement: string | number;
    position: number;
    amount: string;
    hash: string;
  }) => JSON.stringify([one.id, String(one.statement), one.position, plain(one.amount), one.hash]);
  const left = new Map(stored.map((one) => [key(one), one.id]));
  const lost = said.find((one) => !left.delete(key(one)));
  if (lost !== undefined) return `correction ${lost.id}, which it settles, is not stored so`;
  const [extra] = left.values();
  return extra === undefined
    ? null
    : `it says nothing of correction ${extra}, which is stored as settled on it`;
}

function readAs<T>(schema: z.ZodType<T>, document: string): T | null {
  try {
    return schema.parse(JSON.parse(document));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

/** The first value that a document says otherwise than the columns beside it. */
function differing(
  values: Readonly<Record<string, readonly [said: unknown, stored: unknown]>>,
): string | null {
  const found = Object.entries(values).find(([, [said, stored]]) => said !== stored);
  if (found === undefined) return null;
  const [name, [said, stored]] = found;
  return `its ${name} is stored as ${String(stored)}, and ${String(said)} in the document`;
}

function milliseconds(time: string): string {
  return String(Date.parse(time));
}

/** `numeric` columns may keep zeros that the document does not write, and the other way round. */
function plain(amount: string): string {
  const short = amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
  return short === '-0' ? '0' : short;
}

/**
 * One short text for all that was final at some time: the last statement's number, the last correction's id, and a
 * SHA-256 over the numbers and hashes up to them. Kept outside of the database it tells whether any of it was changed since,
 * even by somebody who could change every hash.
 */
export interface Mark {
  statement: number;
  correction: number;
  hash: string;
}

export function markText({ statement, correction, hash }: Mark): string {
  return `${statement}-${correction}-${hash}`;
}

/** Throws a {@link Refusal} (`invalid`). */
export function parseMark(text: string): Mark {
  const found = /^(\d{1,15})-(\d{1,15})-([0-9a-f]{64})$/.exec(text.trim());
  if (found === null)
    throw new Refusal(
      'invalid',
      `"${text}" is no mark: give one that "countfree verify" has printed, such as 1200-7- and 64 hexadecimal digits.`,
      [{ pointer: '/mark', detail: 'NUMBER-CORRECTION-HASH' }],
    );
  const [, statement = '', correction = '', hash = ''] = found;
  return { statement: Number(statement), correction: Number(correction), hash };
}

/** Makes the mark of what it is fed, in order; and the mark that an earlier one would have today. */
export class MarkMaker {
  private readonly statements = createHash('sha256');
  private readonly corrections = createHash('sha256');
  private last = { statement: 0, correction: 0 };
  private statementsThen: string | null = null;
  private correctionsThen: string | null = null;

  /** @param earlier a mark that was made before */
  constructor(private readonly earlier: Mark | null = null) {}

  statement(number: number, hash: string): void {
    if (this.earlier !== null && number > this.earlier.statement)
      this.statementsThen ??= this.statements.copy().digest('hex');
    this.statements.update(`${number} ${hash}\n`);
    this.last.statement = number;
  }

  correction(id: number, hash: string): void {
    if (this.earlier !== null && id > this.earlier.correction)
      this.correctionsThen ??= this.corrections.copy().digest('hex');
    this.corrections.update(`${id} ${hash}\n`);
    this.last.correction = id;
  }

  /** Nothing may be fed after it. */
  finish(): { mark: Mark; holds: boolean | null } {
    const [statements, corrections] = [this.statements.digest('hex'), this.corrections.digest('hex')];
    const { earlier } = this;
    return {
      mark: { ...this.last, hash: both(statements, corrections) },
      holds:
        earlier === null
          ? null
          : earlier.hash === both(this.statementsThen ?? statements, this.correctionsThen ?? corrections),
    };
  }
}

function both(statements: string, corrections: string): string {
  return createHash('sha256').update(`${statements} ${corrections}\n`).digest('hex');
}
