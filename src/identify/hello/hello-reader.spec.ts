import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packHello, packKey } from '../../../test/support/capture-flows.js';
import {
  addressRecord,
  clientHello,
  dnsAnswer,
  dnsOverTcp,
  ECH,
  KEY_SHARE,
  PADDING,
  serverName,
  tlsHello,
  tlsRecords,
} from '../../../test/support/hellos.js';
import { readHellos, type Hello, type HelloKind } from '../../capture/index.js';
import { HelloReader } from './hello-reader.js';

const BOUNDS = { maxFlows: 100, maxPerScope: 10, maxOctets: 200_000, maxAge: 30_000_000 };
const address = (last: number): Buffer =>
  Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, last]);

function hello(kind: HelloKind, payload: Buffer, sequence = 1000, port = 4000, time = 1): Hello {
  const protocol = kind === 'quic' ? 17 : 6;
  const peerPort = kind === 'dns' ? 53 : 443;
  const key = packKey({ subscriber: address(1), peer: address(2), subscriberPort: port, peerPort, protocol });
  const record = packHello({ kind, uplink: kind !== 'dns', time, key, sequence, payload });
  return [...readHellos(record)][0]!;
}

/** TCP segments of a stream, from a start that makes sequence numbers wrap. */
function segments(stream: Buffer, cuts: readonly number[]): { sequence: number; payload: Buffer }[] {
  const edges = [
    0,
    ...[...new Set(cuts)].filter((cut) => cut > 0 && cut < stream.length).sort((a, b) => a - b),
    stream.length,
  ];
  return edges.slice(1).map((end, i) => ({
    sequence: (0xffff_ff00 + edges[i]!) >>> 0,
    payload: stream.subarray(edges[i], end),
  }));
}

describe('a ClientHello over several segments', () => {
  const stream = tlsRecords(clientHello([KEY_SHARE, serverName('obs.line.me'), PADDING]), 700);

  it('is read in any order, whole and once', () => {
    const cut = fc.integer({ min: 9, max: stream.length - 1 });
    fc.assert(
      fc.property(
        fc.uniqueArray(cut, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (cuts, random) => {
          const parts = segments(stream, [900, ...cuts]); // none longer than what an engine hands on
          const order = parts
            .map((part) => ({ part, at: random.next().value as number }))
            .sort((a, b) => a.at - b.at);
          const reader = new HelloReader(BOUNDS);
          const read = order.flatMap(({ part }) => [
            ...reader.claims(hello('tls', part.payload, part.sequence), 1),
          ]);
          expect(read.at(-1)).toEqual({
            claim: { kind: 'sni', name: 'obs.line.me', literal: null, standing: 'plain' },
            place: 0xffff_ff00,
            whole: true,
          });
          expect(read.filter((each) => each.whole)).toHaveLength(1);
          expect(reader.held).toEqual({ flows: 0, octets: 0, dropped: 0 });
        },
      ),
    );
  });

  it('names its host early, and takes it back when it turns out to be a front', () => {
    const fronted = tlsHello('front.example', KEY_SHARE, ECH);
    const [first, second] = segments(fronted, [400]) as [
      { sequence: number; payload: Buffer },
      { sequence: number; payload: Buffer },
    ];
    const reader = new HelloReader(BOUNDS);
    expect(reader.claims(hello('tls', first.payload, first.sequence), 1)).toMatchObject([
      { claim: { name: 'front.example', standing: 'plain' }, whole: false },
    ]);
    expect(reader.claims(hello('tls', second.payload, second.sequence), 1)).toMatchObject([
      { claim: { name: 'front.example', standing: 'front' }, whole: true },
    ]);
  });

  it('is ambiguous where a segment comes twice with other bytes: the first count', () => {
    const evil = Buffer.from(stream);
    evil.write('evi', stream.indexOf('obs.line.me'));
    const reader = new HelloReader(BOUNDS);
    const [one, two] = segments(stream, [stream.length - 50]) as [
      { sequence: number; payload: Buffer },
      { sequence: number; payload: Buffer },
    ];
    reader.claims(hello('tls', one.payload, one.sequence), 1);
    reader.claims(hello('tls', evil.subarray(0, one.payload.length), one.sequence), 1);
    expect(reader.claims(hello('tls', two.payload, two.sequence), 1)).toMatchObject([
      { claim: { name: 'obs.line.me', standing: 'ambiguous' }, whole: true },
    ]);
  });

  it('is read as far as the segment was captured', () => {
    const large = tlsHello('obs.line.me', { type: 51, body: Buffer.alloc(3000) });
    const reader = new HelloReader(BOUNDS);
    expect(reader.claims(hello('tls', large), 1)).toMatchObject([
      { claim: { name: 'obs.line.me' }, whole: false },
    ]);
  });
});

describe('a request head over several segments', () => {
  const stream = Buffer.from(`GET /${'a'.repeat(900)} HTTP/1.1\r\nAccept: */*\r\nHost: obs.line.me\r\n\r\n`);

  it('is read in any order, once', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 2, 1],
    ]) {
      const parts = segments(stream, [300, 930]);
      const reader = new HelloReader(BOUNDS);
      const read = order.flatMap((i) => [
        ...reader.claims(hello('http', parts[i]!.payload, parts[i]!.sequence), 1),
      ]);
      expect(read).toMatchObject([{ claim: { name: 'obs.line.me', standing: 'plain' }, whole: true }]);
      expect(reader.held.flows).toBe(0);
    }
  });
});

