import { formatAddress } from '../shared/plain.js';
import {
  FLOW_KEY,
  FLOW_KEY_BYTES,
  FLOW_RECORD,
  FLOW_RECORD_BYTES,
  HELLO_HEADER_BYTES,
  HELLO_KINDS,
  HELLO_RECORD,
  SHAPE_IPV6,
  SHAPE_STEP_MASK,
  STEPS,
  type HelloKind,
  type Note,
  type Outcome,
  type Step,
} from './layout.js';

/** Packets and L3 octets. */
export interface Tally {
  packets: number;
  octets: number;
}

/** What an engine saw in one epoch: `seen` equals the sum of `outcomes`, in packets and in octets. */
export interface EpochCounters {
  seen: Tally;
  outcomes: Record<Outcome, Tally>;
  notes: Record<Note, Tally>;
}

/** A 40-byte flow key inside a larger buffer. Cheap to make; reads on demand. */
export class FlowKeyView {
  constructor(
    private readonly bytes: Buffer,
    private readonly offset: number,
  ) {}
  /** The key's 40 bytes as a latin1 string: equal strings are equal keys; the cheapest Map key. */
  get id(): string {
    return this.bytes.toString('latin1', this.offset, this.offset + FLOW_KEY_BYTES);
  }
  /** The key's 40 bytes: a view, valid as long as the batch is. */
  get keyBytes(): Buffer {
    return this.bytes.subarray(this.offset, this.offset + FLOW_KEY_BYTES);
  }
  get realm(): number {
    return this.bytes.readUInt16LE(this.offset + FLOW_KEY.realm);
  }
  get protocol(): number {
    return this.bytes.readUInt8(this.offset + FLOW_KEY.protocol);
  }
  get subscriberPort(): number {
    return this.bytes.readUInt16LE(this.offset + FLOW_KEY.subscriber_port);
  }
  get peerPort(): number {
    return this.bytes.readUInt16LE(this.offset + FLOW_KEY.peer_port);
  }
  get ipv6(): boolean {
    return (this.bytes.readUInt8(this.offset + FLOW_KEY.shape) & SHAPE_IPV6) !== 0;
  }
  get step(): Step {
    return STEPS[this.bytes.readUInt8(this.offset + FLOW_KEY.shape) & SHAPE_STEP_MASK] ?? 'global';
  }
  /** The subscriber's 16 address bytes: a view, valid as long as the batch is. */
  get subscriberBytes(): Buffer {
    return this.bytes.subarray(this.offset, this.offset + 16);
  }
  get peerBytes(): Buffer {
    return this.bytes.subarray(this.offset + 16, this.offset + 32);
  }
  get subscriberAddress(): string {
    return formatAddress(this.bytes, this.offset, this.ipv6);
  }
  get peerAddress(): string {
    return formatAddress(this.bytes, this.offset + 16, this.ipv6);
  }
}

/** Fixed-size flow records over one buffer, all of one epoch. Octets and packets are safe integers (checked). */
export class FlowRecords {
  readonly length: number;

  constructor(readonly bytes: Buffer) {
    if (bytes.length % FLOW_RECORD_BYTES !== 0) {
      throw new RangeError(
        `${bytes.length} bytes are no whole number of ${FLOW_RECORD_BYTES}-byte flow records`,
      );
    }
    this.length = bytes.length / FLOW_RECORD_BYTES;
  }

  key(index: number): FlowKeyView {
    return new FlowKeyView(this.bytes, index * FLOW_RECORD_BYTES + FLOW_RECORD.key);
  }
  /** As {@link FlowKeyView.id}, without making a view. */
  keyId(index: number): string {
    const start = index * FLOW_RECORD_BYTES + FLOW_RECORD.key;
    return this.bytes.toString('latin1', start, start + FLOW_KEY_BYTES);
  }
  octetsUp(index: number): number {
    return this.integer(index, FLOW_RECORD.octets_up);
  }
  octetsDown(index: number): number {
    return this.integer(index, FLOW_RECORD.octets_down);
  }
  packetsUp(index: number): number {
    return this.integer(index, FLOW_RECORD.packets_up);
  }
  packetsDown(index: number): number {
    return this.integer(index, FLOW_RECORD.packets_down);
  }
  /** UNIX microseconds of the flow's first packet in this epoch. */
  firstTime(index: number): number {
    return this.integer(index, FLOW_RECORD.first_time);
  }
  lastTime(index: number): number {
    return this.integer(index, FLOW_RECORD.last_time);
  }

  private integer(index: number, field: number): number {
    return readSafeInteger(this.bytes, index * FLOW_RECORD_BYTES + field);
  }
}

/** One hello: the bytes of a packet that may name a destination. */
export interface Hello {
  kind: HelloKind;
  uplink: boolean;
  /** UNIX microseconds. */
  time: number;
  key: FlowKeyView;
  tcpSequence: number;
  /** Bytes of the segment or datagram on the wire; `payload` may hold fewer. */
  payloadTotal: number;
  payload: Buffer;
}

const KIND_NAMES = new Map<number, HelloKind>(
  Object.entries(HELLO_KINDS).map(([name, value]) => [value, name as HelloKind]),
);

/** Walks the variable-length hello records of one buffer, in the order they were captured. */
export function* readHellos(bytes: Buffer): Generator<Hello> {
  let offset = 0;
  while (offset < bytes.length) {
    const length = bytes.readUInt32LE(offset + HELLO_RECORD.length);
    const payloadOctets = bytes.readUInt16LE(offset + HELLO_RECORD.payload_octets);
    const kind = KIND_NAMES.get(bytes.readUInt8(offset + HELLO_RECORD.kind));
    if (kind === undefined || length < HELLO_HEADER_BYTES + payloadOctets || offset + length > bytes.length) {
      throw new RangeError(`hello record at byte ${offset} is broken (length ${length})`);
    }
    const start = offset + HELLO_HEADER_BYTES;
    yield {
      kind,
      uplink: bytes.readUInt8(offset + HELLO_RECORD.uplink) === 1,
      time: readSafeInteger(bytes, offset + HELLO_RECORD.time),
      key: new FlowKeyView(bytes, offset + HELLO_RECORD.key),
      tcpSequence: bytes.readUInt32LE(offset + HELLO_RECORD.tcp_sequence),
      payloadTotal: bytes.readUInt32LE(offset + HELLO_RECORD.payload_total),
      payload: bytes.subarray(start, start + payloadOctets),
    };
    offset += length;
  }
}

/** Reads a little-endian u64 that must be a safe integer. */
export function readSafeInteger(bytes: Buffer, offset: number): number {
  const value = bytes.readUInt32LE(offset + 4) * 0x1_0000_0000 + bytes.readUInt32LE(offset);
  if (value > Number.MAX_SAFE_INTEGER) throw new RangeError(`counter at byte ${offset} exceeds 2^53 - 1`);
  return value;
}
