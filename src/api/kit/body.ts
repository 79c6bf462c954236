import { createHash } from 'node:crypto';
import { TextDecoder } from 'node:util';
import express, { type Request, type Response } from 'express';
import { jsonFaults } from './json-text.js';
import { Problem } from './problem.js';

const JSON_TYPES = ['application/json', 'application/*+json'];

/** A request body as it was read: the value, and the SHA-256 (hex) of its exact bytes. */
export interface ReadBody {
  value: unknown;
  digest: string;
}

/**
 * Reads the body of a request whose caller is already known, so that strangers cannot make the service read megabytes.
 * JSON is parsed, every other type is a string. Undefined value: there was no body.
 * Throws a {@link Problem} for a body that is too large, malformed, ambiguous or of another type.
 */
export async function readBody(
  request: Request,
  response: Response,
  types: readonly string[] | undefined,
  limit: number,
): Promise<ReadBody> {
  if (!hasBody(request)) return { value: undefined, digest: digestOf(NOTHING) };
  const accepted = [...(types ?? JSON_TYPES)];
  if (typeof request.is(accepted) !== 'string') {
    throw new Problem(
      'wrong_content_type',
      `This path takes ${accepted[0] ?? ''}; the request says ${request.headers['content-type'] ?? 'nothing'}.`,
    );
  }
  const isJson = typeof request.is(JSON_TYPES) === 'string';
  const decoder = decoderOf(request.headers['content-type'] ?? '', isJson);
  const bytes = await readBytes(request, response, limit);
  const digest = digestOf(bytes);
  if (bytes.length === 0) return { value: undefined, digest };
  const text = decode(bytes, decoder);
  return { value: isJson ? parseJson(text) : text, digest };
}

const NOTHING = Buffer.alloc(0);

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readBytes(request: Request, response: Response, limit: number): Promise<Buffer> {
  const read = express.raw({ limit, type: () => true });
  try {
    await new Promise<void>((resolve, reject) => {
      read(request, response, (error?: unknown) => (error instanceof Error ? reject(error) : resolve()));
    });
  } catch (error) {
    throw bodyProblem(error, limit);
  }
  return Buffer.isBuffer(request.body) ? request.body : NOTHING;
}

/** JSON is UTF-8 (RFC 8259, 8.1); other text may say that it is not, as a CSV in Shift_JIS does. */
function decoderOf(contentType: string, isJson: boolean): TextDecoder {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  const unread = new Problem('wrong_content_type', `The body cannot be read as ${charset}; send UTF-8.`);
  if (isJson && !/^utf-?8$/i.test(charset)) throw unread;
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw unread;
  }
}

/** A wrong octet is refused: replaced by U+FFFD it would stand in a name for good. */
function decode(bytes: Buffer, decoder: TextDecoder): string {
  try {
    return decoder.decode(bytes);
  } catch {
    const detail = `The body holds octets that are not ${decoder.encoding}`;
    throw new Problem(
      'malformed',
      `${detail}; send UTF-8, or name its charset in content-type if it is no JSON.`,
    );
  }
}

function parseJson(text: string): unknown {
  const faults = jsonFaults(text).map((fault) => ({ in: 'body' as const, ...fault }));
  const [first] = faults;
  if (first !== undefined) throw new Problem('invalid', `body ${first.pointer}: ${first.detail}.`, faults);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('malformed', `The body is not JSON: ${error instanceof Error ? error.message : ''}.`);
  }
}

function hasBody(request: Request): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

function bodyProblem(error: unknown, limit: number): unknown {
  const type = error instanceof Error && 'type' in error ? String(error.type) : '';
  const message = error instanceof Error ? error.message : '';
  switch (type) {
    case 'entity.too.large':
      // What is left unread cannot be told from the next request.
      return new Problem('too_large', `The body may have ${limit} octets; send less, or in parts.`, [], {
        connection: 'close',
      });
    case 'encoding.unsupported':
      return new Problem(
        'wrong_content_type',
        `The body cannot be read: ${message}. Send it plain, or as gzip, deflate or br.`,
      );
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem('malformed', 'The body ended before its declared length; send it again whole.');
    default:
      return /(incorrect|invalid|unexpected end|corrupt|zlib)/i.test(message)
        ? new Problem('malformed', 'The body does not decompress; send it plain or compress it again.')
        : error;
  }
}
