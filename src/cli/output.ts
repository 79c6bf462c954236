import { Refusal } from '../shared/plain.js';

/** Exit codes: 0 done, 1 a fault of the program or of the host, 2 the caller's input or configuration. */
export const EXIT_INPUT = 2;
export const EXIT_FAILURE = 1;

/**
 * Runs a command and turns what it throws into text on standard error and an exit code. A refusal is for the caller: its
 * message says what to do, so no stack trace is shown.
 */
export async function runCommand(work: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    const code = error instanceof Refusal ? EXIT_INPUT : EXIT_FAILURE;
    process.exitCode = code;
    // Exit rather than return: what a failed start had begun, such as a private server, would keep the process alive.
    process.stderr.write(`countfree: ${describeError(error)}\n`, () => process.exit(code));
  }
}

/** One line for a refusal; for a fault of the program the stack, as a report needs it. */
export function describeError(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map((inner) => (inner instanceof Error ? inner.message : String(inner))).join('; ');
  }
  if (!(error instanceof Error)) return String(error);
  // Connection errors of pg and ioredis: the stack leads into the library and says nothing more.
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && /^E[A-Z]+$|^[0-9A-Z]{5}$/.test(code)) return `${error.message} (${code})`;
  return error.stack ?? error.message;
}
