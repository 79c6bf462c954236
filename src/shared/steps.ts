/** Milliseconds of work between two turns of the event loop; on a busy machine they take several times as long. */
const SLICE_MS = 5;

/**
 * Runs work that is cut into steps of well under a millisecond, and gives the event loop a turn at the start and whenever
 * {@link SLICE_MS} have passed, so that long work holds up nothing else, however dear its steps turn out to be. Returns
 * what the work returns.
 */
export async function gently<T>(steps: Iterator<void, T>): Promise<T> {
  for (;;) {
    await new Promise(setImmediate);
    const until = performance.now() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (performance.now() < until);
  }
}

/** Runs the same work at once. */
export function atOnce<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
