import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { promisify } from 'node:util';
import { networkInterfaces } from 'node:os';
import type { HostFacts, InterfaceFacts } from './types.js';

const run = promisify(execFile);

/** Bit numbers of linux/capability.h. */
const CAPABILITY_BITS: Readonly<Record<string, bigint>> = {
  CAP_NET_ADMIN: 12n,
  CAP_NET_RAW: 13n,
  CAP_SYS_ADMIN: 21n,
  CAP_SYS_RESOURCE: 24n,
  CAP_PERFMON: 38n,
  CAP_BPF: 39n,
};

/** Reads the facts that {@link HostFacts} names; what cannot be read is left out, never guessed. */
export function readHost(built: { objectPath: string; addonPath: string }): HostFacts {
  return {
    platform: process.platform,
    kernelRelease: release(),
    nodeVersion: process.version,
    hasBtf: existsSync('/sys/kernel/btf/vmlinux'),
    capabilities: readCapabilities(),
    jitEnabled: readJit(),
    memlockBytes: readMemlock(),
    bpffsMounts: readMounts('bpf'),
    lockdown: readText('/sys/kernel/security/lockdown'),
    objectBuilt: existsSync(built.objectPath),
    addonBuilt: existsSync(built.addonPath),
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function readCapabilities(): Set<string> {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readText('/proc/self/status') ?? '')?.[1];
  const effective = mask === undefined ? 0n : BigInt(`0x${mask}`);
  return new Set(
    Object.entries(CAPABILITY_BITS)
      .filter(([, bit]) => (effective & (1n << bit)) !== 0n)
      .map(([name]) => name),
  );
}

function readJit(): boolean | undefined {
  const text = readText('/proc/sys/net/core/bpf_jit_enable');
  return text === undefined ? undefined : text !== '0';
}

function readMemlock(): number {
  const limit = /^Max locked memory\s+(\S+)/m.exec(readText('/proc/self/limits') ?? '')?.[1];
  return limit === undefined || limit === 'unlimited' ? Infinity : Number(limit);
}

function readMounts(type: string): string[] {
  return (readText('/proc/self/mounts') ?? '')
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields[2] === type)
    .map((fields) => fields[1] ?? '');
}

/** What `ip -j -d link show` gives, as far as it is used. */
interface IpLink {
  ifname: string;
  /** Of a veth: its other end, if that is in this network namespace. */
  link?: string;
  flags: string[];
  mtu: number;
  linkinfo?: { info_kind?: string };
  xdp?: { mode: number; prog?: { id: number; name?: string } };
}

/** enum xdp_attach of linux/if_link.h. */
const XDP_MODES = ['none', 'native', 'generic', 'offloaded', 'several'] as const;

/**
 * Reads an interface of this network namespace with `ip` and, where it is installed, `ethtool`.
 * @param ownProgramIds ids of programs that Countfree has pinned
 */
export async function readInterface(
  name: string,
  ownProgramIds: ReadonlySet<number> = new Set(),
): Promise<InterfaceFacts> {
  const links = await ipLinks();
  const link = links.find((candidate) => candidate.ifname === name);
  const others =
    links.length > 0 ? links.map((candidate) => candidate.ifname) : Object.keys(networkInterfaces());
  const program = link?.xdp?.prog;
  return {
    name,
    exists: link !== undefined,
    others,
    up: link?.flags.includes('UP') ?? false,
    mtu: link?.mtu ?? 0,
    driver: link && ((await ethtoolDriver(name)) ?? link.linkinfo?.info_kind),
    attached: program && {
      mode: XDP_MODES[link.xdp?.mode ?? 0] ?? 'unknown',
      programId: program.id,
      programName: program.name,
      ours: ownProgramIds.has(program.id),
      ...(await holdingLink(program.id)),
    },
    peer: await readPeer(link, links),
    channels: link && (await ethtoolChannels(name)),
    offloads: link ? await ethtoolFeatures(name) : new Map(),
  };
}

/** The other end of a veth; undefined if it lives in another network namespace. */
async function readPeer(link: IpLink | undefined, links: readonly IpLink[]): Promise<InterfaceFacts['peer']> {
  const peer =
    link?.linkinfo?.info_kind === 'veth' ? links.find(({ ifname }) => ifname === link.link) : undefined;
  if (!peer) return undefined;
  const sendQueues = countOf((await channelSettings(peer.ifname)).current, 'TX');
  const features = await ethtoolFeatures(peer.ifname);
  const segmentation = ['tcp-segmentation-offload', 'generic-segmentation-offload'].some(
    (feature) => features.get(feature)?.on,
  );
  return { name: peer.ifname, mtu: peer.mtu, sendQueues, segmentation };
}

/** The bpf_link that holds a program, as bpftool tells it. */
async function holdingLink(programId: number): Promise<{ linkId?: number }> {
  try {
    const { stdout } = await run('bpftool', ['-j', 'link', 'show']);
    const links = JSON.parse(stdout) as { id: number; type: string; prog_id: number }[];
    const link = links.find((one) => one.type === 'xdp' && one.prog_id === programId);
    return link ? { linkId: link.id } : {};
  } catch {
    return {};
  }
}

async function ipLinks(): Promise<IpLink[]> {
  const { stdout } = await run('ip', ['-j', '-d', 'link', 'show']);
  return JSON.parse(stdout) as IpLink[];
}

/** Output of an ethtool call; undefined if ethtool is missing or the driver does not answer. */
async function ethtool(...args: string[]): Promise<string | undefined> {
  try {
    return (await run('ethtool', args, { env: { ...process.env, LC_ALL: 'C' } })).stdout;
  } catch {
    return undefined;
  }
}

async function ethtoolDriver(name: string): Promise<string | undefined> {
  return /^driver: (\S+)$/m.exec((await ethtool('-i', name)) ?? '')?.[1];
}

async function ethtoolChannels(name: string): Promise<InterfaceFacts['channels']> {
  const { maximums, current } = await channelSettings(name);
  const count = (text: string) => countOf(text, 'RX') + countOf(text, 'Combined');
  return count(maximums) > 0 ? { current: count(current), maximum: count(maximums) } : undefined;
}

async function channelSettings(name: string): Promise<{ maximums: string; current: string }> {
  const text = (await ethtool('-l', name)) ?? '';
  const [maximums = '', current = ''] = text.split('Current hardware settings:');
  return { maximums, current };
}

function countOf(text: string, label: string): number {
  return Number(new RegExp(`^${label}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

async function ethtoolFeatures(name: string): Promise<Map<string, { on: boolean; fixed: boolean }>> {
  const features = new Map<string, { on: boolean; fixed: boolean }>();
  for (const line of ((await ethtool('-k', name)) ?? '').split('\n')) {
    const match = /^\s*([\w-]+): (on|off)( \[fixed\])?/.exec(line);
    if (match?.[1] !== undefined)
      features.set(match[1], { on: match[2] === 'on', fixed: match[3] !== undefined });
  }
  return features;
}
