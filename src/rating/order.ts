/** By code unit, which no locale changes; null last. */
export function compareText(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

export function compareOctets(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
