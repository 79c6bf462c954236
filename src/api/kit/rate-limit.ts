import type { Redis } from 'ioredis';

/** What a caller may still do in its window; seconds are whole and at least 1. */
export interface Allowance {
  allowed: boolean;
  remaining: number;
  resetSeconds: number;
}

/** Counts one use of a key that is forgotten after some milliseconds, and gives how many there were. */
export interface WindowCounter {
  count(key: string, forgetAfterMs: number): Promise<number>;
}

/** Callers remembered at once in this process; beyond it those whose windows have ended are forgotten, then the oldest. */
const MAX_CALLERS = 10_000;
/** Longer than a healthy Redis ever takes; then this process counts for itself. */
const REDIS_TIMEOUT_MS = 100;

/**
 * Fixed windows per caller, the same for all processes that count together. Where the shared counter is away each
 * process counts for itself: nobody is locked out, and nobody goes unlimited.
 */
export class RateLimiter {
  private readonly local = new Map<string, { window: number; used: number }>();

  constructor(
    private readonly requests: number,
    private readonly windowSeconds: number,
    private readonly shared: WindowCounter | null = null,
  ) {}

  /** Counts one request of `caller` at `now` (UNIX ms), here alone. */
  take(caller: string, now: number): Allowance {
    return this.allowance(this.countLocally(caller, this.windowOf(now)), now);
  }

  /** Counts one request of `caller` at `now` (UNIX ms) among all processes. */
  async takeShared(caller: string, now: number): Promise<Allowance> {
    const window = this.windowOf(now);
    // Counted here too, so that a Redis that goes away in the middle of a window forgives nothing.
    const own = this.countLocally(caller, window);
    if (this.shared === null) return this.allowance(own, now);
    const all = await this.shared
      .count(`${caller}:${window}`, 2 * this.windowSeconds * 1000)
      .catch(() => own);
    return this.allowance(Math.max(all, own), now);
  }

  /** Headers of draft-ietf-httpapi-ratelimit-headers. */
  headers({ remaining, resetSeconds }: Allowance): Record<string, string> {
    return {
      'ratelimit-policy': `"default";q=${this.requests};w=${this.windowSeconds}`,
      ratelimit: `"default";r=${remaining};t=${resetSeconds}`,
    };
  }

  private windowOf(now: number): number {
    return Math.floor(now / (this.windowSeconds * 1000));
  }

  private allowance(used: number, now: number): Allowance {
    const length = this.windowSeconds * 1000;
    return {
      allowed: used <= this.requests,
      remaining: Math.max(0, this.requests - used),
      resetSeconds: Math.max(1, Math.ceil(((this.windowOf(now) + 1) * length - now) / 1000)),
    };
  }

  private countLocally(caller: string, window: number): number {
    let known = this.local.get(caller);
    if (known?.window !== window) {
      this.local.delete(caller);
      this.makeRoom(window);
      known = { window, used: 0 };
      this.local.set(caller, known);
    }
    known.used += 1;
    return known.used;
  }

  private makeRoom(window: number): void {
    if (this.local.size < MAX_CALLERS) return;
    for (const [caller, known] of this.local) if (known.window !== window) this.local.delete(caller);
    for (const caller of this.local.keys()) {
      if (this.local.size < MAX_CALLERS) return;
      this.local.delete(caller);
    }
  }
}

/** Counts in Redis, for all processes that share it. */
export class RedisWindowCounter implements WindowCounter {
  constructor(
    /** Its commands fail at once while Redis is away. */
    private readonly client: Redis,
    private readonly prefix: string,
  ) {}

  async count(key: string, forgetAfterMs: number): Promise<number> {
    const name = `${this.prefix}:rate:${key}`;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Redis does not answer')), REDIS_TIMEOUT_MS);
    });
    try {
      const answer = this.client.multi().incr(name).pexpire(name, forgetAfterMs).exec();
      const [counted] = (await Promise.race([answer, late])) ?? [];
      if (counted === undefined || counted[0] !== null)
        throw counted?.[0] ?? new Error('Redis counted nothing');
      return Number(counted[1]);
    } finally {
      clearTimeout(timer);
    }
  }
}
