/** Hellos of several segments where epochs turn between them, or where they arrive out of order. */
import { describe, expect, it } from 'vitest';
import type { PacketEngine } from '../../src/capture/index.js';
import { readEpoch, realm, takeHellos, tallies, type TestEngine } from './support/engines.js';
import { bothEngines } from './support/both-engines.js';
import { ETHERTYPE, clientHello, ethernet, ipv4, tcp } from './support/frames.js';

const SUBSCRIBER = '10.0.0.1';
const PEER = '198.51.100.7';
const SYN = 0x02;

interface Segment {
  port?: number;
  peerPort?: number;
  flags?: number;
  down?: boolean;
}

function segment(payload: Buffer, sequence: number, options: Segment = {}): Buffer {
  const { port = 4000, peerPort = 443, down = false } = options;
  const header = down ? tcp(peerPort, port, payload, sequence) : tcp(port, peerPort, payload, sequence);
  if (options.flags !== undefined) header[13] = options.flags;
  const ends: [string, string] = down ? [PEER, SUBSCRIBER] : [SUBSCRIBER, PEER];
  return ethernet(ETHERTYPE.ipv4, ipv4(...ends, 6, header));
}

const opening = (options: Segment = {}) => segment(Buffer.alloc(0), 999, { ...options, flags: SYN });

const { openers } = bothEngines();

const told = (engine: PacketEngine) =>
  takeHellos(engine).map((hello) => [hello.kind, hello.tcpSequence, hello.payload.length]);

describe.each(openers)('%s: hellos', (_name, opener) => {
  const open = () => {
    const engine = opener();
    engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
    return engine;
  };
  const send = (engine: TestEngine, ...frames: readonly Buffer[]) => {
    for (const frame of frames) expect(engine.testRun(frame, { time: 1_000_000n })).toBe(0);
  };

  it('one that goes on in the next epochs is followed there, and only as far as it goes', () => {
    const engine = open();
    const whole = clientHello(4000);
    send(engine, segment(whole.subarray(0, 1400), 5000));
    readEpoch(engine);
    send(engine, segment(whole.subarray(1400, 2800), 6400));
    readEpoch(engine);
    send(
      engine,
      segment(whole.subarray(2800), 7800),
      segment(Buffer.alloc(900, 7), 5000 + whole.length + 50),
    );
    readEpoch(engine);
    send(engine, segment(Buffer.alloc(900, 7), 20_000));
    expect(told(engine)).toEqual([
      ['tls', 5000, 1400],
      ['tls', 6400, 1400],
      ['tls', 7800, whole.length - 2800],
    ]);
    expect(tallies(readEpoch(engine).end.counters).hello).toBeUndefined();
  });

  it('a segment that overtook the start of its hello is handed on too, whichever port speaks so', () => {
    const engine = open();
    const whole = clientHello(2000);
    for (const [port, peerPort] of [
      [4000, 443],
      [4001, 8883],
    ] as const) {
      const on = { port, peerPort };
      send(
        engine,
        opening(on),
        segment(whole.subarray(1400), 2400, on),
        segment(whole.subarray(0, 1400), 1000, on),
      );
      expect(told(engine)).toEqual([
        ['tls', 2400, whole.length - 1400],
        ['tls', 1000, 1400],
      ]);
    }
    send(
      engine,
      opening({ peerPort: 80, port: 4002 }),
      segment(Buffer.from('Host: line.me\r\n\r\n'), 1016, { peerPort: 80, port: 4002 }),
      segment(Buffer.from('GET / HTTP/1.1\r\n'), 1000, { peerPort: 80, port: 4002 }),
    );
    expect(told(engine)).toEqual([
      ['http', 1016, 17],
      ['http', 1000, 16],
    ]);
  });

  it('of a connection that never says hello, no more than four segments are handed on', () => {
    const engine = open();
    send(
      engine,
      opening(),
      segment(Buffer.alloc(700, 9), 1, { down: true }), // what the server sends is none
      ...Array.from({ length: 20 }, (_, index) => segment(Buffer.alloc(500, 7), 1000 + 500 * index)),
    );
    expect(told(engine)).toEqual([0, 1, 2, 3].map((index) => ['tls', 1000 + 500 * index, 500]));
  });

  it('nothing is handed on early on other ports, of connections that were open before, or after the hello', () => {
    const engine = open();
    const small = clientHello(100);
    send(
      engine,
      opening({ peerPort: 22 }),
      segment(Buffer.alloc(500, 7), 1000, { peerPort: 22 }),
      segment(Buffer.alloc(500, 7), 1000, { port: 4001 }),
      opening({ port: 4002 }),
      segment(small, 1000, { port: 4002 }),
      segment(Buffer.alloc(500, 7), 1000 + small.length, { port: 4002 }),
    );
    expect(told(engine)).toEqual([['tls', 1000, small.length]]);
  });
});
