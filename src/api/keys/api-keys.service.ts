import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  CLOCK,
  parseOrRefuse,
  Refusal,
  type Clock,
  type Page,
  type PageRequest,
} from '../../shared/index.js';
import { grants, SCOPES, type Scope } from '../kit/scopes.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** Secrets are `cfk_` + base64url of 32 random bytes: the prefix lets secret scanners find a leaked one. */
const PREFIX = 'cfk_';
const SECRET = /^cfk_[A-Za-z0-9_-]{43}$/;
/** `lastUsedAt` is written at most this often, so that reading does not become writing. */
const TOUCH_EVERY_MS = 60_000;
/** How long a good key is known without another look: what another process revoked opens nothing after as long. */
const KNOWN_FOR_MS = 1_000;
/** Longest time for which a key and the one that follows it are both good. */
const MOST_OVERLAP_SECONDS = 30 * 24 * 3600;
/** Keys known at once; beyond it all are looked up again. */
const MOST_KNOWN = 10_000;

// Stays text: the command line's input is held against the same schema.
const expiresAt = z.iso
  .datetime({ offset: true, error: 'write an ISO 8601 instant, such as 2027-03-31T00:00:00+09:00' })
  .nullish()
  .meta({ description: 'Left out or null: the key does not expire.' });

export const apiKeyInputSchema = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1, 'say what the key is for')
      .max(200, 'at most 200 characters')
      .meta({ description: 'What the key is for.', examples: ['billing system'] }),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1, `name at least one of ${SCOPES.join(', ')}`)
      .max(SCOPES.length)
      .refine((scopes) => new Set(scopes).size === scopes.length, 'name each scope once'),
    expiresAt,
  })
  .meta({ id: 'ApiKeyInput' });
export const rotateKeySchema = z
  .strictObject({
    overlapSeconds: z
      .int('write a whole number of seconds')
      .min(0, 'at least 0')
      .max(MOST_OVERLAP_SECONDS, `at most ${MOST_OVERLAP_SECONDS}, 30 days`)
      .default(24 * 3600)
      .meta({ description: 'How long the old key stays good; 0: it ends at once.' }),
    expiresAt,
  })
  .meta({ id: 'ApiKeyRotation' });
export type RotateKeyInput = z.output<typeof rotateKeySchema>;
export type ApiKeyInput = z.input<typeof apiKeyInputSchema>;

/** An API key as it may be shown; times in UNIX milliseconds. */
export type ApiKey = Omit<ApiKeyEntity, 'secretHash'>;

/** Who makes a key. `undefined` stands for a command on the host, which may grant everything. */
export interface Grantor {
  keyId: string;
  scopes: readonly Scope[];
}

@Injectable()
export class ApiKeysService {
  /** Good keys by their hash; `readAt` in UNIX milliseconds. */
  private readonly known = new Map<string, { readAt: number; key: ApiKeyEntity }>();
  /** Counts what was revoked or replaced here: a look that began before one must not be remembered after it. */
  private revocations = 0;

