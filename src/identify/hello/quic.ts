import { ByteStream } from './byte-stream.js';
import { gquicVersion, isClearGquicVersion, readChlo, readClearChlo } from './gquic.js';
import { InitialKeys, initialVersion, type InitialVersion } from './quic-crypto.js';
import { MAX_CLIENT_HELLO, parseClientHello } from './tls.js';
import type { NameClaim } from './types.js';

const MAX_PACKETS_PER_DATAGRAM = 8;
const MAX_FRAMES = 1024;
/** Tries to decrypt, per flow: each costs about 20 µs, and a client needs few. */
const MAX_TRIES = 24;
const MAX_KEYS = 4;
const MAX_WAITING = 2;

interface KnownKeys {
  connectionId: Buffer;
  keys: InitialKeys;
}

/** What one datagram told. `connection` counts the QUIC connections of the flow, from 0. */
export interface QuicReading {
  claim: NameClaim;
  connection: number;
  whole: boolean;
}

/** Follows the Initial packets of one UDP flow, one direction, until the ClientHello is whole. Bounded in memory and work. */
export class QuicFlow {
  private stream = new ByteStream(MAX_CLIENT_HELLO);
  private known: KnownKeys[] = [];
  private waiting: Buffer[] = [];
  private tries = 0;
  private connection = 0;
  private version = 0;
  private done = false;

  /** Bytes held in memory, about. */
  get held(): number {
    return this.stream.held + this.waiting.reduce((sum, datagram) => sum + datagram.length, 0);
  }

  /** Takes a datagram. Returns undefined while it tells nothing new. */
  read(datagram: Buffer): QuicReading | undefined {
    const clear = gquicVersion(datagram);
    if (isClearGquicVersion(clear)) return this.readClear(datagram);
    const progress = this.readPackets(datagram);
    if (progress === 'unreadable') this.keepWaiting(datagram);
    if (progress !== 'progress') return undefined;
    // Packets that came before the one that gave the keys.
    const waiting = this.waiting;
    this.waiting = [];
    for (const earlier of waiting) this.readPackets(earlier);
    return this.conclude();
  }

  private readClear(datagram: Buffer): QuicReading | undefined {
    const host = readClearChlo(datagram);
    if (host === undefined) return undefined;
    const claim: NameClaim = { kind: 'quic_sni', standing: 'plain', ...host };
    return { claim, connection: this.connection, whole: true };
  }

  private keepWaiting(datagram: Buffer): void {
    if (this.known.length === 0 && !this.done && this.waiting.length < MAX_WAITING)
      this.waiting.push(Buffer.from(datagram));
  }

  /** Walks the packets coalesced in a datagram (RFC 9000, 12.2). */
  private readPackets(datagram: Buffer): 'progress' | 'unreadable' | 'nothing' {
    let result: 'progress' | 'unreadable' | 'nothing' = 'nothing';
    let at = 0;
    for (let i = 0; i < MAX_PACKETS_PER_DATAGRAM && at < datagram.length; i += 1) {
      const packet = readLongHeader(datagram, at);
      if (packet === undefined) break;
      if (packet.initial) {
        const frames = this.decrypt(packet);
        if (frames === undefined) result = result === 'progress' ? result : 'unreadable';
        else if (this.takeFrames(frames)) result = 'progress';
      }
      at = packet.end;
    }
    return result;
  }

  private decrypt(packet: LongHeader): Buffer | undefined {
    const same = this.known.find((known) => known.connectionId.equals(packet.connectionId));
    // Once the name is known, packets of the connections it is known for need not be looked at.
    if (same && this.done) return undefined;
    if (same) return this.tried() ? same.keys.open(packet.bytes, packet.numberAt) : undefined;
    // A client changes to the connection id that its server chose, and keeps its keys.
    if (packet.versionNumber === this.version && !this.done) {
      for (const known of this.known) {
        const frames = this.tried() ? known.keys.open(packet.bytes, packet.numberAt) : undefined;
        if (frames !== undefined) return frames;
      }
    }
    return this.decryptAsFirst(packet);
  }

  private decryptAsFirst(packet: LongHeader): Buffer | undefined {
    for (const salt of packet.version.salts) {
      if (!this.tried()) return undefined;
      const keys = InitialKeys.derive(salt, packet.connectionId, packet.version.labels);
      const frames = keys.open(packet.bytes, packet.numberAt);
      if (frames === undefined) continue;
      if (this.done || (this.version !== 0 && packet.versionNumber !== this.version)) this.startOver();
      this.version = packet.versionNumber;
      if (this.known.length >= MAX_KEYS) this.known.shift();
      this.known.push({ connectionId: Buffer.from(packet.connectionId), keys });
      return frames;
    }
    return undefined;
  }

  /** A second connection on the same ports, or the client took another version after a negotiation. */
  private startOver(): void {
    this.stream = new ByteStream(MAX_CLIENT_HELLO);
    this.known = [];
    this.connection += 1;
    this.done = false;
  }

  private tried(): boolean {
    this.tries += 1;
    return this.tries <= MAX_TRIES;
  }