describe('segments that came before the one that starts a hello', () => {
  it('are kept few to a flow, and go with age', () => {
    const reader = new HelloReader(BOUNDS);
    for (let i = 0; i < 1000; i += 1)
      reader.claims(hello('tls', Buffer.alloc(100, 7), 5000 + 100 * i, 4000, i), 1);
    expect(reader.held).toMatchObject({ flows: 1, octets: 800 });
    reader.claims(hello('tls', Buffer.alloc(100, 7), 5000, 4001, 31_000_000), 1);
    expect(reader.held).toEqual({ flows: 1, octets: 100, dropped: 1 });
  });
});

describe('what is held', () => {
  const start = tlsHello('obs.line.me', KEY_SHARE).subarray(0, 200);

  it('is bounded per SIM: one with many unfinished hellos loses its own', () => {
    const reader = new HelloReader(BOUNDS);
    reader.claims(hello('tls', start, 1, 9999), 2);
    for (let port = 0; port < 500; port += 1) reader.claims(hello('tls', start, 1, port), 1);
    expect(reader.held.flows).toBe(11);
    const rest = tlsHello('obs.line.me', KEY_SHARE).subarray(200);
    expect(reader.claims(hello('tls', rest, 201, 9999), 2)).toMatchObject([{ whole: true }]);
  });

  it('is bounded in all, in number, octets and age', () => {
    const reader = new HelloReader(BOUNDS);
    for (let i = 0; i < 5000; i += 1) reader.claims(hello('tls', start, 1, i), i);
    expect(reader.held.flows).toBeLessThanOrEqual(100);
    for (let i = 0; i < 5000; i += 1) {
      const late = hello('tls', Buffer.alloc(1400, 7), 20_000, i % 100);
      reader.claims(late, i % 100);
      expect(reader.held.octets).toBeLessThanOrEqual(200_000);
    }
    reader.claims(hello('tls', start, 1, 60_000, 40_000_000), 1);
    expect(reader.held.flows).toBe(1);
  });

  it('is given up for SIMs that withdraw their consent', () => {
    const reader = new HelloReader(BOUNDS);
    reader.claims(hello('tls', start, 1, 1), 1);
    reader.claims(hello('tls', start, 1, 2), 2);
    reader.forget(new Set([1]));
    expect(reader.held.flows).toBe(1);
  });

  it('never grows beyond its bounds by any segments', () => {
    const segment = fc.record({
      kind: fc.constantFrom<HelloKind>('tls', 'http', 'quic'),
      port: fc.nat(5),
      sequence: fc.oneof(fc.nat(50_000), fc.constantFrom(0, 0xffff_ffff)),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom<Uint8Array>(
          start,
          Buffer.from('GET / HTTP/1.1\r\nHost: a'),
          Buffer.from([0x16, 3, 1, 0xff, 0xff, 1]),
        ),
      ),
    });
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 60 }), (all) => {
        const reader = new HelloReader({ ...BOUNDS, maxOctets: 5_000 });
        for (const { kind, port, sequence, payload } of all) {
          reader.claims(hello(kind, Buffer.from(payload), sequence, port), port);
          expect(reader.held.octets).toBeLessThanOrEqual(5_000);
          expect(reader.held.octets).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('DNS over TCP', () => {
  const answers = ['a.example', 'b.example'].map((name) =>
    dnsAnswer(name, [addressRecord(name, '192.0.2.1')]),
  );
  const stream = Buffer.concat(answers.map(dnsOverTcp));

  it('is read from one segment or several', () => {
    for (const cuts of [[], [2], [2, 30, 50], [70]]) {
      const reader = new HelloReader(BOUNDS);
      const names = segments(stream, cuts).flatMap(({ sequence, payload }) =>
        reader.answers(hello('dns', payload, sequence), 1).map(({ name }) => name),
      );
      expect([...new Set(names)]).toEqual(['a.example', 'b.example']);
      expect(reader.held.flows).toBe(0);
    }
  });
});
