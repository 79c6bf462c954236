/** What real packets make of a mirror's warnings: from the engine's counters, over an epoch's end, to those who are told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packFrames, PacketSender } from '../../src/capture/index.js';
import { PrivateNetwork } from './support/engines.js';
import { ETHERTYPE, ethernet, gre, ipv4, udp } from './support/frames.js';
import { startPoint } from './support/point.js';

let network: PrivateNetwork;
let folder: string;
beforeEach(() => {
  network = new PrivateNetwork(2000);
  folder = mkdtempSync(join(tmpdir(), 'countfree-warnings-'));
});
afterEach(() => {
  network.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const MIRROR = { type: 'gre', outerSource: '192.0.2.1' } as const;
const SIM = '10.0.0.1';
const PEER = '198.51.100.7';
const packet = (source: string, destination: string) =>
  ipv4(source, destination, 17, udp(1, 2, Buffer.alloc(500)));
const mirrored = (inner: Buffer) =>
  ethernet(ETHERTYPE.ipv4, ipv4('192.0.2.1', '192.0.2.2', 47, gre(ETHERTYPE.ipv4, inner)));

/** The kinds that hold once so many of each frame, by turns, were counted by a capture point on in0. */
async function warningsOf(rounds: number, frames: readonly Buffer[]): Promise<string[]> {
  const point = startPoint(network, { mode: 'native', folder, mirror: MIRROR });
  expect((await point.next()).attached).toBeDefined();
  const sender = network.run(() => new PacketSender('out0'));
  await sender.send(packFrames(Array.from({ length: rounds }, () => frames).flat()));
  sender.close();
  return (await point.stop()).warnings;
}

it('has nothing to say where the host has more traffic than the mirror', async () => {
  const host = ethernet(ETHERTYPE.ipv4, packet('203.0.113.1', '203.0.113.2'));
  const frames = [mirrored(packet(SIM, PEER)), mirrored(packet(PEER, SIM)), host, host, host];
  expect(await warningsOf(600, frames)).toEqual([]);
});

it('tells what the mirror brings of no subscriber', async () => {
  const foreign = mirrored(packet('203.0.113.1', PEER));
  const frames = [mirrored(packet(SIM, PEER)), mirrored(packet(PEER, SIM)), foreign];
  expect(await warningsOf(600, frames)).toEqual(['not_subscribers']);
});

it('tells that half of the mirror is missing', async () => {
  expect(await warningsOf(1200, [mirrored(packet(SIM, PEER))])).toEqual(['one_sided']);
});

it('tells what was lost before it came here, by the sequence numbers of the mirror', async () => {
  const numbered = (sequence: number) =>
    ethernet(
      ETHERTYPE.ipv4,
      ipv4('192.0.2.1', '192.0.2.2', 47, gre(ETHERTYPE.ipv4, packet(SIM, PEER), { sequence })),
    );
  const frames = (numbers: readonly number[]) => numbers.map(numbered);
  expect(await warningsOf(1, frames([7, 8, 10, 9, 11]))).toEqual([]);
  expect(await warningsOf(1, frames([1007, 1008, 1010, 1011]))).toEqual(['sequence_gap']);
});
