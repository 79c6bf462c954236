import { quotaShare, segmentAt } from './charges.js';
import type { Source } from './draws.js';
import type { RatingInput } from './types.js';

/** The quota that the SIMs of a group share in a period. */
export interface PoolState {
  code: string;
  size: bigint;
  /** Billed octets of all that share it; may exceed its size. */
  used: bigint;
  /** How many share it. */
  sims: number;
  source: Source;
}

export class Pools {
  private readonly pools = new Map<string, PoolState>();

  /** `sims`: everybody who shares a pool, whether their statements are wanted or not. */
  constructor(sims: readonly { input: RatingInput; billed: readonly bigint[] }[]) {
    for (const { input, billed } of sims) {
      const mine = new Set<PoolState>();
      input.segments.forEach(({ pool }, index) => {
        if (pool === undefined) return;
        const state = this.of(pool.code, pool.octets);
        mine.add(state);
        if (pool.octets === null) state.size += contribution(input, index);
        state.used += billed[index] ?? 0n;
      });
      for (const state of mine) state.sims += 1;
    }
    for (const state of this.pools.values()) state.source.left = state.size;
  }

  get(code: string | undefined): PoolState | undefined {
    return code === undefined ? undefined : this.pools.get(code);
  }

  private of(code: string, fixed: bigint | null): PoolState {
    let state = this.pools.get(code);
    if (state === undefined) {
      const source: Source = { kind: 'shared_quota', rule: '/quota', group: code, left: 0n };
      state = { code, size: fixed ?? 0n, used: 0n, sims: 0, source };
      this.pools.set(code, state);
    }
    return state;
  }
}

/** What a segment adds to a pool that is the sum of its SIMs' quotas; an unprorated quota once per plan. */
function contribution(input: RatingInput, index: number): bigint {
  const { plan, planCode } = segmentAt(input, index);
  if (plan.terms.quota?.proration !== 'full') return quotaShare(input, index);
  const first = input.segments.findIndex((segment) => segment.planCode === planCode);
  return first === index ? quotaShare(input, index) : 0n;
}
