import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, type JsonValue } from './document.js';

/** The same by JSON.stringify, keys sorted by hand. */
function reference(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(reference).join()}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${reference(member)}`).join()}}`;
}

const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger().map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));

it('writes what JSON.stringify writes, keys in order', () => {
  fc.assert(
    fc.property(value, (any) => {
      expect(canonicalJson(any)).toBe(reference(any));
    }),
    { numRuns: 2_000 },
  );
});

it('tells keys apart that hold line feeds', () => {
  expect(canonicalJson({ a: 1, b: 2, c: 3 })).toBe('{"a":1,"b":2,"c":3}');
  expect(canonicalJson({ 'a\nb': 1, c: 2 })).toBe(String.raw`{"a\nb":1,"c":2}`);
  expect(canonicalJson({ a: 1, 'b\nc': 2 })).toBe(String.raw`{"a":1,"b\nc":2}`);
  expect(canonicalJson({ 'a\nb': 1, c: 2 })).toBe(String.raw`{"a\nb":1,"c":2}`);
});

it('tells keys apart whose letters are the same in the same order', () => {
  expect(canonicalJson({ ab: 1, c: 2 })).toBe('{"ab":1,"c":2}');
  expect(canonicalJson({ a: 1, bc: 2 })).toBe('{"a":1,"bc":2}');
});

it.each([0.5, Number.NaN, Infinity, 2 ** 53])(
  'refuses %s, which would not be read back as it is',
  (number) => {
    expect(() => canonicalJson({ a: [number] })).toThrow(
      new RangeError(`${number} is no safe integer: write it as text`),
    );
  },
);

it('refuses a list with a hole, as JSON has none', () => {
  expect(() => canonicalJson([1, undefined])).toThrow(new TypeError('undefined has no JSON'));
});

it('leaves out what is undefined and writes octets as text', () => {
  expect(canonicalJson({ b: undefined, a: 2n ** 63n })).toBe('{"a":"9223372036854775808"}');
  expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
});
