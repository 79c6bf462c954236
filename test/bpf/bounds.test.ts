/** What happens at the edges of tables and rings: coarser, later, refused, but never lost. */
import { describe, expect, it } from 'vitest';
import { PACKET_RESULT, type PacketEngine } from '../../src/capture/index.js';
import {
  SMALL,
  conservation,
  finishEpoch,
  readEpoch,
  realm,
  rows,
  takeHellos,
  tallies,
  type FlowRow,
  type TestEngine,
} from './support/engines.js';
import { bothEngines, type EngineOpener, type EngineOptions } from './support/both-engines.js';
import { ETHERTYPE, clientHello, ethernet, ipv4, tcp, udp } from './support/frames.js';

const PEER = '198.51.100.7';
const udpFrame = (source: string, port: number, peer = PEER, octets = 72) =>
  ethernet(ETHERTYPE.ipv4, ipv4(source, peer, 17, udp(port, 443, Buffer.alloc(octets)))); // 100 octets
const tcpFrame = (port: number, payload: Buffer, sequence?: number, source = '10.0.0.1') =>
  ethernet(ETHERTYPE.ipv4, ipv4(source, PEER, 6, tcp(port, 443, payload, sequence)));

const { openers } = bothEngines();

function open(opener: EngineOpener, options: EngineOptions): TestEngine {
  const engine = opener(options);
  engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
  return engine;
}

function send(engine: TestEngine, frames: readonly Buffer[], start = 1): void {
  frames.forEach((frame, index) => {
    expect(engine.testRun(frame, { time: BigInt(start + index) * 1_000_000n })).toBe(PACKET_RESULT.taken);
  });
}

const steps = (flows: readonly FlowRow[]) =>
  flows.reduce<Record<string, number>>(
    (counts, { step }) => ({ ...counts, [step]: (counts[step] ?? 0) + 1 }),
    {},
  );

