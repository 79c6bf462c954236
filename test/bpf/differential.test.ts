/** The XDP program and the user-space engine give the same records, tallies and hellos for the same packets. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CaptureReader,
  type MirrorType,
  type PacketEngine,
  type RealmConfig,
} from '../../src/capture/index.js';
import {
  SMALL,
  PrivateNetwork,
  openReplay,
  openUser,
  readEpoch,
  takeHellos,
  type FlowRow,
  type TestEngine,
} from './support/engines.js';
import { readFrames, type Frame } from './support/pcap-frames.js';

const folder = join(import.meta.dirname, '../../../shared/captures');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name)) : [];
const MIRRORS: MirrorType[] = ['none', 'gre', 'vxlan', 'gtpu', 'ipip'];
const SIZES = { ...SMALL, flows: 16_384, flowRingBytes: 4 << 20, helloRingBytes: 4 << 20 };

function realms(mirror: MirrorType): RealmConfig[] {
  const subscriberPrefixes = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '2000::/4', 'fe80::/10'];
  const own: RealmConfig = { index: 2, name: 'mirrored', mirror: { type: mirror }, subscriberPrefixes };
  return mirror === 'none' ? [own] : [own, { ...own, index: 3, name: 'plain', mirror: { type: 'none' } }];
}

let network: PrivateNetwork;
let xdp: ReturnType<typeof openReplay>;
const user = openUser({ sizes: SIZES });

beforeAll(() => {
  network = new PrivateNetwork();
  xdp = openReplay(network, { sizes: SIZES });
});
afterAll(() => {
  xdp.close();
  user.close();
  network.dispose();
});

/** One row for each flow: the kernel may keep a flow twice in an epoch, as when its packets are hours apart. */
function merged(flows: readonly FlowRow[]): FlowRow[] {
  const byKey = new Map<string, FlowRow>();
  for (const { up, down, firstTime, lastTime, ...key } of flows) {
    const id = JSON.stringify(key);
    const same = byKey.get(id);
    if (!same) {
      byKey.set(id, { ...key, up: [...up], down: [...down], firstTime, lastTime });
      continue;
    }
    for (const [sum, more] of [
      [same.up, up],
      [same.down, down],
    ] as const) {
      sum[0] += more[0];
      sum[1] += more[1];
    }
    same.firstTime = Math.min(same.firstTime, firstTime);
    same.lastTime = Math.max(same.lastTime, lastTime);
  }
  return [...byKey.values()].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Everything an engine tells about what it was given, in a form that does not depend on its tables. */
function account(engine: PacketEngine) {
  const hellos = takeHellos(engine).map((hello) => ({
    ...hello,
    key: Buffer.from(hello.key.id, 'latin1').toString('hex'),
    payload: hello.payload.toString('hex'),
  }));
  const { flows, end } = readEpoch(engine);
  return {
    hellos,
    flows: merged(flows),
    counters: end.counters,
    sequences: end.sequences,
    opened: end.openedTime,
    closed: end.closedTime,
  };
}

function feed(engine: PacketEngine, bytes: Buffer): void {
  const reader = new CaptureReader();
  let start = 0;
  while (start < bytes.length) {
    const { taken, state } = reader.feed(bytes, start, engine.sink);
    start += taken;
    if (state === 'fault') return;
    if (state !== 'more') throw new Error(`the engine is too small for this test: ${state}`);
  }
}

function feedFrames(engine: TestEngine, frames: readonly Frame[]): void {
  for (const { bytes, wireLength, time } of frames)
    expect(engine.testRun(bytes, { time, wireLength })).toBe(0);
}

describe.skipIf(files.length === 0)('real captures', () => {
  it.each(files)('%s', (name) => {
    const bytes = readFileSync(join(folder, name));
    for (const mirror of MIRRORS) {
      for (const engine of [xdp, user]) {
        engine.configure(realms(mirror));
        feed(engine, bytes);
      }
      expect(account(xdp), mirror).toEqual(account(user));
    }
  });
});

if (files.length === 0)
  console.warn(`SKIPPED: no captures in ${folder}; only generated packets are compared`);

/** A small generator of its own, so that a failure can be repeated by its seed. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 0;
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
  };
}

/** Changes octets where headers are, cuts the end off, or claims another length on the wire. */
function mutate(frame: Frame, next: (below: number) => number): Frame {
  const bytes = Buffer.from(frame.bytes);
  for (let count = next(4); count > 0 && bytes.length > 0; count -= 1) {
    const place = next(Math.min(bytes.length, 120));
    bytes[place] = next(2) ? next(256) : bytes[place]! ^ (1 << next(8));
  }
  const cut = next(4) === 0 ? bytes.subarray(0, next(Math.min(bytes.length, 140) + 1)) : bytes;
  const wireLength = next(6) === 0 ? cut.length + next(3000) : Math.max(cut.length, frame.wireLength);
  return { bytes: cut, wireLength, time: frame.time };
}

const COUNT = Number(process.env.COUNTFREE_MUTATIONS ?? 100_000);
const GROUP = 500;

describe.skipIf(files.length === 0)(`${COUNT} mutated packets`, () => {
  it('agree', { timeout: 300_000 }, () => {
    const frames = files.flatMap((name) => readFrames(readFileSync(join(folder, name))));
    const interesting = files
      .filter((name) => /tunnel|gre|gtp|vxlan|mpls|pppoe|qinq|frag|v6|quic|dns|tls/.test(name))
      .flatMap((name) => readFrames(readFileSync(join(folder, name))).slice(0, 40));
    const seed = Number(process.env.COUNTFREE_SEED ?? Date.now() & 0xffffffff);
    const next = random(seed);
    for (let done = 0; done < COUNT; done += GROUP) {
      const mirror = MIRRORS[next(MIRRORS.length)]!;
      const group = Array.from({ length: GROUP }, () => {
        const source = next(3) === 0 ? frames : interesting;
        return mutate(source[next(source.length)]!, next);
      });
      for (const engine of [xdp, user]) {
        engine.configure(realms(mirror));
        feedFrames(engine, group);
      }
      expect(account(xdp), `seed ${seed}, mirror ${mirror}, packets from ${done}`).toEqual(account(user));
    }
  });
});
