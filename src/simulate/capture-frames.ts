import { open, type FileHandle } from 'node:fs/promises';
import { Refusal } from '../shared/index.js';
import { ETHERTYPE, ethernetFrame, etherTypeOf, macAddress } from './wire.js';

/** A packet of a capture file as an Ethernet frame: the bytes that the file holds, which may be fewer than were on the wire. */
export interface CapturedFrame {
  /** UNIX microseconds. */
  at: number;
  frame: Buffer;
}

const LARGEST_BLOCK = 1 << 22;
const CHUNK_BYTES = 1 << 20;

/** Reads a file forward, in bounded memory, and knows where it stands. */
class ByteFeed {
  offset = 0;
  private held = Buffer.alloc(0);

  constructor(
    private readonly file: FileHandle,
    private readonly name: string,
  ) {}

  /** The next `count` bytes, or undefined at the very end. Refuses a file that ends within them. */
  async take(count: number): Promise<Buffer | undefined> {
    if (count > LARGEST_BLOCK) return this.refuse(`a block of ${count} bytes is too large to be true`);
    while (this.held.length < count) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await this.file.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) {
        if (this.held.length === 0) return undefined;
        return this.refuse('the file ends within a packet; cut the rest off with editcap, or capture again');
      }
      this.held = Buffer.concat([this.held, chunk.subarray(0, bytesRead)]);
    }
    const bytes = this.held.subarray(0, count);
    this.held = this.held.subarray(count);
    this.offset += count;
    return bytes;
  }

  async must(count: number): Promise<Buffer> {
    return (await this.take(count)) ?? this.refuse('the file ends within a block');
  }

  refuse(detail: string): never {
    const where = `${this.name}, byte ${this.offset}`;
    throw new Refusal('invalid', `${where}: ${detail}`, [{ pointer: '/capture', detail }]);
  }
}

/** Packets of a pcap or pcapng file in the order of the file. Refuses foreign, broken and unsupported files. */
export async function* readCaptureFrames(path: string): AsyncGenerator<CapturedFrame> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new Refusal('not_found', `${path} cannot be read: ${(error as Error).message}`);
  });
  try {
    const feed = new ByteFeed(file, path);
    const magic = await feed.must(4);
    if (magic.readUInt32LE() === 0x0a0d_0d0a) yield* readPcapng(feed);
    else yield* readPcap(feed, magic);
  } finally {
    await file.close();
  }
}

/** Reads integers in the byte order of the file. */
interface Order {
  u16: (bytes: Buffer, offset: number) => number;
  u32: (bytes: Buffer, offset: number) => number;
}
const LITTLE: Order = { u16: (b, at) => b.readUInt16LE(at), u32: (b, at) => b.readUInt32LE(at) };
const BIG: Order = { u16: (b, at) => b.readUInt16BE(at), u32: (b, at) => b.readUInt32BE(at) };

const PCAP_MICROSECONDS = 0xa1b2_c3d4;
const PCAP_NANOSECONDS = 0xa1b2_3c4d;

async function* readPcap(feed: ByteFeed, magic: Buffer): AsyncGenerator<CapturedFrame> {
  const order = [LITTLE, BIG].find(({ u32 }) =>
    [PCAP_MICROSECONDS, PCAP_NANOSECONDS].includes(u32(magic, 0)),
  );
  if (order === undefined) return feed.refuse('this is neither pcap nor pcapng');
  const divisor = order.u32(magic, 0) === PCAP_NANOSECONDS ? 1000 : 1;
  const linkType = order.u32(await feed.must(20), 16) & 0xffff;
  for (;;) {
    const header = await feed.take(16);
    if (header === undefined) return;
    const micros = Math.floor(order.u32(header, 4) / divisor);
    const bytes = await feed.must(order.u32(header, 8));
    yield { at: order.u32(header, 0) * 1e6 + micros, frame: toEthernet(feed, linkType, bytes) };
  }
}

interface CaptureInterface {
  linkType: number;
  /** Units of the file's timestamps in a second. */
  unitsPerSecond: number;
}

const BLOCK = { section: 0x0a0d_0d0a, interface: 1, packet: 2, simplePacket: 3, enhancedPacket: 6 } as const;

