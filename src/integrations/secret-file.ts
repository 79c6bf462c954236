import { readFile } from 'node:fs/promises';
import { Refusal } from '../shared/index.js';

/** Text of the file that an environment variable names. Throws a {@link Refusal} that names the variable. */
export async function readSecretFile(variable: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      'invalid',
      `${variable} cannot be read (${reason}): give a file that this user may read.`,
    );
  }
}

/** The JSON of such a file. Throws a {@link Refusal} in which nothing of the text stands: it may be a secret. */
export function parseSecretFile(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new Refusal('invalid', `${path} is no JSON: docs/sessions.md shows its form.`);
  }
}
