import { createHash } from 'node:crypto';

/** A strong ETag (RFC 9110, 8.8.3) of a representation: equal bytes, equal tag. */
export function etagOf(representation: string): string {
  return `"${createHash('sha256').update(representation).digest('base64url').slice(0, 27)}"`;
}

/** RFC 9110, 13.1.1: true if the change may go on. Weak tags never match; `*` matches whatever exists. */
export function ifMatchHolds(header: string, current: string): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim() === current);
}

/** RFC 9110, 13.1.2: true if the caller has this representation already. Weak comparison. */
export function ifNoneMatchHits(header: string | undefined, current: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === current);
}
