import { existsSync, readFileSync } from 'node:fs';
import {
  FLOW_KEY_BYTES,
  FLOW_RECORD,
  FLOW_RECORD_BYTES,
  HELLO_HEADER_BYTES,
  HELLO_KINDS,
  HELLO_RECORD,
  SHAPE_IPV6,
  type HelloKind,
} from '../../src/capture/index.js';

/**
 * A small reader of capture files for tests that must not need the native build: packets of the outermost IP header, put
 * together to flows and hellos as an engine hands them on. It trusts its input.
 */
export interface TestPacket {
  /** UNIX microseconds. */
  time: number;
  ip: Buffer;
}

export const CAPTURES = new URL('../../../shared/captures/', import.meta.url).pathname;
export const haveCaptures = existsSync(CAPTURES);

export function readCapture(path: string): TestPacket[] {
  const bytes = readFileSync(path);
  const magic = bytes.readUInt32BE(0);
  return magic === 0x0a0d0d0a ? readPcapng(bytes) : readPcap(bytes, magic);
}

function readPcap(bytes: Buffer, magic: number): TestPacket[] {
  const little = magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1;
  const nano = magic === 0x4d3cb2a1 || magic === 0xa1b23c4d;
  const u32 = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const link = u32(20) & 0xffff;
  const packets: TestPacket[] = [];
  for (let at = 24; at + 16 <= bytes.length;) {
    const captured = u32(at + 8);
    const fraction = u32(at + 4);
    const ip = ipOf(bytes.subarray(at + 16, at + 16 + captured), link);
    if (ip) packets.push({ time: u32(at) * 1e6 + (nano ? Math.floor(fraction / 1000) : fraction), ip });
    at += 16 + captured;
  }
  return packets;
}

function readPcapng(bytes: Buffer): TestPacket[] {
  const packets: TestPacket[] = [];
  let interfaces: { link: number; perSecond: number }[] = [];
  for (let at = 0; at + 12 <= bytes.length;) {
    const type = bytes.readUInt32LE(at);
    const length = bytes.readUInt32LE(at + 4);
    if (type === 0x0a0d0d0a) interfaces = [];
    else if (type === 1) {
      let perSecond = 1e6;
      for (let option = at + 16; option + 4 <= at + length - 4;) {
        const code = bytes.readUInt16LE(option);
        const size = bytes.readUInt16LE(option + 2);
        if (code === 9) {
          const value = bytes[option + 4]!;
          perSecond = value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value;
        }
        option += 4 + ((size + 3) & ~3);
      }
      interfaces.push({ link: bytes.readUInt16LE(at + 8), perSecond });
    } else if (type === 6) {
      const { link, perSecond } = interfaces[bytes.readUInt32LE(at + 8)]!;
      const ticks = bytes.readUInt32LE(at + 12) * 2 ** 32 + bytes.readUInt32LE(at + 16);
      const captured = bytes.readUInt32LE(at + 20);
      const ip = ipOf(bytes.subarray(at + 28, at + 28 + captured), link);
      if (ip) packets.push({ time: Math.floor((ticks / perSecond) * 1e6), ip });
    }
    at += length;
  }
  return packets;
}

/** The outermost IP packet of a frame. */
function ipOf(frame: Buffer, link: number): Buffer | undefined {
  if (link === 1) return etherType(frame, 12);
  if (link === 113) return etherType(frame, 14);
  if (link === 276) return protocolOf(frame, frame.readUInt16BE(0), 20);
  if (link === 9 || link === 50) return frame.subarray(frame[0] === 0xff ? 4 : 2);
  if (link === 0 || link === 108) return frame.subarray(4);
  return frame;
}

function etherType(frame: Buffer, at: number): Buffer | undefined {
  return at + 2 > frame.length ? undefined : protocolOf(frame, frame.readUInt16BE(at), at + 2);
}

function protocolOf(frame: Buffer, type: number, at: number): Buffer | undefined {
  if (type === 0x8100 || type === 0x88a8) return etherType(frame, at + 2);
  if (type === 0x8864) return frame.subarray(at + 8);
  if (type === 0x8847) {
    while (at + 4 <= frame.length && (frame[at + 2]! & 1) === 0) at += 4;
    return frame.subarray(at + 4);
  }
  return type === 0x0800 || type === 0x86dd ? frame.subarray(at) : undefined;
}

export interface TestFlow {
  protocol: number;
  a: string;
  aPort: number;
  b: string;
  bPort: number;
  octetsUp: number;
  octetsDown: number;
  packetsUp: number;
  packetsDown: number;
  firstTime: number;
  lastTime: number;
  key: Buffer;
}

