import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { QUEUE_SETTINGS, RedisServer, type QueueSettings } from '../../queue/index.js';
import { CLOCK, type Clock } from '../../shared/index.js';
import { ApiKeysService, type ApiKey } from '../keys/api-keys.service.js';
import { contextOf } from './context.js';
import { API_OPTIONS, type ApiOptions } from './options.js';
import { CHALLENGE } from './problem.filter.js';
import { Problem } from './problem.js';
import { RateLimiter, RedisWindowCounter } from './rate-limit.js';
import { routeOf } from './route.js';
import { grants, type Scope } from './scopes.js';

/** Wrong keys that one address may show in a minute before it is only told to wait. Good keys are never held up by it. */
const WRONG_KEYS_PER_MINUTE = 60;

/** Lets a request pass if its route is public, or if its key is good, has a declared scope and is within its rate. */
@Injectable()
export class AuthGuard implements CanActivate {
  private readonly rate: RateLimiter;
  private readonly wrongKeys = new RateLimiter(WRONG_KEYS_PER_MINUTE, 60, null, 'wrong-keys');

  constructor(
    private readonly keys: ApiKeysService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(API_OPTIONS) { rateLimit }: ApiOptions,
    redis: RedisServer,
    @Inject(QUEUE_SETTINGS) { prefix }: QueueSettings,
  ) {
    const shared = new RedisWindowCounter(redis.connectImpatiently(), prefix);
    this.rate = new RateLimiter(rateLimit.requests, rateLimit.windowSeconds, shared);
  }

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const route = routeOf(host.getHandler());
    // A handler without a declared route is shut, not open.
    if (route === undefined) throw new Problem('forbidden', 'This operation is not open to anyone.');
    const context = contextOf(request);
    context.route = route;
    if (route.scopes === 'public') return true;
    const key = await this.authenticate(request, response);
    context.caller = { keyId: key.id, scopes: key.scopes };
    await this.holdRate(key.id, response);
    requireScope(key.scopes, route.scopes);
    return true;
  }

  private async authenticate(request: Request, response: Response): Promise<ApiKey> {
    const secret = bearerToken(request.headers.authorization);
    if (secret === undefined) {
      throw new Problem(
        'unauthenticated',
        'Send an API key as "Authorization: Bearer cfk_…".',
        [],
        CHALLENGE,
      );
    }
    const key = await this.keys.authenticate(secret);
    if (key !== undefined) return key;
    const allowance = this.wrongKeys.take(request.ip ?? '', this.clock.now());
    const { allowed, resetSeconds } = allowance;
    response.set(this.wrongKeys.headers(allowance));
    if (!allowed) {
      throw new Problem(
        'too_many_requests',
        `Too many wrong keys came from your address; wait ${resetSeconds} s.`,
        [],
        {
          'retry-after': String(resetSeconds),
        },
      );
    }
    throw new Problem('unauthenticated', 'The API key is unknown, revoked or expired; use another.', [], {
      'www-authenticate': `${CHALLENGE['www-authenticate'] ?? ''}, error="invalid_token"`,
    });
  }

  private async holdRate(keyId: string, response: Response): Promise<void> {
    const allowance = await this.rate.takeShared(keyId, this.clock.now());
    response.set(this.rate.headers(allowance));
    if (allowance.allowed) return;
    throw new Problem(
      'too_many_requests',
      `This key has used up its rate; wait ${allowance.resetSeconds} s.`,
      [],
      {
        'retry-after': String(allowance.resetSeconds),
      },
    );
  }
}

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]{1,512}) *$/i.exec(header ?? '')?.[1];
}

function requireScope(held: readonly Scope[], anyOf: readonly Scope[]): void {
  if (anyOf.some((scope) => grants(held, scope))) return;
  throw new Problem(
    'forbidden',
    `This operation needs a key with the scope ${anyOf.join(' or ')}; this key has ${held.join(', ')}.`,
  );
}