async function* readPcapng(feed: ByteFeed): AsyncGenerator<CapturedFrame> {
  let order = await sectionOrder(feed);
  let interfaces: CaptureInterface[] = [];
  for (;;) {
    const head = await feed.take(8);
    if (head === undefined) return;
    if (head.readUInt32LE() === BLOCK.section) {
      order = await sectionOrder(feed, head);
      interfaces = [];
      continue;
    }
    const body = await blockBody(feed, order.u32(head, 4));
    const type = order.u32(head, 0);
    if (type === BLOCK.interface) interfaces.push(readInterface(order, body));
    else if (type === BLOCK.enhancedPacket || type === BLOCK.packet) {
      const index = type === BLOCK.packet ? order.u16(body, 0) : order.u32(body, 0);
      const from =
        interfaces[index] ?? feed.refuse(`a packet names interface ${index}, which the file lacks`);
      const units = order.u32(body, 4) * 0x1_0000_0000 + order.u32(body, 8);
      const bytes = body.subarray(20, 20 + order.u32(body, 12));
      const at = Math.floor((units / from.unitsPerSecond) * 1e6);
      yield { at, frame: toEthernet(feed, from.linkType, bytes) };
    } else if (type === BLOCK.simplePacket) {
      const from = interfaces[0] ?? feed.refuse('a packet stands before its interface');
      const bytes = body.subarray(4, 4 + order.u32(body, 0));
      yield { at: 0, frame: toEthernet(feed, from.linkType, bytes) };
    }
  }
}

/** Reads the section header of which the type, or type and length, are already taken. */
async function sectionOrder(feed: ByteFeed, head?: Buffer): Promise<Order> {
  const length = head?.subarray(4) ?? (await feed.must(4));
  const magic = await feed.must(4);
  const order = [LITTLE, BIG].find(({ u32 }) => u32(magic, 0) === 0x1a2b_3c4d);
  if (order === undefined) return feed.refuse('the pcapng section has no byte-order mark');
  await feed.must(Math.max(4, order.u32(length, 0) - 12));
  return order;
}

/** A block's body; its length stands again after it. */
async function blockBody(feed: ByteFeed, length: number): Promise<Buffer> {
  if (length < 12 || length % 4 !== 0) return feed.refuse(`a block has the impossible length ${length}`);
  const body = await feed.must(length - 8);
  // Room to read the fixed fields of a block that is too short to have them: they are zero then.
  return Buffer.concat([body.subarray(0, -4), Buffer.alloc(20)]);
}

function readInterface(order: Order, body: Buffer): CaptureInterface {
  const found: CaptureInterface = { linkType: order.u16(body, 0), unitsPerSecond: 1e6 };
  for (let at = 8; at + 4 <= body.length && order.u16(body, at) !== 0;) {
    const length = order.u16(body, at + 2);
    if (order.u16(body, at) === 9 && length === 1) {
      const resolution = body[at + 4] ?? 6;
      found.unitsPerSecond = (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return found;
}

/** LINKTYPE_ value → bytes before the IP header. */
const HEADER_BYTES = new Map<number, (bytes: Buffer) => number>([
  [0, () => 4],
  [108, () => 4],
  // PPP, with or without the address and control bytes of RFC 1662.
  [9, (bytes) => (bytes[0] === 0xff ? 4 : 2)],
  [50, (bytes) => (bytes[0] === 0xff ? 4 : 2)],
  [12, () => 0],
  [14, () => 0],
  [101, () => 0],
  [228, () => 0],
  [229, () => 0],
  [113, () => 16],
  [276, () => 20],
]);
const LINK_TYPE_ETHERNET = 1;

/** The packet as an Ethernet frame; other link headers are replaced. What is no IP there becomes a frame that is no IP either. */
function toEthernet(feed: ByteFeed, linkType: number, bytes: Buffer): Buffer {
  if (linkType === LINK_TYPE_ETHERNET) return bytes;
  const headerBytes = HEADER_BYTES.get(linkType);
  if (headerBytes === undefined) {
    return feed.refuse(`link type ${linkType} is not supported; convert the file to Ethernet or raw IP`);
  }
  const packet = bytes.subarray(headerBytes(bytes));
  const version = (packet[0] ?? 0) >> 4;
  const type = version === 4 || version === 6 ? etherTypeOf(packet) : ETHERTYPE.experimental;
  return ethernetFrame(macAddress(3), macAddress(4), type, packet);
}
