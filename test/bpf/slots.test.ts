/** The table of IPv4 flows, its overflow into the hash map, and CPUs that meet on the same new flows. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PacketSender, XdpEngine, packFrames } from '../../src/capture/index.js';
import {
  PrivateNetwork,
  SMALL,
  conservation,
  finishEpoch,
  readEpoch,
  realm,
  sh,
  type Epoch,
} from './support/engines.js';
import { ETHERTYPE, ethernet, ipv4, ipv6, udp } from './support/frames.js';

const PEER = '198.51.100.7';
const PEER6 = '2001:db8:ffff::1';
const frame4 = (flow: number, octets = 72) =>
  ethernet(
    ETHERTYPE.ipv4,
    ipv4(
      `10.0.${(flow >> 8) & 255}.${flow & 255}`,
      PEER,
      17,
      udp(1024 + (flow >> 16), 443, Buffer.alloc(octets)),
    ),
  );
const frame6 = (flow: number) =>
  ethernet(
    ETHERTYPE.ipv6,
    ipv6(`2001:db8::${(flow + 1).toString(16)}`, PEER6, 17, udp(7, 443, Buffer.alloc(52))),
  );

let network: PrivateNetwork;
let bpffs: string;
let count = 0;
const opened: XdpEngine[] = [];

beforeAll(() => {
  network = new PrivateNetwork();
  bpffs = mkdtempSync(join(tmpdir(), 'countfree-slots-'));
  sh('mount', '-t', 'bpf', 'bpf', bpffs);
});
afterAll(() => {
  network.dispose();
  sh('umount', bpffs);
  rmSync(bpffs, { recursive: true });
});
afterEach(() => {
  for (const engine of opened.splice(0)) {
    engine.detach();
    engine.close();
  }
});

type Options = Partial<Parameters<typeof XdpEngine.open>[0]>;
const pins = () => join(bpffs, `pins-${count}`);

function open(options: Options): XdpEngine {
  count += 1;
  const engine = XdpEngine.open({ pinPath: pins(), replay: true, ...options });
  opened.push(engine);
  engine.configure([realm({ type: 'none' }, '10.0.0.0/8', '2001:db8::/64')]);
  network.run(() => engine.attach('in0', 'native'));
  return engine;
}

/** Records that stand in a hash map of the first epoch's table. */
const hashed = (map = 'flows_0') =>
  (JSON.parse(sh('bpftool', '-j', 'map', 'dump', 'pinned', join(pins(), map))) as unknown[]).length;

const octetsOf = (epochs: readonly Epoch[]) =>
  epochs.reduce((sum, { flows }) => sum + flows.reduce((all, { up, down }) => all + up[1] + down[1], 0), 0);

