import type { z } from 'zod';
import { Refusal, type FieldError } from './errors.js';

/** RFC 6901 pointer of a path within a JSON document. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Every fault of a failed parse; an unknown field is pointed at itself, not at its parent. */
export function fieldErrors(error: z.ZodError, base: readonly PropertyKey[] = []): FieldError[] {
  return error.issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: toPointer([...path, key]),
        detail: 'no such field here: remove it or mend its name',
      }));
    }
    return [{ pointer: toPointer(path), detail: issue.message }];
  });
}

/** Parses `input`, or throws a {@link Refusal} (`invalid`) that names every field at fault. */
export function parseOrRefuse<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = fieldErrors(parsed.error);
  const summary = fields.map((field) => `${field.pointer || '/'}: ${field.detail}`).join('; ');
  throw new Refusal('invalid', `The input is not valid: ${summary}`, fields);
}
