import type { UsageSlice } from '../meter/index.js';
import type { RatingUsage, UsageLine } from '../rating/index.js';

/**
 * A cap may run out within the octets of a row, which are of many names: its free octets are then given to the parts of the row in
 * their order. So what all parts of a row got sums to what the row got.
 */
export interface SlicedUsage {
  /** The usage, with rules that keep the octets of each row that has wanted parts on lines of their own; in the same order. */
  usage: RatingUsage[];
  /** What each part got, from the lines that this usage became. */
  linesOf(lines: readonly UsageLine[]): UsageLine[][];
}

/** Stands for "none", which is last in the order of text. */
const LAST = '\uffff';

/** @param slices wanted parts of rows of `usage` */
export function sliceUsage(usage: readonly RatingUsage[], slices: readonly UsageSlice[]): SlicedUsage {
  const keys = slices.map((slice) => keyOf({ ...slice, firstHour: slice.hour }));
  const places = new Map([...new Set(keys)].map((key, place) => [key, place]));
  const rules = new Set(slices.map(({ rule }) => rule));
  const placesByRule = new Map<string, number>();
  return {
    usage: usage.map((row) => {
      if (!rules.has(row.rule)) return row;
      const text = `${row.rule ?? LAST}\0${row.mcc ?? LAST}`;
      const place = places.get(keyOf(row));
      if (place === undefined) return { ...row, rule: text };
      const rule = `${text}\0${place}`;
      placesByRule.set(rule, place);
      return { ...row, rule };
    }),
    linesOf(lines) {
      const ofRow = new Map<number, UsageLine[]>();
      for (const line of lines) {
        const place = placesByRule.get(line.rule ?? LAST);
        if (place !== undefined) ofRow.set(place, [...(ofRow.get(place) ?? []), line]);
      }
      return slices.map((slice, index) =>
        partOf(slice, ofRow.get(places.get(keys[index] ?? '') ?? -1) ?? []),
      );
    },
  };
}

/** A part of a row: free octets go first. */
function partOf(slice: UsageSlice, lines: readonly UsageLine[]): UsageLine[] {
  let upBefore = 0n;
  let downBefore = 0n;
  return [...lines]
    .sort((a, b) => Number(b.treatment === 'free') - Number(a.treatment === 'free'))
    .map((line) => {
      const octetsUp = overlap(upBefore, line.octetsUp, slice.beforeUp, slice.octetsUp);
      const octetsDown = overlap(downBefore, line.octetsDown, slice.beforeDown, slice.octetsDown);
      upBefore += line.octetsUp;
      downBefore += line.octetsDown;
      return { ...line, rule: slice.rule, octetsUp, octetsDown };
    })
    .filter(({ octetsUp, octetsDown }) => octetsUp + octetsDown > 0n);
}

/** How much [a, a + lengthA) and [b, b + lengthB) share. */
function overlap(a: bigint, lengthA: bigint, b: bigint, lengthB: bigint): bigint {
  const start = a > b ? a : b;
  const [endA, endB] = [a + lengthA, b + lengthB];
  const end = endA < endB ? endA : endB;
  return end > start ? end - start : 0n;
}

type RowKey = Pick<
  RatingUsage,
  'firstHour' | 'serviceCode' | 'serviceVersionId' | 'evidence' | 'rule' | 'mcc'
>;

function keyOf({ firstHour, serviceCode, serviceVersionId, evidence, rule, mcc }: RowKey): string {
  return JSON.stringify([firstHour, serviceCode, serviceVersionId, evidence, rule, mcc ?? null]);
}
