import { expect, it } from 'vitest';
import { monthsBefore } from './period-closer.js';

it('names the months before, oldest first, over the turn of the year', () => {
  expect(monthsBefore(Date.UTC(2026, 1, 28, 23, 59), 3)).toEqual(['2025-11', '2025-12', '2026-01']);
  expect(monthsBefore(Date.UTC(2026, 11, 1), 3)).toEqual(['2026-09', '2026-10', '2026-11']);
});
