import type { Hello } from '../../capture/index.js';
import { parseDnsAnswer, splitTcpMessages, type DnsAnswer } from './dns.js';
import { MAX_REQUEST_HEAD, parseRequests, startsRequest } from './http.js';
import { HeldFlows, OpenStream, type Held, type HeldBounds } from './open-streams.js';
import { QuicFlow } from './quic.js';
import { MAX_CLIENT_HELLO, parseTlsStream, startsClientHello } from './tls.js';
import type { NameClaim } from './types.js';

const MAX_DNS_STREAM = 65_537;
const PROTOCOL_TCP = 6;
const NOTHING: readonly PlacedClaim[] = [];

/** A claim, and where in its connection the hello stood: a second copy of one hello has the same place. */
export interface PlacedClaim {
  claim: NameClaim;
  place: number;
  /** False while the hello is not whole: a later reading of the same place replaces this one. */
  whole: boolean;
}

export interface HelloReaderCounts {
  /** Hellos that gave a claim or an answer. */
  read: number;
  /** Hellos that are not whole yet. */
  incomplete: number;
  /** Hellos that could not be read, or told nothing. */
  unreadable: number;
}

class HeldQuic implements Held {
  readonly flow = new QuicFlow();
  constructor(
    readonly scope: number,
    readonly openedTime: number,
  ) {}
  get held(): number {
    return this.flow.held;
  }
}

/** Reads hellos of all kinds and keeps, within bounds, what it needs of those that come in parts. */
export class HelloReader {
  readonly counts: HelloReaderCounts = { read: 0, incomplete: 0, unreadable: 0 };
  private readonly streams: HeldFlows<OpenStream>;
  private readonly quicFlows: HeldFlows<HeldQuic>;

  constructor(bounds: HeldBounds) {
    this.streams = new HeldFlows(bounds);
    this.quicFlows = new HeldFlows(bounds);
  }

  /** Flows whose hello is being put together, the bytes held for them, and how many were given up. */
  get held(): { flows: number; octets: number; dropped: number } {
    return {
      flows: this.streams.size + this.quicFlows.size,
      octets: this.streams.octetsHeld + this.quicFlows.octetsHeld,
      dropped: this.streams.dropped + this.quicFlows.dropped,
    };
  }

  /**
   * Reads a TLS, HTTP or QUIC hello.
   * @param scope the SIM, for the bounds
   */
  claims(hello: Hello, scope: number): readonly PlacedClaim[] {
    const claims = this.readClaims(hello, scope);
    if (claims.length > 0) this.counts.read += 1;
    return claims;
  }

  private readClaims(hello: Hello, scope: number): readonly PlacedClaim[] {
    switch (hello.kind) {
      case 'tls':
        return this.tls(hello, scope);
      case 'http':
        return this.http(hello, scope);
      case 'quic':
        return this.quic(hello, scope);
      case 'dns':
        return NOTHING;
    }
  }

  /** Reads a DNS hello: the answers that it completes. */
  answers(hello: Hello, scope: number): DnsAnswer[] {
    const answers: DnsAnswer[] = [];
    for (const message of this.dnsMessages(hello, scope)) {
      const answer = parseDnsAnswer(message);
      if (answer === undefined) this.counts.unreadable += 1;
      else {
        this.counts.read += 1;
        answers.push(answer);
      }
    }
    return answers;
  }

  /** Drops what is held of some SIMs. */
  forget(scopes: ReadonlySet<number>): void {
    this.streams.deleteScopes(scopes);
    this.quicFlows.deleteScopes(scopes);
  }

  private tls(hello: Hello, scope: number): readonly PlacedClaim[] {
    const id = flowId(hello);
    const starts = startsClientHello(hello.payload);
    if (starts && this.streams.get(id) === undefined) {
      // The usual case: the segment holds all of it.
      const parsed = parseTlsStream(hello.payload);
      if (parsed.state === 'whole') return [{ claim: parsed.claim, place: hello.tcpSequence, whole: true }];
      if (parsed.state === 'none') return this.unreadable();
    }
    const open = this.follow(hello, id, scope, starts, MAX_CLIENT_HELLO);
    if (open?.base === undefined) return this.incomplete();
    const parsed = parseTlsStream(open.stream.contiguous);
    if (parsed.state === 'none' || parsed.state === 'whole') this.streams.delete(id);
    if (parsed.state === 'none') return this.unreadable();
    if (parsed.state === 'more') return this.incomplete();
    const claim = marked(parsed.claim, open);
    return [{ claim, place: open.base, whole: parsed.state === 'whole' }];
  }

