/** Real frames over a veth into the attached program, while epochs close and realms change: nothing is lost. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PacketSender, XdpEngine, packFrames } from '../../src/capture/index.js';
import {
  PrivateNetwork,
  SMALL,
  conservation,
  finishEpoch,
  realm,
  takeHellos,
  tallies,
  type Epoch,
} from './support/engines.js';
import { ETHERTYPE, clientHello, ethernet, gre, ipv4, tcp, udp } from './support/frames.js';

const MIRROR = '192.0.2.1';
const gretap = (inside: Buffer) =>
  ethernet(
    ETHERTYPE.ipv4,
    ipv4(MIRROR, '192.0.2.2', 47, gre(ETHERTYPE.teb, ethernet(ETHERTYPE.ipv4, inside))),
  );

let network: PrivateNetwork;
beforeAll(() => {
  network = new PrivateNetwork();
});
afterAll(() => network.dispose());

/** A test that fails must not leave its program on the interface of the tests after it. */
let opened: XdpEngine[] = [];
afterEach(() => {
  for (const engine of opened) engine.close();
  opened = [];
});

function openLive(options: Partial<Parameters<typeof XdpEngine.open>[0]> = {}): XdpEngine {
  const engine = XdpEngine.open({ pinPath: null, sizes: SMALL, ...options });
  opened.push(engine);
  engine.configure([realm({ type: 'gre', outerSource: MIRROR }, '10.128.0.0/9')]);
  network.run(() => engine.attach('in0', 'native'));
  return engine;
}

/** 20,000 frames of 500 flows; a subscriber's octets depend on its number, so that a mix-up shows. */
function load(port: number): { packed: Buffer; octets: number; frames: number } {
  const frames: Buffer[] = [];
  let octets = 0;
  for (let index = 0; index < 20_000; index += 1) {
    const flow = index % 500;
    const inside = ipv4(
      `10.128.${flow >> 8}.${flow & 255}`,
      '198.51.100.7',
      17,
      udp(port, 443, Buffer.alloc(20 + flow)),
    );
    octets += inside.length;
    frames.push(gretap(inside));
  }
  return { packed: packFrames(frames), octets, frames: frames.length };
}

/** Sums epochs into octets per subscriber. */
function total(epochs: readonly Epoch[]) {
  const octets = new Map<string, number>();
  let packets = 0;
  for (const epoch of epochs) {
    const kept = conservation(epoch);
    expect(kept.outcomes).toEqual(kept.seen);
    expect(kept.onRecords).toBe(kept.counted);
    for (const flow of epoch.flows) {
      octets.set(flow.subscriber, (octets.get(flow.subscriber) ?? 0) + flow.up[1] + flow.down[1]);
      packets += flow.up[0] + flow.down[0];
    }
  }
  return { octets, packets, sum: [...octets.values()].reduce((a, b) => a + b, 0) };
}

