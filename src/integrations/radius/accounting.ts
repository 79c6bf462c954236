import { formatAddress, formatPrefix, maskAddress, type Address } from '../../shared/index.js';
import type { Attribute, Packet } from './packet.js';

/** Attribute numbers of RFC 2865, 2866, 2869, 3162, 4818 and 6911. */
const NAS_IP_ADDRESS = 4;
const FRAMED_IP_ADDRESS = 8;
const VENDOR_SPECIFIC = 26;
const CALLED_STATION_ID = 30;
const CALLING_STATION_ID = 31;
const NAS_IDENTIFIER = 32;
const ACCT_STATUS_TYPE = 40;
const ACCT_DELAY_TIME = 41;
const ACCT_SESSION_ID = 44;
const ACCT_SESSION_TIME = 46;
const EVENT_TIMESTAMP = 55;
const NAS_IPV6_ADDRESS = 95;
const FRAMED_IPV6_PREFIX = 97;
const DELEGATED_IPV6_PREFIX = 123;
const FRAMED_IPV6_ADDRESS = 168;
/** 3GPP TS 29.061 section 16.4.7: vendor 10415, sub-attribute 1. */
const VENDOR_3GPP = 10415;
const IMSI_3GPP = 1;

const KINDS: Readonly<Record<number, AccountingEvent['kind']>> = {
  1: 'start',
  2: 'stop',
  3: 'interim',
  7: 'on',
  8: 'off',
};
/** RFC 2865 section 5.8: the user, or the NAS, is to choose. No address of anyone. */
const NO_ADDRESS = new Set(['255.255.255.255/32', '255.255.255.254/32', '0.0.0.0/32']);
/** A SIM holds a few; more in one packet is no session. */
const MOST_PREFIXES = 16;
const DAY_MS = 86_400_000;
/** A timestamp outside of these bounds is of a clock that is not set. SORACOM, for one, keeps 32 days of history too. */
const OLDEST_MS = 32 * DAY_MS;
const AHEAD_MS = 5 * 60_000;

/** What a NAS says of a subscriber; the numbers are digits only. */
export interface Subscriber {
  imsi: string | null;
  iccid: string | null;
  msisdn: string | null;
}

export interface AccountingEvent extends Subscriber {
  /** `on` and `off`: the NAS begins or ends; none of its sessions goes on. */
  kind: 'start' | 'interim' | 'stop' | 'on' | 'off';
  /** NAS-Identifier, else its address. */
  nas: string;
  /** Empty for `on` and `off`. */
  acctSessionId: string;
  /** Called-Station-Id: the APN, as a rule. */
  apn: string | null;
  /** CIDR texts, without repeats. */
  prefixes: string[];
  /** When it happened; UNIX milliseconds, never after its arrival. */
  time: number;
  /** Acct-Session-Time: milliseconds since the session's start, if given. */
  age: number | null;
}

/** `incomplete`: no status type or no session id, which RFC 2866 asks for. `other`: a status that is no session of a SIM. */
export type AccountingReading = AccountingEvent | 'incomplete' | 'other';

/**
 * Reads an authentic Accounting-Request. `arrival` is UNIX milliseconds, `client` the sender's address. Attributes that are
 * not in their form are as if they were absent. Never throws.
 */
export function readAccounting(packet: Packet, client: string, arrival: number): AccountingReading {
  const attributes = firstOf(packet.attributes);
  const status = number(attributes.get(ACCT_STATUS_TYPE));
  if (status === undefined) return 'incomplete';
  const kind = KINDS[status];
  if (kind === undefined) return 'other';
  const ofNas = kind === 'on' || kind === 'off';
  const acctSessionId = text(attributes.get(ACCT_SESSION_ID));
  if (acctSessionId === undefined && !ofNas) return 'incomplete';
  const age = number(attributes.get(ACCT_SESSION_TIME));
  return {
    kind,
    nas: nasOf(attributes) ?? client,
    acctSessionId: ofNas ? '' : (acctSessionId ?? ''),
    apn: text(attributes.get(CALLED_STATION_ID)) ?? null,
    prefixes: ofNas ? [] : prefixesOf(packet.attributes),
    time: timeOf(attributes, arrival),
    age: age === undefined ? null : age * 1000,
    ...subscriberOf(packet.attributes, attributes),
  };
}

function firstOf(attributes: readonly Attribute[]): Map<number, Buffer> {
  const first = new Map<number, Buffer>();
  for (const { type, value } of attributes) if (!first.has(type)) first.set(type, value);
  return first;
}

/**
 * Event-Timestamp says when it happened (RFC 2869 section 5.3). Without it, it happened Acct-Delay-Time before it arrived;
 * the two are not added, as the timestamp stays the same when a request is sent again.
 */
