import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NameTable } from './name-table.js';

const label = fc.constantFrom('a', 'b', 'line', 'me', 'co', 'x1');
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));

it('finds a name and all that it is a subdomain of, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 60 }), name, (changes, asked) => {
      const table = new NameTable<string>();
      const model = new Map<string, string>();
      for (const [each, kept] of changes) {
        table.set(each, kept ? each : undefined);
        if (kept) model.set(each, each);
        else model.delete(each);
      }
      const found: string[] = [];
      table.suffixes(asked, found);
      const wanted = [...model.keys()].filter((each) => asked === each || asked.endsWith(`.${each}`));
      expect(found).toEqual(wanted.sort((a, b) => a.length - b.length));
      expect(table.get(asked)).toBe(model.get(asked));
    }),
    { numRuns: 500 },
  );
});

it('grows, and reuses what was cleared', () => {
  const table = new NameTable<number>();
  for (let round = 0; round < 20; round += 1) {
    for (let i = 0; i < 1000; i += 1) table.set(`n${i}.r${round}.example`, i);
    for (let i = 0; i < 1000; i += 1) if (round < 19) table.set(`n${i}.r${round}.example`, undefined);
  }
  const found: number[] = [];
  table.suffixes('www.n7.r19.example', found);
  expect(found).toEqual([7]);
  table.suffixes('www.n7.r3.example', found);
  expect(found).toEqual([]);
});

it('makes room in steps, and answers from what it held meanwhile', () => {
  const table = new NameTable<number>();
  for (let i = 0; i < 20_000; i += 1) table.set(`n${i}.example`, i);
  for (let i = 0; i < 20_000; i += 2) table.set(`n${i}.example`, undefined);
  const found: number[] = [];
  let steps = 0;
  for (const work = table.reserve(100_000); work.next().done !== true; steps += 1) {
    table.suffixes('a.n7.example', found);
    expect(found).toEqual([7]);
  }
  expect(steps).toBeGreaterThan(2);
  for (let i = 0; i < 20_000; i += 1) expect(table.get(`n${i}.example`)).toBe(i % 2 === 0 ? undefined : i);
  table.set('n2.example', 2);
  expect(table.get('n2.example')).toBe(2);
});
