import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK, type Clock } from '../../shared/index.js';
import { IdempotencyEntity } from './idempotency.entity.js';
import { Problem } from './problem.js';

/** Answers are kept this long (draft-ietf-httpapi-idempotency-key-header leaves it to the server). */
const KEEP_MS = 24 * 3600 * 1000;
/** A first request that has not ended by then died with its process: nobody knows how far it came. */
const ABANDONED_MS = 10 * 60 * 1000;

export interface Answer {
  status: number;
  /** The exact text that was sent; null where it showed a secret. */
  body: string | null;
  location: string | null;
}

export interface IdempotentRequest {
  keyId: string;
  idempotencyKey: string;
  method: string;
  /** Path and query as sent. */
  url: string;
  bodyDigest: string;
}

/** Remembers what a POST answered, so that a client that saw no answer can safely send it again. */
@Injectable()
export class IdempotencyService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Takes the key for a request that is about to run, or gives the answer that it got before.
   * Throws a {@link Problem}: `key_reused` for another request under the same key, `still_running`, `outcome_unknown`.
   */
  async begin(request: IdempotentRequest): Promise<Answer | undefined> {
    const now = this.clock.now();
    const hash = hashOf(request);
    await this.dataSource.query('DELETE FROM api_idempotency WHERE expires_at <= $1', [new Date(now)]);
    const taken = await this.dataSource
      .createQueryBuilder()
      .insert()
      .into(IdempotencyEntity)
      .values({
        keyId: request.keyId,
        idempotencyKey: request.idempotencyKey,
        requestHash: hash,
        startedAt: now,
        expiresAt: now + KEEP_MS,
      })
      .orIgnore()
      .returning('key_id')
      .execute();
    if ((taken.raw as unknown[]).length > 0) return undefined;
    return this.earlier(request, hash, now);
  }

  /** Keeps the answer of a request that did something. */
  async finish(request: IdempotentRequest, answer: Answer): Promise<void> {
    await this.dataSource
      .getRepository(IdempotencyEntity)
      .update(
        { keyId: request.keyId, idempotencyKey: request.idempotencyKey },
        { answerStatus: answer.status, answerBody: answer.body, answerLocation: answer.location },
      );
  }

  /** Keeps the key without an answer: the request failed in its middle, and may have done something. */
  async fail(request: IdempotentRequest, status: number): Promise<void> {
    await this.finish(request, { status, body: null, location: null });
  }

  /** Lets go of the key: the request was refused and did nothing, so it may be mended and sent again. */
  async release(request: IdempotentRequest): Promise<void> {
    await this.dataSource
      .getRepository(IdempotencyEntity)
      .delete({ keyId: request.keyId, idempotencyKey: request.idempotencyKey });
  }

  private async earlier(request: IdempotentRequest, hash: Buffer, now: number): Promise<Answer> {
    const row = await this.dataSource
      .getRepository(IdempotencyEntity)
      .findOneBy({ keyId: request.keyId, idempotencyKey: request.idempotencyKey });
    if (row !== null && !row.requestHash.equals(hash)) {
      throw new Problem(
        'key_reused',
        'This Idempotency-Key came with another request before; use a new key.',
      );
    }
    // To run it again could do it twice: buy a second pack.
    const failed = (row?.answerStatus ?? 0) >= 500;
    if (failed || (row?.answerStatus === null && row.startedAt <= now - ABANDONED_MS)) {
      const what = failed ? 'The' : 'The process that had the';
      throw new Problem(
        'outcome_unknown',
        `${what} first request with this Idempotency-Key ${failed ? 'failed' : 'ended'} in its middle: read whether it was ` +
          'done (or ask GET /v1/audit-log), and if not, send it again with a new key.',
      );
    }
    if (row?.answerStatus == null) {
      throw new Problem(
        'still_running',
        'The first request with this Idempotency-Key has not ended; ask again.',
        [],
        {
          'retry-after': '1',
        },
      );
    }
    return { status: row.answerStatus, body: row.answerBody, location: row.answerLocation };
  }
}

/** The key of a request, checked (1..255 visible ASCII characters; a structured string loses its quotes). */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = /^"([\x20-\x7e]{1,255})"$/.exec(header)?.[1] ?? header;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  const detail = 'write 1 to 255 visible ASCII characters, e.g. a UUID';
  throw new Problem('invalid', `header Idempotency-Key: ${detail}.`, [
    { in: 'header', pointer: '/idempotency-key', detail },
  ]);
}

function hashOf({ method, url, bodyDigest }: IdempotentRequest): Buffer {
  return createHash('sha256').update(`${method}\n${url}\n${bodyDigest}`).digest();
}
