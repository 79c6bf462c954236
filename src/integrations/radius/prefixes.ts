import { formatPrefix, maskAddress, parseAddress, type Address } from '../../shared/index.js';
import type { Attribute } from './packet.js';

/** Attribute numbers of RFC 2865, 3162, 4818 and 6911. */
const FRAMED_IP_ADDRESS = 8;
const FRAMED_ROUTE = 22;
const FRAMED_IPV6_PREFIX = 97;
const FRAMED_IPV6_ROUTE = 99;
const DELEGATED_IPV6_PREFIX = 123;
const FRAMED_IPV6_ADDRESS = 168;

/** RFC 2865 section 5.8: the user, or the NAS, is to choose. No address of anyone. */
const NO_ADDRESS = new Set(['255.255.255.255/32', '255.255.255.254/32', '0.0.0.0/32']);
/** A SIM holds a few; more in one packet is no session. */
const MOST_PREFIXES = 16;

/** CIDR texts of all that a SIM holds: addresses, prefixes, and networks behind it. Without repeats. */
export function prefixesOf(attributes: readonly Attribute[]): string[] {
  const prefixes = new Set<string>();
  for (const { type, value } of attributes) {
    const prefix = prefixOf(type, value);
    if (prefix !== undefined && !NO_ADDRESS.has(prefix) && prefixes.size < MOST_PREFIXES)
      prefixes.add(prefix);
  }
  return [...prefixes];
}

/** An address of 4 or 16 bytes. */
export function addressOf(value: Buffer | undefined, family: 4 | 6): Address | undefined {
  if (value?.length !== (family === 4 ? 4 : 16)) return undefined;
  if (family === 6) return { family, bytes: new Uint8Array(value) };
  return { family, bytes: Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...value]) };
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
    case FRAMED_ROUTE:
      return route(value, 4);
    case FRAMED_IPV6_ROUTE:
      return route(value, 6);
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
  return masked({ family: 6, bytes }, length);
}

/** RFC 2865 section 5.22 and RFC 3162 section 2.5: `prefix[/length] gateway metric…`. A network behind the SIM, such as a LAN. */
function route(value: Buffer, family: 4 | 6): string | undefined {
  const [network = ''] = value.toString('latin1').trim().split(/\s/, 1);
  const [, text = '', digits] = /^([0-9A-Fa-f.:]{2,45})(?:\/(\d{1,3}))?$/.exec(network) ?? [];
  const address = parseAddress(text);
  if (address?.family !== family) return undefined;
  const length = digits === undefined ? classLength(address) : Number(digits);
  if (length === undefined || length === 0 || length > (family === 4 ? 32 : 128)) return undefined;
  return masked(address, length);
}

/** What a route without a length means: RFC 2865 still knows classes. */
function classLength({ family, bytes }: Address): number | undefined {
  if (family === 6) return undefined;
  const first = bytes[12] ?? 255;
  if (first < 128) return 8;
  if (first < 192) return 16;
  return first < 224 ? 24 : undefined;
}

function masked(address: Address, length: number): string {
  return formatPrefix({ family: address.family, bytes: maskAddress(address, length), length });
}
