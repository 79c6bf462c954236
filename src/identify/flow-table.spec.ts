import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FlowTable, KEY_WORDS } from './flow-table.js';

const SECOND = 1_000_000;

function wordsOf(key: number): Int32Array {
  return Int32Array.from({ length: KEY_WORDS }, (_, i) => (i === 3 ? key : i));
}

function tableOf(
  capacity: number,
  idle = 1e9,
): {
  table: FlowTable;
  released: number[];
  find: (key: number) => number;
  add: (key: number, time: number) => number;
} {
  const released: number[] = [];
  const table: FlowTable = new FlowTable(capacity, idle * SECOND, 42, {
    worth: (slot) => table.lastSeen(slot),
    released: (slot) => released.push(slot),
  });
  const find = (key: number): number => table.find(wordsOf(key), 0, table.hash(wordsOf(key), 0));
  const add = (key: number, time: number): number =>
    table.add(wordsOf(key), 0, table.hash(wordsOf(key), 0), time * SECOND);
  return { table, released, find, add };
}

it('finds what was put in, and knows nothing else, while it never holds more than its capacity', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200), { maxLength: 400 }),
      fc.integer({ min: 1, max: 64 }),
      (keys, capacity) => {
        const { table, released, find, add } = tableOf(capacity);
        const slots = new Map<number, number>();
        keys.forEach((key, time) => {
          released.length = 0;
          const known = find(key);
          expect(known).toBe(slots.get(key) ?? -1);
          if (known >= 0) table.see(known, time * SECOND);
          else {
            const slot = add(key, time);
            for (const [other, at] of slots) if (released.includes(at)) slots.delete(other);
            slots.set(key, slot);
          }
          expect(table.size).toBe(slots.size);
          expect(table.size).toBeLessThanOrEqual(capacity);
        });
        for (const [key, slot] of slots) expect(find(key)).toBe(slot);
      },
    ),
  );
});

it('lets go what was not seen for long once it fills, and what is worth least when it is full', () => {
  const { table, find, add } = tableOf(16, 100);
  for (let key = 0; key < 16; key += 1) add(key, key);
  add(100, 20);
  expect(find(0)).toBe(-1); // of the sixteen neighbours the one seen longest ago
  expect(table.evicted).toBe(1);
  for (let key = 200; key < 216; key += 1) add(key, 1000);
  expect(table.expired).toBeGreaterThan(8);
});