interface Parsed {
  ipv6: boolean;
  source: Buffer;
  destination: Buffer;
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  octets: number;
  sequence: number;
  payload: Buffer;
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

function parse(ip: Buffer): Parsed | undefined {
  const version = ip[0]! >> 4;
  let protocol: number;
  let at: number;
  let octets: number;
  let fragment = false;
  let source: Buffer;
  let destination: Buffer;
  if (version === 4 && ip.length >= 20) {
    protocol = ip[9]!;
    at = (ip[0]! & 15) * 4;
    octets = ip.readUInt16BE(2) || ip.length;
    fragment = (ip.readUInt16BE(6) & 0x1fff) !== 0;
    source = Buffer.concat([MAPPED, ip.subarray(12, 16)]);
    destination = Buffer.concat([MAPPED, ip.subarray(16, 20)]);
  } else if (version === 6 && ip.length >= 40) {
    protocol = ip[6]!;
    at = 40;
    octets = ip.readUInt16BE(4) + 40;
    while ((protocol === 0 || protocol === 43 || protocol === 60) && at + 8 <= ip.length) {
      protocol = ip[at]!;
      at += (ip[at + 1]! + 1) * 8;
    }
    source = Buffer.from(ip.subarray(8, 24));
    destination = Buffer.from(ip.subarray(24, 40));
  } else return undefined;
  const end = Math.min(ip.length, octets);
  const base = {
    ipv6: version === 6,
    source,
    destination,
    protocol,
    octets,
    sequence: 0,
    sourcePort: 0,
    destinationPort: 0,
  };
  const none = { ...base, payload: Buffer.alloc(0) };
  if (fragment || (protocol !== 6 && protocol !== 17) || at + 8 > end) return none;
  const ports = { sourcePort: ip.readUInt16BE(at), destinationPort: ip.readUInt16BE(at + 2) };
  if (protocol === 17) return { ...base, ...ports, payload: ip.subarray(at + 8, end) };
  if (at + 20 > end) return { ...none, ...ports };
  const data = at + (ip[at + 12]! >> 4) * 4;
  return {
    ...base,
    ...ports,
    sequence: ip.readUInt32BE(at + 4),
    payload: ip.subarray(Math.min(data, end), end),
  };
}

/** Flows (the sender of the first packet is the subscriber) and packed hellos of a capture, in capture order. */
export function flowsAndHellos(packets: readonly TestPacket[]): {
  flows: TestFlow[];
  hellos: Buffer;
  records: Buffer;
} {
  const flows = new Map<string, TestFlow>();
  const following = new Map<string, { kind: HelloKind; left: number }>();
  const hellos: Buffer[] = [];
  for (const { time, ip } of packets) {
    const packet = parse(ip);
    if (!packet) continue;
    const { source, destination, sourcePort, destinationPort, protocol } = packet;
    const forward = keyOf(packet, source, destination, sourcePort, destinationPort);
    const backward = keyOf(packet, destination, source, destinationPort, sourcePort);
    const uplink = !flows.has(backward.toString('latin1'));
    const key = uplink ? forward : backward;
    const id = key.toString('latin1');
    let flow = flows.get(id);
    if (!flow) {
      const text = (address: Buffer): string => addressText(address, packet.ipv6);
      flow = {
        protocol,
        a: text(source),
        aPort: sourcePort,
        b: text(destination),
        bPort: destinationPort,
        octetsUp: 0,
        octetsDown: 0,
        packetsUp: 0,
        packetsDown: 0,
        firstTime: time,
        lastTime: time,
        key,
      };
      flows.set(id, flow);
    }
    if (uplink) {
      flow.octetsUp += packet.octets;
      flow.packetsUp += 1;
    } else {
      flow.octetsDown += packet.octets;
      flow.packetsDown += 1;
    }
    flow.lastTime = time;
    const kind = helloKind(packet, `${id}${uplink}`, following);
    if (kind)
      hellos.push(packHello({ kind, uplink, time, key, sequence: packet.sequence, payload: packet.payload }));
  }
  const list = [...flows.values()];
  return { flows: list, hellos: Buffer.concat(hellos), records: packFlows(list) };
}

/** What a kernel would hand on: payloads that look like a hello, and some segments after one that is not whole. */
function helloKind(
  packet: Parsed,
  id: string,
  following: Map<string, { kind: HelloKind; left: number }>,
): HelloKind | undefined {
  const { payload, protocol } = packet;
  if (payload.length === 0) return undefined;
  if (packet.sourcePort === 53) return 'dns';
  if (protocol === 17) {
    const first = payload[0]!;
    const long = (first & 0xc0) === 0xc0 && payload.length > 100;
    const public9 = (first & 0x09) === 0x09 && payload.length > 100 && payload[9] === 0x51;
    return long || public9 ? 'quic' : undefined;
  }
  if (protocol !== 6) return undefined;
  if (payload[0] === 0x16 && payload[1] === 3 && (payload.length < 6 || payload[5] === 1)) {
    following.set(id, { kind: 'tls', left: 16 });
    return 'tls';
  }
  if (/^[A-Z-]{3,12} /.test(payload.toString('latin1', 0, 14))) {
    if (!payload.includes('\r\n\r\n')) following.set(id, { kind: 'http', left: 8 });
    return 'http';
  }
  const follow = following.get(id);
  if (!follow || follow.left === 0) return undefined;
  follow.left -= 1;
  if (follow.kind === 'http' && payload.includes('\r\n\r\n')) following.delete(id);
  return follow.kind;
}

function keyOf(
  packet: Parsed,
  subscriber: Buffer,
  peer: Buffer,
  subscriberPort: number,
  peerPort: number,
): Buffer {
  return packKey({
    subscriber,
    peer,
    subscriberPort,
    peerPort,
    protocol: packet.protocol,
    ipv6: packet.ipv6,
  });
}

export interface KeyFields {
  /** 16 bytes. */
  subscriber: Uint8Array;
  peer: Uint8Array;
  subscriberPort: number;
  peerPort: number;
  protocol: number;
  ipv6?: boolean;
  realm?: number;
  step?: number;
}

export function packKey(fields: KeyFields): Buffer {
  const key = Buffer.alloc(FLOW_KEY_BYTES);
  key.set(fields.subscriber, 0);
  key.set(fields.peer, 16);
  key.writeUInt16LE(fields.subscriberPort, 32);
  key.writeUInt16LE(fields.peerPort, 34);
  key.writeUInt16LE(fields.realm ?? 1, 36);
  key[38] = fields.protocol;
  key[39] = (fields.step ?? 0) | (fields.ipv6 === true ? SHAPE_IPV6 : 0);
  return key;
}

export interface RecordFields {
  key: Buffer;
  octetsUp: number;
  octetsDown: number;
  packetsUp: number;
  packetsDown: number;
  firstTime: number;
  lastTime: number;
}

export function packFlows(flows: readonly RecordFields[]): Buffer {
  const bytes = Buffer.alloc(flows.length * FLOW_RECORD_BYTES);
  flows.forEach((flow, index) => {
    const at = index * FLOW_RECORD_BYTES;
    bytes.writeUInt32LE(1, at + FLOW_RECORD.kind);
    bytes.writeUInt32LE(1, at + FLOW_RECORD.epoch);
    flow.key.copy(bytes, at + FLOW_RECORD.key);
    bytes.writeBigUInt64LE(BigInt(flow.octetsUp), at + FLOW_RECORD.octets_up);
    bytes.writeBigUInt64LE(BigInt(flow.octetsDown), at + FLOW_RECORD.octets_down);
    bytes.writeBigUInt64LE(BigInt(flow.packetsUp), at + FLOW_RECORD.packets_up);
    bytes.writeBigUInt64LE(BigInt(flow.packetsDown), at + FLOW_RECORD.packets_down);
    bytes.writeBigUInt64LE(BigInt(flow.firstTime), at + FLOW_RECORD.first_time);
    bytes.writeBigUInt64LE(BigInt(flow.lastTime), at + FLOW_RECORD.last_time);
  });
  return bytes;
}

export interface HelloFields {
  kind: HelloKind;
  uplink: boolean;
  time: number;
  key: Buffer;
  sequence?: number;
  payload: Buffer;
}

export function packHello(hello: HelloFields): Buffer {
  const payload = hello.payload.subarray(0, 1536);
  const record = Buffer.alloc((HELLO_HEADER_BYTES + payload.length + 7) & ~7);
  record.writeUInt32LE(record.length, HELLO_RECORD.length);
  record[HELLO_RECORD.kind] = HELLO_KINDS[hello.kind];
  record[HELLO_RECORD.uplink] = hello.uplink ? 1 : 0;
  record.writeUInt16LE(payload.length, HELLO_RECORD.payload_octets);
  record.writeUInt32LE(hello.payload.length, HELLO_RECORD.payload_total);
  record.writeUInt32LE(hello.sequence ?? 0, HELLO_RECORD.tcp_sequence);
  record.writeBigUInt64LE(BigInt(hello.time), HELLO_RECORD.time);
  hello.key.copy(record, HELLO_RECORD.key);
  payload.copy(record, HELLO_HEADER_BYTES);
  return record;
}

function addressText(address: Buffer, ipv6: boolean): string {
  if (!ipv6) return [...address.subarray(12)].join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(address.readUInt16BE(i).toString(16));
  return groups.join(':');
}
