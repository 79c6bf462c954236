import { createHash } from 'node:crypto';
import express, { type Request, type Response } from 'express';
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
 * Throws a {@link Problem} for a body that is too large, malformed or of another type.
 */
export async function readBody(
  request: Request,
  response: Response,
  types: readonly string[] | undefined,
  limit: number,
): Promise<ReadBody> {
  const hash = createHash('sha256');
  if (!hasBody(request)) return { value: undefined, digest: hash.digest('hex') };
  const accepted = [...(types ?? JSON_TYPES)];
  if (typeof request.is(accepted) !== 'string') {
    throw new Problem(
      'wrong_content_type',
      `This path takes ${accepted[0] ?? ''}; the request says ${request.headers['content-type'] ?? 'nothing'}.`,
    );
  }
  const verify = (_request: unknown, _response: unknown, bytes: Buffer) => void hash.update(bytes);
  const isJson = typeof request.is(JSON_TYPES) === 'string';
  const parser = isJson
    ? express.json({ limit, verify, strict: false, type: () => true })
    : express.text({ limit, verify, type: () => true });
  try {
    await new Promise<void>((resolve, reject) => {
      parser(request, response, (error?: unknown) => (error instanceof Error ? reject(error) : resolve()));
    });
  } catch (error) {
    throw bodyProblem(error, limit);
  }
  return { value: request.body, digest: hash.digest('hex') };
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
    case 'entity.parse.failed':
      return new Problem('malformed', `The body is not JSON: ${message}.`);
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem(
        'wrong_content_type',
        `The body cannot be read: ${message}. Send UTF-8, plain, gzip, deflate or br.`,
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
