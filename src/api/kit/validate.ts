import type { z } from 'zod';
import { fieldErrors, toPointer } from '../../shared/index.js';
import { Problem, type FieldPlace, type ProblemField } from './problem.js';
import type { RouteSpec } from './route.js';

export interface RawInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** The validated input of a route. Throws one {@link Problem} that names every bad field of path, query and body. */
export function validateInput(route: RouteSpec, raw: RawInput): RawInput {
  const faults: ProblemField[] = [];
  for (const [place, value] of [
    ['path', raw.params],
    ['query', raw.query],
    ['body', raw.body],
  ] as const)
    unstorable(value, place, [], faults);
  if (faults.length > 0) throw new Problem('invalid', `${summary(faults)}.`, faults);
  const input = {
    params: part(route.params, raw.params, 'path', faults),
    query: part(route.query, raw.query, 'query', faults),
    body: part(route.body, raw.body, 'body', faults),
  };
  if (faults.length > 0) {
    throw new Problem('invalid', `${summary(faults)}.`, faults);
  }
  return input;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Text that Postgres cannot hold: NUL, and halves of surrogate pairs; and a name that would be lost. Refused here, once, for every field. Bodies are
 * nested no deeper than jsonFaults lets them be.
 */
function unstorable(
  value: unknown,
  place: FieldPlace,
  at: readonly PropertyKey[],
  faults: ProblemField[],
): void {
  if (typeof value === 'string') {
    if (!value.includes('\u0000') && !LONE_SURROGATE.test(value)) return;
    faults.push({ in: place, pointer: toPointer(at), detail: 'holds NUL or half a character; remove it' });
  } else if (value !== null && typeof value === 'object') {
    for (const [key, member] of Object.entries(value)) {
      // What reads an object would pass over it in silence.
      if (key === '__proto__')
        faults.push({
          in: place,
          pointer: toPointer([...at, key]),
          detail: 'no field has this name; remove it',
        });
      if (!Array.isArray(value)) unstorable(key, place, at, faults);
      unstorable(member, place, [...at, key], faults);
    }
  }
}

function part(
  schema: z.ZodType | undefined,
  value: unknown,
  place: FieldPlace,
  faults: ProblemField[],
): unknown {
  if (schema === undefined) {
    const names = value !== null && typeof value === 'object' ? Object.keys(value) : [];
    for (const name of place === 'path' ? [] : names)
      faults.push({
        in: place,
        pointer: `/${name}`,
        detail: 'This operation takes no such field; remove it',
      });
    if (place === 'body' && value !== undefined && names.length === 0)
      faults.push({ in: place, pointer: '', detail: 'This operation takes no body; send none' });
    return undefined;
  }
  if (place === 'body' && value === undefined && !schema.safeParse(undefined).success) {
    faults.push({ in: place, pointer: '', detail: 'A body is needed; send one as application/json' });
    return undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  faults.push(...fieldErrors(parsed.error).map((field) => ({ in: place, ...field })));
  return undefined;
}

function summary(faults: readonly ProblemField[]): string {
  const [first] = faults;
  const where = `${first?.in ?? ''} ${first?.pointer === '' ? '(whole)' : (first?.pointer ?? '')}`.trim();
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more, see errors)` : '';
  return `${where}: ${first?.detail ?? ''}${more}`;
}
