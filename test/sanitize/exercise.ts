/**
 * Uses everything that the addon offers, also wrongly, under scripts/sanitize.mjs: `exercise.ts PATH_OF_ADDON [control]`. Asserts little:
 * what is looked for is what the sanitizers say. Prints one line for each part.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CaptureReader,
  FileInput,
  packFrames,
  PacketSender,
  PacketSocket,
  readFileBatches,
  UserEngine,
  XdpEngine,
  type EngineSizes,
  type PacketSinkHandle,
  type RealmConfig,
} from '../../src/capture/index.js';
import { OffloadMemory } from '../../src/capture/offload-memory.js';
import { headers, links } from '../bpf/support/cases-headers.js';
import { fragmented, mirrors } from '../bpf/support/cases-mirrors.js';
import { SUBSCRIBERS, type Case } from '../bpf/support/cases.js';
import { conservation, PrivateNetwork, readEpoch, sh, takeHellos } from '../bpf/support/engines.js';

const addon = process.argv[2];
if (addon === undefined) throw new Error('Say where the addon is: exercise.ts PATH_OF_ADDON');
type Load = (module: unknown, path: string) => void;
const extensions = (Module as unknown as { _extensions: Record<string, Load> })._extensions;
const load = extensions['.node']!;
extensions['.node'] = (module, path) => load(module, path.endsWith('/countfree.node') ? addon : path);

const TINY: EngineSizes = { flows: 64, flowRingBytes: 4096, helloRingBytes: 8192, fragments: 16 };
const CORPUS = join(import.meta.dirname, '../fuzz/corpus');
const CASES: Case[] = [...links, ...headers, ...mirrors, ...fragmented];
const TIME = 1_700_000_000_000_000_000n;
const RESULTS = { taken: 0, hellosFull: 1 };

const realm = (mirror: RealmConfig['mirror']): RealmConfig => ({
  index: 1,
  name: 'test',
  mirror,
  subscriberPrefixes: SUBSCRIBERS,
});

type Tested = UserEngine | XdpEngine;

/** One frame into an engine, room made where it has none. */
function give(engine: Tested, frame: Buffer, time: bigint): void {
  for (;;) {
    const result = engine.testRun(frame, { time, wireLength: frame.length + Number(time % 3n) });
    if (result === RESULTS.taken) return;
    if (result === RESULTS.hellosFull) takeHellos(engine);
    else readEpoch(engine);
  }
}

/** Every case, then every case with octets changed. Memory of just the frame's length shows what reads beyond it. */
function run(engine: Tested, rounds: number): number {
  let packets = 0;
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state % below;
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const { mirror, frames } of CASES) {
      engine.configure([realm(mirror ?? { type: 'none' })]);
      for (const original of frames) {
        const frame = Buffer.from(
          original.subarray(0, round % 3 === 2 ? random(original.length) : undefined),
        );
        for (let change = 0; change < round && frame.length > 0; change += 1)
          frame[random(frame.length)] = random(256);
        packets += 1;
        give(engine, frame, TIME + BigInt(packets) * 1_000_000n);
      }
    }
  }
  takeHellos(engine);
  const { seen, outcomes } = conservation(readEpoch(engine));
  assert.deepEqual(outcomes, seen);
  return packets;
}

function misuse(engine: Tested): void {
  assert.throws(() => engine.configure([realm({ type: 'none', key: 7 })]));
  assert.throws(() => engine.releaseFlows(1n << 60n));
  engine.closeEpoch();
  assert.throws(() => engine.closeEpoch(), /records/);
  engine.close();
  engine.close();
  assert.throws(() => engine.testRun(Buffer.alloc(60), { time: TIME }));
  assert.throws(() => engine.status());
  assert.throws(() => engine.peekFlows(1));
}

function userEngines(): string {
  let packets = 0;
  for (let made = 0; made < 6; made += 1) {
    const engine = new UserEngine({ sizes: TINY, fullTable: made % 2 === 0 ? 'coarsen' : 'refuse' });
    packets += run(engine, 12);
    misuse(engine);
  }
  // Left for the collector, open and with records in them.
  for (let left = 0; left < 20; left += 1) give(new UserEngine({ sizes: TINY }), Buffer.alloc(60), TIME);
  return `${packets} packets through 26 user engines`;
}

function captureFiles(): string {
  const folder = join(CORPUS, 'capture_parser');
  const files = readdirSync(folder);
  const engine = new UserEngine({ sizes: TINY, fullTable: 'coarsen' });
  engine.configure([realm({ type: 'none' })]);
  for (const [index, name] of files.entries()) {
    const bytes = readFileSync(join(folder, name));
    const reader = new CaptureReader({ windowMs: index % 2 === 0 ? 0 : 3_600_000, windowBytes: index % 5 });
    const step = 1 + (index % 40);
    for (let start = 0; start < bytes.length; start += step) {
      const chunk = Buffer.from(bytes.subarray(start, start + step));
      if (!feed(reader, chunk, engine)) break;
    }
    reader.finish();
    readEpoch(engine);
  }
  const { sink } = engine;
  engine.close();
  // The engine is gone, its sink is still held.
  const [first] = files;
  if (first !== undefined) new CaptureReader().feed(readFileSync(join(folder, first)), 0, sink);
  return `${files.length} capture files`;
}

