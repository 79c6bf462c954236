import type { NamedUsageRow } from '../meter/index.js';
import type { RatingUsage, UsageLine } from '../rating/index.js';

/**
 * A cap may run out within the octets of a row, which are of many names: its free octets are then given to the names by code
 * unit. So what all names of a row got sums to what the row got.
 */
export interface NameSlices {
  /** The usage, with rules that keep the octets of each wanted row on lines of their own; in the same order. */
  usage: RatingUsage[];
  /** What the name got, from the lines that this usage became. */
  linesOf(lines: readonly UsageLine[]): UsageLine[];
}

/** Stands for "none", which is last in the order of text. */
const LAST = '\uffff';

/** @param named rows of `usage` that hold octets of the name */
export function sliceByName(usage: readonly RatingUsage[], named: readonly NamedUsageRow[]): NameSlices {
  const places = new Map(named.map((row, place) => [keyOf({ ...row, firstHour: row.hour }), place]));
  const rules = new Set(named.map(({ rule }) => rule));
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
        if (place === undefined) continue;
        const own = ofRow.get(place);
        if (own === undefined) ofRow.set(place, [line]);
        else own.push(line);
      }
      return [...ofRow].flatMap(([place, own]) => {
        const row = named[place];
        return row === undefined ? [] : slice(row, own);
      });
    },
  };
}

/** The name's part of a row: free octets go first. */
function slice(row: NamedUsageRow, lines: readonly UsageLine[]): UsageLine[] {
  let upBefore = 0n;
  let downBefore = 0n;
  return [...lines]
    .sort((a, b) => Number(b.treatment === 'free') - Number(a.treatment === 'free'))
    .map((line) => {
      const octetsUp = overlap(upBefore, line.octetsUp, row.beforeUp, row.octetsUp);
      const octetsDown = overlap(downBefore, line.octetsDown, row.beforeDown, row.octetsDown);
      upBefore += line.octetsUp;
      downBefore += line.octetsDown;
      return { ...line, rule: row.rule, octetsUp, octetsDown };
    });
}

/** How much [a, a + lengthA) and [b, b + lengthB) share. */
function overlap(a: bigint, lengthA: bigint, b: bigint, lengthB: bigint): bigint {
  const start = a > b ? a : b;
  const [endA, endB] = [a + lengthA, b + lengthB];
  const end = endA < endB ? endA : endB;
  return end > start ? end - start : 0n;
}

function keyOf({
  firstHour,
  serviceCode,
  serviceVersionId,
  evidence,
  rule,
  mcc,
}: Pick<
  RatingUsage,
  'firstHour' | 'serviceCode' | 'serviceVersionId' | 'evidence' | 'rule' | 'mcc'
>): string {
  return JSON.stringify([firstHour, serviceCode, serviceVersionId, evidence, rule, mcc ?? null]);
}
