import { parseAddress } from './address.js';
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

const isWhole = (part: unknown, least: number, most: number) =>
  Number.isInteger(part) && (part as number) >= least && (part as number) <= most;

/** What a part of a key may be; the database can compare its column with any of them. */
const PARTS = {
  /** Text that Postgres can hold. */
  text: (part: unknown) => typeof part === 'string' && !/\0|\p{Surrogate}/u.test(part),
  /** A bigint. */
  id: (part: unknown) => typeof part === 'string' && /^\d{1,18}$/.test(part),
  /** A sum of bigints. */
  digits: (part: unknown) => typeof part === 'string' && /^\d{1,30}$/.test(part),
  uuid: (part: unknown) => typeof part === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(part),
  address: (part: unknown) => typeof part === 'string' && parseAddress(part) !== undefined,
  /** A bigint that a number holds exactly. */
  number: (part: unknown) => isWhole(part, 0, Number.MAX_SAFE_INTEGER),
  integer: (part: unknown) => isWhole(part, 0, 2 ** 31 - 1),
  /** UNIX milliseconds of the years 1 to 9999. */
  time: (part: unknown) => isWhole(part, -62_135_596_800_000, 253_402_300_799_999),
} as const satisfies Record<string, (part: unknown) => boolean>;
export type CursorPart = keyof typeof PARTS;

/**
 * The key in a cursor that {@link encodeCursor} made for the same list; `shape` says what each part may be. Throws a
 * {@link Refusal} that names `/cursor` for anything else: a caller can write any JSON into one.
 */
export function decodeCursor<const Shape extends readonly CursorPart[]>(
  list: string,
  cursor: string,
  shape: Shape,
): { -readonly [I in keyof Shape]: Shape[I] extends 'number' | 'integer' | 'time' ? number : string } {
  const parts = parseParts(cursor);
  const sound =
    parts !== undefined &&
    parts.length === shape.length + 1 &&
    parts[0] === list &&
    shape.every((kind, index) => PARTS[kind](parts[index + 1]));
  if (!sound) {
    const detail =
      'is not a cursor of this list; use nextCursor of the page before as it came, or leave it out';
    throw new Refusal('invalid', `The cursor ${detail}.`, [{ pointer: '/cursor', detail }]);
  }
  return parts.slice(1) as {
    -readonly [I in keyof Shape]: Shape[I] extends 'number' | 'integer' | 'time' ? number : string;
  };
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
