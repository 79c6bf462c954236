/** How packets come to be counted where XDP is generic, forbidden, or loses its interface: octets stay those of the sender. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packFrames, PacketSender, PacketSocket, UserEngine, XdpEngine } from '../../src/capture/index.js';
import { finishEpoch, PrivateNetwork, readEpoch, realm, sh, SMALL, tallies } from './support/engines.js';
import { ETHERTYPE, ethernet, ipv4, udp, vlan } from './support/frames.js';
import { ROOT } from './support/place.js';
import { startPoint } from './support/point.js';

const SUBSCRIBER = '10.9.0.1';
const PEER = '10.9.0.2';
const PAYLOAD = 8_000_000;
const MTU = 1500;
/** Of that payload on a wire with an MTU of 1,500: 1,448 octets to a segment, and 52 of headers. */
const LEAST = PAYLOAD + Math.ceil(PAYLOAD / 1448) * 52;

/** Two hosts: `network` with in0, another namespace with out0. */
class TwoHosts {
  readonly network = new PrivateNetwork();
  readonly far = `${this.network.name}-far`;

  constructor() {
    sh('ip', 'netns', 'add', this.far);
    // Nothing but TCP of IPv4: no address autoconfiguration, no ARP.
    for (const key of ['all', 'default']) this.sender('sysctl', '-qw', `net.ipv6.conf.${key}.disable_ipv6=1`);
    this.network.inside('ip', 'link', 'set', 'out0', 'netns', this.far);
    this.network.inside('ip', 'addr', 'add', `${PEER}/24`, 'dev', 'in0');
    this.sender('ip', 'addr', 'add', `${SUBSCRIBER}/24`, 'dev', 'out0');
    this.sender('ip', 'link', 'set', 'out0', 'up');
    const address = (text: string) => /link\/ether (\S+)/.exec(text)?.[1] ?? '';
    const [near, far] = [
      this.network.inside('ip', 'link', 'show', 'in0'),
      this.sender('ip', 'link', 'show', 'out0'),
    ];
    this.sender('ip', 'neigh', 'add', PEER, 'lladdr', address(near), 'dev', 'out0');
    this.network.inside('ip', 'neigh', 'add', SUBSCRIBER, 'lladdr', address(far), 'dev', 'in0');
    // What a wire would carry: segments, made before they leave the sender.
    this.sender('ethtool', '-K', 'out0', 'tso', 'off', 'gso', 'off');
  }
  sender(...command: string[]): string {
    return sh('ip', 'netns', 'exec', this.far, ...command);
  }
  /** L3 octets that the sending host has put on the wire: its interface counts frames, after segmentation. */
  wireOctets(): number {
    const [link] = JSON.parse(this.sender('ip', '-j', '-s', 'link', 'show', 'out0')) as {
      stats64: { tx: { bytes: number; packets: number } };
    }[];
    return link!.stats64.tx.bytes - 14 * link!.stats64.tx.packets;
  }
  /** Sends a payload by one TCP connection, waits until it has arrived, and returns the octets that this put on the wire. */
  async transfer(): Promise<number> {
    const before = this.wireOctets();
    const server = spawn('ip', ['netns', 'exec', this.network.name, process.execPath, '-e', SERVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('listening');
    const client = spawn('ip', ['netns', 'exec', this.far, process.execPath, '-e', CLIENT]);
    await Promise.all([once(server, 'exit'), once(client, 'exit')]);
    return this.wireOctets() - before;
  }
  dispose(): void {
    sh('ip', 'netns', 'del', this.far);
    this.network.dispose();
  }
}

const SERVER = `
  require('net').createServer({ allowHalfOpen: true }, (socket) => {
    socket.resume().on('end', () => socket.end()).on('close', () => process.exit(0));
  }).listen(7000, '${PEER}', () => console.log('listening'));`;
const CLIENT = `
  const socket = require('net').connect(7000, '${PEER}', () => socket.end(Buffer.alloc(${PAYLOAD})));
  socket.resume();`;

describe('octets of TCP', { timeout: 60_000 }, () => {
  let hosts: TwoHosts;
  beforeAll(() => {
    hosts = new TwoHosts();
  });
  afterAll(() => hosts.dispose());
  const gro = () => /generic-receive-offload: (\w+)/.exec(hosts.network.inside('ethtool', '-k', 'in0'))?.[1];
  const uplinkOf = (engine: XdpEngine | UserEngine) => {
    const flows = readEpoch(engine).flows.map(({ up: [packets, octets] }) => ({ packets, octets }));
    return flows.reduce(
      (sum, flow) => ({ packets: sum.packets + flow.packets, octets: sum.octets + flow.octets }),
      { packets: 0, octets: 0 },
    );
  };
  const uplink = (engine: XdpEngine | UserEngine) => uplinkOf(engine).octets;
  /** More than the MTU, if what was counted are no packets of a wire; what TCP sent twice does not change it. */
  const octetsPerPacket = (engine: XdpEngine | UserEngine) => {
    const { packets, octets } = uplinkOf(engine);
    return octets / packets;
  };

  it('in generic mode are those that the sender put on the wire: receive offloads are off meanwhile', async () => {
    hosts.network.inside('ethtool', '-K', 'in0', 'gro', 'on');
    const engine = XdpEngine.open({ pinPath: null, sizes: SMALL });
    engine.configure([realm({ type: 'none' }, `${SUBSCRIBER}/32`)]);
    const attachment = hosts.network.run(() => engine.attach('in0', 'generic'));
    expect(attachment).toMatchObject({ mode: 'generic', offloads: { off: ['rx-gro'], stillOn: [] } });
    expect(gro()).toBe('off');
    expect(uplink(engine)).toBe(0);
    // The counter-test: what the sender leaves unsplit lacks the headers of all segments but the first.
    hosts.sender('ethtool', '-K', 'out0', 'tso', 'on', 'gso', 'on');
    await hosts.transfer();
    expect(octetsPerPacket(engine)).toBeGreaterThan(MTU);
    hosts.sender('ethtool', '-K', 'out0', 'tso', 'off', 'gso', 'off');
    const sent = await hosts.transfer();
    expect(sent).toBeGreaterThanOrEqual(LEAST);
    expect(uplink(engine)).toBe(sent);
    engine.close();
    expect(gro()).toBe('on');
  });

  it('by a packet socket too', async () => {
    hosts.network.inside('ethtool', '-K', 'in0', 'gro', 'on');
    const engine = new UserEngine({ live: true, sizes: SMALL });
    engine.configure([realm({ type: 'none' }, `${SUBSCRIBER}/32`)]);
    const socket = hosts.network.run(() => new PacketSocket('in0'));
    expect(gro()).toBe('off');
    const sent = await hosts.transfer();
    // A block that is not full is handed over after 20 ms.
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.read(engine.sink, 1 << 24);
    expect(socket.status()).toMatchObject({ alive: true, drops: 0, offloads: { off: ['rx-gro'] } });
    expect(uplink(engine)).toBe(sent);
    // The counter-test. On a veth a packet is received as it is sent, so that GRO must be told to wait for the next.
    hosts.network.inside('ethtool', '-K', 'in0', 'gro', 'on');
    const holding = 'echo 1000000 > gro_flush_timeout && echo 10 > napi_defer_hard_irqs';
    hosts.network.inside('sh', '-c', `cd /sys/class/net/in0 && ${holding}`);
    await hosts.transfer();
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.read(engine.sink, 1 << 24);
    expect(octetsPerPacket(engine)).toBeGreaterThan(MTU);
    expect(gro()).toBe('on');
    engine.close();
  });
});

describe('packet socket', () => {
  let network: PrivateNetwork;
  beforeAll(() => {
    network = new PrivateNetwork();
  });
  afterAll(() => network.dispose());
  const frame = (octets: number) =>
    ethernet(ETHERTYPE.ipv4, ipv4('10.9.0.7', '198.51.100.7', 17, udp(1, 2, Buffer.alloc(octets - 28))));

  async function send(frames: readonly Buffer[]): Promise<void> {
    const sender = network.run(() => new PacketSender('out0'));
    await sender.send(packFrames(frames));
    sender.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  it('gives what XDP gives: tags that the kernel took out, long packets, times of the wall clock', async () => {
    const engine = new UserEngine({ live: true, sizes: SMALL });
    engine.configure([realm({ type: 'none' }, '10.9.0.0/16')]);
    const socket = network.run(() => new PacketSocket('in0'));
    const before = Date.now() * 1000;
    const tagged = ethernet(ETHERTYPE.vlan, vlan(5, ETHERTYPE.ipv4, frame(200).subarray(14)));
    await send([frame(100), tagged, frame(1500), ethernet(ETHERTYPE.arp, Buffer.alloc(46))]);
    expect(socket.read(engine.sink, 1000)).toBe(4);
    const { flows, end } = readEpoch(engine);
    expect(tallies(end.counters)).toEqual({ counted: [3, 1800], not_ip: [1, 46] });
    for (const time of [end.openedTime, flows[0]!.firstTime, flows[0]!.lastTime, end.closedTime]) {
      expect(time).toBeGreaterThan(before - 1000_000);
      expect(time).toBeLessThan((Date.now() + 1) * 1000);
    }
    expect(end.openedTime).toBeLessThanOrEqual(flows[0]!.firstTime);
    expect(flows[0]!.lastTime).toBeLessThanOrEqual(end.closedTime);
    socket.close();
    engine.close();
  });

  it('counts what it had no room for', async () => {
    const engine = new UserEngine({ live: true, sizes: SMALL });
    engine.configure([realm({ type: 'none' }, '10.9.0.0/16')]);
    const socket = network.run(() => new PacketSocket('in0', 2 << 20));
    await send(Array<Buffer>(5000).fill(frame(1400)));
    const { drops } = socket.status();
    expect(drops).toBeGreaterThan(1000);
    expect(socket.read(engine.sink, 1 << 24) + drops).toBe(5000);
    expect(socket.status().drops).toBe(drops);
    socket.close();
    expect(() => socket.status()).toThrow(/closed/);
    engine.closeEpoch();
    finishEpoch(engine);
    engine.close();
  });

  it('refuses what is no Ethernet interface, and what is not there', () => {
    network.inside('ip', 'tuntap', 'add', 'tunnel0', 'mode', 'tun');
    expect(() => network.run(() => new PacketSocket('tunnel0'))).toThrow(/no Ethernet interface/);
    expect(() => new PacketSocket('nosuch0')).toThrow(/no network interface nosuch0/);
  });
});

describe('a capture point', { timeout: 60_000 }, () => {
  let network: PrivateNetwork;
  let folder: string;
  beforeEach(() => {
    network = new PrivateNetwork();
    folder = mkdtempSync(join(tmpdir(), 'countfree-feeds-'));
  });
  afterEach(() => {
    network.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (mode: string, prefix: string[] = [], pinPath = '') =>
    startPoint(network, { mode, folder, prefix, pinPath });

  async function send(count: number): Promise<void> {
    const sender = network.run(() => new PacketSender('out0'));
    const up = ipv4('10.9.0.7', '198.51.100.7', 17, udp(1, 2, Buffer.alloc(72)));
    const down = ipv4('198.51.100.7', '10.9.0.7', 17, udp(2, 1, Buffer.alloc(72)));
    const frames = Array.from({ length: count }, (_, index) =>
      ethernet(ETHERTYPE.ipv4, index % 2 ? up : down),
    );
    await sender.send(packFrames(frames));
    sender.close();
  }

  it.each(['native', 'generic', 'socket'])(
    'notices that its interface is gone and counts on once it is back (%s)',
    async (mode) => {
      const point = start(mode);
      const first = (await point.next()).attached!;
      expect(first.mode).toBe(mode);
      await send(1000);
      // The socket hands its last block over after 20 ms; what waits in it when the interface goes stays in its ring.
      network.inside('ip', 'link', 'del', 'in0');
      expect(await point.next()).toEqual({ warnings: ['interface_gone'] });
      network.inside('ip', 'link', 'add', 'in0', 'type', 'veth', 'peer', 'name', 'out0');
      network.inside('ip', 'link', 'set', 'in0', 'up');
      network.inside('ip', 'link', 'set', 'out0', 'up');
      const again = (await point.next()).attached!;
      expect(again.mode).toBe(mode);
      expect(again.interfaceIndex).not.toBe(first.interfaceIndex);
      expect(await point.next()).toEqual({ warnings: [] });
      await send(500);
      expect(await point.stop()).toMatchObject({ octets: 150_000, drops: 0 });
    },
  );

  it.each(['native', 'generic', 'socket'])(
    'waits for an interface that is not there at the start (%s)',
    async (mode) => {
      network.inside('ip', 'link', 'del', 'in0');
      const point = start(mode);
      expect(await point.next()).toEqual({ warnings: ['interface_gone'] });
      network.inside('ip', 'link', 'add', 'in0', 'type', 'veth', 'peer', 'name', 'out0');
      network.inside('ip', 'link', 'set', 'in0', 'up');
      network.inside('ip', 'link', 'set', 'out0', 'up');
      expect((await point.next()).attached).toMatchObject({ mode });
      expect(await point.next()).toEqual({ warnings: [] });
      await send(500);
      expect(await point.stop()).toMatchObject({ octets: 50_000, drops: 0 });
    },
  );

  it('leaves no pins of an interface that never came, nor of one that it could not attach to', async () => {
    const bpffs = mkdtempSync(join(tmpdir(), 'countfree-bpffs-'));
    sh('mount', '-t', 'bpf', 'bpf', bpffs);
    try {
      const other = XdpEngine.open({ pinPath: null, sizes: SMALL });
      network.run(() => other.attach('in0'));
      expect((await start('native', [], join(bpffs, 'in0')).next()).error).toMatch(/another XDP program/);
      expect(existsSync(join(bpffs, 'in0'))).toBe(false);
      other.close();
      network.inside('ip', 'link', 'del', 'in0');
      const point = start('native', [], join(bpffs, 'in0'));
      expect(await point.next()).toEqual({ warnings: ['interface_gone'] });
      expect(existsSync(join(bpffs, 'in0'))).toBe(true);
      await point.stop();
      expect(existsSync(join(bpffs, 'in0'))).toBe(false);
    } finally {
      sh('umount', bpffs);
      rmSync(bpffs, { recursive: true });
    }
  });

  it.each(['generic', 'socket'])(
    'gives receive offloads back, at its end or after it was killed (%s without pins)',
    async (mode) => {
      const gro = () => /generic-receive-offload: (\w+)/.exec(network.inside('ethtool', '-k', 'in0'))?.[1];
      const script = `import('${ROOT}/src/capture/index.ts').then((c) => c.restoreOffloads('${folder}', 'in0')).then((on) => console.log(on.join()), (error) => console.log(error.message))`;
      const typescript = join(ROOT, 'test/support/typescript.mjs');
      const restore = () => network.inside(process.execPath, '--import', typescript, '-e', script).trim();
      const killed = async () => {
        const point = start(mode);
        expect((await point.next()).attached?.offloads.off).toEqual(['rx-gro']);
        const gone = once(point.child, 'exit');
        point.kill();
        await gone;
        expect(gro()).toBe('off');
      };
      network.inside('ethtool', '-K', 'in0', 'gro', 'on');
      await killed();
      // As the offload was before the first, so it is after the next.
      const next = start(mode);
      expect((await next.next()).attached?.offloads.off).toEqual(['rx-gro']);
      expect(restore()).toMatch(/already uses/);
      await next.stop();
      expect(gro()).toBe('on');
      // Or who gives the interface up gets it back.
      await killed();
      expect(restore()).toBe('rx-gro');
      expect(gro()).toBe('on');
      // What was switched off by someone else stays off.
      network.inside('ethtool', '-K', 'in0', 'gro', 'off');
      const last = start(mode);
      expect((await last.next()).attached?.offloads.off).toEqual([]);
      await last.stop();
      expect(gro()).toBe('off');
    },
  );

  it('turns to a packet socket where XDP is forbidden, and says why', async () => {
    const dropped = '-bpf,-sys_admin,-net_admin,-perfmon';
    const point = start('auto', ['setpriv', '--bounding-set', dropped, '--inh-caps', dropped]);
    const { attached } = await point.next();
    expect(attached).toMatchObject({ mode: 'socket', attempts: [{ mode: 'XDP' }] });
    expect(attached?.attempts[0]?.error).toMatch(/CAP_BPF/);
    await send(1000);
    expect(await point.stop()).toMatchObject({ octets: 100_000, drops: 0 });
  });

  it('does not turn to it in native mode, nor beside a program that counts the same packets', async () => {
    const dropped = '-bpf,-sys_admin,-net_admin,-perfmon';
    const native = start('native', ['setpriv', '--bounding-set', dropped, '--inh-caps', dropped]);
    expect((await native.next()).error).toMatch(/CAP_BPF/);
    const bpffs = mkdtempSync(join(tmpdir(), 'countfree-bpffs-'));
    sh('mount', '-t', 'bpf', 'bpf', bpffs);
    try {
      const pinPath = join(bpffs, 'in0');
      const engine = XdpEngine.open({ pinPath, sizes: SMALL });
      network.run(() => engine.attach('in0'));
      engine.close();
      expect((await start('socket', [], pinPath).next()).error).toMatch(/still counts on in0/);
    } finally {
      sh('umount', bpffs);
      rmSync(bpffs, { recursive: true });
    }
  });
});
