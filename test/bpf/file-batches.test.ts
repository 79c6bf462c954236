/** Capture files from disk to batches: epochs, names of batches, gzip data, pipes. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CaptureReader,
  fileGeneration,
  FileInput,
  fileSize,
  FlowRecords,
  readFileBatches,
  UserEngine,
  type CaptureBatch,
} from '../../src/capture/index.js';
import { ethernet, pcap, udp4, udp6, type TestPacket } from './capture-files.js';

const NOON = 1_700_000_000_000_000_000n;
const REALMS = [
  {
    index: 1,
    name: 'test',
    mirror: { type: 'none' as const },
    subscriberPrefixes: ['10.128.0.0/9', '2001:db8:1::/48'],
  },
];

function newEngine(): UserEngine {
  const engine = new UserEngine({ sizes: { flows: 4096, flowRingBytes: 1 << 20, helloRingBytes: 1 << 16 } });
  engine.configure(REALMS);
  return engine;
}

const packets = (frames: Buffer[]): TestPacket[] =>
  frames.map((data, index) => ({ time: NOON + BigInt(index) * 1_000_000n, data }));
const three = [ethernet(udp4(1001, 100)), ethernet(udp6(1002, 200)), ethernet(udp4(1003, 1500))];

describe('readFileBatches', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countfree-capture-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function batchesOf(bytes: Buffer, epochBytes?: number): Promise<CaptureBatch[]> {
    const path = join(folder, 'some.pcap');
    await writeFile(path, bytes);
    const engine = newEngine();
    const batches: CaptureBatch[] = [];
    const options = { path, source: 'test', generation: await fileGeneration(path) };
    for await (const batch of readFileBatches(engine, epochBytes ? { ...options, epochBytes } : options))
      batches.push(batch);
    engine.close();
    return batches;
  }
  const octets = (batch: CaptureBatch) => {
    const flows = new FlowRecords(batch.flows);
    return Array.from({ length: flows.length }, (_, index) => flows.octetsUp(index)).sort((a, b) => a - b);
  };

  it('cuts epochs at the hour edge of capture time, also where time goes back', async () => {
    const hour = 3600n * 1_000_000_000n;
    const edge = (NOON / hour + 1n) * hour;
    const frame = (octetCount: number) => ethernet(udp4(1000, octetCount));
    const batches = await batchesOf(
      pcap([
        { time: edge - 2000n, data: frame(100) },
        { time: edge - 1000n, data: frame(101) },
        { time: edge, data: frame(200) },
        { time: edge - 1000n, data: frame(300) },
        { time: edge + 5n * hour, data: frame(400) },
      ]),
    );
    expect(batches.map(octets)).toEqual([[201], [200], [300], [400]]);
    expect(batches.map((batch) => batch.epochEnd?.counters.seen.octets)).toEqual([201, 200, 300, 400]);
  });

  it('cuts epochs by size, at the same places whatever the chunks, with sequences that grow', async () => {
    const many = Array.from({ length: 200 }, (_, index) => ethernet(udp4(1000 + index, 60 + index)));
    const batches = await batchesOf(pcap(packets(many)), 4000);
    expect(batches.length).toBeGreaterThan(5);
    expect(batches.flatMap(octets).sort((a, b) => a - b)).toEqual(many.map((_, index) => 60 + index));
    const sequences = batches.map((batch) => batch.sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => (a < b ? -1 : 1)));
    const again = await batchesOf(gzipSync(pcap(packets(many))), 4000);
    expect(again).toEqual(batches);
  });

  it('names a file by its packets, compressed or not', async () => {
    const bytes = pcap(packets(three));
    const ids = [];
    for (const content of [bytes, gzipSync(bytes), pcap(packets(three.slice(1)))]) {
      const path = join(folder, `file-${ids.length}`);
      await writeFile(path, content);
      ids.push(await fileGeneration(path));
    }
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('counts what a cut gzip file still holds, and says where it ends', async () => {
    const path = join(folder, 'cut.pcap.gz');
    const many = Array.from({ length: 2000 }, (_, index) => ethernet(udp4(1000 + index, 60 + (index % 900))));
    const packed = gzipSync(pcap(packets(many)));
    await writeFile(path, packed.subarray(0, packed.length - 20));
    const engine = newEngine();
    const batches = readFileBatches(engine, { path, source: 'test', generation: '00'.repeat(16) });
    let packetsRead: number;
    for (let next = await batches.next(); ; next = await batches.next()) {
      if (next.done === true) {
        expect(next.value.fault?.kind).toBe('truncated');
        packetsRead = next.value.packets;
        break;
      }
    }
    engine.close();
    expect(packetsRead).toBeGreaterThan(0);
    expect(packetsRead).toBeLessThan(2000);
  });

  it('says in one line why a file cannot be read', async () => {
    const engine = newEngine();
    const first = (path: string) => readFileBatches(engine, { path, source: 's', generation: '00' }).next();
    await expect(first(join(folder, 'nothing'))).rejects.toThrow(/does not exist/);
    await expect(first(folder)).rejects.toThrow(/is a folder/);
    engine.close();
  });

  it('reads gzip data in several members, whatever stands behind them, and says what is broken in it', async () => {
    const bytes = pcap(packets(Array.from({ length: 50 }, (_, index) => ethernet(udp4(1000 + index)))));
    const members = [gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))];
    const plain = await batchesOf(bytes);
    expect(await batchesOf(Buffer.concat(members))).toEqual(plain);
    expect(await batchesOf(Buffer.concat([...members, Buffer.alloc(512)]))).toEqual(plain);
    const broken = gzipSync(bytes);
    broken.fill(0xff, 20, 60);
    await expect(batchesOf(broken)).rejects.toThrow(/some\.pcap cannot be read: its gzip data is broken/);
  });

  it('reads a pipe as it is written, and answers others meanwhile', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const bytes = gzipSync(
      pcap(packets(Array.from({ length: 30 }, (_, index) => ethernet(udp4(1000 + index))))),
    );
    const engine = newEngine();
    const batches = readFileBatches(engine, { path, source: 'test', generation: '00'.repeat(16) });
    const first = batches.next();
    const writer = await open(path, 'w');
    await writer.write(bytes, 0, 1);
    // The reading waits for more in another thread.
    expect(engine.status().records).toBe(0);
    engine.configure(REALMS);
    await writer.write(bytes, 1);
    await writer.close();
    const { value } = await first;
    expect((value as CaptureBatch).epochEnd?.counters.seen.packets).toBe(30);
    expect(await batches.next()).toMatchObject({ done: true, value: { packets: 30 } });
    engine.close();
  });

  it('stops in the middle of a file without leaving anything at work', async () => {
    const path = join(folder, 'long.pcap');
    await writeFile(path, pcap(packets(Array.from({ length: 500 }, (_, index) => ethernet(udp4(index))))));
    const engine = newEngine();
    const batches = readFileBatches(engine, { path, source: 's', generation: '00', epochBytes: 4000 });
    await batches.next();
    await batches.return(undefined as never);
    const { records } = engine.status();
    expect(records).toBeGreaterThan(0);
    expect(records).toBeLessThan(500);
    engine.close();
  });

  it('says so when the engine is closed under it', async () => {
    const path = join(folder, 'closed.pcap');
    await writeFile(path, pcap(packets([ethernet(udp4(1))])));
    const engine = newEngine();
    engine.close();
    const batches = readFileBatches(engine, { path, source: 's', generation: '00' });
    await expect(batches.next()).rejects.toThrow(/closed\.pcap cannot be read: the engine refused a packet/);
  });

  it('reads one file at a time', async () => {
    const path = join(folder, 'one.pcap');
    await writeFile(path, pcap(packets([ethernet(udp4(1))])));
    const engine = newEngine();
    const [input, other] = [await FileInput.open(path), await FileInput.open(path)];
    const reader = new CaptureReader();
    const reading = reader.read(input, engine.sink);
    expect(() => reader.status()).toThrow(/still at work/);
    expect(() => reader.read(input, engine.sink)).toThrow(/still at work/);
    expect(() => input.read).toThrow(/still at work/);
    expect(await reading).toBe('end');
    expect(input.read).toBe(await fileSize(path));
    expect(() => reader.read(other, engine.sink)).toThrow(/one input/);
    await Promise.all([input.close(), other.close()]);
    engine.close();
  });
});
