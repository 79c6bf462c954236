import type { Address } from '../shared/index.js';
import { dnsAnswer, dnsQuery, DNS_PORT } from './dns.js';
import type { Random } from './random.js';
import { applicationData, clientFinished, clientHello, noise, serverFlight } from './tls.js';
import { ipHeaderBytes, TCP, tcpPacket, udpPacket, type Endpoint } from './wire.js';

/** One IP packet of a conversation. */
export interface Packet {
  /** UNIX microseconds; whole. */
  at: number;
  /** True from the subscriber. */
  up: boolean;
  bytes: Buffer;
}

/** The two ends of a flow. */
export interface Parties {
  subscriber: Endpoint;
  peer: Endpoint;
}

/** Largest inner packet of a mirrored SIM, in octets. */
export const INNER_MTU = 1500;

const ROUND_TRIP = 28_000;
const SEGMENT_GAP = 200;
const NO_BYTES = new Uint8Array(0);

/** A TCP connection of which both sides are played: handshake, data in segments with acknowledgements, close. */
class TcpDialogue {
  private readonly sequence: { up: number; down: number };
  private readonly segmentBytes: number;
  private unacknowledged = 0;

  constructor(
    private readonly parties: Parties,
    private at: number,
    private readonly random: Random,
  ) {
    this.sequence = { up: random.next(), down: random.next() };
    this.segmentBytes = INNER_MTU - ipHeaderBytes(parties.peer.address.family) - 20 - 12;
  }

  *open(): Generator<Packet> {
    const mss = INNER_MTU - ipHeaderBytes(this.parties.peer.address.family) - 20;
    const options = Buffer.of(2, 4, mss >> 8, mss & 0xff, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7);
    yield this.packet(true, TCP.syn, NO_BYTES, options);
    this.at += ROUND_TRIP;
    yield this.packet(false, TCP.syn | TCP.ack, NO_BYTES, options);
    yield this.packet(true, TCP.ack, NO_BYTES);
  }

  /** Sends `data` in as many segments as it takes; the other side acknowledges every second one and the last. */
  *send(up: boolean, data: Buffer): Generator<Packet> {
    this.at += ROUND_TRIP / 2;
    for (let offset = 0; offset < data.length; offset += this.segmentBytes) {
      const part = data.subarray(offset, offset + this.segmentBytes);
      const last = offset + part.length === data.length;
      yield this.packet(up, TCP.ack | (last ? TCP.psh : 0), part);
      this.unacknowledged += 1;
      if (last || this.unacknowledged === 2) {
        this.unacknowledged = 0;
        yield this.packet(!up, TCP.ack, NO_BYTES);
      }
    }
  }

  *close(): Generator<Packet> {
    this.at += ROUND_TRIP;
    yield this.packet(true, TCP.fin | TCP.ack, NO_BYTES);
    this.at += ROUND_TRIP;
    yield this.packet(false, TCP.fin | TCP.ack, NO_BYTES);
    yield this.packet(true, TCP.ack, NO_BYTES);
  }

  private packet(up: boolean, flags: number, payload: Uint8Array, options = this.timestamps()): Packet {
    const { subscriber, peer } = this.parties;
    const fields = {
      sequence: up ? this.sequence.up : this.sequence.down,
      acknowledgement: (flags & TCP.ack) === 0 ? 0 : up ? this.sequence.down : this.sequence.up,
      flags,
      options,
    };
    const consumed = payload.length + ((flags & (TCP.syn | TCP.fin)) === 0 ? 0 : 1);
    if (up) this.sequence.up = (this.sequence.up + consumed) >>> 0;
    else this.sequence.down = (this.sequence.down + consumed) >>> 0;
    this.at += SEGMENT_GAP;
    const [from, to] = up ? [subscriber, peer] : [peer, subscriber];
    return { at: this.at, up, bytes: tcpPacket(from, to, fields, payload, this.random.next()) };
  }

  /** NOP, NOP and the timestamps of RFC 7323. */
  private timestamps(): Buffer {
    const options = Buffer.of(1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0);
    options.writeUInt32BE(Math.floor(this.at / 1000) >>> 0, 4);
    return options;
  }
}

export interface TlsExchange {
  serverName: string;
  postQuantum: boolean;
  /** Application data, in octets of TLS records: about this much goes each way. */
  octetsUp: number;
  octetsDown: number;
}

/** A TLS 1.3 connection over TCP: a hello that claims `serverName`, then requests and responses. */
export function* tlsConversation(
  parties: Parties,
  start: number,
  exchange: TlsExchange,
  random: Random,
): Generator<Packet> {
  const dialogue = new TcpDialogue(parties, start, random);
  yield* dialogue.open();
  yield* dialogue.send(true, clientHello(exchange, random));
  yield* dialogue.send(false, serverFlight(random));
  yield* dialogue.send(true, clientFinished(random));
  for (const record of applicationData(exchange.octetsUp, random)) yield* dialogue.send(true, record);
  for (const record of applicationData(exchange.octetsDown, random)) yield* dialogue.send(false, record);
  yield* dialogue.close();
}

export interface Resolution {
  name: string;
  /** A name in between, as content networks have it. */
  alias?: string;
  address: Address;
}

/** A DNS question and its answer over UDP. */
export function* dnsConversation(
  parties: Parties,
  start: number,
  resolution: Resolution,
  random: Random,
): Generator<Packet> {
  const { subscriber, peer } = parties;
  const id = random.integer(1, 0xffff);
  const query = dnsQuery(id, resolution.name, resolution.address.family);
  yield { at: start, up: true, bytes: udpPacket(subscriber, peer, query, random.next()) };
  const answer = dnsAnswer(id, resolution.name, resolution.address, 300, resolution.alias);
  yield { at: start + 9_000, up: false, bytes: udpPacket(peer, subscriber, answer, random.next()) };
}

/** The resolver of a session as the far end of a flow. */
export function resolverEndpoint(resolver: Address): Endpoint {
  return { address: resolver, port: DNS_PORT };
}

const VOICE_FRAME = 20_000;

/**
 * A call: RTP-like datagrams (RFC 3550) each way every 20 ms until about `octets` of IP packets have passed in all. It
 * names nothing, so only prefix and port tell what it is.
 */
export function* callConversation(
  parties: Parties,
  start: number,
  octets: number,
  random: Random,
): Generator<Packet> {
  const { subscriber, peer } = parties;
  const sources = [random.next(), random.next()];
  let passed = 0;
  for (let sequence = 0; passed < octets; sequence += 1) {
    for (const up of [true, false]) {
      const header = Buffer.alloc(12);
      header.writeUInt8(0x80, 0);
      header.writeUInt8(97, 1);
      header.writeUInt16BE(sequence & 0xffff, 2);
      header.writeUInt32BE((sequence * 960) >>> 0, 4);
      header.writeUInt32BE(sources[up ? 0 : 1] ?? 0, 8);
      const payload = Buffer.concat([header, noise(random.integer(60, 180), random)]);
      const [from, to] = up ? [subscriber, peer] : [peer, subscriber];
      const bytes = udpPacket(from, to, payload, random.next());
      passed += bytes.length;
      yield { at: start + sequence * VOICE_FRAME + (up ? 0 : 7_000), up, bytes };
    }
  }
}
