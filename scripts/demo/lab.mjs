import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Names of what a run makes hold its process id, so that a later run can tell what a dead one left behind. */
const PREFIX = 'cfdemo';
const FOLDER_PREFIX = 'countfree-demo-';
/** File in the folder that tells when the owning process started. */
const OWNER = 'owner';

/** Interface of either end of the veth pair, each in its own namespace. */
export const INTERFACE = 'mirror0';
/** Larger than a mirrored packet (1,538), smaller than where veth refuses native XDP (about 3,506). */
const MTU = 2000;

/**
 * Two network namespaces joined by a veth pair: frames that are sent in `tx` arrive in `rx`. A folder holds everything
 * that the run writes; it lies where an unprivileged Postgres may enter.
 */
export class Lab {
  constructor(pid = process.pid) {
    this.tx = `${PREFIX}-${pid}-tx`;
    this.rx = `${PREFIX}-${pid}-rx`;
    this.folder = join(tmpdir(), `${FOLDER_PREFIX}${pid}`);
    this.bpffs = join(this.folder, 'bpf');
  }

  /** Path of a namespace for setns(2). */
  static pathOf(namespace) {
    return `/run/netns/${namespace}`;
  }

  makeFolder() {
    mkdirSync(this.folder, { recursive: true, mode: 0o711 });
    writeFileSync(join(this.folder, OWNER), startOf(process.pid));
  }

  /** Needs root. Nothing on the pair but the demo's frames: no IPv6 autoconfiguration, no ARP. */
  async makeNetwork() {
    for (const namespace of [this.tx, this.rx]) {
      await exec('ip', ['netns', 'add', namespace]);
      await exec('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
      // Written by the namespace's own view of /proc/sys/net.
      const silence =
        'for scope in all default; do echo 1 > /proc/sys/net/ipv6/conf/$scope/disable_ipv6; done';
      await exec('ip', ['netns', 'exec', namespace, 'sh', '-c', `[ ! -d /proc/sys/net/ipv6 ] || ${silence}`]);
    }
    await this.makePair();
  }

  /** The interfaces alone; also anew, once one was deleted (and the other with it). */
  async makePair() {
    const pair = ['link', 'add', INTERFACE, 'netns', this.tx, 'type', 'veth'];
    await exec('ip', [...pair, 'peer', 'name', INTERFACE, 'netns', this.rx]);
    for (const namespace of [this.tx, this.rx]) {
      await exec('ip', ['-n', namespace, 'link', 'set', INTERFACE, 'mtu', String(MTU), 'arp', 'off', 'up']);
    }
  }

  /** A bpffs of our own for pinned maps: unmounting it frees them, whatever state they are in. */
  async mountBpffs() {
    mkdirSync(this.bpffs, { recursive: true });
    await exec('mount', ['-t', 'bpf', 'bpffs', this.bpffs]);
  }

  /** Removes everything, in any state. Idempotent. */
  async remove() {
    for (const namespace of [this.rx, this.tx]) await removeNamespace(namespace);
    await removeFolder(this.folder);
  }
}

/** Removes what runs left behind that were killed. */
export async function removeLeftovers() {
  const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  for (const name of namespaces) {
    const pid = new RegExp(`^${PREFIX}-(\\d+)-[tr]x$`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(pid)) await removeNamespace(name);
  }
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${FOLDER_PREFIX}(\\d+)$`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(pid)) await removeFolder(join(tmpdir(), name));
  }
}

/** Whether the run that names its things after a process still goes on; another process may have the number by now. */
function isRunning(pid) {
  const owner = join(tmpdir(), `${FOLDER_PREFIX}${pid}`, OWNER);
  const start = startOf(pid);
  return start !== '' && existsSync(owner) && readFileSync(owner, 'utf8') === start;
}

/** When a process started, in clock ticks since boot (proc(5), stat, field 22); empty if there is none. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

async function removeNamespace(namespace) {
  if (!existsSync(Lab.pathOf(namespace))) return;
  const { stdout } = await exec('ip', ['netns', 'pids', namespace]).catch(() => ({ stdout: '' }));
  for (const pid of stdout.split('\n').filter((line) => line.trim() !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
  await exec('ip', ['netns', 'delete', namespace]);
}

async function removeFolder(folder) {
  if (!existsSync(folder)) return;
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  for (const place of mounts.map((line) => line.split(' ')[1] ?? '').reverse())
    if (place.startsWith(`${folder}/`)) await exec('umount', [place]);
  rmSync(folder, { recursive: true, force: true });
}