  private http(hello: Hello, scope: number): readonly PlacedClaim[] {
    const id = flowId(hello);
    const starts = startsRequest(hello.payload);
    if (starts && this.streams.get(id) === undefined) {
      const parsed = parseRequests(hello.payload);
      if (!parsed.more) return this.placed(parsed.claims, hello.tcpSequence, true);
    }
    const open = this.follow(hello, id, scope, starts, MAX_REQUEST_HEAD);
    if (open?.base === undefined) return this.incomplete();
    const parsed = parseRequests(open.stream.contiguous);
    if (!parsed.more) this.streams.delete(id);
    else if (parsed.claims.length === 0) return this.incomplete();
    return this.placed(
      parsed.claims.map((claim) => marked(claim, open)),
      open.base,
      !parsed.more,
    );
  }

  private placed(claims: NameClaim[], place: number, lastWhole: boolean): readonly PlacedClaim[] {
    if (claims.length === 0) return this.unreadable();
    return claims.map((claim, index) => ({
      claim,
      place: place + index,
      whole: lastWhole || index < claims.length - 1,
    }));
  }

  /** Adds a segment to the flow's stream, opening one where needed. Undefined if it belongs to none. */
  private follow(
    hello: Hello,
    id: string,
    scope: number,
    starts: boolean,
    limit: number,
  ): OpenStream | undefined {
    const known = this.streams.get(id);
    if (known !== undefined) {
      const added = this.streams.change(known, (stream) =>
        stream.add(hello.tcpSequence, hello.payload, starts),
      );
      if (added) return known;
      this.streams.delete(id);
      if (!starts) return undefined;
    }
    const opened = new OpenStream(scope, hello.time, limit);
    this.streams.add(id, opened, hello.time);
    this.streams.change(opened, (stream) => stream.add(hello.tcpSequence, hello.payload, starts));
    return opened;
  }

  private quic(hello: Hello, scope: number): readonly PlacedClaim[] {
    const id = flowId(hello);
    let held = this.quicFlows.get(id);
    if (held === undefined) {
      held = new HeldQuic(scope, hello.time);
      this.quicFlows.add(id, held, hello.time);
    }
    const reading = this.quicFlows.change(held, ({ flow }) => flow.read(hello.payload));
    if (reading === undefined) return this.incomplete();
    return [{ claim: reading.claim, place: reading.connection, whole: reading.whole }];
  }

  private dnsMessages(hello: Hello, scope: number): Buffer[] {
    if (hello.key.protocol !== PROTOCOL_TCP) return [hello.payload];
    const id = flowId(hello);
    if (this.streams.get(id) === undefined) {
      const { messages, used } = splitTcpMessages(hello.payload);
      if (messages.length > 0 && used === hello.payload.length) return messages;
    }
    const open = this.follow(hello, id, scope, startsDnsStream(hello.payload), MAX_DNS_STREAM);
    if (open?.base === undefined) return [];
    const { contiguous } = open.stream;
    const { messages, used } = splitTcpMessages(contiguous);
    if (used > 0 && used === contiguous.length) this.streams.delete(id);
    else this.counts.incomplete += 1;
    // Messages that were read before are read again until the stream ends on one: the answers are the same.
    return messages;
  }

  private incomplete(): readonly PlacedClaim[] {
    this.counts.incomplete += 1;
    return NOTHING;
  }

  private unreadable(): readonly PlacedClaim[] {
    this.counts.unreadable += 1;
    return NOTHING;
  }
}

function marked(claim: NameClaim, open: OpenStream): NameClaim {
  return open.stream.conflict ? { ...claim, standing: 'ambiguous' } : claim;
}

function flowId(hello: Hello): string {
  return hello.key.id + (hello.uplink ? 'u' : 'd');
}

/** A length that a message can have; of what is there, the head of a response. */
function startsDnsStream(payload: Buffer): boolean {
  if (payload.length < 2 || payload.readUInt16BE(0) < 17) return false;
  return payload.length < 5 || ((payload[4] as number) & 0x80) !== 0;
}
