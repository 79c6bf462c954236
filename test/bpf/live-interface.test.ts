/** The same over an interface whose kernel program outlives the process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveSource, PacketSender, XdpEngine, packFrames } from '../../src/capture/index.js';
import { PrivateNetwork, realm, SMALL, sh } from './support/engines.js';
import { ETHERTYPE, ethernet, ipv4, udp } from './support/frames.js';
import {
  HOUR,
  QUICK,
  count,
  delivered,
  handClock,
  octetsByHour,
  totalOctets,
  useLive,
} from './support/live.js';

const ROOT = join(import.meta.dirname, '../..');
const { closing, folder, openSpool } = useLive();

describe('live interface', () => {
  let bpffs: string;
  let network: PrivateNetwork;
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

  async function startChild() {
    const child = spawn(
      process.execPath,
      [
        '--import',
        './test/support/typescript.mjs',
        'test/bpf/support/live-child.ts',
        join(bpffs, 'pins'),
        network.path,
        folder(),
      ],
      { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const line = async () => JSON.parse(String((await lines.next()).value)) as unknown;
    expect(await line()).toBe('counting');
    return { child, line };
  }

  it('finds octets in their hours, however many went by while no process was there', async () => {
    const pinPath = join(bpffs, 'hours');
    const edge = HOUR * 500_000;
    const counting = () => {
      const engine = XdpEngine.open({ pinPath, sizes: SMALL, replay: true });
      engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
      network.run(() => engine.attach('in0', 'native'));
      return engine;
    };
    const before = counting();
    for (let flow = 0; flow < 100; flow += 1) {
      count(before, flow, 100, BigInt(edge - 600_000) * 1_000_000n);
      count(before, flow, 101, BigInt(edge + 1000) * 1_000_000n);
    }
    before.close();
    const after = counting();
    expect(after.adopted).toBe(true);
    for (let flow = 0; flow < 100; flow += 1) {
      count(after, flow, 102, BigInt(edge + 2000) * 1_000_000n);
      count(after, flow, 103, BigInt(edge + 3 * HOUR) * 1_000_000n);
    }
    const spool = await openSpool();
    const source = new LiveSource(after, spool, handClock(edge + 3 * HOUR + 1000), QUICK);
    await source.start();
    await source.stop();
    expect(source.status()).toMatchObject({ conservationFailures: 0, blurredOctets: 0 });
    expect(octetsByHour(await delivered(spool))).toEqual({
      [edge - HOUR]: 10_000,
      [edge]: 20_300,
      [edge + 3 * HOUR]: 10_300,
    });
    after.detach();
    after.close();
  });

  it('counts every octet once over a veth, though the process is killed again and again', async () => {
    const frames = packFrames(
      Array.from({ length: 3000 }, (_, index) =>
        ethernet(
          ETHERTYPE.ipv4,
          ipv4(`10.0.${index >> 8}.${index & 255}`, '198.51.100.7', 17, udp(1, 2, Buffer.alloc(72))),
        ),
      ),
    );
    const sender = network.run(() => new PacketSender('out0'));
    closing(sender);
    let sent = 0;
    for (let round = 0; round < 5; round += 1) {
      const { child } = await startChild();
      const until = Date.now() + 300 + 150 * round;
      while (Date.now() < until) sent += (await sender.send(frames)).frames;
      child.kill('SIGKILL');
      await once(child, 'exit');
      // The kernel counts on without a process.
      sent += (await sender.send(frames)).frames;
    }
    const { child, line } = await startChild();
    child.stdin.write('stop\n');
    const status = (await line()) as { state: string; conservationFailures: number };
    expect(status).toMatchObject({ state: 'stopped', conservationFailures: 0 });
    await once(child, 'exit');
    const batches = await delivered(await openSpool());
    expect(totalOctets(batches)).toBe(sent * 100);
    expect(new Set(batches.map((batch) => batch.generation)).size).toBe(1);
  }, 120_000);
});
