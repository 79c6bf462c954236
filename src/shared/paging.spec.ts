import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from './errors.js';
import { decodeCursor, encodeCursor, toPage } from './paging.js';

describe('cursors', () => {
  const MAX = Number.MAX_SAFE_INTEGER;
  const digits = (most: number) => fc.stringMatching(new RegExp(`^\\d{1,${most}}$`));
  const sound = {
    text: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    id: digits(18),
    digits: digits(30),
    uuid: fc.uuid(),
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    number: fc.integer({ min: 0, max: MAX }),
    integer: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    time: fc
      .date({ min: new Date(-62135596800000), max: new Date(253402300799999), noInvalidDate: true })
      .map(Number),
  };
  const kinds = Object.keys(sound) as (keyof typeof sound)[];

  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.record(sound), (values) => {
        const key = kinds.map((kind) => values[kind]);
        expect(decodeCursor('sims', encodeCursor('sims', key), kinds)).toEqual(key);
      }),
    );
  });

  it.each([
    ['text', [1, null, 'a\0', '\ud800']],
    ['id', [1, '', 'x', '-1', '1.5', '1e5', '9'.repeat(19)]],
    ['digits', [1, '', '-1', '9'.repeat(31)]],
    ['uuid', ['', 'x', '0'.repeat(36)]],
    ['address', ['', '10.0.0.0/8', 'fe80::1%eth0', '1']],
    ['number', ['1', -1, 1.5, 2 ** 53, 1e300]],
    ['integer', ['1', -1, 0.5, 2 ** 31]],
    ['time', ['1', 0.5, 253402300800000, -62135596800001]],
  ] as const)('refuse for %s what the database cannot compare with one', (kind, values) => {
    for (const value of values) {
      const forged = Buffer.from(JSON.stringify(['sims', value])).toString('base64url');
      expect(() => decodeCursor('sims', forged, [kind]), JSON.stringify(value)).toThrow(Refusal);
    }
  });

  it('refuse every other text, and never throw anything but a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json()), (text) => {
        expect(() => decodeCursor('sims', text, ['text'])).toThrow(Refusal);
        expect(() => decodeCursor('sims', Buffer.from(text).toString('base64url'), ['text'])).toThrow(
          Refusal,
        );
      }),
    );
  });

  it('refuse a cursor of another list and name the field', () => {
    const foreign = encodeCursor('plans', ['a']);
    expect(() => decodeCursor('sims', foreign, ['text'])).toThrow(
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
