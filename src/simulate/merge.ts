/** Something that happens at a time, in UNIX microseconds. */
export interface Timed {
  at: number;
}

interface Source<T> {
  order: number;
  item: T;
  rest: Iterator<T>;
}

/** A sequence that need not be started before `start`: its items are not earlier than that. */
export interface Scheduled<T> {
  start: number;
  items: () => Iterator<T>;
}

/**
 * Merges sequences, each in order of time, into one in order of time. Equal times keep the order of the sequences. Only the
 * sequences that run at the same time are held.
 */
export function* mergeByTime<T extends Timed>(sequences: readonly Scheduled<T>[]): Generator<T> {
  const waiting = sequences.map((sequence, order) => ({ ...sequence, order }));
  waiting.sort((a, b) => a.start - b.start || a.order - b.order);
  const heap: Source<T>[] = [];
  let next = 0;
  for (;;) {
    for (;;) {
      const candidate = waiting[next];
      if (candidate === undefined || (heap[0] !== undefined && candidate.start > heap[0].item.at)) break;
      next += 1;
      const rest = candidate.items();
      const first = rest.next();
      if (first.done !== true) {
        heap.push({ order: candidate.order, item: first.value, rest });
        siftUp(heap);
      }
    }
    const top = heap[0];
    if (top === undefined) return;
    yield top.item;
    const following = top.rest.next();
    if (following.done === true) {
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) heap[0] = last;
    } else {
      top.item = following.value;
    }
    siftDown(heap);
  }
}

function before<T extends Timed>(a: Source<T>, b: Source<T>): boolean {
  return a.item.at < b.item.at || (a.item.at === b.item.at && a.order < b.order);
}

function siftUp<T extends Timed>(heap: Source<T>[]): void {
  let child = heap.length - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!swapIfBefore(heap, child, parent)) return;
    child = parent;
  }
}

function siftDown<T extends Timed>(heap: Source<T>[]): void {
  let parent = 0;
  for (;;) {
    const [left, right] = [2 * parent + 1, 2 * parent + 2];
    const a = heap[left];
    const b = heap[right];
    if (a === undefined) return;
    const child = b !== undefined && before(b, a) ? right : left;
    if (!swapIfBefore(heap, child, parent)) return;
    parent = child;
  }
}

/** Swaps where the child comes before its parent. */
function swapIfBefore<T extends Timed>(heap: Source<T>[], child: number, parent: number): boolean {
  const a = heap[child];
  const b = heap[parent];
  if (a === undefined || b === undefined || !before(a, b)) return false;
  heap[child] = b;
  heap[parent] = a;
  return true;
}
