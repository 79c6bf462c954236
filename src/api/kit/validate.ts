import type { z } from 'zod';
import { fieldErrors } from '../../shared/index.js';
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
