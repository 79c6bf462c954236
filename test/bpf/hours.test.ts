/** Nobody closes the epoch over the edge of an hour: each hour has records of its own all the same. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PacketSender, XdpEngine, bpfObjectPath, packFrames } from '../../src/capture/index.js';
import { readStructs } from './support/btf.js';
import {
  SMALL,
  conservation,
  finishEpoch,
  readEpoch,
  realm,
  sh,
  type Epoch,
  type FlowRow,
  type TestEngine,
} from './support/engines.js';
import { bothEngines, type EngineOpener, type EngineOptions } from './support/both-engines.js';
import { ETHERTYPE, ethernet, ipv4, ipv6, udp } from './support/frames.js';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
/** Microseconds: an hour edge. */
const EDGE = 500_000 * HOUR;
const PREFIXES = ['10.0.0.0/8', '2001:db8::/64'];

/** 100 octets of L3 and more, from a subscriber. */
const frame4 = (flow: number, more = 0) =>
  ethernet(ETHERTYPE.ipv4, ipv4(`10.0.0.${flow}`, '198.51.100.7', 17, udp(1, 443, Buffer.alloc(72 + more))));
const frame6 = (flow: number, more = 0) =>
  ethernet(
    ETHERTYPE.ipv6,
    ipv6(
      `2001:db8::${(flow + 1).toString(16)}`,
      '2001:db8:ffff::1',
      17,
      udp(1, 443, Buffer.alloc(52 + more)),
    ),
  );

const { openers, network } = bothEngines();

function open(opener: EngineOpener, options: EngineOptions = {}): TestEngine {
  const engine = opener(options);
  engine.configure([realm({ type: 'none' }, ...PREFIXES)]);
  return engine;
}

function send(engine: TestEngine, frame: Buffer, ...times: number[]): void {
  for (const time of times) expect(engine.testRun(frame, { time: BigInt(time) * 1000n })).toBe(0);
}

const hourOf = (time: number) => Math.floor(time / HOUR);

/** Octets by record key and hour, and none of the records in two. */
function byHour(flows: readonly FlowRow[]): Record<string, number> {
  const octets: Record<string, number> = {};
  for (const { step, subscriber, firstTime, lastTime, up } of flows) {
    expect(hourOf(lastTime)).toBe(hourOf(firstTime));
    const id = `${step} ${subscriber} ${hourOf(firstTime) - hourOf(EDGE)}`;
    octets[id] = (octets[id] ?? 0) + up[1];
  }
  return octets;
}

