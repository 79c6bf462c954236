/** A capture process is killed, upgraded, started twice: the kernel counts on and the next process takes over. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PacketSender, XdpEngine, packFrames } from '../../src/capture/index.js';
import {
  PrivateNetwork,
  SMALL,
  finishEpoch,
  readEpoch,
  realm,
  rows,
  sh,
  type FlowRow,
} from './support/engines.js';
import { ETHERTYPE, ethernet, ipv4, udp } from './support/frames.js';

const ROOT = join(import.meta.dirname, '../..');
const frames = (count: number) =>
  packFrames(
    Array.from({ length: count }, (_, index) =>
      ethernet(
        ETHERTYPE.ipv4,
        ipv4(`10.0.0.${index % 100}`, '198.51.100.7', 17, udp(1, 2, Buffer.alloc(72))),
      ),
    ),
  );

let bpffs: string;
let pinPath: string;
let network: PrivateNetwork;
let count = 0;

beforeAll(() => {
  bpffs = mkdtempSync(join(tmpdir(), 'countfree-bpffs-'));
  sh('mount', '-t', 'bpf', 'bpf', bpffs);
  network = new PrivateNetwork();
});
afterAll(() => {
  network.dispose();
  sh('umount', bpffs);
  rmSync(bpffs, { recursive: true });
});
beforeEach(() => {
  count += 1;
  pinPath = join(bpffs, `pins-${count}`);
});

interface Child {
  process: ChildProcess;
  /** Next JSON line that it prints. */
  line: () => Promise<Record<string, string | boolean>>;
  kill: () => Promise<void>;
}

