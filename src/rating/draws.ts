import { overlapsHour, type PackState, packStates } from './packs.js';
import { quotaShare, segmentAt } from './charges.js';
import type { BilledOctets } from './allocate.js';
import type { Pools, PoolState } from './pools.js';
import type { QuotaUse, RatingInput, RatingSegment } from './types.js';

/** What covers billed octets, and how many it still can. */
export interface Source {
  kind: 'carried_over' | 'included' | 'shared_quota' | 'pack_octets';
  /** JSON pointer within the terms. */
  rule: string;
  /** Id of the pack. */
  pack?: string;
  /** Code of the group. */
  group?: string;
  left: bigint;
}

interface Drawn {
  /** In the order in which they are used: what was carried over, packs, the quota, packs. */
  sources: Source[];
  taken: Map<Source, bigint>;
  /** Octets that nothing covers. */
  beyond: bigint;
  /** Octets that corrected buckets leave below nothing, until later ones make up for them. */
  owed: bigint;
  /** Own quota at the start of the segment, with what was carried into it. */
  available: bigint;
  quota: Source;
}

/**
 * Covers one SIM's billed octets, in the order of time: first what was carried over, as it ends with this period; then
 * packs that say so, the quota or the group's pool, and the other packs. What is left is past the quota.
 */
export class Drawer {
  private readonly segments: Drawn[] = [];
  /** Quota that a plan with an unprorated quota has given in earlier segments. */
  private readonly given = new Map<string, bigint>();
  private readonly carried: Source;
  readonly packs: readonly PackState[];

  constructor(
    private readonly input: RatingInput,
    private readonly pools: Pools,
  ) {
    this.carried = { kind: 'carried_over', rule: '/quota/carryOver', left: input.carriedIn ?? 0n };
    this.packs = packStates(input.packs ?? []);
  }

  /** Rows must come in the order of their hours. */
  draw({ segment: index, hour, octets }: BilledOctets): void {
    const drawn = this.enter(index);
    drawn.owed += octets;
    if (drawn.owed <= 0n) return;
    let rest = drawn.owed;
    drawn.owed = 0n;
    for (const source of drawn.sources) {
      if (source.left <= 0n || !overlapsHour(source, this.packs, hour)) continue;
      const octetsTaken = rest < source.left ? rest : source.left;
      this.take(index, drawn, source, octetsTaken);
      rest -= octetsTaken;
      if (rest === 0n) return;
    }
    drawn.beyond += rest;
  }

  /** Covers of a segment in the order of their use; those without octets are left out. */
  covers(index: number): { source: Source; octets: bigint }[] {
    const drawn = this.settled(index);
    return drawn.sources.flatMap((source) => {
      const octets = drawn.taken.get(source) ?? 0n;
      return octets === 0n ? [] : [{ source, octets }];
    });
  }

  beyond(index: number): bigint {
    return this.settled(index).beyond;
  }

  /** Unused quota of the segment that runs to the end of the period, as far as the plan carries it over. */
  get carriedOut(): bigint {
    const last = this.input.segments.length - 1;
    const segment = segmentAt(this.input, last);
    if (segment.to !== this.input.period.to || !carries(segment)) return 0n;
    const { left } = this.settled(last).quota;
    const limit = segment.plan.carryLimit;
    return limit !== null && limit < left ? limit : left;
  }

  quotaUse(index: number, billed: bigint): QuotaUse {
    const { available, beyond, taken } = this.settled(index);
    const pool = this.poolOf(index);
    if (pool !== undefined)
      return {
        segment: index,
        available: pool.size,
        used: pool.used,
        beyond,
        group: { code: pool.code, sims: pool.sims },
      };
    const before = this.packs.filter(({ use }) => use === 'before_quota');
    const covered = before.reduce((sum, { source }) => sum + (taken.get(source) ?? 0n), 0n);
    return { segment: index, available, used: billed - covered, beyond };
  }

  private poolOf(index: number): PoolState | undefined {
    return this.pools.get(segmentAt(this.input, index).pool?.code);
  }

  private take(index: number, drawn: Drawn, source: Source, octets: bigint): void {
    source.left -= octets;
    drawn.taken.set(source, (drawn.taken.get(source) ?? 0n) + octets);
    if (source.kind !== 'included') return;
    const { planCode } = segmentAt(this.input, index);
    this.given.set(planCode, (this.given.get(planCode) ?? 0n) + octets);
  }

  /** The segment's octets, when no more come: what is still owed stands on its first line, and none of it is charged. */
  private settled(index: number): Drawn {
    const drawn = this.enter(index);
    const [first] = drawn.sources.filter(({ kind }) => kind !== 'pack_octets');
    if (drawn.owed !== 0n && first !== undefined) this.take(index, drawn, first, drawn.owed);
    drawn.owed = 0n;
    return drawn;
  }

  private enter(index: number): Drawn {
    for (let next = this.segments.length; next <= index; next += 1) this.segments.push(this.open(next));
    const drawn = this.segments[index];
    if (drawn === undefined) throw new RangeError(`no segment ${index}`);
    return drawn;
  }

  private open(index: number): Drawn {
    const segment = segmentAt(this.input, index);
    const quota =
      this.poolOf(index)?.source ??
      ({ kind: 'included', rule: '/quota', left: this.ownQuota(segment, index) } satisfies Source);
    const carried = carries(segment) ? [this.carried] : [];
    const packs = (use: PackState['use']) =>
      this.packs.filter((pack) => pack.use === use).map(({ source }) => source);
    return {
      sources: [...carried, ...packs('before_quota'), quota, ...packs('after_quota')],
      taken: new Map(),
      beyond: 0n,
      owed: 0n,
      available: quota.left + (carried.length > 0 ? this.carried.left : 0n),
      quota,
    };
  }

  private ownQuota(segment: RatingSegment, index: number): bigint {
    const own = quotaShare(this.input, index);
    if (segment.plan.terms.quota?.proration !== 'full') return own;
    const shared = this.input.segments
      .slice(0, index)
      .some(({ planCode, pool }) => planCode === segment.planCode && pool !== undefined);
    // A quota that is given once is the pool's if the plan's first stretch was in it.
    const left = shared ? 0n : own - (this.given.get(segment.planCode) ?? 0n);
    return left > 0n ? left : 0n;
  }
}

/** Nothing of a pool is carried over, into it or out of it. */
function carries({ plan, pool }: RatingSegment): boolean {
  return pool === undefined && plan.terms.quota?.carryOver !== undefined;
}