describe.each(openers)('%s: an epoch over hour edges', (_name, opener) => {
  it.each([
    ['IPv4', frame4, '10.0.0.1:1'],
    ['IPv6', frame6, '[2001:db8::2]:1'],
  ])('a flow has a record for each hour: %s', (_family, frame, subscriber) => {
    const engine = open(opener);
    // The last microsecond before the edge, and the first behind it; one that comes late belongs where it was sent.
    send(engine, frame(1), EDGE - 5 * MINUTE, EDGE - 1, EDGE, EDGE - 1, EDGE + 5 * MINUTE);
    send(engine, frame(1, 11), EDGE + 3 * HOUR + MINUTE, EDGE + 40 * HOUR);
    const epoch = readEpoch(engine);
    expect(byHour(epoch.flows)).toEqual({
      [`flow ${subscriber} -1`]: 300,
      [`flow ${subscriber} 0`]: 200,
      [`flow ${subscriber} 3`]: 111,
      [`flow ${subscriber} 40`]: 111,
    });
    expect(epoch.flows).toHaveLength(4);
    expect(conservation(epoch).onRecords).toBe(722);
  });

  it('so have records of coarser steps; only octets known by realm alone may lie in two', () => {
    const engine = open(opener, {
      sizes: { ...SMALL, flows: 64 },
      fullTable: 'coarsen',
      flowsPerSubscriber: 64,
    });
    for (let flow = 100; flow < 164; flow += 1) send(engine, frame6(flow), EDGE - MINUTE);
    // Four places for address pairs, four for subscribers; then there is none.
    const hours = [EDGE - 1, EDGE, EDGE + HOUR, EDGE + 3 * HOUR];
    send(engine, frame6(1), ...hours, ...hours);
    send(engine, frame4(2), ...hours, ...hours);
    send(engine, frame4(3), EDGE - 1, EDGE + MINUTE);
    const epoch = readEpoch(engine);
    const coarse = epoch.flows.filter(({ step }) => step !== 'flow');
    const own = byHour(coarse.filter(({ step }) => step !== 'global'));
    expect(own).toEqual(
      Object.fromEntries(
        [-1, 0, 1, 3].flatMap((hour) => [
          [`address_pair [2001:db8::2]:0 ${hour}`, 200],
          [`subscriber 10.0.0.2:0 ${hour}`, 200],
        ]),
      ),
    );
    expect(coarse.filter(({ step }) => step === 'global')).toMatchObject([
      { up: [2, 200], firstTime: EDGE - 1, lastTime: EDGE + MINUTE },
    ]);
    expect(conservation(epoch).onRecords).toBe(6400 + 1600 + 200);
  });

  it('whatever comes when', { timeout: 60_000 }, () => {
    const engine = open(opener);
    const packet = fc.record({
      six: fc.boolean(),
      flow: fc.integer({ min: 1, max: 3 }),
      more: fc.integer({ min: 0, max: 50 }),
      time: fc.oneof(
        fc.integer({ min: EDGE - 5 * HOUR, max: EDGE + 5 * HOUR }),
        fc.integer({ min: EDGE - 2, max: EDGE + 2 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 60 }), (packets) => {
        const expected: Record<string, number> = {};
        for (const { six, flow, more, time } of packets) {
          send(engine, (six ? frame6 : frame4)(flow, more), time);
          const subscriber = six ? `[2001:db8::${flow + 1}]:1` : `10.0.0.${flow}:1`;
          const id = `flow ${subscriber} ${hourOf(time) - hourOf(EDGE)}`;
          expected[id] = (expected[id] ?? 0) + 100 + more;
        }
        expect(byHour(readEpoch(engine).flows)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

/** A test cannot wait for an hour, so it sets the clock that the kernel goes by, in the pinned state. */
class KernelClock {
  private readonly offset: number;
  private readonly base: bigint;

  constructor(private readonly pin: string) {
    const members = readStructs(readFileSync(bpfObjectPath())).get('cf_state')!.members;
    this.offset = members.find(({ name }) => name === 'clock_base_ns')!.offset;
    this.base = this.read().readBigUInt64LE(this.offset);
  }

  /** Sets it to `ms` before the edge of the `hours`-th hour from now. Nothing may be counted meanwhile. */
  setBeforeEdge(ms: number, hours: number): void {
    const bytes = this.read();
    const now = Date.now() * 1000;
    const step = (hourOf(now) + hours) * HOUR - now - ms * 1000;
    bytes.writeBigUInt64LE(this.base + BigInt(step) * 1000n, this.offset);
    const value = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
    const update = [
      'map',
      'update',
      'pinned',
      this.pin,
      'key',
      'hex',
      '00',
      '00',
      '00',
      '00',
      'value',
      'hex',
    ];
    sh('bpftool', ...update, ...value);
  }

  private read(): Buffer {
    const dump = sh('bpftool', '-j', 'map', 'dump', 'pinned', this.pin);
    return Buffer.from((JSON.parse(dump) as [{ value: string[] }])[0].value.map(Number));
  }
}

describe('over a veth', () => {
  let bpffs: string;
  beforeAll(() => {
    bpffs = mkdtempSync(join(tmpdir(), 'countfree-hours-'));
    sh('mount', '-t', 'bpf', 'bpf', bpffs);
  });
  afterAll(() => {
    sh('umount', bpffs);
    rmSync(bpffs, { recursive: true });
  });

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const octets = (rows: readonly FlowRow[]) => rows.map((row) => row.up[1]).sort((a, b) => a - b);

  it('an hour goes by, and three at once, while no process is there', { timeout: 60_000 }, async () => {
    const pinPath = join(bpffs, 'pins');
    const first = XdpEngine.open({ pinPath, sizes: SMALL });
    first.configure([realm({ type: 'none' }, ...PREFIXES)]);
    network().run(() => first.attach('in0', 'native'));
    first.close();
    const sender = network().run(() => new PacketSender('out0'));
    const flows = [1, 2, 3, 4, 5];
    const each = (more: number) =>
      packFrames(flows.flatMap((flow) => [frame4(flow, more), frame6(flow, more)]));
    const clock = new KernelClock(join(pinPath, 'state'));
    for (const [round, hours] of [1, 4].entries()) {
      clock.setBeforeEdge(1500, hours);
      const edge = Date.now() + 1500;
      if (round === 0) for (let twice = 0; twice < 2; twice += 1) await sender.send(each(0));
      expect(Date.now()).toBeLessThan(edge - 20);
      await pause(edge + 50 - Date.now());
      for (let twice = 0; twice < 2; twice += 1) await sender.send(each(round + 1));
    }
    sender.close();
    const engine = XdpEngine.open({ pinPath, sizes: SMALL });
    expect(engine.adopted).toBe(true);
    engine.closeEpoch();
    const epoch: Epoch = finishEpoch(engine);
    const subscribers = flows.flatMap((flow) => [`10.0.0.${flow}:1`, `[2001:db8::${flow + 1}]:1`]);
    for (const subscriber of subscribers) {
      const rows = epoch.flows.filter((row) => row.subscriber === subscriber);
      expect(octets(rows), subscriber).toEqual([200, 202, 204]);
      // One behind the other: none goes on while the next is counted.
      const times = rows.sort((a, b) => a.firstTime - b.firstTime);
      expect(times[0]!.lastTime).toBeLessThan(times[1]!.firstTime);
    }
    expect(epoch.flows).toHaveLength(3 * subscribers.length);
    const kept = conservation(epoch);
    expect(kept.onRecords).toBe(kept.counted);
    expect(kept.seen).toEqual({ packets: 60, octets: 10 * (200 + 202 + 204) });
    engine.detach();
    engine.close();
  });
});
