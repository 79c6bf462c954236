import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliver, Simulation, type Prediction } from '../../src/simulate/index.js';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
if (!hasTshark)
  console.warn('SKIPPED: tshark is not installed, so nobody else looks at the simulated packets');

const CHECKSUMS = ['ip', 'tcp', 'udp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]);

describe.skipIf(!hasTshark)('simulated traffic, as tshark sees it', () => {
  let folder: string;
  let path: string;
  let prediction: Prediction;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countfree-'));
    path = join(folder, 'simulated.pcap');
    const options = { seed: 11, sims: 8, octets: 4e6, start: Date.UTC(2025, 9, 1), span: 60_000 };
    const simulation = new Simulation({ ...options, postQuantum: true });
    await deliver(simulation.frames(), { kind: 'file', path });
    prediction = simulation.prediction();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const fields = (filter: string, ...names: string[]): string[] =>
    execFileSync(
      'tshark',
      ['-r', path, ...CHECKSUMS, '-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', name])],
      { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] },
    )
      .split('\n')
      .filter((line) => line !== '');

  it('has only right checksums and nothing malformed', () => {
    const bad = 'ip.checksum.status==0 || tcp.checksum.status==0 || udp.checksum.status==0 || _ws.malformed';
    expect(fields(bad, 'frame.number')).toEqual([]);
    expect(fields('tcp.checksum.status==1', 'frame.number').length).toBeGreaterThan(1000);
  });

  it('has no TCP segment out of its place', () => {
    const odd =
      'tcp.analysis.retransmission || tcp.analysis.lost_segment || tcp.analysis.out_of_order || tcp.analysis.ack_lost_segment';
    expect(fields(odd, 'frame.number')).toEqual([]);
  });

  it('names its servers in hellos over two segments', () => {
    const names = new Set(fields('tls.handshake.type==1', 'tls.handshake.extensions_server_name'));
    expect([...names]).toEqual(expect.arrayContaining(['line.me', 'www.youtube.com', 'www.example.jp']));
  });

  it('holds the octets that it predicts', () => {
    const lengths = fields('gre', 'ip.len', 'ipv6.plen');
    const octets = lengths.reduce((sum, line) => {
      const [ipv4 = '', ipv6 = ''] = line.split('\t');
      const inner = ipv4.split(',')[1];
      return sum + (inner === undefined ? Number(ipv6) + 40 : Number(inner));
    }, 0);
    expect(octets).toBe(prediction.sent.octets - prediction.accounts.not_ip.octets);
  });
});
