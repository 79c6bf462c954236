import { HOUR_MS, type LocalClock } from '../plans/index.js';
import type { CompiledCap } from './compile.js';
import type { RatingSegment } from './types.js';

/** A cap as one version of its plan has it. */
interface Window {
  per: CompiledCap['per'];
  /** This one and those of the cap in other versions: all count the same octets. */
  versions: Window[];
  /** Octets in the window so far. */
  octets: bigint;
  /** Local day, for caps per day. */
  day: number;
  /** Uses in a rolling window, oldest first. */
  hours: { hour: number; octets: bigint }[];
}

/**
 * How far the caps of plans' rules are used. A cap is one per plan, whichever versions of it the period saw. It counts all octets
 * that its rule speaks of, those past it too, so what it allows follows from the usage alone and not from earlier decisions. Hours
 * must come in rising order.
 *
 * Versions may differ in the span that a cap is over: each has a window of its own, and all of them count what the cap
 * counts, so that none begins with what another one held.
 */
export class CapMeter {
  /** By plan code, and the cap as each version has it: found once, as a month asks for it hundreds of times. */
  private readonly windows = new Map<string, Map<CompiledCap, Window>>();

  constructor(segments: readonly RatingSegment[]) {
    const known = new Map<string, Window[]>();
    for (const { planCode, plan } of segments) {
      const ofPlan = this.windows.get(planCode) ?? new Map<CompiledCap, Window>();
      this.windows.set(planCode, ofPlan);
      for (const cap of plan.rules.flatMap(({ caps }) => caps)) {
        const name = JSON.stringify([planCode, cap.key]);
        const versions = known.get(name) ?? [];
        known.set(name, versions);
        const window = { per: cap.per, versions, octets: 0n, day: -1, hours: [] };
        versions.push(window);
        ofPlan.set(cap, window);
      }
    }
  }

  /** Octets that the cap still allows in this hour. Not negative. */
  left(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock): bigint {
    const octets = this.used(planCode, cap, hour, clock);
    return octets >= cap.limit ? 0n : cap.limit - octets;
  }

  /** Octets in the window that this hour lies in. */
  used(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock): bigint {
    const window = this.windowOf(planCode, cap);
    advance(window, hour, clock);
    return window.octets;
  }

  /** Notes octets of the period that the cap's rule spoke of. */
  use(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock, octets: bigint): void {
    for (const window of this.windowOf(planCode, cap).versions) count(window, hour, clock, octets);
  }

  /** Notes octets of before the period, which only rolling windows reach back to. */
  useBefore(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock, octets: bigint): void {
    for (const window of this.windowOf(planCode, cap).versions)
      if (typeof window.per === 'object') count(window, hour, clock, octets);
  }

  private windowOf(planCode: string, cap: CompiledCap): Window {
    const window = this.windows.get(planCode)?.get(cap);
    if (window === undefined) throw new RangeError(`no cap ${cap.key} of ${planCode}`);
    return window;
  }
}

function count(window: Window, hour: number, clock: LocalClock, octets: bigint): void {
  advance(window, hour, clock);
  window.octets += octets;
  if (typeof window.per === 'object') window.hours.push({ hour, octets });
}

/** Lets go of what lies before the span that the hour is in. */
function advance(window: Window, hour: number, clock: LocalClock): void {
  if (window.per === 'day') {
    const { day } = clock.at(hour);
    if (day !== window.day) {
      window.day = day;
      window.octets = 0n;
    }
  } else if (typeof window.per === 'object') {
    const start = hour - (window.per.rollingHours - 1) * HOUR_MS;
    while ((window.hours[0]?.hour ?? start) < start) window.octets -= window.hours.shift()?.octets ?? 0n;
  }
}
