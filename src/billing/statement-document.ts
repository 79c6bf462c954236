import { createHash } from 'node:crypto';
import { canonicalJson, ratedDocument, type JsonValue, type RatedPeriod } from '../rating/index.js';

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
  /** Octets and packets that were on nobody's account in the period, over the whole system. */
  completeness: Readonly<Record<string, string>>;
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
    ...ratedDocument(rated),
  };
  return canonicalJson(document);
}

/** SHA-256 of a document, hex. */
export function documentHash(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}
