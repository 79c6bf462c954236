import { formatAddress } from '../../shared/index.js';
import type { Attribute, Packet } from './packet.js';
import { addressOf, prefixesOf } from './prefixes.js';
import { read3gpp } from './vendor-3gpp.js';

/** Attribute numbers of RFC 2865, 2866, 2869 and 3162. */
const NAS_IP_ADDRESS = 4;
const CALLED_STATION_ID = 30;
const CALLING_STATION_ID = 31;
const NAS_IDENTIFIER = 32;
const ACCT_STATUS_TYPE = 40;
const ACCT_DELAY_TIME = 41;
const ACCT_SESSION_ID = 44;
const ACCT_SESSION_TIME = 46;
const EVENT_TIMESTAMP = 55;
const NAS_IPV6_ADDRESS = 95;

const KINDS: Readonly<Record<number, AccountingEvent['kind']>> = {
  1: 'start',
  2: 'stop',
  3: 'interim',
  7: 'on',
  8: 'off',
};
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
  /** Mobile country code of the serving network: 3 digits. */
  mcc: string | null;
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
    ...read3gpp(packet.attributes),
    ...numbersOf(attributes),
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

function numbersOf(first: ReadonlyMap<number, Buffer>): Omit<Subscriber, 'imsi'> {
  const calling = (text(first.get(CALLING_STATION_ID)) ?? '').replace(/^\+/, '');
  return {
    // ITU-T E.118: an ICCID begins with 89 and is longer than any MSISDN (E.164: at most 15 digits).
    iccid: /^89\d{16,20}$/.test(calling) ? calling : null,
    msisdn: /^\d{5,15}$/.test(calling) ? calling : null,
  };
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
