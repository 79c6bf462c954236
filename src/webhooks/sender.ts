import { request, type Agent, type Dispatcher } from 'undici';
import { BlockedAddressError } from './guarded-agent.js';
import { parseRetryAfter } from './schedule.js';

/** How one try ended, as the metric counts it. `refused`: an answer that is not 2xx. */
export type AttemptResult = 'success' | 'refused' | 'timeout' | 'error' | 'blocked_address';

export interface Attempt {
  result: AttemptResult;
  /** UNIX milliseconds. */
  startedAt: number;
  durationMs: number;
  /** Null where no answer came. */
  statusCode: number | null;
  /** Why no answer came; null where one did. */
  error: string | null;
  responseHeaders: Record<string, string> | null;
  /** The first bytes of the answer as text. */
  responseHead: string | null;
  /** What the receiver asked for, in milliseconds; null if nothing. */
  retryAfterMs: number | null;
}

export interface Message {
  url: string;
  headers: Record<string, string>;
  /** Sent as it is. */
  body: Buffer;
}

/** Read and kept of an answer's body, and read at most before the connection is given up. */
const HEAD_BYTES = 1024;
const READ_BYTES = 16 * 1024;
const MAX_ERROR_BYTES = 500;
const MAX_HEADERS = 32;
const MAX_HEADER_BYTES = 256;
/** May carry the receiver's own secrets, which are no business of ours. */
const SECRET_HEADERS = new Set(['set-cookie', 'set-cookie2', 'authorization', 'proxy-authenticate']);

/** Sends one message once. Never rejects: whatever happens is a kind of answer. */
export class Sender {
  constructor(
    private readonly agent: Agent,
    /** From the name look-up to the end of the answer's head. */
    private readonly timeoutMs: number,
    private readonly now: () => number,
  ) {}

  async send(message: Message): Promise<Attempt> {
    const startedAt = this.now();
    const started = performance.now();
    const ended = () => ({ startedAt, durationMs: Math.round(performance.now() - started) });
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const response = await request(message.url, {
        dispatcher: this.agent,
        method: 'POST',
        headers: {
          ...message.headers,
          'content-type': 'application/json',
          'user-agent': 'Countfree-Webhooks/1',
        },
        body: message.body,
        signal,
      });
      const responseHead = await readHead(response.body);
      const { statusCode } = response;
      const ok = statusCode >= 200 && statusCode < 300;
      return {
        ...ended(),
        result: ok ? 'success' : 'refused',
        statusCode,
        error: null,
        responseHeaders: keptHeaders(response.headers),
        responseHead,
        retryAfterMs: parseRetryAfter(oneValue(response.headers['retry-after']), this.now()),
      };
    } catch (error) {
      const none = { statusCode: null, responseHeaders: null, responseHead: null, retryAfterMs: null };
      return { ...ended(), ...none, ...describeFailure(error, signal.aborted, this.timeoutMs) };
    }
  }
}

/** The status already decides; a body that breaks off, stalls or never ends changes nothing. */
async function readHead(body: Dispatcher.ResponseData['body']): Promise<string> {
  const kept: Buffer[] = [];
  let read = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (read < HEAD_BYTES) kept.push(chunk.subarray(0, HEAD_BYTES - read));
      read += chunk.length;
      if (read > READ_BYTES) break;
    }
  } catch {
    // What has come is kept.
  }
  return cleanText(Buffer.concat(kept).toString('utf8'));
}

/** Postgres text holds no NUL; a log should hold no other control character either. */
function cleanText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** The first bytes as text; a character that is cut in two becomes a replacement, never half a surrogate pair. */
function cutText(text: string, bytes: number): string {
  return cleanText(Buffer.from(text).subarray(0, bytes).toString('utf8'));
}

function keptHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers).slice(0, MAX_HEADERS)) {
    const text = oneValue(value);
    if (text === undefined || SECRET_HEADERS.has(name.toLowerCase())) continue;
    kept[cutText(name, MAX_HEADER_BYTES)] = cutText(text, MAX_HEADER_BYTES);
  }
  return kept;
}

function oneValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function describeFailure(
  error: unknown,
  timedOut: boolean,
  timeoutMs: number,
): { result: AttemptResult; error: string } {
  const blocked = findBlocked(error);
  if (blocked !== undefined) return { result: 'blocked_address', error: blocked.message };
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : '';
  if (timedOut || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return { result: 'timeout', error: `no answer within ${timeoutMs / 1000} s` };
  }
  return { result: 'error', error: cutText(failureText(error), MAX_ERROR_BYTES) };
}

function findBlocked(error: unknown): BlockedAddressError | undefined {
  if (error instanceof BlockedAddressError) return error;
  if (error instanceof AggregateError) {
    for (const inner of error.errors) {
      const found = findBlocked(inner);
      if (found !== undefined) return found;
    }
  }
  return error instanceof Error && error.cause !== undefined ? findBlocked(error.cause) : undefined;
}

function failureText(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(failureText).join(', ');
  if (!(error instanceof Error)) return String(error);
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
