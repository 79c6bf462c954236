/** Largest value that is kept in a row of the log, in characters of JSON. */
const MAX_CHARACTERS = 64 * 1024;
const SECRETS = new Set(['secret', 'secrets', 'password', 'token']);

/**
 * What may stand in the audit log for a value: plain JSON without secrets, and only its size where it is very large (a
 * bulk request names its rows in the tables that it writes).
 */
export function auditable(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  const text = JSON.stringify(value, (key, part: unknown) =>
    SECRETS.has(key) ? undefined : typeof part === 'bigint' ? part.toString() : part,
  ) as string | undefined;
  if (text === undefined) return null;
  if (text.length > MAX_CHARACTERS) return { omitted: `${text.length} characters` };
  // Postgres has no NUL in jsonb.
  return JSON.parse(text.replaceAll('\\u0000', '\\ufffd')) as unknown;
}
