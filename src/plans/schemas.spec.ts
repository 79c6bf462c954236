import { expect, it } from 'vitest';
import { LINE_FREE } from '../../test/support/billing-fleet.js';
import { planInputSchema, planVersionInputSchema } from './schemas.js';

const PLAN = { code: 'light', name: 'Light' };

it.each([
  '!',
  '10.0.0.0/8',
  '2026-10-01',
  '1969-12-31T00:00:00Z',
  '2026-02-30T00:00:00Z',
  7,
  null,
  undefined,
])('complains of the instant alone where %j is none', (effectiveFrom) => {
  for (const [schema, head] of [
    [planInputSchema, PLAN],
    [planVersionInputSchema, {}],
  ] as const) {
    const parsed = schema.safeParse({ ...head, effectiveFrom, terms: LINE_FREE });
    expect(parsed.error?.issues.map(({ path }) => path)).toEqual([['effectiveFrom']]);
  }
});

it('complains of an instant within an hour beside what is wrong with the terms', () => {
  const terms = { ...LINE_FREE, timeZone: 'Mars/Olympus' };
  const parsed = planInputSchema.safeParse({ ...PLAN, effectiveFrom: '2026-10-01T00:30:00Z', terms });
  expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(
    expect.arrayContaining(['effectiveFrom', 'terms.timeZone']),
  );
});