/** The same files as they lie on disk, read in a thread while the engine is asked how it does. */
async function filesInThreads(): Promise<string> {
  const folder = join(CORPUS, 'capture_parser');
  const files = readdirSync(folder);
  const engine = new UserEngine({ sizes: TINY, fullTable: 'coarsen' });
  engine.configure([realm({ type: 'none' })]);
  for (const name of files) {
    const options = { path: join(folder, name), source: name, generation: '00', epochBytes: 64 };
    try {
      for await (const batch of readFileBatches(engine, options))
        assert(batch.flows.length >= 0 && engine.status());
    } catch (error) {
      assert.match(String(error), /gzip data is broken/);
      readEpoch(engine);
    }
  }
  const [first] = files;
  // Left in the middle, with the engine closed under it.
  const left = await FileInput.open(join(folder, first!));
  const reading = new CaptureReader().read(left, engine.sink);
  engine.close();
  await reading.catch(() => undefined);
  await left.close();
  assert.throws(() => new CaptureReader().read({} as FileInput, engine.sink));
  return `${files.length} capture files in threads`;
}

/** False once the file is found at fault. */
function feed(reader: CaptureReader, chunk: Buffer, engine: UserEngine): boolean {
  let at = 0;
  for (;;) {
    const { taken, state } = reader.feed(chunk, at, engine.sink);
    at += taken;
    if (state === 'fault') return false;
    if (state === 'window') reader.nextWindow();
    else if (state === 'hellos_full') takeHellos(engine);
    else if (state === 'table_full') readEpoch(engine);
    else return true;
  }
}

/** Through the kernel: needs root. */
async function kernel(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countfree-sanitize-'));
  sh('mount', '-t', 'bpf', 'bpf', folder);
  const network = new PrivateNetwork();
  let packets = 0;
  try {
    for (let made = 0; made < 2; made += 1) {
      const engine = XdpEngine.open({ pinPath: null, sizes: TINY, replay: true, fullTable: 'coarsen' });
      network.run(() => engine.attach('in0', 'native'));
      packets += run(engine, 2);
      if (made === 0) engine.detach();
      misuse(engine);
    }
    packets += await live(network, join(folder, 'pins'));
    packets += await packetSocket(network);
    assert.throws(() => XdpEngine.open({ pinPath: '/dev/null/no', sizes: TINY }));
    assert.throws(() => XdpEngine.open({ pinPath: null, sizes: TINY, objectPath: '/dev/null' }));
    assert.throws(() => new PacketSender('none0'));
  } finally {
    network.dispose();
    sh('umount', folder);
    rmSync(folder, { recursive: true });
  }
  return `${packets} packets through the kernel`;
}

/** Pinned, let go of, adopted, taken away. */
async function live(network: PrivateNetwork, pinPath: string): Promise<number> {
  const frames = CASES.flatMap((one) => one.frames).filter(({ length }) => length >= 60 && length < 1500);
  const sender = network.run(() => new PacketSender('out0'));
  let packets = 0;
  for (const mode of ['native', 'auto'] as const) {
    const engine = XdpEngine.open({ pinPath, sizes: TINY });
    engine.configure([realm({ type: 'gre' })]);
    network.run(() => engine.attach('in0', mode));
    assert.throws(() => XdpEngine.open({ pinPath, sizes: TINY }));
    const sent = await sender.send(packFrames(frames), 10_000);
    packets += sent.frames;
    takeHellos(engine);
    const { seen, outcomes } = conservation(readEpoch(engine));
    assert.deepEqual(outcomes, seen);
    if (mode === 'auto') engine.detach();
    engine.close();
  }
  sender.close();
  sender.close();
  return packets;
}

/** Through a packet socket: small ring, tags that the kernel takes out, offloads, an interface that goes. */
async function packetSocket(network: PrivateNetwork): Promise<number> {
  const frames = CASES.flatMap((one) => one.frames).filter(({ length }) => length >= 60 && length < 1500);
  const folder = mkdtempSync(join(tmpdir(), 'countfree-sanitize-'));
  const memory = new OffloadMemory(join(folder, 'offloads.json'), 'in0');
  network.inside('ethtool', '-K', 'in0', 'gro', 'on');
  network.run(() => memory.prepare());
  const engine = new UserEngine({ live: true, sizes: TINY });
  engine.configure([realm({ type: 'gre' })]);
  const socket = network.run(() => new PacketSocket('in0', 2 << 20));
  const sender = network.run(() => new PacketSender('out0'));
  const sent = await sender.send(packFrames(frames), 10_000);
  sender.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const packets = socket.read(engine.sink, 1 << 24);
  assert.equal(packets, sent.frames);
  assert.equal(socket.status().drops, 0);
  takeHellos(engine);
  const { seen, outcomes } = conservation(readEpoch(engine));
  assert.deepEqual(outcomes, seen);
  assert.throws(() => socket.read({} as PacketSinkHandle, 1));
  network.inside('ip', 'link', 'del', 'in0');
  assert.equal(socket.status().alive, false);
  engine.close();
  socket.close();
  socket.close();
  assert.throws(() => socket.status());
  network.run(() => memory.restore());
  rmSync(folder, { recursive: true });
  assert.throws(() => new PacketSocket('none0'));
  return packets;
}

function collect(): void {
  for (let round = 0; round < 5; round += 1) globalThis.gc?.();
}

// Programs that are run from here are not what is looked at.
delete process.env.LD_PRELOAD;
if (process.argv[3] === 'control') {
  // Ended without node's own cleaning up, what the addon made for node is a leak: the sanitizer must say so.
  give(new UserEngine({ sizes: TINY }), Buffer.alloc(60), TIME);
  (process as unknown as { reallyExit(code: number): never }).reallyExit(0);
}

console.log(userEngines());
collect();
console.log(captureFiles());
console.log(await filesInThreads());
collect();
if (process.getuid?.() === 0) console.log(await kernel());
else console.log('SKIPPED: without root nothing goes through the kernel');
collect();
