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
      return stringJson(value);
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

/** Text without a character that JSON escapes is most of it, and quick to tell. */
function stringJson(text: string): string {
  return /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}

interface Member {
  key: string;
  /** `"key":` */
  text: string;
}

/** The keys of objects in order, by the keys as they come: a month's closing writes millions of a few kinds. */
const orders = new Map<string, readonly Member[]>();
const MOST_ORDERS = 1_000;

function inOrder(value: object): readonly Member[] {
  const keys = Object.keys(value);
  const kind = keys.join('\n');
  const known = orders.get(kind);
  // No key of a known kind has a line feed in it, so as many keys are the same keys.
  if (known?.length === keys.length) return known;
  const members = keys.sort().map((key) => ({ key, text: `${JSON.stringify(key)}:` }));
  if (orders.size >= MOST_ORDERS) orders.clear();
  if (!keys.some((key) => key.includes('\n'))) orders.set(kind, members);
  return members;
}

function canonicalObject(value: { readonly [key: string]: JsonValue }): string {
  let text = '';
  for (const { key, text: name } of inOrder(value)) {
    const member = value[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${name}${canonicalJson(member)}`;
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
    segments: rated.segments.map(({ from, to, planCode, version, group }) => ({
      planCode,
      planVersion: version,
      from: iso(from),
      to: iso(to),
      group,
    })),
    usage: rated.usage.map(usageLine),
    charges: rated.charges.map((line) => ({ ...line })),
    taxes: rated.taxes.map((tax) => ({ ...tax })),
    notices: rated.notices.map((notice) => ({ ...notice, hour: iso(notice.hour) })),
    totals: { ...totals, octets: totals.octetsUp + totals.octetsDown },
    carriedOutOctets: rated.carriedOut,
    ...(rated.packsOut.length > 0 && { packsOut: rated.packsOut.map((pack) => ({ ...pack })) }),
  };
}

/** Member by member, as copying objects would take longer than writing them. */
function usageLine(line: UsageLine): JsonValue {
  const shown: Record<keyof UsageLine | 'octets', JsonValue> & { amount?: string } = {
    segment: line.segment,
    treatment: line.treatment,
    reason: line.reason,
    planRule: line.planRule,
    payer: line.payer,
    serviceCode: line.serviceCode,
    serviceVersionId: line.serviceVersionId,
    evidence: line.evidence,
    rule: line.rule,
    octetsUp: line.octetsUp,
    octetsDown: line.octetsDown,
    firstHour: iso(line.firstHour),
    lastHour: iso(line.lastHour),
    octets: line.octetsUp + line.octetsDown,
  };
  // What is free says so in money too; billed octets are priced together, on the charges.
  if (line.treatment !== 'billed') shown.amount = '0';
  return shown;
}
