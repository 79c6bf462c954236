/**
 * Runs work that is cut into steps of some milliseconds, giving the event loop a turn after each, so that long work holds
 * up nothing else. Returns what the work returns.
 */
export async function gently<T>(steps: Iterator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await new Promise(setImmediate);
  }
}

/** Runs the same work at once. */
export function atOnce<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
