import type { RatedPeriod, UsageLine } from './types.js';

/** Anything that JSON can say, and bigint, which becomes a string of digits. */
export type JsonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * JSON with sorted keys and no spaces (RFC 8785 for the values we use: text, safe integers, booleans, null). Keys with
 * an undefined value are left out. The same value gives the same bytes, so it can be hashed.
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer: write it as text`);
    return String(value);
  }
  if (value === undefined) throw new TypeError('undefined has no JSON');
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

const iso = (instant: number) => new Date(instant).toISOString();

/** A rated period as statements show it: octets as strings of digits (they may exceed 2^53), times in ISO 8601. */
export function ratedDocument(rated: RatedPeriod): Record<string, JsonValue> {
  const { calendar, period, totals } = rated;
  return {
    period: { month: period.month, from: iso(period.from), to: iso(period.to), ...calendar },
    currency: rated.currency,
    segments: rated.segments.map(({ from, to, planCode, version }) => ({
      planCode,
      planVersion: version,
      from: iso(from),
      to: iso(to),
    })),
    usage: rated.usage.map(usageLine),
    charges: rated.charges.map((line) => ({ ...line })),
    taxes: rated.taxes.map((tax) => ({ ...tax })),
    notices: rated.notices.map((notice) => ({ ...notice, hour: iso(notice.hour) })),
    totals: { ...totals, octets: totals.octetsUp + totals.octetsDown },
    carriedOutOctets: rated.carriedOut,
  };
}

function usageLine({ firstHour, lastHour, ...line }: UsageLine): JsonValue {
  return {
    ...line,
    octets: line.octetsUp + line.octetsDown,
    firstHour: iso(firstHour),
    lastHour: iso(lastHour),
    // What is free says so in money too; billed octets are priced together, on the charges.
    ...(line.treatment === 'billed' ? {} : { amount: '0' }),
  };
}
