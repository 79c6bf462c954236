/** Builders of packet layers: each puts its header before what is inside. Nothing is checked, so that tests can lie. */
import { parseAddress } from '../../../src/shared/index.js';

export const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd, arp: 0x0806, teb: 0x6558, vlan: 0x8100, qinq: 0x88a8 };
export const PROTOCOL = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, fragment: 44, gre: 47 };

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function octetsOf(text: string): Buffer {
  const address = parseAddress(text);
  if (!address) throw new Error(`${text} is no address`);
  return Buffer.from(address.family === 4 ? address.bytes.subarray(12) : address.bytes);
}

export function ethernet(type: number, inside: Buffer): Buffer {
  return Buffer.concat([Buffer.from('02000000000102000000002a', 'hex'), u16(type), inside]);
}

/** What follows the EtherType of a tag: identifier, then the type of what is inside. */
export function vlan(identifier: number, type: number, inside: Buffer): Buffer {
  return Buffer.concat([u16(identifier), u16(type), inside]);
}

/** A stack of labels. */
export function mpls(labels: readonly number[], inside: Buffer): Buffer {
  const stack = labels.map((label, index) =>
    u32((label << 12) | (index === labels.length - 1 ? 0x100 : 0) | 64),
  );
  return Buffer.concat([...stack, inside]);
}

export function pppoe(protocol: number, inside: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x11, 0]), u16(7), u16(inside.length + 2), u16(protocol), inside]);
}

export interface Ipv4Fields {
  options?: Buffer;
  id?: number;
  moreFragments?: boolean;
  /** Of the fragment, in octets. */
  offset?: number;
  /** What the header claims; absent = the truth. */
  totalLength?: number;
}

export function ipv4(
  source: string,
  destination: string,
  protocol: number,
  inside: Buffer,
  fields: Ipv4Fields = {},
): Buffer {
  const options = fields.options ?? Buffer.alloc(0);
  const header = 20 + options.length;
  return Buffer.concat([
    Buffer.from([0x40 | (header / 4), 0]),
    u16(fields.totalLength ?? header + inside.length),
    u16(fields.id ?? 0),
    u16((fields.moreFragments ? 0x2000 : 0) | ((fields.offset ?? 0) >> 3)),
    Buffer.from([64, protocol, 0, 0]),
    octetsOf(source),
    octetsOf(destination),
    options,
    inside,
  ]);
}

export function ipv6(
  source: string,
  destination: string,
  nextHeader: number,
  inside: Buffer,
  payloadLength = inside.length,
): Buffer {
  return Buffer.concat([
    u32(0x60000000),
    u16(payloadLength),
    Buffer.from([nextHeader, 64]),
    octetsOf(source),
    octetsOf(destination),
    inside,
  ]);
}

/** An extension header of 8 × `units` octets (hop-by-hop, routing, destination options). */
export function extension(nextHeader: number, inside: Buffer, units = 1): Buffer {
  const header = Buffer.alloc(8 * units);
  header[0] = nextHeader;
  header[1] = units - 1;
  return Buffer.concat([header, inside]);
}

export function fragmentHeader(
  nextHeader: number,
  id: number,
  offset: number,
  moreFragments: boolean,
  inside: Buffer,
): Buffer {
  return Buffer.concat([
    Buffer.from([nextHeader, 0]),
    u16(offset | (moreFragments ? 1 : 0)),
    u32(id),
    inside,
  ]);
}

export function udp(sourcePort: number, destinationPort: number, payload: Buffer): Buffer {
  return Buffer.concat([u16(sourcePort), u16(destinationPort), u16(8 + payload.length), u16(0), payload]);
}

export function tcp(sourcePort: number, destinationPort: number, payload: Buffer, sequence = 1000): Buffer {
  return Buffer.concat([
    u16(sourcePort),
    u16(destinationPort),
    u32(sequence),
    u32(0),
    Buffer.from([0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]),
    payload,
  ]);
}

export interface GreFields {
  checksum?: boolean;
  key?: number;
  sequence?: number;
  /** Further bits of the first 16. */
  flags?: number;
}

export function gre(protocol: number, inside: Buffer, fields: GreFields = {}): Buffer {
  const flags =
    (fields.flags ?? 0) |
    (fields.checksum ? 0x8000 : 0) |
    (fields.key === undefined ? 0 : 0x2000) |
    (fields.sequence === undefined ? 0 : 0x1000);
  return Buffer.concat([
    u16(flags),
    u16(protocol),
    ...(fields.checksum ? [u32(0)] : []),
    ...(fields.key === undefined ? [] : [u32(fields.key)]),
    ...(fields.sequence === undefined ? [] : [u32(fields.sequence)]),
    inside,
  ]);
}

export function vxlan(identifier: number, inside: Buffer): Buffer {
  return udp(50000, 4789, Buffer.concat([Buffer.from([8, 0, 0, 0]), u32(identifier << 8), inside]));
}

export interface GtpuFields {
  sequence?: boolean;
  /** Each [type, octets]: octets are a multiple of four, without the type of the next. */
  extensions?: readonly (readonly [number, number])[];
  messageType?: number;
}

export function gtpu(teid: number, inside: Buffer, fields: GtpuFields = {}): Buffer {
  const extensions = fields.extensions ?? [];
  const optional = fields.sequence === true || extensions.length > 0;
  const flags = 0x30 | (fields.sequence ? 2 : 0) | (extensions.length > 0 ? 4 : 0);
  const chain = extensions.map(([, octets], index) => {
    const header = Buffer.alloc(octets);
    header[0] = octets / 4;
    header[octets - 1] = extensions[index + 1]?.[0] ?? 0;
    return header;
  });
  const rest = Buffer.concat([
    ...(optional ? [Buffer.from([0, 1, 0, extensions[0]?.[0] ?? 0])] : []),
    ...chain,
    inside,
  ]);
  const head = Buffer.concat([Buffer.from([flags, fields.messageType ?? 255]), u16(rest.length), u32(teid)]);
  return udp(2152, 2152, Buffer.concat([head, rest]));
}

/** A TLS record with a ClientHello whose body is `octets` long (zeros): enough to be recognised. */
export function clientHello(octets: number): Buffer {
  const length = octets + 4;
  return Buffer.concat([
    Buffer.from([22, 3, 1]),
    u16(length),
    Buffer.from([1, octets >> 16, (octets >> 8) & 255, octets & 255]),
    Buffer.alloc(octets),
  ]);
}
