import { describe, expect, it } from 'vitest';
import { ahead, chunks } from './ahead.js';

/** Work that is done when the test says so; `begun` are the parts it was asked for. */
function heldWork() {
  const begun: number[] = [];
  const doors = new Map<number, { open: (value: string) => void; fail: (error: Error) => void }>();
  const work = (part: number) => {
    begun.push(part);
    return new Promise<string>((open, fail) => doors.set(part, { open, fail }));
  };
  return { begun, work, open: (part: number) => doors.get(part)!.open(`made of ${part}`), doors };
}

const turn = () => new Promise((done) => setImmediate(done));

async function gathered<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

describe('work that goes ahead', () => {
  it('gives what is made in the order of the parts, two of them under way', async () => {
    const { begun, work, open } = heldWork();
    const results = gathered(ahead([1, 2, 3], work));
    await turn();
    expect(begun).toEqual([1, 2]);
    open(2);
    await turn();
    expect(begun).toEqual([1, 2]);
    open(1);
    await turn();
    expect(begun).toEqual([1, 2, 3]);
    open(3);
    expect(await results).toEqual(['made of 1', 'made of 2', 'made of 3']);
  });

  it.each([[[]], [[1]], [[1, 2]], [[1, 2, 3, 4, 5]]])('gives each of %j once', async (parts) => {
    expect(await gathered(ahead(parts, (part) => Promise.resolve(part * 10)))).toEqual(
      parts.map((part) => part * 10),
    );
  });

  it('throws what fails, once nothing is under way any more', async () => {
    const { work, open, doors } = heldWork();
    let ended = false;
    const results = gathered(ahead([1, 2, 3], work)).finally(() => (ended = true));
    results.catch(() => undefined);
    await turn();
    doors.get(1)!.fail(new Error('of the first'));
    await turn();
    expect(ended).toBe(false);
    open(2);
    await expect(results).rejects.toThrow('of the first');
  });

  it('waits for what is under way where the caller goes no further', async () => {
    const { begun, work, open } = heldWork();
    let ended = false;
    const first = (async () => {
      for await (const one of ahead([1, 2, 3], work)) return one;
      return undefined;
    })().finally(() => (ended = true));
    await turn();
    open(1);
    await turn();
    expect([begun, ended]).toEqual([[1, 2], false]);
    open(2);
    expect(await first).toBe('made of 1');
  });
});

describe('chunks', () => {
  it.each([
    [0, 3, []],
    [2, 3, [[0, 1]]],
    [3, 3, [[0, 1, 2]]],
    [4, 3, [[0, 1, 2], [3]]],
  ])('of %i by %i', (count, size, expected) => {
    expect([...chunks([...Array(count).keys()], size)]).toEqual(expected);
  });
});
