import { formatAddress, parsePrefix, prefixContains, type Prefix } from '../shared/index.js';
import { readCaptureFrames } from './capture-frames.js';
import { JunctionMirror, TUNNEL_BYTES, type MirrorTunnel } from './junction.js';
import type { Count } from './prediction.js';
import type { TimedFrame } from './simulation.js';
import { ETHERTYPE, foldChecksum, sum16 } from './wire.js';

export interface CaptureMirrorOptions {
  /** A pcap or pcapng file. */
  path: string;
  /** CIDR texts. */
  subscriberPrefixes: readonly string[];
  tunnel: MirrorTunnel;
  /** Largest outer IP packet; a larger one is sent in outer fragments. */
  mtu?: number;
}

/** What a counter should find in the capture: `sent` + `bothSubscribers` = all of `subscribers` + `notSubscriber` + `notIp`. */
export interface CapturePrediction {
  sent: Count;
  /** By address text; a packet between two subscribers is counted for each. */
  subscribers: Record<string, { octetsUp: number; octetsDown: number }>;
  bothSubscribers: Count;
  notSubscriber: Count;
  notIp: Count;
}

/**
 * The packets of a capture file as Junction would have mirrored them, with the octets that a counter should find. It looks at the
 * outermost IP header only, and counts what the file holds where the header claims more.
 */
export class CaptureMirror {
  private readonly prefixes: Prefix[];
  private readonly totals: CapturePrediction = {
    sent: { packets: 0, octets: 0 },
    subscribers: {},
    bothSubscribers: { packets: 0, octets: 0 },
    notSubscriber: { packets: 0, octets: 0 },
    notIp: { packets: 0, octets: 0 },
  };

  constructor(private readonly options: CaptureMirrorOptions) {
    this.prefixes = options.subscriberPrefixes.map((text) => parsePrefix(text, '/subscribers'));
  }

  async *frames(): AsyncGenerator<TimedFrame> {
    const mirror = new JunctionMirror(this.options.tunnel);
    for await (const { at, frame } of readCaptureFrames(this.options.path)) {
      this.count(frame);
      const inner = isCut(frame, this.options.mtu) ? withLength(frame) : frame;
      for (const outer of mirror.wrap(inner, this.options.mtu)) yield { at, frame: outer };
    }
  }

  /** Complete once {@link frames} is exhausted. */
  prediction(): CapturePrediction {
    return structuredClone(this.totals);
  }

  private count(frame: Buffer): void {
    const packet = networkLayer(frame);
    const header = packet && readHeader(packet.bytes, packet.type);
    if (header === undefined) {
      add(this.totals.notIp, frame.length - 14);
      add(this.totals.sent, frame.length - 14);
      return;
    }
    add(this.totals.sent, header.octets);
    const up = this.isSubscriber(header.family, header.source);
    const down = this.isSubscriber(header.family, header.destination);
    if (up) this.subscriber(header.family, header.source).octetsUp += header.octets;
    if (down) this.subscriber(header.family, header.destination).octetsDown += header.octets;
    if (up && down) add(this.totals.bothSubscribers, header.octets);
    if (!up && !down) add(this.totals.notSubscriber, header.octets);
  }

  private isSubscriber(family: 4 | 6, address: Uint8Array): boolean {
    return this.prefixes.some((prefix) => prefix.family === family && prefixContains(prefix, address));
  }

  private subscriber(family: 4 | 6, address: Uint8Array): { octetsUp: number; octetsDown: number } {
    const text = formatAddress(address, 0, family === 6);
    return (this.totals.subscribers[text] ??= { octetsUp: 0, octetsDown: 0 });
  }
}

function isCut(frame: Buffer, mtu = Infinity): boolean {
  return frame.length + TUNNEL_BYTES > mtu;
}

/**
 * The frame with its IPv4 length filled in, where the capture was made before the card did so (length 0): of a packet
 * that arrives in outer fragments nothing else tells how long it was.
 */
function withLength(frame: Buffer): Buffer {
  const packet = networkLayer(frame);
  if (packet?.type !== ETHERTYPE.ipv4 || packet.bytes.length < 20 || packet.bytes.readUInt16BE(2) !== 0) {
    return frame;
  }
  const copy = Buffer.from(frame);
  const ip = copy.subarray(frame.length - packet.bytes.length);
  const header = ((ip[0] ?? 0) & 15) * 4;
  if (header < 20 || header > ip.length) return frame;
  ip.writeUInt16BE(Math.min(ip.length, 0xffff), 2);
  ip.writeUInt16BE(0, 10);
  ip.writeUInt16BE(foldChecksum(sum16(ip, 0, header)), 10);
  return copy;
}

function add(count: Count, octets: number): void {
  count.packets += 1;
  count.octets += octets;
}

interface IpHeader {
  family: 4 | 6;
  source: Uint8Array;
  destination: Uint8Array;
  octets: number;
}

const MAPPED = Buffer.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

function readHeader(packet: Buffer, type: number): IpHeader | undefined {
  const version = (packet[0] ?? 0) >> 4;
  if (type === ETHERTYPE.ipv4 && version === 4 && packet.length >= 20) {
    const claimed = packet.readUInt16BE(2);
    return {
      family: 4,
      source: Buffer.concat([MAPPED, packet.subarray(12, 16)]),
      destination: Buffer.concat([MAPPED, packet.subarray(16, 20)]),
      // 0: the capture was made before segmentation was done by the card.
      octets: claimed === 0 ? packet.length : Math.min(claimed, packet.length),
    };
  }
  if (type === ETHERTYPE.ipv6 && version === 6 && packet.length >= 40) {
    const claimed = 40 + packet.readUInt16BE(4);
    return {
      family: 6,
      source: packet.subarray(8, 24),
      destination: packet.subarray(24, 40),
      octets: Math.min(claimed, packet.length),
    };
  }
  return undefined;
}

const VLAN_TYPES = new Set([0x8100, 0x88a8, 0x9100]);
const PPPOE_SESSION = 0x8864;
const MPLS = 0x8847;
const PPP_TYPES = new Map<number, number>([
  [0x0021, ETHERTYPE.ipv4],
  [0x0057, ETHERTYPE.ipv6],
]);

/** What stands after the link layer: up to two VLAN tags, MPLS labels, a PPPoE session header. */
function networkLayer(frame: Buffer): { bytes: Buffer; type: number } | undefined {
  if (frame.length < 14) return undefined;
  let type = frame.readUInt16BE(12);
  let at = 14;
  for (let tags = 0; tags < 2 && VLAN_TYPES.has(type) && frame.length >= at + 4; tags += 1) {
    type = frame.readUInt16BE(at + 2);
    at += 4;
  }
  if (type === PPPOE_SESSION && frame.length >= at + 8) {
    type = PPP_TYPES.get(frame.readUInt16BE(at + 6)) ?? 0;
    at += 8;
  } else if (type === MPLS) {
    let bottom = false;
    while (!bottom && frame.length >= at + 4) {
      bottom = ((frame[at + 2] ?? 0) & 1) === 1;
      at += 4;
    }
    type = (frame[at] ?? 0) >> 4 === 6 ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4;
  }
  return { bytes: frame.subarray(at), type };
}
