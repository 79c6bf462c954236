import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter, type WindowCounter } from './rate-limit.js';

describe('RateLimiter', () => {
  it('allows what the window holds, for each caller, and again in the next window', () => {
    const limiter = new RateLimiter(2, 60);
    expect(limiter.take('a', 0)).toEqual({ allowed: true, remaining: 1, resetSeconds: 60 });
    expect(limiter.take('a', 1_000)).toEqual({ allowed: true, remaining: 0, resetSeconds: 59 });
    expect(limiter.take('a', 59_999)).toEqual({ allowed: false, remaining: 0, resetSeconds: 1 });
    expect(limiter.take('b', 59_999).allowed).toBe(true);
    expect(limiter.take('a', 60_000).allowed).toBe(true);
  });

  it('says what the drafts of the headers say', () => {
    const limiter = new RateLimiter(100, 60);
    expect(limiter.headers(limiter.take('a', 0))).toEqual({
      'ratelimit-policy': '"default";q=100;w=60',
      ratelimit: '"default";r=99;t=60',
    });
  });

  it('does not lock anyone out when the clock is set back', () => {
    const limiter = new RateLimiter(1, 60);
    limiter.take('a', 1_000_000_000);
    expect(limiter.take('a', 0).allowed).toBe(true);
  });

  it('stays bounded, whoever comes, and forgets those whose window has ended first', () => {
    const limiter = new RateLimiter(1, 60);
    limiter.take('ended', 0);
    limiter.take('busy', 61_000);
    for (let i = 0; i < 9_998; i += 1) limiter.take(`stranger ${i}`, 61_000);
    limiter.take('one more', 61_000);
    expect(limiter.take('busy', 61_000).allowed).toBe(false);
    for (let i = 0; i < 20_000; i += 1) limiter.take(`other ${i}`, 61_000);
    const { local } = limiter as unknown as { local: Map<string, unknown> };
    expect(local.size).toBeLessThanOrEqual(10_000);
  });

  it('counts with other processes, and alone while what they share is away', async () => {
    const counts = new Map<string, number>();
    let away = false;
    const shared: WindowCounter = {
      count: (key, by) => {
        if (away) return Promise.reject(new Error('away'));
        counts.set(key, (counts.get(key) ?? 0) + by);
        return Promise.resolve(counts.get(key) ?? 0);
      },
    };
    const [one, other] = [new RateLimiter(3, 60, shared), new RateLimiter(3, 60, shared)];
    expect(await one.takeShared('a', 0)).toMatchObject({ allowed: true, remaining: 2 });
    expect(await other.takeShared('a', 0)).toMatchObject({ allowed: true, remaining: 1 });
    away = true;
    expect(await one.takeShared('a', 0)).toMatchObject({ allowed: true, remaining: 1 });
    expect(await one.takeShared('a', 0)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await one.takeShared('a', 0)).toMatchObject({ allowed: false });
    away = false;
    expect(await one.takeShared('a', 60_000)).toMatchObject({ allowed: true, remaining: 2 });
  });

  it('asks what it shares once for many requests, and never allows more than the quota all the same', async () => {
    let [all, asked] = [0, 0];
    const shared: WindowCounter = {
      count: async (_key, by) => {
        asked += 1;
        all += by;
        const counted = all;
        await Promise.resolve();
        return counted;
      },
    };
    const quota = 5_000;
    const [one, other] = [new RateLimiter(quota, 60, shared), new RateLimiter(quota, 60, shared)];
    for (let n = 1; n <= 100; n += 1)
      expect(await one.takeShared('a', 0)).toMatchObject({ allowed: true, remaining: quota - n });
    expect(asked).toBe(20);
    expect(await other.takeShared('a', 0)).toMatchObject({ allowed: true, remaining: quota - 101 });
    const taken = [];
    for (let round = 0; round < 100; round += 1) {
      const limiters = Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? one : other));
      taken.push(...(await Promise.all(limiters.map((limiter) => limiter.takeShared('a', 0)))));
    }
    // Whatever one of them counted ahead and did not use is lost to the other: five at the most.
    const allowed = 101 + taken.filter((each) => each.allowed).length;
    expect(allowed).toBeLessThanOrEqual(quota);
    expect(allowed).toBeGreaterThanOrEqual(quota - 5);
    all = 0;
    expect(await one.takeShared('a', 60_000)).toMatchObject({ allowed: true });
  });

  it('allows what it had counted ahead before the shared count went over the quota, and no more', async () => {
    let all = 4_400;
    const shared: WindowCounter = { count: (_key, by) => Promise.resolve((all += by)) };
    const limiter = new RateLimiter(5_000, 60, shared);
    await limiter.takeShared('a', 0);
    all = 4_998;
    for (let n = 0; n < 4; n += 1) expect((await limiter.takeShared('a', 0)).allowed).toBe(true);
    const last = [];
    for (let n = 0; n < 4; n += 1) last.push(await limiter.takeShared('a', 0));
    expect(last.map((each) => each.allowed)).toEqual([true, true, false, false]);
  });

  it('never allows more than the quota in one window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(59_999), { maxLength: 60 }),
        (quota, times) => {
          const limiter = new RateLimiter(quota, 60);
          limiter.take('a', 0);
          const allowed = times
            .sort((a, b) => a - b)
            .filter((time) => limiter.take('a', time).allowed).length;
          expect(allowed + 1).toBe(Math.min(quota, times.length + 1));
        },
      ),
    );
  });
});
