import { readHost, type HostText } from './host-name.js';

const TAG_CHLO = Buffer.from('CHLO');
const TAG_SNI = 0x53_4e_49_00; // "SNI\0"
const MAX_TAGS = 128;
/** Public header, packet number, hash and stream frame header together are shorter than this. */
const CHLO_SEARCH_OCTETS = 96;

/** True for the versions whose first packet carries its CHLO in the clear: Q024 to Q049. */
export function isClearGquicVersion(version: number): boolean {
  if (version >>> 16 !== 0x5130) return false; // "Q0"
  const tens = (version >>> 8) & 0xff;
  const ones = version & 0xff;
  return tens >= 0x32 && tens <= 0x34 && ones >= 0x30 && ones <= 0x39;
}

/** The version of a gQUIC packet, in the public header of Q043 and before or the long header after; else 0. */
export function gquicVersion(datagram: Buffer): number {
  const flags = datagram[0];
  if (flags === undefined) return 0;
  if ((flags & 0x80) !== 0) return datagram.length >= 5 ? datagram.readUInt32BE(1) : 0;
  if ((flags & 0x01) === 0) return 0; // only a client's packets carry the version
  const at = (flags & 0x08) !== 0 ? 9 : 1;
  return datagram.length >= at + 4 ? datagram.readUInt32BE(at) : 0;
}

/** The host of a CHLO that stands in a datagram in the clear; undefined if there is none. */
export function readClearChlo(datagram: Buffer): HostText | undefined {
  const at = datagram.subarray(0, CHLO_SEARCH_OCTETS).indexOf(TAG_CHLO);
  return at < 0 ? undefined : readChlo(datagram.subarray(at));
}

/**
 * Reads a client hello of QUIC crypto: tag, number of entries, then (tag, end of value)*, then the values.
 * @returns undefined if it is no CHLO, or is cut before its SNI
 */
export function readChlo(message: Buffer): HostText | undefined {
  if (message.length < 8 || message.compare(TAG_CHLO, 0, 4, 0, 4) !== 0) return undefined;
  const count = message.readUInt16LE(4);
  const values = 8 + 8 * count;
  if (count > MAX_TAGS || values > message.length) return undefined;
  let start = 0;
  for (let i = 0; i < count; i += 1) {
    const end = message.readUInt32LE(8 + 8 * i + 4);
    if (end < start || values + end > message.length) return undefined;
    if (message.readUInt32BE(8 + 8 * i) === TAG_SNI) return readHost(message, values + start, values + end);
    start = end;
  }
  return { name: null, literal: null };
}
