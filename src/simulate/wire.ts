import { parseAddress, type Address } from '../shared/index.js';

/** IANA protocol numbers (IPFIX protocolIdentifier). */
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, gre: 47 } as const;
export const ETHERTYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  ipv6: 0x86dd,
  transparentEthernet: 0x6558,
  experimental: 0x88b5,
} as const;

/** TCP flags (RFC 9293). */
export const TCP = { fin: 0x01, syn: 0x02, psh: 0x08, ack: 0x10 } as const;

export interface Endpoint {
  address: Address;
  port: number;
}

/** Parses an address that the program itself has written down. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new RangeError(`"${text}" is no IP address`);
  return parsed;
}

/** Ones' complement sum of RFC 1071 over bytes[start, end), not yet folded or inverted. */
export function sum16(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  let sum = initial;
  let at = start;
  for (; at + 1 < end; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (at < end) sum += (bytes[at] as number) << 8;
  return sum;
}

/** Folds a sum of {@link sum16} into the 16-bit checksum that goes on the wire. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** Bytes of the IP header that {@link ipPacket} writes. */
export function ipHeaderBytes(family: 4 | 6): number {
  return family === 4 ? 20 : 40;
}

/**
 * An IPv4 (RFC 791) or IPv6 (RFC 8200) packet with room for `payloadBytes`, its header written. The IPv4 checksum is right.
 *
 * @param id IPv4 identification, and the low bits of the IPv6 flow label
 */
export function ipPacket(
  from: Address,
  to: Address,
  protocol: number,
  payloadBytes: number,
  id: number,
): Buffer {
  const header = ipHeaderBytes(from.family);
  const packet = Buffer.alloc(header + payloadBytes);
  if (from.family === 4) {
    packet.writeUInt8(0x45, 0);
    packet.writeUInt16BE(packet.length, 2);
    packet.writeUInt16BE(id & 0xffff, 4);
    packet.writeUInt8(64, 8);
    packet.writeUInt8(protocol, 9);
    packet.set(from.bytes.subarray(12), 12);
    packet.set(to.bytes.subarray(12), 16);
    packet.writeUInt16BE(foldChecksum(sum16(packet, 0, header)), 10);
  } else {
    packet.writeUInt32BE((0x6000_0000 | (id & 0xfffff)) >>> 0, 0);
    packet.writeUInt16BE(payloadBytes, 4);
    packet.writeUInt8(protocol, 6);
    packet.writeUInt8(64, 7);
    packet.set(from.bytes, 8);
    packet.set(to.bytes, 24);
  }
  return packet;
}

/** Checksum of TCP, UDP or ICMPv6 with the pseudo header of RFC 9293, section 3.1, and RFC 8200, section 8.1. */
function transportChecksum(packet: Buffer, from: Address, to: Address, protocol: number): number {
  const start = ipHeaderBytes(from.family);
  const first = from.family === 4 ? 12 : 0;
  let sum = protocol + (packet.length - start);
  sum = sum16(from.bytes, first, 16, sum);
  sum = sum16(to.bytes, first, 16, sum);
  return foldChecksum(sum16(packet, start, packet.length, sum));
}

/** A UDP datagram (RFC 768) in its IP packet. */
export function udpPacket(from: Endpoint, to: Endpoint, payload: Uint8Array, id: number): Buffer {
  const packet = ipPacket(from.address, to.address, PROTOCOL.udp, 8 + payload.length, id);
  const start = ipHeaderBytes(from.address.family);
  packet.writeUInt16BE(from.port, start);
  packet.writeUInt16BE(to.port, start + 2);
  packet.writeUInt16BE(8 + payload.length, start + 4);
  packet.set(payload, start + 8);
  const checksum = transportChecksum(packet, from.address, to.address, PROTOCOL.udp);
  packet.writeUInt16BE(checksum === 0 ? 0xffff : checksum, start + 6);
  return packet;
}

export interface TcpFields {
  sequence: number;
  acknowledgement: number;
  flags: number;
  /** A multiple of four bytes. */
  options: Uint8Array;
}

/** A TCP segment (RFC 9293) in its IP packet. */
export function tcpPacket(
  from: Endpoint,
  to: Endpoint,
  fields: TcpFields,
  payload: Uint8Array,
  id: number,
): Buffer {
  const header = 20 + fields.options.length;
  const packet = ipPacket(from.address, to.address, PROTOCOL.tcp, header + payload.length, id);
  const start = ipHeaderBytes(from.address.family);
  packet.writeUInt16BE(from.port, start);
  packet.writeUInt16BE(to.port, start + 2);
  packet.writeUInt32BE(fields.sequence >>> 0, start + 4);
  packet.writeUInt32BE(fields.acknowledgement >>> 0, start + 8);
  packet.writeUInt8((header / 4) << 4, start + 12);
  packet.writeUInt8(fields.flags, start + 13);
  packet.writeUInt16BE(0xfaf0, start + 14);
  packet.set(fields.options, start + 20);
  packet.set(payload, start + header);
  packet.writeUInt16BE(transportChecksum(packet, from.address, to.address, PROTOCOL.tcp), start + 16);
  return packet;
}

/** 6 bytes. */
export type MacAddress = Uint8Array;

/** A locally administered unicast address that ends in `number`. */
export function macAddress(number: number): MacAddress {
  return Uint8Array.of(0x02, 0xcf, 0, 0, (number >> 8) & 0xff, number & 0xff);
}

export const ETHERNET_HEADER_BYTES = 14;

/** An Ethernet II frame without padding and without its check sequence, as a capture shows it. */
export function ethernetFrame(
  source: MacAddress,
  destination: MacAddress,
  ethertype: number,
  payload: Uint8Array,
): Buffer {
  const frame = Buffer.allocUnsafe(ETHERNET_HEADER_BYTES + payload.length);
  frame.set(destination, 0);
  frame.set(source, 6);
  frame.writeUInt16BE(ethertype, 12);
  frame.set(payload, ETHERNET_HEADER_BYTES);
  return frame;
}

export function etherTypeOf(packet: Uint8Array): number {
  return (packet[0] ?? 0) >> 4 === 6 ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4;
}

/** An ARP request (RFC 826), padded to Ethernet's least payload of 46 bytes. Both addresses are IPv4. */
export function arpRequest(source: MacAddress, sender: Address, target: Address): Buffer {
  const body = Buffer.alloc(46);
  body.writeUInt16BE(1, 0);
  body.writeUInt16BE(ETHERTYPE.ipv4, 2);
  body.writeUInt8(6, 4);
  body.writeUInt8(4, 5);
  body.writeUInt16BE(1, 6);
  body.set(source, 8);
  body.set(sender.bytes.subarray(12), 14);
  body.set(target.bytes.subarray(12), 24);
  return ethernetFrame(source, Uint8Array.of(255, 255, 255, 255, 255, 255), ETHERTYPE.arp, body);
}
