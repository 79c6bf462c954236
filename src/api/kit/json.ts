/** JSON of an answer: a bigint becomes a decimal string, as its schema says. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}
