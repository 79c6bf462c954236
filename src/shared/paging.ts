import { Refusal } from './errors.js';

export const DEFAULT_PAGE_LIMIT = 100;
export const MAX_PAGE_LIMIT = 1000;

/** One page of a list that is ordered by a unique key (keyset paging: stays stable while rows are written). */
export interface PageRequest {
  /** 1..{@link MAX_PAGE_LIMIT}. */
  limit: number;
  /** `nextCursor` of the page before; absent = from the start. */
  cursor?: string | undefined;
}

export interface Page<T> {
  items: T[];
  /** Hand it back for the next page; null = this was the last one. */
  nextCursor: string | null;
}

/** The key of the last row of a page: what the next page starts after. Integers beyond 2^53 travel as strings. */
export type CursorKey = readonly (string | number)[];

/** An opaque cursor: base64url of the list's name and the key of the last row. */
export function encodeCursor(list: string, key: CursorKey): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
}

/**
 * The key in a cursor that {@link encodeCursor} made for the same list; `shape` gives the type of each part.
 * Throws a {@link Refusal} that names `/cursor` for anything else.
 */
export function decodeCursor<const Shape extends readonly ('string' | 'number')[]>(
  list: string,
  cursor: string,
  shape: Shape,
): { -readonly [I in keyof Shape]: Shape[I] extends 'number' ? number : string } {
  const parts = parseParts(cursor);
  const sound =
    parts !== undefined &&
    parts.length === shape.length + 1 &&
    parts[0] === list &&
    shape.every((type, index) => typeof parts[index + 1] === type);
  if (!sound) {
    const detail =
      'is not a cursor of this list; use nextCursor of the page before as it came, or leave it out';
    throw new Refusal('invalid', `The cursor ${detail}.`, [{ pointer: '/cursor', detail }]);
  }
  return parts.slice(1) as { -readonly [I in keyof Shape]: Shape[I] extends 'number' ? number : string };
}

function parseParts(cursor: string): unknown[] | undefined {
  if (cursor.length > 2048 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** A page from `limit + 1` rows: the row too many only tells that there is a next page. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    items: kept.map(itemOf),
    nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null,
  };
}
