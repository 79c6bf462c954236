import type { Redis } from 'ioredis';

/** What a caller may still do in its window; seconds are whole and at least 1. */
export interface Allowance {
  allowed: boolean;
  remaining: number;
  resetSeconds: number;
}

/** Counts `by` uses of a key that is forgotten after some milliseconds, and gives how many there were, these included. */
export interface WindowCounter {
  count(key: string, by: number, forgetAfterMs: number): Promise<number>;
}

interface Caller {
  window: number;
  /** Requests seen here. */
  used: number;
  /** What all processes had counted when this one last asked. */
  shared: number;
  /** Requests that are counted among all already and have not come yet. */
  ahead: number;
  asking?: Promise<void> | undefined;
}

/** Callers remembered at once in this process; beyond it those whose windows have ended are forgotten, then the oldest. */
const MAX_CALLERS = 10_000;
/**
 * Part of the quota that a process counts ahead with one question, as long as a tenth of it is left: a process that gets no
 * more requests keeps so much from the others, and not more than the quota is ever allowed.
 */
const AHEAD = 1 / 1000;
/** Longer than a healthy Redis ever takes; then this process counts for itself. */
const REDIS_TIMEOUT_MS = 100;

/**
 * Fixed windows per caller, the same for all processes that count together. Where the shared counter is away each
 * process counts for itself: nobody is locked out, and nobody goes unlimited.
 */
export class RateLimiter {
  private readonly local = new Map<string, Caller>();

  constructor(
    private readonly requests: number,
    private readonly windowSeconds: number,
    private readonly shared: WindowCounter | null = null,
    private readonly policy = 'default',
  ) {}

  /** Counts one request of `caller` at `now` (UNIX ms), here alone. */
  take(caller: string, now: number): Allowance {
    return this.allowance(this.countLocally(caller, this.windowOf(now)).used, now);
  }

  /** Counts one request of `caller` at `now` (UNIX ms) among all processes. */
  async takeShared(caller: string, now: number): Promise<Allowance> {
    const window = this.windowOf(now);
    // Counted here too, so that a Redis that goes away in the middle of a window forgives nothing.
    const known = this.countLocally(caller, window);
    const own = known.used;
    if (this.shared === null) return this.allowance(own, now);
    const key = `${caller}:${window}`;
    if (known.ahead === 0) {
      known.asking ??= this.countAhead(key, known).finally(() => (known.asking = undefined));
      await known.asking;
    }
    if (known.ahead > 0) {
      known.ahead -= 1;
      return this.allowance(Math.max(known.shared - known.ahead, own), now);
    }
    // Too few are left to count ahead, or Redis is away.
    const all = await this.countShared(key, 1);
    known.shared = Math.max(known.shared, all ?? 0);
    return this.allowance(Math.max(all ?? 0, own), now);
  }

  private async countAhead(key: string, known: Caller): Promise<void> {
    const block = Math.floor(this.requests * AHEAD);
    if (block <= 1 || known.shared > 0.9 * this.requests) return;
    const all = await this.countShared(key, block);
    if (all === undefined) return;
    known.ahead = Math.max(0, block - Math.max(0, all - this.requests));
    known.shared = Math.min(all, this.requests);
  }

  /** Undefined if the shared counter is away. */
  private countShared(key: string, by: number): Promise<number | undefined> | undefined {
    return this.shared?.count(key, by, 2 * this.windowSeconds * 1000).catch(() => undefined);
  }

  /** Headers of draft-ietf-httpapi-ratelimit-headers. */
  headers({ remaining, resetSeconds }: Allowance): Record<string, string> {
    return {
      'ratelimit-policy': `"${this.policy}";q=${this.requests};w=${this.windowSeconds}`,
      ratelimit: `"${this.policy}";r=${remaining};t=${resetSeconds}`,
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

  private countLocally(caller: string, window: number): Caller {
    let known = this.local.get(caller);
    if (known?.window !== window) {
      this.local.delete(caller);
      this.makeRoom(window);
      known = { window, used: 0, shared: 0, ahead: 0 };
      this.local.set(caller, known);
    }
    known.used += 1;
    return known;
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

  async count(key: string, by: number, forgetAfterMs: number): Promise<number> {
    const name = `${this.prefix}:rate:${key}`;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Redis does not answer')), REDIS_TIMEOUT_MS);
    });
    try {
      const answer = this.client.multi().incrby(name, by).pexpire(name, forgetAfterMs).exec();
      const [counted] = (await Promise.race([answer, late])) ?? [];
      if (counted === undefined || counted[0] !== null)
        throw counted?.[0] ?? new Error('Redis counted nothing');
      return Number(counted[1]);
    } finally {
      clearTimeout(timer);
    }
  }
}
