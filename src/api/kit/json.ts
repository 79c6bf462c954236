/** JSON of an answer: a bigint becomes a decimal string, as its schema says. */
export function toJson(value: unknown): string {
  try {
    // Most answers hold none, and a function called with every value takes longer than all the rest.
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'bigint' ? part.toString() : part,
    );
  }
}
