import { FLOW_KEY, FlowKeyView, type Hello } from '../capture/plain.js';
import type { DnsMemory } from './dns-memory.js';
import type { HelloReader, PlacedClaim } from './hello/hello-reader.js';
import type { TakenClaim } from './flow-claims.js';
import { KEY_WORDS } from './flow-table.js';
import type { ResolvedOptions } from './options.js';
import { addressId, type Account, type SessionIndex } from './session-index.js';

const PORT_DNS = 53;

/** Takes what a flow claims. `words` holds its key, valid during the call; `own`: the subscriber claims it, not the peer. */
export type ClaimSink = (words: Int32Array, taken: TakenClaim, own: boolean) => void;

/**
 * Learns from hellos: claims of flows, and names that SIMs resolved. Hellos of a SIM without consent are neither parsed
 * nor kept. Those of an address without session wait, unread, for a short while: its session may become known later, and
 * with it whether they may be read.
 */
export class HelloLearner {
  readonly counts = { hellos: 0, withoutConsent: 0, withoutSession: 0, untrustedAnswers: 0 };
  private waiting: Hello[] = [];
  private waitingOctets = 0;

  private readonly words = new Int32Array(KEY_WORDS);
  private readonly bytes = Buffer.from(this.words.buffer);

  constructor(
    private readonly options: Pick<ResolvedOptions, 'maxWaiting' | 'waitingAge'>,
    private readonly sessions: SessionIndex,
    private readonly dns: DnsMemory,
    private readonly reader: HelloReader,
    private readonly claim: ClaimSink,
  ) {}

  /** Bytes of hellos that wait for a session. */
  get octetsWaiting(): number {
    return this.waitingOctets;
  }

  learn(hello: Hello): void {
    this.counts.hellos += 1;
    const account = this.accountOf(hello);
    if (account.nameConsent) this.read(hello, account);
    else if (account.usage.kind === 'sim') this.counts.withoutConsent += 1;
    else {
      this.counts.withoutSession += 1;
      this.wait(hello);
    }
  }

  /** Reads hellos whose session has become known, `size` at a step. To be called after sessions changed. */
  *readWaiting(size: number): Generator<void, void> {
    const { waiting } = this;
    this.waiting = [];
    this.waitingOctets = 0;
    for (const [index, hello] of waiting.entries()) {
      const account = this.accountOf(hello);
      if (account.nameConsent) this.read(hello, account);
      else if (account.usage.kind === 'suspense') this.keep(hello);
      if (index % size === size - 1) yield;
    }
  }

  private accountOf(hello: Hello): Account {
    const { realm, keyBytes, ipv6 } = hello.key;
    return this.sessions.find(realm, keyBytes, FLOW_KEY.subscriber, ipv6, hello.time);
  }

  /** Keeps a copy; the oldest half goes when there are too many or they are too old. */
  private wait(hello: Hello): void {
    const { maxWaiting, waitingAge } = this.options;
    if (maxWaiting < hello.payload.length) return;
    const oldest = this.waiting[0];
    if (oldest !== undefined && hello.time - oldest.time > 2 * waitingAge)
      this.dropWaiting((each) => hello.time - each.time > waitingAge);
    if (this.waitingOctets + hello.payload.length > maxWaiting) {
      const half = this.waiting.length >> 1;
      this.dropWaiting((_, index) => index <= half);
    }
    this.keep({
      ...hello,
      key: new FlowKeyView(Buffer.from(hello.key.keyBytes), 0),
      payload: Buffer.from(hello.payload),
    });
  }

  private keep(hello: Hello): void {
    this.waiting.push(hello);
    this.waitingOctets += hello.payload.length;
  }

  private dropWaiting(goes: (hello: Hello, index: number) => boolean): void {
    this.waiting = this.waiting.filter((hello, index) => !goes(hello, index));
    this.waitingOctets = this.waiting.reduce((sum, hello) => sum + hello.payload.length, 0);
  }

  private read(hello: Hello, account: Account): void {
    if (hello.kind === 'dns') this.learnAnswers(hello, account);
    else this.learnClaims(hello, account);
  }

  private learnAnswers(hello: Hello, account: Account): void {
    const { key } = hello;
    if (hello.uplink || key.peerPort !== PORT_DNS) return;
    if (
      account.resolvers !== null &&
      !account.resolvers.has(addressId(key.keyBytes, FLOW_KEY.peer, key.ipv6))
    ) {
      this.counts.untrustedAnswers += 1;
      return;
    }
    for (const { name, addresses } of this.reader.answers(hello, account.simKey))
      for (const address of addresses)
        this.dns.learn(account.dnsScope, address.bytes, name, address.ttl, hello.time);
  }

  private learnClaims(hello: Hello, account: Account): void {
    for (const placed of this.reader.claims(hello, account.simKey)) {
      this.bytes.set(hello.key.keyBytes);
      this.claim(this.words, takenBy(account, placed, hello), hello.uplink);
    }
  }
}

function takenBy({ simKey }: Account, { claim, place, whole }: PlacedClaim, { time }: Hello): TakenClaim {
  return { claim, time, simKey, place, whole };
}
