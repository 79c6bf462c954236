import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskAddress, prefixContains, type Address, type Prefix } from '../shared/index.js';
import { PrefixTable } from './prefix-table.js';

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];
// Few different octets, so that prefixes and addresses meet.
const octets = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.constantFrom(0, 10, 128, 255), { minLength: length, maxLength: length });
const address: fc.Arbitrary<Address> = fc.oneof(
  octets(4).map((bytes) => ({ family: 4 as const, bytes: Uint8Array.from([...MAPPED, ...bytes]) })),
  octets(16).map((bytes) => ({ family: 6 as const, bytes: Uint8Array.from(bytes) })),
);
const prefix: fc.Arbitrary<Prefix> = address.chain((at) =>
  fc
    .nat(at.family === 4 ? 32 : 128)
    .map((length) => ({ family: at.family, bytes: maskAddress(at, length), length })),
);

it('finds all prefixes that hold an address, longest first', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(prefix, fc.boolean()), { maxLength: 60 }), address, (changes, asked) => {
      const table = new PrefixTable<string>();
      const model = new Map<string, Prefix>();
      for (const [each, kept] of changes) {
        const id = `${each.family} ${String(each.bytes)}/${each.length}`;
        if (kept) {
          table.set(each, id);
          model.set(id, each);
        } else {
          table.delete(each);
          model.delete(id);
        }
      }
      const found: string[] = [];
      table.lookup(Buffer.from([9, ...asked.bytes]), 1, asked.family === 6, found);
      const wanted = [...model]
        .filter(([, each]) => each.family === asked.family && prefixContains(each, asked.bytes))
        .sort(([, a], [, b]) => b.length - a.length)
        .map(([id]) => id);
      expect(found).toEqual(wanted);
      expect(table.size).toBe(model.size);
    }),
    { numRuns: 500 },
  );
});
