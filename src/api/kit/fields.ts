import { z } from 'zod';
import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT } from '../../shared/index.js';

/** Fields that several resources share, with the words that the OpenAPI document shows for them. */

/** A time as the API writes it. */
export const instant = z.iso
  .datetime({ precision: 3 })
  .meta({ id: 'Instant', description: 'UTC, in milliseconds.', examples: ['2026-10-01T00:00:00.000Z'] });

/** A time as the API takes it: RFC 3339 with an offset. Out: UNIX milliseconds. */
export const instantInput = z.iso
  .datetime({ offset: true, error: 'write a time such as 2026-10-01T00:00:00+09:00' })
  .transform((text) => Date.parse(text))
  .meta({ examples: ['2026-10-01T00:00:00+09:00'] });

/** UNIX milliseconds as the API writes them. */
export function toInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Octets as the API writes them: a decimal string, since a month of a fleet can pass 2^53. */
export const octets = z
  .string()
  .regex(/^-?\d+$/)
  .meta({ id: 'Octets', description: 'Octets as a decimal string: exact beyond 2^53.', examples: ['58956'] });

const limit = z.coerce
  .number({ error: 'write a whole number' })
  .int('write a whole number')
  .min(1, 'at least 1')
  .max(MAX_PAGE_LIMIT, `at most ${MAX_PAGE_LIMIT}; use the cursor for more`)
  .default(DEFAULT_PAGE_LIMIT)
  .meta({ description: 'Most items on the page.' });

const cursor = z
  .string()
  .min(1)
  .max(2048)
  .optional()
  .meta({ description: '`nextCursor` of the page before, as it came; leave out for the first page.' });

/** Query of every list. Strict: an unknown parameter is refused. */
export const pageQuery = z.strictObject({ limit, cursor });

/** Answer of every list. */
export function pageOfItems<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Hand it back as `cursor` for the next page; null = last page.' }),
  });
}
