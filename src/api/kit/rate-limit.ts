/** What a caller may still do in its window; seconds are whole and at least 1. */
export interface Allowance {
  allowed: boolean;
  remaining: number;
  resetSeconds: number;
}

interface Window {
  endsAt: number;
  used: number;
}

/** Callers remembered at once; beyond it those whose windows have ended are forgotten, then the oldest. */
const MAX_CALLERS = 10_000;

/** Fixed windows per caller, in this process. Memory is bounded whatever callers come. */
export class RateLimiter {
  private readonly windows = new Map<string, Window>();

  constructor(
    private readonly requests: number,
    private readonly windowSeconds: number,
  ) {}

  /** Counts one request of `caller` at `now` (UNIX ms). */
  take(caller: string, now: number): Allowance {
    let window = this.windows.get(caller);
    const length = this.windowSeconds * 1000;
    // A window that ends too late is from before the clock was set back.
    if (window === undefined || window.endsAt <= now || window.endsAt > now + length) {
      this.windows.delete(caller);
      this.makeRoom(now);
      window = { endsAt: now + length, used: 0 };
      this.windows.set(caller, window);
    }
    const allowed = window.used < this.requests;
    if (allowed) window.used += 1;
    return {
      allowed,
      remaining: this.requests - window.used,
      resetSeconds: Math.max(1, Math.ceil((window.endsAt - now) / 1000)),
    };
  }

  /** Headers of draft-ietf-httpapi-ratelimit-headers. */
  headers({ remaining, resetSeconds }: Allowance): Record<string, string> {
    return {
      'ratelimit-policy': `"default";q=${this.requests};w=${this.windowSeconds}`,
      ratelimit: `"default";r=${remaining};t=${resetSeconds}`,
    };
  }

  private makeRoom(now: number): void {
    if (this.windows.size < MAX_CALLERS) return;
    for (const [caller, window] of this.windows) if (window.endsAt <= now) this.windows.delete(caller);
    for (const caller of this.windows.keys()) {
      if (this.windows.size < MAX_CALLERS) return;
      this.windows.delete(caller);
    }
  }
}
