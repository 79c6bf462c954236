import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Nest injection token for the {@link Logger} of the process. */
export const LOGGER = Symbol('Logger');

/**
 * JSON lines on standard output (or `stream`). Anything called a secret is cut out whatever object it stands in; callers keep SIM
 * traffic and addresses out themselves.
 */
export function createLogger(level: string, stream?: { write(line: string): void }): Logger {
  const names = ['authorization', 'secret', 'secrets', 'password', 'token', 'apiKey'];
  const options = {
    level,
    base: null,
    redact: { paths: names.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[cut]' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  return stream === undefined ? pino(options) : pino(options, stream);
}
