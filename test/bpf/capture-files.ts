/** Writers of capture files in every shape that the reader knows, for its tests. */

export interface TestPacket {
  /** UNIX nanoseconds. */
  time: bigint;
  /** With the link header of the file's link type. */
  data: Buffer;
  /** Length on the wire; absent = all of `data`. */
  wireLength?: number;
}

export interface PcapShape {
  bigEndian?: boolean;
  nanoseconds?: boolean;
  linkType?: number;
}

function integers(bigEndian: boolean) {
  return {
    u16: (value: number) => {
      const bytes = Buffer.alloc(2);
      if (bigEndian) bytes.writeUInt16BE(value);
      else bytes.writeUInt16LE(value);
      return bytes;
    },
    u32: (value: number) => {
      const bytes = Buffer.alloc(4);
      if (bigEndian) bytes.writeUInt32BE(value >>> 0);
      else bytes.writeUInt32LE(value >>> 0);
      return bytes;
    },
    u64: (value: bigint) => {
      const bytes = Buffer.alloc(8);
      if (bigEndian) bytes.writeBigInt64BE(BigInt.asIntN(64, value));
      else bytes.writeBigInt64LE(BigInt.asIntN(64, value));
      return bytes;
    },
  };
}

export function pcap(packets: readonly TestPacket[], shape: PcapShape = {}): Buffer {
  const { u16, u32 } = integers(shape.bigEndian ?? false);
  const perSecond = shape.nanoseconds ? 1_000_000_000n : 1_000_000n;
  const parts: Buffer[] = [
    u32(shape.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4),
    u16(2),
    u16(4),
    u32(0),
    u32(0),
    u32(262144),
    u32(shape.linkType ?? 1),
  ];
  for (const { time, data, wireLength } of packets) {
    const ticks = shape.nanoseconds ? time : time / 1000n;
    parts.push(u32(Number(ticks / perSecond)), u32(Number(ticks % perSecond)));
    parts.push(u32(data.length), u32(wireLength ?? data.length), data);
  }
  return Buffer.concat(parts);
}

export interface TestInterface {
  linkType?: number;
  snapLength?: number;
  /** if_tsresol, as the byte on disk; absent = 6 (microseconds). */
  resolution?: number;
  /** if_tsoffset in seconds. */
  offsetSeconds?: bigint;
}

interface PacketOptions {
  index?: number;
  wireLength?: number;
  options?: Buffer[];
}

/** Builds a pcapng file block by block, all of one byte order. */
export class Pcapng {
  private readonly parts: Buffer[] = [];
  private readonly n;

  constructor(readonly bigEndian = false) {
    this.n = integers(bigEndian);
  }

  block(type: number, ...body: Buffer[]): this {
    const content = pad(Buffer.concat(body));
    const total = this.n.u32(content.length + 12);
    this.parts.push(this.n.u32(type), total, content, total);
    return this;
  }

  option(code: number, value: Buffer): Buffer {
    return Buffer.concat([this.n.u16(code), this.n.u16(value.length), pad(value)]);
  }

  section(...options: Buffer[]): this {
    const { u16, u32, u64 } = this.n;
    return this.block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u64(-1n), ...options);
  }

  describe({ linkType = 1, snapLength = 0, resolution, offsetSeconds }: TestInterface = {}): this {
    const { u16, u32, u64 } = this.n;
    const options = [this.option(2, Buffer.from('eth0'))];
    if (resolution !== undefined) options.push(this.option(9, Buffer.from([resolution])));
    if (offsetSeconds !== undefined) options.push(this.option(14, u64(offsetSeconds)));
    options.push(this.option(0, Buffer.alloc(0)));
    return this.block(1, u16(linkType), u16(0), u32(snapLength), ...options);
  }

  /** Enhanced packet block; `ticks` in the interface's resolution. */
  packet(
    ticks: bigint,
    data: Buffer,
    { index = 0, wireLength = data.length, options = [] }: PacketOptions = {},
  ): this {
    const { u32 } = this.n;
    return this.block(
      6,
      u32(index),
      ...this.ticks(ticks),
      u32(data.length),
      u32(wireLength),
      pad(data),
      ...options,
    );
  }

  oldPacket(ticks: bigint, data: Buffer, index = 0): this {
    const { u16, u32 } = this.n;
    return this.block(
      2,
      u16(index),
      u16(0xffff),
      ...this.ticks(ticks),
      u32(data.length),
      u32(data.length),
      pad(data),
    );
  }

  simplePacket(data: Buffer, wireLength = data.length): this {
    return this.block(3, this.n.u32(wireLength), data);
  }

  private ticks(ticks: bigint): Buffer[] {
    return [this.n.u32(Number(ticks >> 32n)), this.n.u32(Number(ticks & 0xffff_ffffn))];
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

export const SUBSCRIBER = '10.128.0.1';
export const SUBSCRIBER6 = '2001:db8:1::1';

/** A UDP packet over IPv4 from the subscriber, told apart by its port; `octets` is its L3 length (at least 28). */
export function udp4(port: number, octets = 60): Buffer {
  const packet = Buffer.alloc(octets);
  packet.set([0x45, 0, octets >> 8, octets & 0xff, 0, 0, 0, 0, 64, 17]);
  packet.set([10, 128, 0, 1], 12);
  packet.set([192, 0, 2, 1], 16);
  packet.writeUInt16BE(port, 20);
  packet.writeUInt16BE(9999, 22);
  packet.writeUInt16BE(octets - 20, 24);
  return packet;
}

export function udp6(port: number, octets = 80): Buffer {
  const packet = Buffer.alloc(octets);
  packet.set([0x60, 0, 0, 0, (octets - 40) >> 8, (octets - 40) & 0xff, 17, 64]);
  packet.set([0x20, 0x01, 0x0d, 0xb8, 0, 1], 8);
  packet[23] = 1;
  packet.set([0x20, 0x01, 0x0d, 0xb8, 0, 2], 24);
  packet[39] = 1;
  packet.writeUInt16BE(port, 40);
  packet.writeUInt16BE(9999, 42);
  packet.writeUInt16BE(octets - 40, 44);
  return packet;
}

export function ethernet(payload: Buffer, etherType = payload[0]! >> 4 === 6 ? 0x86dd : 0x0800): Buffer {
  const header = Buffer.alloc(14);
  header.writeUInt16BE(etherType, 12);
  return Buffer.concat([header, payload]);
}
