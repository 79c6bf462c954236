const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Wait before each try, in milliseconds (Standard Webhooks 1.0, "Deliverability and reliability"): ten tries over
 * three days and three and a half hours. A delivery whose last try fails is dead until it is replayed.
 */
export const STANDARD_SCHEDULE: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Waits are stretched by up to this share, so that what failed together does not come back together. */
const JITTER = 0.2;
/** However long a receiver asks us to wait. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR;
/** For 429 and 503 without Retry-After. */
export const DEFAULT_PAUSE_MS = 5 * SECOND;

/** When to try again after `tries` failed ones: UNIX milliseconds, or null if that was the last. */
export function nextAttemptAt(
  tries: number,
  now: number,
  schedule: readonly number[],
  retryAfterMs: number | null,
  random: () => number = Math.random,
): number | null {
  const wait = schedule[tries];
  if (wait === undefined) return null;
  return now + Math.round(Math.max(wait * (1 + JITTER * random()), retryAfterMs ?? 0));
}

/** Retry-After (RFC 9110, 10.2.3) in milliseconds from `now`, within 0 and a day; null for anything else. */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  const wait = /^\d{1,10}$/.test(text) ? Number(text) * SECOND : httpDate(text) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS) : null;
}

/**
 * An IMF-fixdate or one of its two obsolete forms; NaN for all else that Date.parse would guess at. A date without a
 * zone, as in the form of asctime, is of Greenwich; Date.parse alone would take it for one of this host.
 */
function httpDate(text: string): number {
  if (!/^[A-Z][a-z]{2,8}[ ,]/.test(text) || text.length > 40) return Number.NaN;
  return Date.parse(/(?:GMT|UTC?|Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text} GMT`);
}