describe.each(openers)('%s: a full flow table', (_name, opener) => {
  it('is counted coarser in steps, to the octet', () => {
    const engine = open(opener, {
      sizes: { ...SMALL, flows: 64 },
      fullTable: 'coarsen',
      flowsPerSubscriber: 64,
    });
    const frames: Buffer[] = [];
    for (let host = 0; host < 16; host += 1)
      for (let port = 1; port <= 20; port += 1) frames.push(udpFrame(`10.0.0.${host}`, port));
    send(engine, frames);
    const epoch = readEpoch(engine);
    const kept = conservation(epoch);
    expect(kept.seen).toEqual({ packets: 320, octets: 32_000 });
    expect(kept.outcomes).toEqual(kept.seen);
    expect(kept.onRecords).toBe(32_000);
    // 64 flows; then room for 4 pairs and 4 subscribers; the rest in one global record.
    expect(steps(epoch.flows)).toEqual({ flow: 64, address_pair: 4, subscriber: 4, global: 1 });
    const found = tallies(epoch.end.counters);
    expect(found.counted).toEqual([320, 32_000]);
    expect(
      (found.step_address_pair?.[0] ?? 0) + (found.step_subscriber?.[0] ?? 0) + (found.step_global?.[0] ?? 0),
    ).toBe(320 - 64);
    const global = epoch.flows.find((flow) => flow.step === 'global');
    expect(global).toMatchObject({ realm: 1, subscriber: '0.0.0.0:0', peer: '0.0.0.0:0' });
  });

  it('does not let one that scans ports blur the others', () => {
    const engine = open(opener, {
      sizes: { ...SMALL, flows: 256 },
      fullTable: 'coarsen',
      flowsPerSubscriber: 32,
    });
    send(
      engine,
      Array.from({ length: 1000 }, (_, port) => udpFrame('10.0.0.66', port + 1)),
    );
    send(
      engine,
      Array.from({ length: 50 }, (_, host) => udpFrame(`10.0.1.${host}`, 7)),
    );
    const epoch = readEpoch(engine);
    const scanner = epoch.flows.filter((flow) => flow.subscriber.startsWith('10.0.0.66:'));
    expect(steps(scanner)).toEqual({ flow: 32, address_pair: 1 });
    expect(scanner.reduce((sum, flow) => sum + flow.up[1], 0)).toBe(100_000);
    const others = epoch.flows.filter((flow) => flow.subscriber.startsWith('10.0.1.'));
    expect(steps(others)).toEqual({ flow: 50 });
    expect(conservation(epoch).onRecords).toBe(105_000);
  });

  it('does not let one that scans addresses blur the others', () => {
    const engine = open(opener, {
      sizes: { ...SMALL, flows: 512 },
      fullTable: 'coarsen',
      flowsPerSubscriber: 16,
    });
    send(
      engine,
      Array.from({ length: 1000 }, (_, index) =>
        udpFrame('10.0.0.66', 1, `198.18.${index >> 8}.${index & 255}`),
      ),
    );
    send(
      engine,
      Array.from({ length: 50 }, (_, host) => udpFrame(`10.0.1.${host}`, 7)),
    );
    const epoch = readEpoch(engine);
    const scanner = epoch.flows.filter((flow) => flow.subscriber.startsWith('10.0.0.66:'));
    expect(steps(scanner)).toEqual({ flow: 16, address_pair: 16, subscriber: 1 });
    expect(steps(epoch.flows.filter((flow) => flow.subscriber.startsWith('10.0.1.')))).toEqual({ flow: 50 });
    expect(conservation(epoch).onRecords).toBe(105_000);
  });

  it('starts each epoch afresh', () => {
    const engine = open(opener, {
      sizes: { ...SMALL, flows: 32 },
      fullTable: 'coarsen',
      flowsPerSubscriber: 32,
    });
    for (let round = 0; round < 4; round += 1) {
      send(
        engine,
        Array.from({ length: 40 }, (_, port) => udpFrame('10.0.0.1', port + 1)),
      );
      const { flows, end } = readEpoch(engine);
      expect(steps(flows)).toEqual({ flow: 32, address_pair: 1 });
      expect(end.counters.seen).toEqual({ packets: 40, octets: 4000 });
    }
  });

  it('refuses packets of a capture until the epoch is closed', () => {
    const engine = open(opener, { sizes: { ...SMALL, flows: 32 } });
    let refused = 0;
    let octets = 0;
    for (let port = 1; port <= 200; port += 1) {
      const give = () => engine.testRun(udpFrame('10.0.0.1', port), { time: 1n });
      if (give() === PACKET_RESULT.tableFull) {
        refused += 1;
        octets += readEpoch(engine).end.counters.seen.octets;
        expect(give()).toBe(PACKET_RESULT.taken);
      }
    }
    const last = readEpoch(engine);
    expect(refused).toBeGreaterThan(5);
    expect(octets + last.end.counters.seen.octets).toBe(20_000);
    expect(steps(last.flows)).toEqual({ flow: last.flows.length });
  });
});

