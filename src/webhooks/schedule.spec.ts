import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_RETRY_AFTER_MS, nextAttemptAt, parseRetryAfter, STANDARD_SCHEDULE } from './schedule.js';

const NOW = Date.UTC(2026, 2, 1, 12, 0, 0);

describe('the retry schedule', () => {
  it('is that of Standard Webhooks: ten tries, the last after 3 days 3 h 35 min 5 s', () => {
    expect(STANDARD_SCHEDULE).toHaveLength(10);
    expect(STANDARD_SCHEDULE.reduce((sum, wait) => sum + wait, 0)).toBe(
      (((3 * 24 + 3) * 60 + 35) * 60 + 5) * 1000,
    );
  });

  it('waits as it says, a little more at random, and never less than the receiver asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.integer({ min: 0, max: MAX_RETRY_AFTER_MS })),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (tries, retryAfter, random) => {
          const wait = nextAttemptAt(tries, NOW, STANDARD_SCHEDULE, retryAfter, () => random)! - NOW;
          const scheduled = STANDARD_SCHEDULE[tries]!;
          expect(wait).toBeGreaterThanOrEqual(Math.max(scheduled, retryAfter ?? 0));
          expect(wait).toBeLessThanOrEqual(Math.max(scheduled * 1.2 + 1, retryAfter ?? 0));
        },
      ),
    );
  });

  it('ends after the last', () => {
    expect(nextAttemptAt(10, NOW, STANDARD_SCHEDULE, 5)).toBeNull();
  });
});

describe('parseRetryAfter', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
    ['Sun Mar  1 12:00:30 2026', 30_000],
    ['Sun, 01 Mar 2026 12:00:30', 30_000],
    ['Sun, 01 Mar 2026 21:00:30 +0900', 30_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['9999999999', MAX_RETRY_AFTER_MS],
    ['Fri, 31 Dec 2999 23:59:59 GMT', MAX_RETRY_AFTER_MS],
    [undefined, null],
    ['', null],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['2026-03-01', null],
    ['99999999999', null],
  ])('reads %j as %j ms, in whatever zone this host is', (value, expected) => {
    for (const zone of ['UTC', 'Asia/Tokyo', 'America/New_York']) {
      vi.stubEnv('TZ', zone);
      expect(parseRetryAfter(value, NOW)).toBe(expected);
    }
  });

  it('never gives anything but null or a wait of at most a day', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const wait = parseRetryAfter(text, NOW);
        if (wait !== null) expect(wait >= 0 && wait <= MAX_RETRY_AFTER_MS).toBe(true);
      }),
    );
  });
});