  /** Takes the CRYPTO frames (RFC 9000, 12.4 and 19.6). True if there were any. */
  private takeFrames(frames: Buffer): boolean {
    const reader = new VarintReader(frames);
    let crypto = false;
    for (let i = 0; i < MAX_FRAMES && reader.at < frames.length; i += 1) {
      const type = frames[reader.at] as number;
      if (type === 0x00) {
        while (frames[reader.at] === 0x00) reader.at += 1;
        continue;
      }
      reader.at += 1;
      if (type === 0x01) continue;
      if (type === 0x02 || type === 0x03) {
        if (!skipAck(reader, type === 0x03)) break;
        continue;
      }
      if (type !== 0x06) break; // CONNECTION_CLOSE, or no frame of an Initial
      const offset = reader.next();
      const length = reader.next();
      if (offset === undefined || length === undefined || reader.at + length > frames.length) break;
      crypto = true;
      if (offset < MAX_CLIENT_HELLO) this.stream.add(offset, frames.subarray(reader.at, reader.at + length));
      reader.at += length;
    }
    return crypto;
  }

  private conclude(): QuicReading | undefined {
    const bytes = this.stream.contiguous;
    if (bytes.length >= 4 && bytes.toString('latin1', 0, 4) === 'CHLO') {
      const host = readChlo(bytes);
      if (host === undefined) return undefined;
      return this.finish({ kind: 'quic_sni', standing: 'plain', ...host }, true);
    }
    const parsed = parseClientHello(bytes, 'quic_sni');
    if (parsed.state === 'none' || parsed.state === 'more') return undefined;
    return this.finish(parsed.claim, parsed.state === 'whole');
  }

  private finish(claim: NameClaim, whole: boolean): QuicReading {
    this.done = whole;
    if (this.stream.conflict) claim = { ...claim, standing: 'ambiguous' };
    const { connection } = this;
    if (whole) this.stream = new ByteStream(MAX_CLIENT_HELLO);
    return { claim, connection, whole };
  }
}

interface LongHeader {
  bytes: Buffer;
  initial: boolean;
  version: InitialVersion;
  versionNumber: number;
  connectionId: Buffer;
  numberAt: number;
  /** Where the next coalesced packet starts. */
  end: number;
}

/** True if the payload starts like a QUIC packet that this module can read: an Initial, or a gQUIC packet with version. */
export function startsQuic(payload: Buffer): boolean {
  return isClearGquicVersion(gquicVersion(payload)) || readLongHeader(payload, 0)?.initial === true;
}

/** Reads a long header (RFC 9000, 17.2). Undefined for short headers, Retry, unknown versions and what is cut. */
function readLongHeader(datagram: Buffer, start: number): LongHeader | undefined {
  if (start + 7 > datagram.length) return undefined;
  const first = datagram[start] as number;
  if ((first & 0xc0) !== 0xc0) return undefined;
  const versionNumber = datagram.readUInt32BE(start + 1);
  const version = initialVersion(versionNumber);
  if (version === undefined) return undefined;
  const type = (first >> 4) & 0x03;
  if (type === (version.initialType + 3) % 4) return undefined; // Retry: 3, or 0 in version 2
  const idLength = datagram[start + 5] as number;
  const idEnd = start + 6 + idLength;
  const sourceLength = datagram[idEnd];
  if (idLength > 20 || sourceLength === undefined || sourceLength > 20) return undefined;
  const initial = type === version.initialType;
  const reader = new VarintReader(datagram, idEnd + 1 + sourceLength);
  if (initial) {
    const token = reader.next();
    if (token === undefined) return undefined;
    reader.at += token;
  }
  const length = reader.next();
  if (length === undefined || reader.at + length > datagram.length) return undefined;
  const end = reader.at + length;
  return {
    bytes: datagram.subarray(start, end),
    initial,
    version,
    versionNumber,
    connectionId: datagram.subarray(start + 6, idEnd),
    numberAt: reader.at - start,
    end,
  };
}

function skipAck(reader: VarintReader, withEcn: boolean): boolean {
  reader.next();
  reader.next();
  const ranges = reader.next();
  if (ranges === undefined || ranges > 256) return false;
  let last: number | undefined = reader.next();
  for (let i = 0; i < 2 * ranges + (withEcn ? 3 : 0); i += 1) last = reader.next();
  return last !== undefined;
}

/** Variable-length integers (RFC 9000, 16). */
class VarintReader {
  constructor(
    private readonly bytes: Buffer,
    public at = 0,
  ) {}

  /** Undefined past the end, and for values no length in a packet can have (2^32 and more). */
  next(): number | undefined {
    const first = this.bytes[this.at];
    if (first === undefined) return undefined;
    const size = 1 << (first >> 6);
    if (this.at + size > this.bytes.length) return undefined;
    let value = first & 0x3f;
    for (let i = 1; i < size; i += 1) value = value * 256 + (this.bytes[this.at + i] as number);
    this.at += size;
    return value <= 0xffff_ffff ? value : undefined;
  }
}