describe('live', () => {
  it('swaps tables under load from two CPUs without losing an octet', { timeout: 120_000 }, async () => {
    const engine = openLive();
    const loads = [load(1000), load(2000)];
    const senders = loads.map(() => network.run(() => new PacketSender('out0')));
    // As long as it takes until several tables were swapped under the load, however fast the machine is.
    const rounds = [0, 0];
    const epochs: Epoch[] = [];
    const filled = () => epochs.filter((epoch) => epoch.flows.length > 0).length;
    const state = { sending: true };
    const sent = Promise.all(
      senders.map(async (sender, index) => {
        while (rounds[index]! < 10 || filled() < 5) {
          await sender.send(loads[index]!.packed);
          rounds[index]! += 1;
        }
      }),
    ).finally(() => (state.sending = false));
    while (state.sending) {
      engine.closeEpoch();
      epochs.push(finishEpoch(engine));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await sent;
    engine.closeEpoch();
    epochs.push(finishEpoch(engine));
    const found = total(epochs);
    expect(found.packets).toBe(loads.reduce((sum, { frames }, index) => sum + rounds[index]! * frames, 0));
    expect(found.sum).toBe(loads.reduce((sum, { octets }, index) => sum + rounds[index]! * octets, 0));
    expect(epochs.map((epoch) => epoch.end.epoch)).toEqual(epochs.map((_, index) => index + 1));
    senders.forEach((sender) => sender.close());
    engine.close();
  });

  it('changes realms without detaching and without losing a packet', { timeout: 60_000 }, async () => {
    const engine = openLive();
    const { packed, octets, frames } = load(1000);
    const sender = network.run(() => new PacketSender('out0'));
    const state = { sending: true, changes: 0, rounds: 0 };
    const send = async () => {
      do {
        await sender.send(packed);
        state.rounds += 1;
      } while (state.changes < 20);
    };
    const sent = send().finally(() => (state.sending = false));
    while (state.sending) {
      // Ever more prefixes, but the subscribers stay in them throughout.
      const others = Array.from(
        { length: state.changes % 50 },
        (_, index) => `172.${16 + (index % 16)}.${index}.0/24`,
      );
      engine.configure([realm({ type: 'gre', outerSource: MIRROR }, '10.128.0.0/9', ...new Set(others))]);
      state.changes += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await sent;
    engine.closeEpoch();
    const epoch = finishEpoch(engine);
    expect(tallies(epoch.end.counters)).toEqual({ counted: [state.rounds * frames, state.rounds * octets] });
    sender.close();
    engine.close();
  });

  it('gives times of the wall clock, and hellos', async () => {
    const engine = openLive();
    const sender = network.run(() => new PacketSender('out0'));
    const before = Date.now() * 1000;
    const hello = clientHello(200);
    await sender.send(packFrames([gretap(ipv4('10.128.0.9', '198.51.100.7', 6, tcp(5000, 443, hello)))]));
    const [found] = takeHellos(engine);
    engine.closeEpoch();
    const { flows, end } = finishEpoch(engine);
    const after = Date.now() * 1000;
    // The kernel's clock of ticks lags by up to a tick (10 ms at the slowest).
    for (const time of [found!.time, flows[0]!.firstTime, flows[0]!.lastTime, end.closedTime]) {
      expect(time).toBeGreaterThan(before - 11_000);
      expect(time).toBeLessThanOrEqual(after + 1000);
    }
    expect(found).toMatchObject({ kind: 'tls', uplink: true, tcpSequence: 1000, payloadTotal: hello.length });
    expect(found!.payload.equals(hello)).toBe(true);
    sender.close();
    engine.close();
  });

  it('drops the mirror and passes everything else, or passes all', async () => {
    const mirrored = gretap(ipv4('10.128.0.9', '198.51.100.7', 17, udp(1, 2, Buffer.alloc(10))));
    const other = ethernet(ETHERTYPE.arp, Buffer.alloc(46));
    const stack = async (verdict: 'drop-mirrored' | 'pass') => {
      const engine = openLive({ verdict });
      const sender = network.run(() => new PacketSender('out0'));
      const start = xdpDrops();
      await sender.send(packFrames([mirrored, other, mirrored]));
      engine.closeEpoch();
      expect(finishEpoch(engine).end.counters.seen.packets).toBe(3);
      sender.close();
      engine.close();
      return xdpDrops() - start;
    };
    const xdpDrops = () =>
      network
        .inside('ethtool', '-S', 'in0')
        .split('\n')
        .filter((line) => line.includes('xdp_drops'))
        .reduce((sum, line) => sum + Number(line.split(':')[1]), 0);
    expect(await stack('drop-mirrored')).toBe(2);
    expect(await stack('pass')).toBe(0);
  });
});

describe('attaching', () => {
  it('says which modes were tried, and why an interface refuses', () => {
    const engine = XdpEngine.open({ pinPath: null, sizes: SMALL });
    expect(() => engine.attach('nosuch0')).toThrow(/no network interface nosuch0/);
    const attachment = network.run(() => engine.attach('in0'));
    expect(attachment).toMatchObject({ mode: 'native', frags: false, attempts: [] });
    const second = XdpEngine.open({ pinPath: null, sizes: SMALL });
    expect(() => network.run(() => second.attach('in0'))).toThrow(/native: .*another XDP program/);
    engine.close();
    expect(network.run(() => second.attach('in0', 'generic')).mode).toBe('generic');
    second.close();
  });

  it('takes jumbo packets', { timeout: 60_000 }, async () => {
    const jumbo = new PrivateNetwork(9000);
    try {
      const engine = XdpEngine.open({ pinPath: null, sizes: SMALL });
      engine.configure([realm({ type: 'gre', outerSource: MIRROR }, '10.128.0.0/9')]);
      expect(jumbo.run(() => engine.attach('in0', 'native'))).toMatchObject({ mode: 'native', frags: true });
      const sender = jumbo.run(() => new PacketSender('out0'));
      const inside = ipv4('10.128.0.9', '198.51.100.7', 17, udp(1, 2, Buffer.alloc(8900)));
      await sender.send(packFrames([gretap(inside)]));
      engine.closeEpoch();
      expect(tallies(finishEpoch(engine).end.counters)).toEqual({ counted: [1, inside.length] });
      sender.close();
      engine.close();
    } finally {
      jumbo.dispose();
    }
  });
});