describe.each(openers)('%s: rings', (_name, opener) => {
  it('a full flow ring keeps the rest in the table, and goes on', () => {
    const engine = open(opener, { sizes: { ...SMALL, flowRingBytes: 4096 } });
    send(
      engine,
      Array.from({ length: 500 }, (_, port) => udpFrame('10.0.0.1', port + 1)),
    );
    engine.closeEpoch();
    expect(engine.drain(10_000).done).toBe(false);
    expect(engine.drain(10_000)).toEqual({ done: false, records: 0 });
    expect(() => engine.closeEpoch()).toThrow(/drain it until done/);
    // Packets of the next epoch are counted meanwhile.
    send(engine, [udpFrame('10.0.0.2', 1)]);
    const { flows, end } = finishEpoch(engine);
    expect(new Set(flows.map((flow) => flow.subscriber)).size).toBe(500);
    expect(end.counters.seen).toEqual({ packets: 500, octets: 50_000 });
    const next = readEpoch(engine);
    expect(next.flows).toHaveLength(1);
    expect(next.end).toMatchObject({ epoch: 2, counters: { seen: { packets: 1, octets: 100 } } });
  });

  it('drains in portions', () => {
    const engine = open(opener, {});
    send(
      engine,
      Array.from({ length: 25 }, (_, port) => udpFrame('10.0.0.1', port + 1)),
    );
    engine.closeEpoch();
    const portions: number[] = [];
    while (engine.draining) portions.push(engine.drain(10).records);
    expect(portions).toEqual([10, 10, 5]);
    expect(finishEpoch(engine).flows).toHaveLength(25);
  });

  it('a peek repeats until released, and stops at the end of an epoch', () => {
    const engine = open(opener, {});
    for (const port of [1, 2]) {
      send(engine, [udpFrame('10.0.0.1', port)]);
      engine.closeEpoch();
      while (engine.draining) engine.drain(100);
    }
    const first = engine.peekFlows(1 << 20)!;
    expect(engine.peekFlows(1 << 20)).toEqual(first);
    expect(first.epochEnd?.epoch).toBe(1);
    expect(rows(first.records).map((flow) => flow.subscriber)).toEqual(['10.0.0.1:1']);
    engine.releaseFlows(first.end);
    const second = engine.peekFlows(1 << 20)!;
    expect(second.start).toBe(first.end);
    expect(rows(second.records).map((flow) => flow.subscriber)).toEqual(['10.0.0.1:2']);
    engine.releaseFlows(first.end); // behind: nothing happens
    expect(engine.peekFlows(1 << 20)).toEqual(second);
    expect(() => engine.releaseFlows(second.end + 8n)).toThrow(/never reached/);
    engine.releaseFlows(second.end);
    expect(engine.peekFlows(1 << 20)).toBeNull();
  });

  it('peeks no more octets than asked for, but at least one record', () => {
    const engine = open(opener, {});
    send(
      engine,
      Array.from({ length: 25 }, (_, port) => udpFrame('10.0.0.1', port + 1)),
    );
    engine.closeEpoch();
    engine.drain(1000);
    expect(engine.peekFlows(1)!.records.length).toBe(96);
    expect(engine.peekFlows(1000)!.records.length).toBe(960);
  });

  it('a full hello ring stops the feed of a capture rather than dropping', () => {
    const engine = open(opener, { sizes: { ...SMALL, helloRingBytes: 8192 } });
    let taken = 0;
    let full = 0;
    for (let port = 1; port <= 50; port += 1) {
      const frame = tcpFrame(port, clientHello(1000));
      if (engine.testRun(frame, { time: 1n }) === PACKET_RESULT.hellosFull) {
        full += 1;
        taken += takeHellos(engine).length;
        expect(engine.testRun(frame, { time: 1n })).toBe(PACKET_RESULT.taken);
      }
    }
    taken += takeHellos(engine).length;
    expect(full).toBeGreaterThan(3);
    expect(taken).toBe(50);
    expect(tallies(readEpoch(engine).end.counters).hello_dropped).toBeUndefined();
  });

  it('positions survive many turns of the ring', () => {
    const engine = open(opener, { sizes: { ...SMALL, helloRingBytes: 4096, flowRingBytes: 4096 } });
    for (let round = 1; round <= 200; round += 1) {
      send(engine, [tcpFrame(1000 + round, clientHello(300 + round))]);
      const [hello] = takeHellos(engine);
      expect(hello!.payload.equals(clientHello(300 + round))).toBe(true);
      expect(readEpoch(engine).flows.map((flow) => flow.subscriber)).toEqual([`10.0.0.1:${1000 + round}`]);
    }
    expect(engine.status().helloRingPosition).toBeGreaterThan(70_000n);
  });
});

