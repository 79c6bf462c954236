import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeByTime } from './merge.js';

it('puts every item in order of time, ties in the order of their sequences', () => {
  const sequences = fc.array(fc.array(fc.nat(50), { maxLength: 20 }), { maxLength: 12 });
  fc.assert(
    fc.property(sequences, (lists) => {
      const sorted = lists.map((list) => [...list].sort((a, b) => a - b));
      const scheduled = sorted.map((list, order) => ({
        start: list[0] ?? 0,
        items: () => list.map((at, index) => ({ at, order, index })).values(),
      }));
      const expected = scheduled
        .flatMap(({ items }) => [...items()])
        .sort((a, b) => a.at - b.at || a.order - b.order || a.index - b.index);
      expect([...mergeByTime(scheduled)]).toEqual(expected);
    }),
  );
});

it('does not start a sequence before its time', () => {
  let started = false;
  const early = { start: 0, items: () => [{ at: 0 }, { at: 5 }].values() };
  const late = {
    start: 10,
    items: () => {
      started = true;
      return [{ at: 10 }].values();
    },
  };
  const merged = mergeByTime([late, early]);
  merged.next();
  merged.next();
  expect(started).toBe(false);
  expect(merged.next().value).toEqual({ at: 10 });
});
