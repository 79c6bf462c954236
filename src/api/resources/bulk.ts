import { z } from 'zod';
import type { RequestContext } from '../kit/context.js';

/** Rows of one bulk request; 100,000 sessions are about 20 MB. */
const MOST_ROWS = 200_000;

/** Body of a bulk request: rows that are each validated on their own. */
export function bulkOf(row: z.ZodType) {
  return z.strictObject({
    items: z
      .array(z.unknown())
      .min(1, 'send at least one row')
      .max(MOST_ROWS, `send at most ${MOST_ROWS} rows in one request`)
      .meta({
        description: 'Rows; each is taken or refused on its own.',
        items: z.toJSONSchema(row, { io: 'input' }),
      }),
  });
}

/** Characters of JSON that the audit log keeps of what a bulk request found. */
const MOST_FOUND = 48 * 1024;

/** Notes for the audit log what a request found of the rows that it changed: the first ones, and how many more. */
export function notingFound(context: RequestContext): (found: readonly object[]) => void {
  const before = { items: [] as object[], omitted: 0 };
  let room = MOST_FOUND;
  return (found) => {
    for (const view of found) {
      room -= JSON.stringify(view).length;
      if (room > 0) before.items.push(view);
      else before.omitted += 1;
    }
    if (before.items.length > 0) context.before = before;
  };
}

export const bulkResult = z
  .strictObject({
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    errors: z.array(
      z.strictObject({
        index: z.int().meta({ description: 'Position of the row in the request, from 0.' }),
        code: z.enum(['invalid', 'not_found', 'conflict']),
        errors: z.array(
          z.strictObject({
            pointer: z.string().meta({ description: 'JSON pointer within the row.' }),
            detail: z.string(),
          }),
        ),
      }),
    ),
  })
  .meta({
    id: 'BulkResult',
    description: 'Good rows are in, bad ones are named. The same request again changes nothing.',
  });
