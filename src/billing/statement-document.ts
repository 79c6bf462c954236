import { createHash } from 'node:crypto';
import { canonicalJson, ratedDocument, sumMoney, type JsonValue, type RatedPeriod } from '../rating/index.js';

/** What a statement says beside what was rated. */
export interface StatementHead {
  simId: string;
  /** Null on a draft. */
  final: {
    number: number;
    /** 1, 2, 3… per SIM. */
    chainPosition: number;
    /** SHA-256 (hex) of the SIM's statement before; null on its first. */
    previousHash: string | null;
    /** UNIX milliseconds. */
    finalizedAt: number;
  } | null;
  /** What is not known of the period, over the whole system. */
  completeness: Readonly<Record<string, string>>;
  /** Corrections of the SIM's earlier statements that this one settles. */
  corrections?: readonly {
    id: string;
    statement: number;
    position: number;
    month: string;
    amount: string;
    hash: string;
  }[];
}

/** The document of a statement: canonical JSON. The same input gives the same bytes. */
export function statementDocument(head: StatementHead, rated: RatedPeriod): string {
  const versions = new Map<number, string>();
  for (const { serviceVersionId, serviceCode } of rated.usage)
    if (serviceVersionId !== null && serviceCode !== null) versions.set(serviceVersionId, serviceCode);
  const { final } = head;
  const document: JsonValue = {
    status: final === null ? 'draft' : 'final',
    simId: head.simId,
    ...(final !== null && {
      number: final.number,
      chainPosition: final.chainPosition,
      previousHash: final.previousHash,
      finalizedAt: new Date(final.finalizedAt).toISOString(),
    }),
    completeness: { ...head.completeness },
    serviceVersions: [...versions]
      .sort(([a], [b]) => a - b)
      .map(([serviceVersionId, serviceCode]) => ({ serviceVersionId, serviceCode })),
    ...correctionsOf(head, rated),
    ...ratedDocument(rated),
  };
  return canonicalJson(document);
}

/** Named with their statements, and what is due with them. A statement without any says nothing of it. */
function correctionsOf(
  { corrections = [] }: StatementHead,
  { totals, currency }: RatedPeriod,
): Record<string, JsonValue> {
  if (corrections.length === 0) return {};
  const amounts = corrections.map(({ amount }) => amount);
  return {
    corrections: corrections.map(({ id, statement, position, month, amount, hash }) => ({
      id,
      statement,
      position,
      month,
      amount,
      hash,
    })),
    amountDue: sumMoney([totals.amount, ...amounts], currency.exponent),
  };
}

/** SHA-256 of a document, hex. */
export function documentHash(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}
