import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from './errors.js';
import { decodeCursor, encodeCursor, toPage } from './paging.js';

describe('cursors', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), (text, number) => {
        const key = decodeCursor('sims', encodeCursor('sims', [text, number]), ['string', 'number']);
        expect(key).toEqual([text, Object.is(number, -0) ? 0 : number]);
      }),
    );
  });

  it('refuse every other text, and never throw anything but a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json()), (text) => {
        expect(() => decodeCursor('sims', text, ['string'])).toThrow(Refusal);
        expect(() => decodeCursor('sims', Buffer.from(text).toString('base64url'), ['string'])).toThrow(
          Refusal,
        );
      }),
    );
  });

  it('refuse a cursor of another list and name the field', () => {
    const foreign = encodeCursor('plans', ['a']);
    expect(() => decodeCursor('sims', foreign, ['string'])).toThrow(
      expect.objectContaining({ code: 'invalid', fields: [expect.objectContaining({ pointer: '/cursor' })] }),
    );
  });
});

describe('toPage', () => {
  const page = (rows: number[], limit: number) =>
    toPage(
      rows,
      limit,
      (row) => `after ${row}`,
      (row) => row * 10,
    );
  it('drops the row too many and points after the last one kept', () => {
    expect(page([1, 2, 3], 2)).toEqual({ items: [10, 20], nextCursor: 'after 2' });
  });
  it('ends when no row is left', () => {
    expect(page([1, 2], 2)).toEqual({ items: [10, 20], nextCursor: null });
    expect(page([], 2)).toEqual({ items: [], nextCursor: null });
  });
});