describe('slots', () => {
  it('flows that find all their places taken stand in the hash map, each once', { timeout: 60_000 }, () => {
    const flows = 16_384;
    const engine = open({ sizes: { ...SMALL, flows, flowRingBytes: 4 << 20 }, flowsPerSubscriber: flows });
    const frames = Array.from({ length: flows }, (_, flow) => frame4(flow));
    for (let round = 0; round < 3; round += 1)
      for (const frame of frames.slice(0, -2)) expect(engine.testRun(frame, { time: 1_000_000n })).toBe(0);
    const beside = hashed();
    // One in twenty, with a quarter more slots than flows.
    expect(beside).toBeGreaterThan(flows / 40);
    expect(beside).toBeLessThan(flows / 12);
    const epoch = readEpoch(engine);
    expect(epoch.flows).toHaveLength(flows - 2);
    expect(new Set(epoch.flows.map((flow) => flow.up.join())).size).toBe(1);
    expect(epoch.flows[0]!.up).toEqual([3, 300]);
    expect(conservation(epoch).onRecords).toBe(3 * 100 * (flows - 2));
    // And all of them were freed.
    for (const frame of frames.slice(0, 100)) engine.testRun(frame, { time: 2_000_000n });
    readEpoch(engine);
    expect(hashed()).toBe(0);
  });

  it.each([
    ['IPv4', frame4],
    ['IPv6', frame6],
  ])('as many flows fit as were asked for: %s', (_family, frame) => {
    const engine = open({ sizes: { ...SMALL, flows: 1024 }, fullTable: 'coarsen', flowsPerSubscriber: 1024 });
    for (let flow = 0; flow < 1030; flow += 1) engine.testRun(frame(flow), { time: 1_000_000n });
    const epoch = readEpoch(engine);
    expect(epoch.flows.filter((row) => row.step === 'flow')).toHaveLength(1024);
    expect(conservation(epoch).onRecords).toBe(103_000);
  });

  it('coarser records stand beside a hash map that is full of flows, and are drained with them', () => {
    const engine = open({ sizes: { ...SMALL, flows: 64 }, fullTable: 'coarsen', flowsPerSubscriber: 64 });
    for (let round = 1; round <= 3; round += 1) {
      // 64 flows; then each subscriber sends twice: 4 find room as a pair, 4 as a subscriber, the rest as one.
      for (let flow = 0; flow < 64; flow += 1) engine.testRun(frame6(flow), { time: 1_000_000n });
      for (let packet = 0; packet < 40; packet += 1)
        engine.testRun(frame6(1000 + (packet >> 1)), { time: 1_000_000n });
      if (round === 1) expect([hashed(), hashed('spare_0')]).toEqual([64, 8]);
      engine.closeEpoch();
      const portions: number[] = [];
      while (engine.draining) portions.push(engine.drain(5).records);
      expect(portions.reduce((sum, records) => sum + records, 0)).toBe(64 + 8 + 1);
      const epoch = finishEpoch(engine);
      const count = (step: string) => epoch.flows.filter((row) => row.step === step).map((row) => row.up[0]);
      expect(count('flow')).toEqual(Array<number>(64).fill(1));
      expect(count('address_pair')).toEqual([2, 2, 2, 2]);
      expect(count('subscriber')).toEqual([2, 2, 2, 2]);
      expect(count('global')).toEqual([24]);
      expect(conservation(epoch).onRecords).toBe(104 * 100);
      expect(hashed('spare_0') + (round === 1 ? hashed() : 0)).toBe(0);
    }
  });

  it('keeps the times of packets that are out of order, or further apart than a slot can hold', () => {
    const engine = open({ sizes: SMALL });
    const hour = 3_600_000_000_000n;
    const near = 10n * hour + 60_000_000_000n;
    for (const time of [near, near - 5_000_000n, near + 7_000_000n, 13n * hour, 1n])
      engine.testRun(frame4(1), { time });
    const epoch = readEpoch(engine);
    const first = Math.min(...epoch.flows.map((flow) => flow.firstTime));
    const last = Math.max(...epoch.flows.map((flow) => flow.lastTime));
    expect([first, last]).toEqual([0, Number((13n * hour) / 1000n)]);
    const three = epoch.flows.find((flow) => flow.up[0] === 3);
    expect(three).toMatchObject({
      firstTime: Number(near / 1000n) - 5000,
      lastTime: Number(near / 1000n) + 7000,
    });
    expect(conservation(epoch).onRecords).toBe(500);
  });

  it('a drain that stops anywhere, for room or by its bound, goes on there', () => {
    const engine = open({ sizes: { ...SMALL, flowRingBytes: 4096 } });
    for (let flow = 0; flow < 3000; flow += 1) engine.testRun(frame4(flow), { time: 1_000_000n });
    engine.closeEpoch();
    const seen: string[] = [];
    for (let bound = 1; ; bound = (bound % 7) + 1) {
      if (engine.draining) engine.drain(bound);
      const peek = engine.peekFlows(96 * 3);
      if (!peek) continue;
      for (let at = 0; at < peek.records.length; at += 96)
        seen.push(peek.records.toString('hex', at + 8, at + 48));
      engine.releaseFlows(peek.end);
      if (peek.epochEnd) break;
    }
    expect(seen).toHaveLength(3000);
    expect(new Set(seen).size).toBe(3000);
  });
});

describe('slots, live', () => {
  it('two CPUs that meet on the same new flows lose no octet', { timeout: 120_000 }, async () => {
    const flows = 4000;
    const engine = open({ sizes: { ...SMALL, flows: 8192, flowRingBytes: 4 << 20 }, replay: false });
    const packed = packFrames(Array.from({ length: flows }, (_, flow) => frame4(flow, 72 + (flow % 50))));
    const once = Array.from({ length: flows }, (_, flow) => 100 + (flow % 50)).reduce(
      (sum, one) => sum + one,
      0,
    );
    const senders = [0, 1].map(() => network.run(() => new PacketSender('out0')));
    const epochs: Epoch[] = [];
    const rounds = 40;
    for (let round = 0; round < rounds; round += 1) {
      // Both start on an empty table at once. A frame that was sent may still stand in the veth's queue.
      await Promise.all(senders.map((sender) => sender.send(packed)));
      await vi.waitFor(() => expect(engine.counters().seen.packets).toBe(2 * flows), { timeout: 20_000 });
      engine.closeEpoch();
      epochs.push(finishEpoch(engine));
    }
    senders.forEach((sender) => sender.close());
    expect(octetsOf(epochs)).toBe(2 * rounds * once);
    for (const epoch of epochs) {
      const kept = conservation(epoch);
      expect(kept.onRecords).toBe(kept.counted);
      expect(kept.seen).toEqual({ packets: 2 * flows, octets: 2 * once });
      expect(new Set(epoch.flows.map(({ subscriber }) => subscriber)).size).toBe(flows);
    }
    expect(existsSync(join(pins(), 'slots'))).toBe(true);
  });
});
