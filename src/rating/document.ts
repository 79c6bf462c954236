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
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `"${value}"`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer: write it as text`);
      return String(value);
    case 'undefined':
      throw new TypeError('undefined has no JSON');
    default:
      if (value === null) return 'null';
      return isList(value) ? `[${value.map(canonicalJson).join(',')}]` : canonicalObject(value);
  }
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** By concatenation: a month's closing writes a hundred thousand of these. */
function canonicalObject(value: { readonly [key: string]: JsonValue }): string {
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined)
      text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** Statements of a month name the same few hundred hours again and again. */
const isoTexts = new Map<number, string>();

function iso(instant: number): string {
  let text = isoTexts.get(instant);
  if (text === undefined) {
    if (isoTexts.size >= 5_000) isoTexts.clear();
    text = new Date(instant).toISOString();
    isoTexts.set(instant, text);
  }
  return text;
}

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