function startChild(step: string): Child {
  const child = spawn(
    process.execPath,
    [
      '--import',
      './test/support/typescript.mjs',
      'test/bpf/support/pin-child.ts',
      pinPath,
      network.path,
      step,
    ],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    process: child,
    line: async () => JSON.parse(String((await lines.next()).value)) as Record<string, string | boolean>,
    kill: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function send(packed: Buffer): Promise<void> {
  const sender = network.run(() => new PacketSender('out0'));
  await sender.send(packed);
  sender.close();
}

const open = () => XdpEngine.open({ pinPath, sizes: SMALL });
const octets = (flows: readonly FlowRow[]) => flows.reduce((sum, flow) => sum + flow.up[1] + flow.down[1], 0);

describe('pins', () => {
  it(
    'a process is killed, the kernel counts on, the next process loses nothing',
    { timeout: 60_000 },
    async () => {
      const child = startChild('attached');
      const { generation, adopted } = await child.line();
      expect(adopted).toBe(false);
      await send(frames(1000));
      await child.kill();
      await send(frames(1000)); // nobody is there
      const engine = open();
      expect(engine.adopted).toBe(true);
      expect(engine.generation).toBe(generation);
      expect(network.run(() => engine.attach('in0')).mode).toBe('native');
      await send(frames(1000));
      const { flows, end } = readEpoch(engine);
      expect(end.counters.seen).toEqual({ packets: 3000, octets: 300_000 });
      expect(octets(flows)).toBe(300_000);
      engine.detach();
      engine.close();
    },
  );

  it(
    'a process is killed half-way through a drain: each record comes once',
    { timeout: 60_000 },
    async () => {
      const child = startChild('half-drained');
      await expect.poll(() => existsSync(join(pinPath, 'link')), { timeout: 30_000 }).toBe(true);
      await send(frames(1000));
      child.process.stdin?.write('go\n');
      const { released, position } = await child.line();
      await child.kill();
      await send(frames(100)); // belongs to the next epoch
      const engine = open();
      expect(engine.draining).toBe(true);
      expect(engine.status().flowRingPosition).toBe(BigInt(String(position)));
      const before = rows(Buffer.from(String(released), 'base64'));
      const rest = finishEpoch(engine);
      const all = [...before, ...rest.flows];
      expect(before).toHaveLength(5);
      expect(new Set(all.map((flow) => flow.subscriber)).size).toBe(100);
      expect(all).toHaveLength(100);
      expect(octets(all)).toBe(100_000);
      expect(rest.end.counters.seen).toEqual({ packets: 1000, octets: 100_000 });
      expect(readEpoch(engine).end).toMatchObject({ epoch: 2, counters: { seen: { packets: 100 } } });
      engine.detach();
      engine.close();
    },
  );

  it('an engine that was closed in order is taken over too, with the sizes that its tables have', async () => {
    const first = open();
    first.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
    network.run(() => first.attach('in0'));
    first.close();
    await send(frames(10));
    const second = XdpEngine.open({ pinPath, sizes: { ...SMALL, flows: 99_999 } });
    expect(second.adopted).toBe(true);
    expect(second.status().sizes).toEqual(SMALL);
    expect(readEpoch(second).end.counters.seen.packets).toBe(10);
    second.detach();
    second.close();
  });

  it('a second process is refused while the first counts', () => {
    const engine = open();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    engine.close();
    const next = open();
    next.detach();
    next.close();
  });

  it('pins of another layout are refused, and say what to do', () => {
    open().close();
    const state = join(pinPath, 'state');
    const value = (
      JSON.parse(sh('bpftool', '-j', 'map', 'lookup', 'pinned', state, 'key', '0', '0', '0', '0')) as {
        value: string[];
      }
    ).value;
    value[0] = '0x63';
    sh('bpftool', 'map', 'update', 'pinned', state, 'key', '0', '0', '0', '0', 'value', ...value);
    rmSync(join(pinPath, 'slots')); // another version may lack maps, and that is not what is wrong
    expect(() => open()).toThrow(/have layout 99, this program \d+\. .*detach/);
    rmSync(state); // without it, the others are remains
    const fresh = open();
    expect(fresh.adopted).toBe(false);
    fresh.detach();
    fresh.close();
  });

  it('remains of a start that was cut off are cleared away', () => {
    open().close();
    rmSync(join(pinPath, 'state'));
    const engine = open();
    expect(engine.adopted).toBe(false);
    engine.detach();
    engine.close();
    expect(existsSync(pinPath)).toBe(false);
  });

  it('a missing pin is named', () => {
    open().close();
    rmSync(join(pinPath, 'cpus'));
    expect(() => open()).toThrow(/cpus cannot be opened/);
    rmSync(join(pinPath, 'state'));
    const engine = open();
    engine.detach();
    engine.close();
  });

  it('detach takes the program off and leaves nothing', () => {
    const engine = open();
    network.run(() => engine.attach('in0'));
    expect(readdirSync(pinPath)).toContain('link');
    engine.detach();
    engine.close();
    expect(existsSync(pinPath)).toBe(false);
    expect(network.inside('ip', '-d', 'link', 'show', 'in0')).not.toContain('xdp');
  });

  it('an interface goes and comes back', { timeout: 60_000 }, async () => {
    const other = new PrivateNetwork();
    try {
      const engine = open();
      engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
      other.run(() => engine.attach('in0'));
      expect(engine.status().attachment?.mode).toBe('native');
      other.inside('ip', 'link', 'del', 'in0');
      expect(engine.status().attachment).toBeUndefined();
      other.inside('ip', 'link', 'add', 'in0', 'type', 'veth', 'peer', 'name', 'out0');
      other.inside('ip', 'link', 'set', 'in0', 'up');
      other.inside('ip', 'link', 'set', 'out0', 'up');
      expect(other.run(() => engine.attach('in0')).mode).toBe('native');
      const sender = other.run(() => new PacketSender('out0'));
      await sender.send(frames(10));
      sender.close();
      expect(readEpoch(engine).end.counters.seen.packets).toBe(10);
      engine.detach();
      engine.close();
    } finally {
      other.dispose();
    }
  });

  it('a folder that is no bpffs is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countfree-'));
    try {
      expect(() => XdpEngine.open({ pinPath: join(folder, 'pins'), sizes: SMALL })).toThrow(
        /not on a bpffs: mount/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
