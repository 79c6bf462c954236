import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { LOGGER, Refusal, type Logger } from '../../shared/index.js';
import { contextOf } from './context.js';
import { Problem, REFUSAL_PROBLEMS, type FieldPlace, type ProblemField } from './problem.js';

/**
 * Turns whatever a request ends with into application/problem+json. What a caller cannot mend is told to the log, in
 * full, and to the caller only as the id under which it stands there.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<Request>(), http.getResponse<Response>());
  }

  answer(error: unknown, request: Request, response: Response): void {
    const context = contextOf(request);
    const problem = toProblem(error, context.route?.body === undefined ? 'query' : 'body');
    if (problem.status >= 500) this.logger.error({ err: error, requestId: context.id }, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    for (const name of ['etag', 'content-disposition', 'content-encoding']) response.removeHeader(name);
    response
      .status(problem.status)
      .set(problem.headers)
      .set('content-type', 'application/problem+json')
      .send(Buffer.from(JSON.stringify(problem.body(context.id))));
  }
}

/**
 * The problem that stands for an error; anything unforeseen is `internal` and says nothing of itself. `place`: what the
 * pointers of a domain's refusal point into.
 */
export function toProblem(error: unknown, place: FieldPlace): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Refusal) {
    const fields = error.fields.map((field): ProblemField => ({
      in: place,
      ...field,
    }));
    const kind = REFUSAL_PROBLEMS[error.code];
    const headers = kind === 'unavailable' ? { 'retry-after': '5' } : {};
    return new Problem(kind, error.message, fields, kind === 'unauthenticated' ? CHALLENGE : headers);
  }
  if (error instanceof HttpException && error.getStatus() < 500) {
    return new Problem('malformed', 'The request cannot be read; mend its path, headers and body.');
  }
  if (isUriError(error)) return new Problem('malformed', 'The path has a broken %-escape.');
  if (isDatabaseAway(error)) {
    return new Problem('unavailable', 'The database cannot be reached; try again shortly.', [], {
      'retry-after': '5',
    });
  }
  return new Problem('internal', 'The service failed; its log has the cause under the id in `instance`.');
}

/** RFC 6750. */
export const CHALLENGE: Readonly<Record<string, string>> = { 'www-authenticate': 'Bearer realm="countfree"' };

function isUriError(error: unknown): boolean {
  return error instanceof URIError;
}

const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  '57P01',
  '57P03',
  '08006',
  '08001',
  '53300',
]);

function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const driver = 'driverError' in error ? error.driverError : error;
  const code = driver !== null && typeof driver === 'object' && 'code' in driver ? driver.code : undefined;
  const message = driver instanceof Error ? driver.message : '';
  const syscall =
    driver !== null && typeof driver === 'object' && 'syscall' in driver ? driver.syscall : undefined;
  if (code === 'ENOENT') return syscall === 'connect';
  return (
    (typeof code === 'string' && AWAY.has(code)) ||
    /^(Connection terminated|timeout exceeded when trying to connect)/.test(message)
  );
}
