import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { atOnce, gently } from './steps.js';

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

/** Steps of so many milliseconds each; returns their number. */
function* stepsOf(milliseconds: readonly number[]): Generator<void, number> {
  for (const each of milliseconds) {
    now += each;
    yield;
  }
  return milliseconds.length;
}

/** The most milliseconds of `work` between two turns of the event loop. */
async function longestHold(work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let running = true;
  let last = now;
  const turn = (): void => {
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work;
  longest = Math.max(longest, now - last);
  running = false;
  return longest;
}

it('gives the event loop a turn by the time that the steps took, not by their number', async () => {
  expect(await longestHold(gently(stepsOf(Array<number>(1000).fill(0.5))))).toBeLessThanOrEqual(5.5);
  expect(await longestHold(gently(stepsOf(Array<number>(20).fill(7))))).toBe(7);
});

it('and one at the start, so that short pieces of work behind each other do not add up', async () => {
  const many = async (): Promise<void> => {
    for (let i = 0; i < 50; i += 1) await gently(stepsOf([2, 2]));
  };
  expect(await longestHold(many())).toBeLessThanOrEqual(4);
});

it('returns what the work returns, also when it is done at once', async () => {
  expect(await gently(stepsOf([1, 1, 1]))).toBe(3);
  expect(atOnce(stepsOf([1, 1, 1]))).toBe(3);
});
