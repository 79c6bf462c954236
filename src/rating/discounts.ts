import { charge, segmentAt, type Charge } from './charges.js';
import type { RatingInput, UsageLine } from './types.js';

/** A plan's discounts: given once, with the plan's last segment, and never more than what the plan charged. */
export function discounts(
  input: RatingInput,
  usage: readonly UsageLine[],
  charges: readonly Charge[],
): Charge[] {
  return input.segments.flatMap(({ planCode, plan }, index) => {
    if (plan.discounts.length === 0) return [];
    if (input.segments.slice(index + 1).some((later) => later.planCode === planCode)) return [];
    const ofPlan = (at: number | null) => at !== null && segmentAt(input, at).planCode === planCode;
    let left = charges.reduce((sum, { line, coins }) => (ofPlan(line.segment) ? sum + coins : sum), 0n);
    return plan.discounts.flatMap(({ pointer, amount, limit, includingFree }) => {
      const total = usage
        .filter((line) => ofPlan(line.segment))
        .filter(({ treatment }) => treatment === 'billed' || (includingFree && treatment === 'free'))
        .reduce((sum, { octetsUp, octetsDown }) => sum + octetsUp + octetsDown, 0n);
      if (total > limit || left === 0n) return [];
      const given = amount.n > left * amount.d ? { n: left, d: 1n } : amount;
      const made = charge(
        segmentAt(input, index),
        { n: -given.n, d: given.d },
        { kind: 'discount', segment: index, rule: pointer },
      );
      left += made.coins;
      return [made];
    });
  });
}
