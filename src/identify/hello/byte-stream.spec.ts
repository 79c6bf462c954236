import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteStream } from './byte-stream.js';

it('puts overlapping parts in any order together', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.array(fc.tuple(fc.nat(300), fc.nat(60)), { maxLength: 12 }),
      (content, cuts) => {
        const whole = Buffer.from(content);
        const stream = new ByteStream(200);
        const known = new Set<number>();
        for (const [start, length] of cuts) {
          stream.add(start, whole.subarray(start, start + length));
          for (let i = start; i < Math.min(start + length, whole.length, 200); i += 1) known.add(i);
        }
        let end = 0;
        while (known.has(end)) end += 1;
        expect(stream.contiguous.equals(whole.subarray(0, end))).toBe(true);
        expect(stream.conflict).toBe(false);
        expect(stream.held).toBeLessThanOrEqual(200);
      },
    ),
  );
});

it('keeps the bytes that came first, and that others came', () => {
  const stream = new ByteStream(100);
  stream.add(2, Buffer.from('cd'));
  stream.add(0, Buffer.from('abXYef'));
  expect(stream.contiguous.toString()).toBe('abcdef');
  expect(stream.conflict).toBe(true);
});

it('takes what reaches into it from before its start', () => {
  const stream = new ByteStream(100);
  stream.add(-2, Buffer.from('..abc'));
  expect(stream.contiguous.toString()).toBe('abc');
});

it('refuses more gaps than any honest sender makes', () => {
  const stream = new ByteStream(10_000);
  const taken = Array.from({ length: 200 }, (_, i) => stream.add(1 + i * 2, Buffer.from('x')));
  expect(taken.filter(Boolean)).toHaveLength(32);
});
