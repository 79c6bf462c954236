import { HOUR_MS, type LocalClock } from '../plans/index.js';
import type { CompiledCap } from './compile.js';
import type { RatingSegment } from './types.js';

interface Window {
  /** Octets in the window so far. */
  octets: bigint;
  /** Local day, for caps per day. */
  day: number;
  /** Uses in a rolling window, oldest first. */
  hours: { hour: number; octets: bigint }[];
}

/**
 * How far the caps of plans' rules are used. A cap is one per plan, whichever versions of it the period saw. It counts all octets that its rule speaks of, those past it too, so
 * what it allows follows from the usage alone and not from earlier decisions. Hours must come in rising order.
 *
 * Versions may differ in the span that a cap is over: each span has a window of its own, and all of them count what the cap
 * counts, so that none begins with what another one held.
 */
export class CapMeter {
  private readonly windows = new Map<string, Window>();
  /** The cap in each of its spans, by plan and cap. */
  private readonly spans = new Map<string, CompiledCap[]>();

  constructor(segments: readonly RatingSegment[]) {
    for (const { planCode, plan } of segments)
      for (const cap of plan.rules.flatMap(({ caps }) => caps)) {
        const name = nameOf(planCode, cap);
        const known = this.spans.get(name) ?? [];
        if (!known.some(({ per }) => isSame(per, cap.per))) this.spans.set(name, [...known, cap]);
      }
  }

  /** Octets that the cap still allows in this hour. Not negative. */
  left(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock): bigint {
    const window = this.advance(planCode, cap, hour, clock);
    return window.octets >= cap.limit ? 0n : cap.limit - window.octets;
  }

  /** Octets in the window that this hour lies in. */
  used(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock): bigint {
    return this.advance(planCode, cap, hour, clock).octets;
  }

  /** Notes octets of the period that the cap's rule spoke of. */
  use(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock, octets: bigint): void {
    for (const span of this.spans.get(nameOf(planCode, cap)) ?? [])
      this.count(planCode, span, hour, clock, octets);
  }

  /** Notes octets of before the period, which only rolling windows reach back to. */
  useBefore(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock, octets: bigint): void {
    for (const span of this.spans.get(nameOf(planCode, cap)) ?? [])
      if (typeof span.per === 'object') this.count(planCode, span, hour, clock, octets);
  }

  private count(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock, octets: bigint): void {
    const window = this.advance(planCode, cap, hour, clock);
    window.octets += octets;
    if (typeof cap.per === 'object') window.hours.push({ hour, octets });
  }

  private advance(planCode: string, cap: CompiledCap, hour: number, clock: LocalClock): Window {
    const key = JSON.stringify([planCode, cap.key, cap.per]);
    let window = this.windows.get(key);
    if (window === undefined) {
      window = { octets: 0n, day: -1, hours: [] };
      this.windows.set(key, window);
    }
    if (cap.per === 'day') {
      const { day } = clock.at(hour);
      if (day !== window.day) {
        window.day = day;
        window.octets = 0n;
      }
    } else if (typeof cap.per === 'object') {
      const start = hour - (cap.per.rollingHours - 1) * HOUR_MS;
      while ((window.hours[0]?.hour ?? start) < start) window.octets -= window.hours.shift()?.octets ?? 0n;
    }
    return window;
  }
}

function nameOf(planCode: string, cap: CompiledCap): string {
  return JSON.stringify([planCode, cap.key]);
}

function isSame(a: CompiledCap['per'], b: CompiledCap['per']): boolean {
  return typeof a === 'object' && typeof b === 'object' ? a.rollingHours === b.rollingHours : a === b;
}
