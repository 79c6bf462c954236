import {
  address,
  ethernetFrame,
  ETHERTYPE,
  foldChecksum,
  ipPacket,
  macAddress,
  PROTOCOL,
  sum16,
} from './wire.js';

/**
 * How SORACOM Junction's mirror sends a packet (docs/junction.md): Ethernet, IPv4, GRE (RFC 2784) of four bytes with
 * protocol type 0x6558 (Transparent Ethernet Bridging), then the inner Ethernet frame.
 */
export interface MirrorTunnel {
  /** Outer source, IPv4: the VPG's gateway. */
  source: string;
  /** Outer destination, IPv4: the host that counts. */
  destination: string;
}

/** Outer IPv4 and GRE headers. */
export const TUNNEL_BYTES = 24;

/** Largest payload of the outer Ethernet frame for an inner packet of 1,500 octets: 1,538. */
export const MIRRORED_MTU = 1500 + 14 + TUNNEL_BYTES;

/** Puts inner Ethernet frames into the tunnel, as a VPG with a mirroring peer does. */
export class JunctionMirror {
  private readonly from;
  private readonly to;
  private readonly sourceMac = macAddress(1);
  private readonly destinationMac;
  private nextId = 1;

  /** @param destinationMac MAC of the receiving interface; any will do where the receiver does not filter */
  constructor(tunnel: MirrorTunnel, destinationMac: Uint8Array = macAddress(2)) {
    this.from = address(tunnel.source);
    this.to = address(tunnel.destination);
    this.destinationMac = destinationMac;
    if (this.from.family !== 4 || this.to.family !== 4) throw new RangeError('the outer addresses are IPv4');
  }

  /**
   * The frames for one inner frame: one, or several outer fragments (RFC 791) where the outer packet is larger than
   * `mtu`.
   */
  wrap(inner: Uint8Array, mtu = 65_535): Buffer[] {
    const packet = ipPacket(this.from, this.to, PROTOCOL.gre, 4 + inner.length, this.nextId++);
    packet.writeUInt16BE(ETHERTYPE.transparentEthernet, 22);
    packet.set(inner, TUNNEL_BYTES);
    const packets = packet.length <= mtu ? [packet] : fragment(packet, mtu);
    return packets.map((part) => ethernetFrame(this.sourceMac, this.destinationMac, ETHERTYPE.ipv4, part));
  }
}

/** Cuts an IPv4 packet without options into fragments of at most `mtu` bytes. */
function fragment(packet: Buffer, mtu: number): Buffer[] {
  const room = Math.floor((mtu - 20) / 8) * 8;
  if (room < 48) throw new RangeError(`an MTU of ${mtu} leaves no room for a fragment; use at least 68`);
  const parts: Buffer[] = [];
  for (let offset = 20; offset < packet.length; offset += room) {
    const body = packet.subarray(offset, Math.min(offset + room, packet.length));
    const last = offset + body.length === packet.length;
    parts.push(ipv4Fragment(packet, body, (offset - 20) / 8, !last));
  }
  return parts;
}

function ipv4Fragment(packet: Buffer, body: Buffer, offset: number, more: boolean): Buffer {
  const part = Buffer.concat([packet.subarray(0, 20), body]);
  part.writeUInt16BE(part.length, 2);
  part.writeUInt16BE((more ? 0x2000 : 0) | offset, 6);
  part.writeUInt16BE(0, 10);
  part.writeUInt16BE(foldChecksum(sum16(part, 0, 20)), 10);
  return part;
}