describe.each(openers)('%s: hellos', (_name, opener) => {
  const kinds = (engine: PacketEngine) =>
    takeHellos(engine).map((hello) => [hello.kind, hello.tcpSequence, hello.payload.length]);

  it('follows a ClientHello over its segments, and stops where it ends', () => {
    const engine = open(opener, {});
    const whole = clientHello(3000);
    send(engine, [
      tcpFrame(1, whole.subarray(0, 1400), 5000),
      tcpFrame(1, whole.subarray(2800), 7800), // out of order
      tcpFrame(1, whole.subarray(1400, 2800), 6400),
      tcpFrame(2, Buffer.alloc(100, 1), 6400), // another flow
      tcpFrame(1, Buffer.alloc(700, 2), 5000 + whole.length + 100), // what comes after
    ]);
    expect(kinds(engine)).toEqual([
      ['tls', 5000, 1400],
      ['tls', 7800, whole.length - 2800],
      ['tls', 6400, 1400],
    ]);
  });

  it('follows an HTTP head until its empty line', () => {
    const engine = open(opener, {});
    send(engine, [
      tcpFrame(1, Buffer.from('GET / HTTP/1.1\r\nUser-Agent: x\r\n'), 100),
      tcpFrame(1, Buffer.from('Host: line.me\r\n\r\n'), 131),
      tcpFrame(1, Buffer.from('not a head'), 148),
      tcpFrame(2, Buffer.from('POST / HTTP/1.1\r\nHost: line.me\r\n\r\nbody'), 1),
      tcpFrame(2, Buffer.from('more of the body'), 40),
    ]);
    expect(kinds(engine)).toEqual([
      ['http', 100, 31],
      ['http', 131, 17],
      ['http', 1, 38],
    ]);
  });

  it('a subscriber has so many a second, and the others theirs', () => {
    const engine = open(opener, { hellosPerSecond: 5 });
    const hellos = (source: string) =>
      Array.from({ length: 20 }, (_, index) => tcpFrame(index + 1, clientHello(50), 1, source));
    send(engine, hellos('10.0.0.1'), 2000);
    send(engine, hellos('10.0.0.2'), 2100);
    expect(takeHellos(engine)).toHaveLength(10);
    send(engine, hellos('10.0.0.1'), 4000);
    expect(takeHellos(engine)).toHaveLength(5);
    const { end } = readEpoch(engine);
    expect(end.counters.notes.hello.packets).toBe(15);
    expect(end.counters.notes.hello_dropped.packets).toBe(45);
    expect(end.counters.outcomes.counted.packets).toBe(60);
  });

  it('DNS answers go to the one who asked; a query or an answer sent by a subscriber does not', () => {
    const engine = open(opener, {});
    const answer = Buffer.concat([Buffer.from('123481800001000100000000', 'hex'), Buffer.alloc(20)]);
    const frame = (source: string, destination: string, from: number, to: number, message: Buffer) =>
      ethernet(ETHERTYPE.ipv4, ipv4(source, destination, 17, udp(from, to, message)));
    send(engine, [
      frame('10.0.0.1', PEER, 4000, 53, Buffer.concat([Buffer.from('12340100', 'hex'), Buffer.alloc(28)])),
      frame(PEER, '10.0.0.1', 53, 4000, answer),
      frame('10.0.0.1', PEER, 53, 4000, answer),
      frame('10.0.0.2', '10.0.0.1', 53, 4000, answer),
    ]);
    const found = takeHellos(engine).map((hello) => [hello.kind, hello.uplink, hello.key.subscriberAddress]);
    expect(found).toEqual([
      ['dns', false, '10.0.0.1'],
      ['dns', false, '10.0.0.1'],
    ]);
  });

  it('holds no more than its bound of a large packet', () => {
    const engine = open(opener, {});
    send(engine, [tcpFrame(1, clientHello(2500))]);
    const [hello] = takeHellos(engine);
    expect(hello!.payload.length).toBe(1536);
    expect(hello!.payloadTotal).toBe(2509);
  });
});

describe.each(openers)('%s: closing', (_name, opener) => {
  it('is idempotent, and everything else says that it is closed', () => {
    const engine = open(opener, {});
    engine.close();
    engine.close();
    for (const call of [
      () => engine.closeEpoch(),
      () => engine.drain(1),
      () => engine.peekFlows(1),
      () => engine.counters(),
      () => engine.status(),
      () => engine.configure([]),
      () => engine.testRun(Buffer.alloc(20), { time: 0n }),
    ])
      expect(call).toThrow();
  });
});