  constructor(
    private readonly repository: ApiKeysRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Makes a key. `secret` is told here and never again.
   * Throws a {@link Refusal}: `invalid` for bad fields, `forbidden` for a scope that the grantor does not hold.
   */
  async create(input: ApiKeyInput, grantor?: Grantor): Promise<{ key: ApiKey; secret: string }> {
    const made = this.make(parseOrRefuse(apiKeyInputSchema, input), grantor);
    await this.repository.insert(made.entity);
    return { key: shown(made.entity), secret: made.secret };
  }

  /**
   * Makes a key that follows another: of its name and scopes. The other stays good for the overlap, if it does not expire
   * before. Throws a {@link Refusal}: `not_found`, `invalid`, `forbidden`, and `conflict` for a key that is over.
   */
  async rotate(
    id: string,
    { overlapSeconds, expiresAt }: RotateKeyInput,
    grantor?: Grantor,
  ): Promise<{ key: ApiKey; secret: string }> {
    const { name, scopes } = await this.get(id);
    const now = this.clock.now();
    const made = this.make({ name, scopes, expiresAt }, grantor);
    if (!(await this.repository.replace(id, made.entity, now, now + overlapSeconds * 1000)))
      throw new Refusal('conflict', `The API key ${id} is revoked or expired: make a new one.`);
    this.forget();
    return { key: shown(made.entity), secret: made.secret };
  }

  private make(
    { name, scopes, expiresAt }: ApiKeyInput,
    grantor: Grantor | undefined,
  ): { entity: ApiKeyEntity; secret: string } {
    const now = this.clock.now();
    const expiry = expiresAt == null ? null : Date.parse(expiresAt);
    if (expiry !== null && expiry <= now) {
      const detail = 'lies in the past; give a later time or leave it out';
      throw new Refusal('invalid', `expiresAt ${detail}.`, [{ pointer: '/expiresAt', detail }]);
    }
    if (grantor !== undefined) refuseAbove(grantor, scopes);
    const secret = PREFIX + randomBytes(32).toString('base64url');
    const entity = Object.assign(new ApiKeyEntity(), {
      id: randomUUID(),
      name,
      secretHash: hashOf(secret),
      scopes: SCOPES.filter((scope) => scopes.includes(scope)),
      createdAt: now,
      createdBy: grantor?.keyId ?? null,
      expiresAt: expiry,
      revokedAt: null,
      lastUsedAt: null,
    });
    return { entity, secret };
  }

  /**
   * The key that a secret opens with, or undefined if it is unknown, revoked or expired. A key revoked in this process opens
   * nothing from then on, one revoked in another within a second.
   */
  async authenticate(secret: string): Promise<ApiKey | undefined> {
    if (!SECRET.test(secret)) return undefined;
    const now = this.clock.now();
    const key = await this.find(hashOf(secret), now);
    if (key === undefined) return undefined;
    if (key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return undefined;
    if (key.lastUsedAt === null || now - key.lastUsedAt >= TOUCH_EVERY_MS) {
      key.lastUsedAt = now;
      await this.repository.touch(key.id, now);
    }
    return shown(key);
  }

  private async find(hash: Buffer, now: number): Promise<ApiKeyEntity | undefined> {
    const name = hash.toString('base64');
    const known = this.known.get(name);
    if (known !== undefined && Math.abs(now - known.readAt) < KNOWN_FOR_MS) return known.key;
    const { revocations } = this;
    // The lookup is by hash, so its time tells nothing about a secret; the comparison holds that even for the index.
    const key = await this.repository.findByHash(hash);
    if (key === null || !timingSafeEqual(key.secretHash, hash)) {
      this.known.delete(name);
      return undefined;
    }
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    if (revocations === this.revocations) this.known.set(name, { readAt: now, key });
    return key;
  }

  async list(page: PageRequest): Promise<Page<ApiKey>> {
    const { items, nextCursor } = await this.repository.list(page);
    return { items: items.map(shown), nextCursor };
  }

  async get(id: string): Promise<ApiKey> {
    const key = await this.repository.find(id);
    if (key === null) throw new Refusal('not_found', `There is no API key ${id}.`);
    return shown(key);
  }

  /** From this moment the key opens nothing here, and within a second nothing in any process. Revoking twice changes nothing. */
  async revoke(id: string): Promise<ApiKey> {
    await this.repository.revoke(id, this.clock.now());
    this.forget();
    return this.get(id);
  }

  /** From now on nothing that was known of a key before counts here. */
  private forget(): void {
    this.revocations += 1;
    this.known.clear();
  }
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function shown({ secretHash: _secretHash, ...key }: ApiKeyEntity): ApiKey {
  return key;
}

function refuseAbove(grantor: Grantor, scopes: readonly Scope[]): void {
  const above = scopes.filter((scope) => !grants(grantor.scopes, scope));
  if (above.length === 0) return;
  throw new Refusal(
    'forbidden',
    `A key cannot grant what it does not hold: ${above.join(', ')}. Use a key that has these scopes.`,
    scopes.flatMap((scope, index) =>
      above.includes(scope)
        ? [{ pointer: `/scopes/${index}`, detail: 'your key does not hold this scope' }]
        : [],
    ),
  );
}
