import type { Source } from './draws.js';
import { compareText } from './order.js';
import type { RatingPack } from './types.js';

export interface PackState extends RatingPack {
  source: Source;
}

/** Packs in the order in which they are used: what ends first, then what was bought first. */
export function packStates(packs: readonly RatingPack[]): PackState[] {
  return [...packs]
    .sort((a, b) => a.to - b.to || a.from - b.from || compareText(a.id, b.id))
    .map((pack) => ({
      ...pack,
      source: { kind: 'pack_octets', rule: pack.rule, pack: pack.id, left: pack.octets },
    }));
}

/** Whether a source may cover octets of an hour. A pack does from the hour in which it was bought to the one in which it ends. */
export function overlapsHour(source: Source, packs: readonly PackState[], hour: number): boolean {
  if (source.kind !== 'pack_octets') return true;
  const pack = packs.find((one) => one.source === source);
  return pack !== undefined && hour >= pack.from && hour < pack.to;
}
