import type { Attribute } from './packet.js';

const VENDOR_SPECIFIC = 26;
/** 3GPP TS 29.061 section 16.4.7. */
const VENDOR_3GPP = 10415;
const IMSI = 1;
const SGSN_MCC_MNC = 18;
const USER_LOCATION_INFO = 22;

export interface Network3gpp {
  /** 5 to 15 digits. */
  imsi: string | null;
  /** Mobile country code of the serving network: 3 digits. */
  mcc: string | null;
}

/** What 3GPP's own attributes say; a sub-attribute that is not in its form is as if it were absent. Never throws. */
export function read3gpp(attributes: readonly Attribute[]): Network3gpp {
  let imsi: string | null = null;
  let serving: string | null = null;
  let located: string | null = null;
  for (const { type, value } of subAttributes(attributes)) {
    if (type === IMSI) imsi ??= /^\d{5,15}$/.exec(value.toString('latin1'))?.[0] ?? null;
    // Text: the country code of three digits, then the network code of two or three.
    else if (type === SGSN_MCC_MNC)
      serving ??= /^(\d{3})\d{2,3}$/.exec(value.toString('latin1'))?.[1] ?? null;
    else if (type === USER_LOCATION_INFO) located ??= countryOf(value);
  }
  return { imsi, mcc: serving ?? located };
}

/** RFC 2865 section 5.26: vendor, then sub-attributes of type, length, value. */
function* subAttributes(attributes: readonly Attribute[]): Generator<Attribute> {
  for (const { type, value } of attributes) {
    if (type !== VENDOR_SPECIFIC || value.length < 4 || value.readUInt32BE(0) !== VENDOR_3GPP) continue;
    for (let at = 4; at + 2 <= value.length;) {
      const size = value.readUInt8(at + 1);
      if (size < 2 || at + size > value.length) break;
      yield { type: value.readUInt8(at), value: value.subarray(at + 2, at + size) };
      at += size;
    }
  }
}

/**
 * 3GPP-User-Location-Info: a byte for the kind of place (0 CGI, 1 SAI, 2 RAI, 128 and on TAI, ECGI, eNodeB and their 5G kin), and each kind
 * begins with the network: digits 2 and 1 of the country in a byte, its third in the low half of the next (TS 29.274 section 8.21).
 */
function countryOf(value: Buffer): string | null {
  if (value.length < 4) return null;
  const kind = value.readUInt8(0);
  if (kind > 2 && (kind < 128 || kind > 139)) return null;
  const [first, second] = [value.readUInt8(1), value.readUInt8(2)];
  const digits = [first & 15, first >> 4, second & 15];
  return digits.every((digit) => digit < 10) ? digits.join('') : null;
}
