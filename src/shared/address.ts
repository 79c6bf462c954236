import { Refusal } from './errors.js';
import { isIPv4, isIPv6 } from 'node:net';

/** An IP address as the flow records carry it: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d, and its family. */
export interface Address {
  family: 4 | 6;
  bytes: Uint8Array;
}

/** A CIDR prefix; `length` counts within the family (0..32 or 0..128) and host bits are zero. */
export interface Prefix extends Address {
  length: number;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Parses dotted-quad or RFC 4291 text. Returns undefined for anything else (zone ids, leading zeros, CIDR). */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, bytes: Uint8Array.from([...MAPPED, ...text.split('.').map(Number)]) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  return { family: 6, bytes: ipv6Bytes(text) };
}

function ipv6Bytes(text: string): Uint8Array {
  let source = text;
  const embedded = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (embedded) {
    const [a, b, c, d] = embedded.slice(2, 6).map(Number) as [number, number, number, number];
    source = `${embedded[1] ?? ''}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = source.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const bytes = new Uint8Array(16);
  groups.forEach((group, index) => {
    const value = parseInt(group, 16);
    bytes[index * 2] = value >> 8;
    bytes[index * 2 + 1] = value & 0xff;
  });
  return bytes;
}

/** Formats 16 bytes at `offset` as text; IPv6 in the canonical form of RFC 5952. */
export function formatAddress(bytes: Uint8Array, offset: number, ipv6: boolean): string {
  if (!ipv6) {
    return `${String(bytes[offset + 12])}.${String(bytes[offset + 13])}.${String(bytes[offset + 14])}.${String(bytes[offset + 15])}`;
  }
  const groups: number[] = [];
  for (let i = 0; i < 8; i += 1)
    groups.push(((bytes[offset + 2 * i] ?? 0) << 8) | (bytes[offset + 2 * i + 1] ?? 0));
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i += 1) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length += 1;
    if (length > bestLength) {
      bestStart = i;
      bestLength = length;
    }
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (bestStart < 0) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}

/** Parses `address/length`. A bare address is a host prefix. Throws a {@link Refusal} that names `pointer`. */
export function parsePrefix(text: string, pointer = ''): Prefix {
  const refuse = (detail: string): never => {
    throw new Refusal('invalid', `"${text}" is not a prefix: ${detail}`, [{ pointer, detail }]);
  };
  const [addressText = '', lengthText, ...rest] = text.trim().split('/');
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0)
    return refuse('write an IPv4 or IPv6 address and a length, such as 10.128.0.0/9');
  const bits = address.family === 4 ? 32 : 128;
  if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText))
    return refuse(`the length is a whole number from 0 to ${bits}`);
  const length = lengthText === undefined ? bits : Number(lengthText);
  if (length > bits) return refuse(`the length is at most ${bits} for IPv${address.family}`);
  const network = maskAddress(address, length);
  if (!network.every((byte, index) => byte === address.bytes[index])) {
    return refuse(
      `bits after the length are set; did you mean ${formatAddress(network, 0, address.family === 6)}/${length}?`,
    );
  }
  return { family: address.family, bytes: network, length };
}

/** The address with every bit after `length` (counted within the family) cleared. */
export function maskAddress(address: Address, length: number): Uint8Array {
  const keep = address.family === 4 ? 96 + length : length;
  return address.bytes.map((byte, index) => {
    const bits = Math.max(0, Math.min(8, keep - index * 8));
    return byte & (0xff00 >> bits) & 0xff;
  });
}

/** True if `bytes[offset..offset+16]` lies in the prefix. The caller has compared families. */
export function prefixContains(prefix: Prefix, bytes: Uint8Array, offset = 0): boolean {
  const keep = prefix.family === 4 ? 96 + prefix.length : prefix.length;
  const whole = keep >> 3;
  for (let i = 0; i < whole; i += 1) if (prefix.bytes[i] !== bytes[offset + i]) return false;
  const rest = keep & 7;
  if (rest === 0) return true;
  const mask = (0xff00 >> rest) & 0xff;
  return ((prefix.bytes[whole] ?? 0) & mask) === ((bytes[offset + whole] ?? 0) & mask);
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.bytes, 0, prefix.family === 6)}/${prefix.length}`;
}