function timeOf(attributes: ReadonlyMap<number, Buffer>, arrival: number): number {
  const stamp = number(attributes.get(EVENT_TIMESTAMP));
  if (stamp !== undefined) {
    const time = stamp * 1000;
    if (time >= arrival - OLDEST_MS && time <= arrival + AHEAD_MS) return Math.min(time, arrival);
  }
  const delay = (number(attributes.get(ACCT_DELAY_TIME)) ?? 0) * 1000;
  return delay <= OLDEST_MS ? arrival - delay : arrival;
}

function nasOf(attributes: ReadonlyMap<number, Buffer>): string | undefined {
  const named = text(attributes.get(NAS_IDENTIFIER));
  if (named !== undefined) return named;
  const four = addressOf(attributes.get(NAS_IP_ADDRESS), 4);
  const six = addressOf(attributes.get(NAS_IPV6_ADDRESS), 6);
  const address = four ?? six;
  return address && formatAddress(address.bytes, 0, address.family === 6);
}

function subscriberOf(all: readonly Attribute[], first: ReadonlyMap<number, Buffer>): Subscriber {
  const imsi = all
    .filter(({ type }) => type === VENDOR_SPECIFIC)
    .map(({ value }) => imsiIn(value))
    .find((found) => found !== undefined);
  const calling = (text(first.get(CALLING_STATION_ID)) ?? '').replace(/^\+/, '');
  return {
    imsi: imsi ?? null,
    // ITU-T E.118: an ICCID begins with 89 and is longer than any MSISDN (E.164: at most 15 digits).
    iccid: /^89\d{16,20}$/.test(calling) ? calling : null,
    msisdn: /^\d{5,15}$/.test(calling) ? calling : null,
  };
}

/** RFC 2865 section 5.26: vendor, then sub-attributes of type, length, value. */
function imsiIn(value: Buffer): string | undefined {
  if (value.length < 4 || value.readUInt32BE(0) !== VENDOR_3GPP) return undefined;
  for (let at = 4; at + 2 <= value.length;) {
    const size = value.readUInt8(at + 1);
    if (size < 2 || at + size > value.length) return undefined;
    const digits = value.toString('latin1', at + 2, at + size);
    if (value.readUInt8(at) === IMSI_3GPP && /^\d{5,15}$/.test(digits)) return digits;
    at += size;
  }
  return undefined;
}

function prefixesOf(attributes: readonly Attribute[]): string[] {
  const prefixes = new Set<string>();
  for (const { type, value } of attributes) {
    const prefix = prefixOf(type, value);
    if (prefix !== undefined && !NO_ADDRESS.has(prefix) && prefixes.size < MOST_PREFIXES)
      prefixes.add(prefix);
  }
  return [...prefixes];
}

function prefixOf(type: number, value: Buffer): string | undefined {
  switch (type) {
    case FRAMED_IP_ADDRESS: {
      const address = addressOf(value, 4);
      return address && formatPrefix({ ...address, length: 32 });
    }
    case FRAMED_IPV6_ADDRESS: {
      const address = addressOf(value, 6);
      return address && formatPrefix({ ...address, length: 128 });
    }
    case FRAMED_IPV6_PREFIX:
    case DELEGATED_IPV6_PREFIX:
      return ipv6Prefix(value);
    default:
      return undefined;
  }
}

/** RFC 3162 section 2.3: a reserved byte, the length in bits, and as many bytes as that needs, or more. */
function ipv6Prefix(value: Buffer): string | undefined {
  if (value.length < 2 || value.length > 18) return undefined;
  const length = value.readUInt8(1);
  if (length === 0 || length > 128 || value.length - 2 < Math.ceil(length / 8)) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(value.subarray(2));
  const address: Address = { family: 6, bytes };
  return formatPrefix({ family: 6, bytes: maskAddress(address, length), length });
}

function addressOf(value: Buffer | undefined, family: 4 | 6): Address | undefined {
  if (value?.length !== (family === 4 ? 4 : 16)) return undefined;
  if (family === 6) return { family, bytes: new Uint8Array(value) };
  return { family, bytes: Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...value]) };
}

function number(value: Buffer | undefined): number | undefined {
  return value?.length === 4 ? value.readUInt32BE(0) : undefined;
}

/** Printable ASCII as it stands; anything else in hex, as Postgres takes no zero byte and a page no control character. */
function text(value: Buffer | undefined): string | undefined {
  if (value === undefined || value.length === 0) return undefined;
  const plain = value.toString('latin1');
  return /^[\x20-\x7e]+$/.test(plain) ? plain : `0x${value.toString('hex')}`;
}
