import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  XdpEngine,
  type EngineSizes,
  type MirrorType,
  type RealmConfig,
} from '../../../src/capture/index.js';
import { PrivateNetwork, sh } from '../../bpf/support/engines.js';
import { ethernet, ETHERTYPE, gre, gtpu, ipv4, PROTOCOL, udp, vxlan } from '../../bpf/support/frames.js';
import { PerPacket } from './per-packet.js';

const exec = promisify(execFile);
const BUILD = join(import.meta.dirname, '../../../build/bench');
const OBJECT = join(BUILD, 'bench.bpf.o');
const HELPER = join(BUILD, 'xdp_bench');

const SUBSCRIBER = '10.128.0.1';
const PEER = '198.51.100.7';
const inner = ipv4(SUBSCRIBER, PEER, PROTOCOL.udp, udp(4000, 5000, Buffer.alloc(36)));
const outer = (protocol: number, inside: Buffer) =>
  ethernet(ETHERTYPE.ipv4, ipv4('192.0.2.1', '192.0.2.2', protocol, inside));

/** One frame of 64 octets inside for each mirror; the subscriber in it is changed by the kernel side of the benchmark. */
export const FRAMES = {
  none: ethernet(ETHERTYPE.ipv4, inner),
  gre: outer(PROTOCOL.gre, gre(ETHERTYPE.teb, ethernet(ETHERTYPE.ipv4, inner))),
  vxlan: outer(PROTOCOL.udp, vxlan(7, ethernet(ETHERTYPE.ipv4, inner))),
  gtpu: outer(PROTOCOL.udp, gtpu(7, inner)),
} satisfies Partial<Record<MirrorType, Buffer>>;
export type Mirror = keyof typeof FRAMES;

/** A realm with 10.128.0.0/16 and as many prefixes besides as make up `prefixes`; none can be joined with another. */
function realmOf(mirror: Mirror, prefixes: number): RealmConfig {
  const decoys = Array.from({ length: prefixes - 1 }, (_, index) => `11.${index}.0.0/17`);
  return {
    index: 1,
    name: 'bench',
    mirror: { type: mirror },
    subscriberPrefixes: ['10.128.0.0/16', ...decoys],
  };
}

/** A veth pair in a namespace, a bpffs, and the helper program that runs in there. */
export class BenchLab {
  readonly network = new PrivateNetwork();
  private readonly bpffs = mkdtempSync(join(tmpdir(), 'countfree-bench-'));
  readonly pinPath = join(this.bpffs, 'pins');

  constructor() {
    sh('mount', '-t', 'bpf', 'bpf', this.bpffs);
  }

  /** The program, attached to one end of the pair. Detach and close it. */
  openEngine(mirror: Mirror, prefixes: number, sizes: Partial<EngineSizes>): XdpEngine {
    const engine = XdpEngine.open({ pinPath: this.pinPath, sizes, hellosPerSecond: 200 });
    engine.configure([realmOf(mirror, prefixes)]);
    this.network.run(() => engine.attach('in0', 'native'));
    return engine;
  }

  /** ns a packet of an empty program, a counter by hash, and the engine's program, for each round. */
  async cost(mirror: Mirror, flows: number, repeat: number, rounds: number): Promise<number[][]> {
    const args = ['cost', OBJECT, join(this.pinPath, 'link'), 'out0', ...frameArguments(mirror, flows)];
    const output = await this.help(...args, String(repeat), String(rounds));
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as number[]);
  }

  /** Sends frames from within the kernel; `skewed`: a few flows have most of them. Gives the seconds that it took. */
  async send(mirror: Mirror, flows: number, packets: number, skewed = false): Promise<number> {
    const args = [...frameArguments(mirror, flows), String(packets), skewed ? '1' : '0'];
    return Number(await this.help('live', OBJECT, 'out0', ...args)) / 1e9;
  }

  attach(program: 'empty' | 'count_hash'): Promise<string> {
    return this.help('attach', OBJECT, program, 'in0');
  }
  detach(): void {
    this.network.inside('ip', 'link', 'set', 'in0', 'xdp', 'off');
  }

  /** BCC's program at the receiving end, or null if it cannot be started here. */
  startPerPacket(mirror: Mirror): Promise<PerPacket | null> {
    return PerPacket.start(this.network.name, 'in0', FRAMES[mirror].length - inner.length + 12);
  }

  /** Packets that reached the receiving end so far. */
  received(): number {
    const [link] = JSON.parse(this.network.inside('ip', '-j', '-s', 'link', 'show', 'in0')) as [
      { stats64: { rx: { packets: number } } },
    ];
    return link.stats64.rx.packets;
  }

  dispose(): void {
    this.network.dispose();
    sh('umount', this.bpffs);
    rmSync(this.bpffs, { recursive: true });
  }

  private async help(...args: string[]): Promise<string> {
    const { stdout } = await exec('ip', ['netns', 'exec', this.network.name, HELPER, ...args]);
    return stdout;
  }
}

function frameArguments(mirror: Mirror, flows: number): string[] {
  const frame = FRAMES[mirror];
  const packet = frame.length - inner.length;
  return [frame.toString('hex'), String(packet + 12), String(packet + 20), String(flows)];
}
