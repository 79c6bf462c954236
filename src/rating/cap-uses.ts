import type { CompiledCap } from './compile.js';
import type { CapUse, RatingSegment } from './types.js';

type Limit = Pick<CompiledCap, 'key' | 'pointer' | 'limit' | 'per'>;

/** Keeps the most that each window of each cap held. A cap is one per plan and span, whichever versions the period saw. */
export class CapUses {
  private readonly uses = new Map<string, CapUse>();

  note(segment: RatingSegment, index: number, cap: Limit, octets: bigint, day: number | null): void {
    const use = this.of(segment, index, cap, day);
    if (octets > use.octets) use.octets = octets;
  }

  hold(segment: RatingSegment, index: number, cap: Limit, held: bigint): void {
    this.of(segment, index, cap, null).held = held;
  }

  all(): CapUse[] {
    return [...this.uses.values()];
  }

  private of(segment: RatingSegment, index: number, cap: Limit, day: number | null): CapUse {
    const key = JSON.stringify([segment.planCode, cap.key, cap.per, day]);
    let use = this.uses.get(key);
    if (use === undefined) {
      use = { segment: index, rule: cap.pointer, limit: cap.limit, octets: 0n, held: 0n, day };
      this.uses.set(key, use);
    }
    use.segment = index;
    use.rule = cap.pointer;
    use.limit = cap.limit;
    return use;
  }
}
