/** The only source of "now", so that tests can hold and turn it. */
export interface Clock {
  /** UNIX time in milliseconds. */
  now(): number;
}

/** Nest injection token for the {@link Clock}. */
export const CLOCK = Symbol('Clock');

export const systemClock: Clock = { now: () => Date.now() };
