/** Parts that are worked on at once: as many as keep the database and this process busy together. */
const AT_ONCE = 2;

/**
 * What `work` makes of each part, in order. The next part is under way while the caller is at work on what it was given;
 * nothing is any more once the generator has ended, whichever way. Throws what `parts` or `work` throws.
 */
export async function* ahead<P, R>(
  parts: Iterable<P> | AsyncIterable<P>,
  work: (part: P) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  try {
    for await (const part of parts) {
      const one = work(part);
      // Awaited later: should another fail before, this failure is nobody's.
      one.catch(() => undefined);
      if (underWay.push(one) < AT_ONCE) continue;
      const first = underWay.shift();
      if (first !== undefined) yield await first;
    }
    for (let one = underWay.shift(); one !== undefined; one = underWay.shift()) yield await one;
  } finally {
    await Promise.allSettled(underWay);
  }
}

/** `size` of them at a time, the last part with what is left. */
export function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
