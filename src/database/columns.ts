import type { ValueTransformer } from 'typeorm';

/** Reads an int8 that pg gives as text. Throws where it exceeds 2^53 - 1, rather than round. */
export function toSafeInteger(value: string | number | bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${String(value)} is no safe integer`);
  return number;
}

/** int8 column ↔ safe integer: surrogate keys, revisions. */
export const safeInteger: ValueTransformer = {
  from: (value: string | null) => (value === null ? null : toSafeInteger(value)),
  to: (value: unknown) => value,
};

/** int8 column ↔ bigint: octets. */
export const octets: ValueTransformer = {
  from: (value: string | null) => (value === null ? null : BigInt(value)),
  to: (value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
};

/** timestamptz column ↔ UNIX milliseconds. */
export const unixMilliseconds: ValueTransformer = {
  from: (value: Date | null) => (value === null ? null : value.getTime()),
  to: (value: unknown) => (typeof value === 'number' ? new Date(value) : value),
};
