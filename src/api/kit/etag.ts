import { createHash } from 'node:crypto';
import { Refusal } from '../../shared/index.js';
import type { RequestContext } from './context.js';
import { toJson } from './json.js';
import { Problem } from './problem.js';
import type { RouteSpec } from './route.js';

/**
 * A strong ETag (RFC 9110, 8.8.3): the revision of what is stored, if it has one, and a digest of the representation,
 * since a representation also changes with time (which version is in force).
 */
export function etagOf(representation: string, revision?: number): string {
  const digest = createHash('sha256').update(representation).digest('base64url').slice(0, 22);
  return revision === undefined ? `"${digest}"` : `"${revision}.${digest}"`;
}

/** RFC 9110, 13.1.2: true if the caller has this representation already. Weak comparison. */
export function ifNoneMatchHits(header: string | undefined, current: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || tagsOf(header).some((tag) => tag.replace(/^W\//, '') === current);
}

/** The tags that an `If-Match` names; undefined where there is none or it is `*`. */
export function ifMatchTags(header: string | undefined): readonly string[] | undefined {
  return header === undefined || header.trim() === '*' ? undefined : tagsOf(header);
}

/** The revisions that tags name. Weak ones never match (RFC 9110, 13.1.1). */
export function revisionsIn(tags: readonly string[]): readonly number[] {
  return tags.flatMap((tag) => {
    const revision = /^"(\d{1,15})\./.exec(tag)?.[1];
    return revision === undefined ? [] : [Number(revision)];
  });
}

function tagsOf(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}

/**
 * Changes something that exists. What it was is noted for the audit log; an `If-Match` is held against its revision
 * before the change and, through `apply`, at it. Throws `changed_meanwhile` (412).
 */
export async function changing<
  Field extends 'revision' | 'version',
  View extends Record<Field, number>,
  Result,
>(
  context: RequestContext,
  field: Field,
  read: () => Promise<View>,
  apply: (ifRevision: number | undefined) => Promise<Result>,
): Promise<Result> {
  const before = await read();
  context.before = before;
  if (context.ifMatch === undefined) return apply(undefined);
  if (!revisionsIn(context.ifMatch).includes(before[field])) throw changedMeanwhile();
  try {
    return await apply(before[field]);
  } catch (error) {
    const stale =
      error instanceof Refusal && error.code === 'conflict' && (await read())[field] !== before[field];
    throw stale ? changedMeanwhile() : error;
  }
}

/**
 * Notes for the audit log what is about to be taken away. It counts no revisions (`etag: 'content'`), so an `If-Match` is
 * held against the representation that its GET gives. Throws `changed_meanwhile` (412).
 */
export function noteFound(context: RequestContext, view: object): void {
  context.before = view;
  if (context.ifMatch !== undefined && !context.ifMatch.includes(etagOf(toJson(view))))
    throw changedMeanwhile();
}

/** A precondition that cannot be looked at must not pass for one that holds. */
export function refuseUnheldPrecondition(context: RequestContext, route: RouteSpec): void {
  if (context.ifMatch === undefined || route.method === 'GET' || route.etag !== undefined) return;
  throw new Problem('changed_meanwhile', 'Nothing here has an ETag; send the request without If-Match.');
}

function changedMeanwhile(): Problem {
  return new Problem(
    'changed_meanwhile',
    'It has changed since you read it; read it again and repeat your change.',
  );
}
