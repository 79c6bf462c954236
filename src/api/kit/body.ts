import { createHash } from 'node:crypto';
import type { Transform } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request } from 'express';
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
  const bytes = await readBytes(request, limit);
  const digest = digestOf(bytes);
  if (bytes.length === 0) return { value: undefined, digest };
  const text = decode(bytes, decoder);
  return { value: isJson ? parseJson(text) : text, digest };
}

const NOTHING = Buffer.alloc(0);

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const UNPACKERS = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** The body, unpacked. What is too large is refused as soon as that is known, without waiting for the rest. */
async function readBytes(request: Request, limit: number): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const unpacker = UNPACKERS.get(encoding);
  if (encoding !== 'identity' && unpacker === undefined) {
    throw new Problem(
      'wrong_content_type',
      `The content encoding ${encoding} is not taken. Send the body plain, or as gzip, deflate or br.`,
    );
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  // It went while its key was looked up.
  if (request.destroyed) throw cutShort();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let packedSize = 0;
    let size = 0;
    const unpacked = unpacker === undefined ? request : request.pipe(unpacker());
    const end = (problem?: Problem) => {
      if (unpacked !== request) {
        request.unpipe();
        unpacked.destroy();
      }
      unpacked.off('data', take);
      request.off('data', measure);
      // Read off, so that the connection can go on.
      request.resume();
      if (problem === undefined) resolve(Buffer.concat(chunks));
      else reject(problem);
    };
    // Packed octets that unpack to none are not taken without end either.
    const measure = (chunk: Buffer) => {
      packedSize += chunk.length;
      if (packedSize > limit) end(tooLarge(limit));
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) end(tooLarge(limit));
      else chunks.push(chunk);
    };
    request.on('data', measure);
    unpacked.on('data', take);
    unpacked.once('end', () => end());
    if (unpacked !== request)
      unpacked.on('error', () =>
        end(new Problem('malformed', 'The body does not decompress; send it plain or compress it again.')),
      );
    request.once('error', () => end(cutShort()));
    request.once('close', () => {
      if (!request.readableEnded) end(cutShort());
    });
  });
}

function tooLarge(limit: number): Problem {
  return new Problem('too_large', `The body may have ${limit} octets; send less, or in parts.`);
}

function cutShort(): Problem {
  return new Problem('malformed', 'The body ended before its declared length; send it again whole.');
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
