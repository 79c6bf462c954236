import { z } from 'zod';
import { DEFAULT_PAGE_LIMIT, instantSchema, MAX_PAGE_LIMIT } from '../../shared/index.js';

/** Fields that several resources share, with the words that the OpenAPI document shows for them. */

/** A time as the API writes it. */
export const instant = z.iso
  .datetime({ precision: 3 })
  .meta({ id: 'Instant', description: 'UTC, in milliseconds.', examples: ['2026-10-01T00:00:00.000Z'] });

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

/** Number of a version, in a path or a query. */
export const versionNumber = z.coerce
  .number({ error: 'write a whole number' })
  .int('write a whole number')
  .min(1, 'versions count from 1')
  .max(2 ** 31 - 1, 'no version has so high a number');

/** Id of something that the service numbers; a string, as it can pass 2^53. */
export const numericId = z.string().regex(/^\d{1,18}$/, 'write an id, such as 17');

/** The operator's id of a SIM, where it only looks something up: what no SIM can be called simply finds nothing. */
export const simIdText = z.string().min(1).max(128).meta({ description: "The operator's id of the SIM." });

interface Span {
  from: number;
  to: number;
}

/** Query of a span of time, with other fields. */
export function spanWith<Shape extends z.ZodRawShape>(others: Shape) {
  return (
    z
      .strictObject({
        from: instantSchema.meta({ description: 'Start, inclusive.' }),
        to: instantSchema.meta({ description: 'End, exclusive.' }),
        ...others,
      })
      // Where one of the two is no time, that is all there is to say.
      .refine((span) => !((span as Span).from >= (span as Span).to), {
        path: ['to'],
        error: 'lies after from; swap the two or widen the span',
      })
  );
}
/** Number of something that the service numbers, in a path. */
export const wholeNumber = z.coerce
  .number({ error: 'write a whole number' })
  .int('write a whole number')
  .min(1, 'at least 1');
