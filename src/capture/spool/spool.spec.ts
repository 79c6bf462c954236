import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLOW_RECORD_BYTES, OUTCOMES } from '../layout.js';
import { noCounters } from '../source.js';
import type { CaptureBatch } from '../types.js';
import {
  Spool,
  SpoolFullError,
  SpoolReader,
  type SpoolFault,
  type SpoolOptions,
  type SpoolRecord,
} from './index.js';
import { decodePayload, encodeRecord, RECORD_HEADER_BYTES } from './record.js';
import { SpoolCursor } from './reader.js';

const GENERATION = '0123456789abcdef0123456789abcdef';

let folder: string;
let open: Spool[] = [];
let mounted = false;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countfree-spool-'));
});

afterEach(async () => {
  for (const spool of open) await spool.close();
  open = [];
  if (mounted) execFileSync('umount', [folder]);
  mounted = false;
  await rm(folder, { recursive: true, force: true });
});

async function openSpool(options: Partial<SpoolOptions> = {}): Promise<Spool> {
  const spool = await Spool.open({ folder, ...options });
  open.push(spool);
  return spool;
}

/** A record whose flow bytes tell its number. */
function record(number: number, options: Partial<CaptureBatch> = {}, generation = GENERATION): SpoolRecord {
  const batch: CaptureBatch = {
    source: 'node:eth0',
    generation,
    sequence: BigInt(number),
    hellos: Buffer.alloc(0),
    flows: Buffer.alloc(FLOW_RECORD_BYTES * 2, number & 0xff),
    ...options,
  };
  return {
    batch,
    flowsEnd: BigInt(number * 10),
    hellosEnd: BigInt(number),
    epochFlows: { packets: number, octets: number * 100 },
  };
}

const hellosOf = (text: string) => ({ hellos: Buffer.from(text), flows: Buffer.alloc(0) });

async function sequences(spool: Spool): Promise<number[]> {
  const cursor = new SpoolCursor(spool);
  const found: number[] = [];
  for (let entry = await cursor.next(); entry !== null; entry = await cursor.next())
    found.push(Number(entry.batch.sequence));
  await cursor.close();
  return found;
}

const BIG = { flows: Buffer.alloc(FLOW_RECORD_BYTES * 60, 1) };

/** Puts a small file system of its own on the folder; false where that is not allowed. */
function mountSmall(size: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'countfree-test', folder], { stdio: 'pipe' });
    mounted = true;
  } catch {
    return false;
  }
  return true;
}

/** Appends big records numbered on from `count` until one is refused. */
async function fillUp(spool: Spool, count: number): Promise<{ count: number; error: unknown }> {
  for (let number = count + 1; ; number += 1) {
    try {
      await spool.append(record(number, BIG));
    } catch (error) {
      return { count: number - 1, error };
    }
  }
}

/** Delivers until the spool is empty, then stops. */
async function deliverAll(
  spool: Spool,
  reader = new SpoolReader(spool, { retryMs: 1 }),
  handler: (batch: CaptureBatch) => void = () => undefined,
): Promise<bigint[]> {
  const stop = new AbortController();
  const got: bigint[] = [];
  const done = reader.run((batch) => {
    handler(batch);
    got.push(batch.sequence);
    return Promise.resolve();
  }, stop.signal);
  expect(await reader.waitUntilDelivered(10_000)).toBe(true);
  stop.abort();
  await done;
  return got;
}

describe('spool record', () => {
  it('comes back as it was, with an epoch end and hellos', () => {
    const counters = noCounters();
    counters.seen = { packets: 7, octets: Number.MAX_SAFE_INTEGER };
    counters.notes.hello_dropped = { packets: 1, octets: 2 };
    counters.outcomes.outer_fragment = { packets: 3, octets: 4 };
    const epochEnd = {
      epoch: 9,
      openedTime: 1_700_000_000_000_000,
      closedTime: 1_700_000_010_000_000,
      counters,
    };
    const original = record(5, { hellos: Buffer.from('hello'), epochEnd, source: 'ノード:eth0' });
    const [, ...payload] = encodeRecord(original, 1, Buffer.alloc(8));
    expect(decodePayload(Buffer.concat(payload))).toEqual(original);
  });

  it.each([
    ['sequence counts', { sequences: { numbered: 8, missed: 3, late: Number.MAX_SAFE_INTEGER } }],
    ['drops', { socketDrops: 6 }],
    ['both', { sequences: { numbered: 0, missed: 0, late: 0 }, socketDrops: 6 }],
  ])('keeps what an epoch says of its losses: %s', (_name, losses) => {
    const epochEnd = { epoch: 9, openedTime: 1, closedTime: 2, counters: noCounters(), ...losses };
    const original = record(5, { hellos: Buffer.from('hello'), epochEnd });
    const [, meta, source, end, ...rest] = encodeRecord(original, 1, Buffer.alloc(8));
    expect(decodePayload(Buffer.concat([meta!, source!, end!, ...rest]))).toEqual(original);
    end!.writeUInt32LE(2, 4);
    expect(() => decodePayload(Buffer.concat([meta!, source!, end!, ...rest]))).toThrow(/do not fill it/);
  });

  it('of a build that noted less comes back with nothing noted for the rest', () => {
    const epochEnd = { epoch: 9, openedTime: 1, closedTime: 2, counters: noCounters() };
    epochEnd.counters.notes.hello_dropped = { packets: 1, octets: 2 };
    const original = record(5, { hellos: Buffer.from('hello'), epochEnd });
    const [, meta, source, end, ...rest] = encodeRecord(original, 1, Buffer.alloc(8));
    const withNotes = (notes: number) =>
      Buffer.concat([meta!, source!, end!.subarray(0, 24 + 16 * (1 + OUTCOMES.length + notes)), ...rest]);
    expect(decodePayload(withNotes(8))).toEqual(original);
    expect(() => decodePayload(withNotes(7))).toThrow(/do not fill it/);
    expect(() => decodePayload(Buffer.concat([meta!, source!, end!.subarray(1), ...rest]))).toThrow(
      /do not fill it/,
    );
  });

  it('keeps any batch as it was', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(4),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.string({ maxLength: 40 }).filter((text) => Buffer.from(text).toString() === text),
        (hellos, flows, sequence, source) => {
          const original = record(1, {
            source,
            sequence,
            hellos: Buffer.from(hellos),
            flows: Buffer.alloc(flows * FLOW_RECORD_BYTES, 7),
          });
          const [, ...payload] = encodeRecord(original, 1, Buffer.alloc(8));
          expect(decodePayload(Buffer.concat(payload))).toEqual(original);
        },
      ),
    );
  });
});

describe('Spool', () => {
  it('gives back what was appended, in order, over segments and over a restart', async () => {
    const spool = await openSpool({ segmentBytes: 1000 });
    for (let n = 1; n <= 20; n += 1) await spool.append(record(n));
    expect(spool.status().segments).toBeGreaterThan(4);
    await spool.close();
    const again = await openSpool({ segmentBytes: 1000 });
    await again.append(record(21));
    expect(await sequences(again)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    expect(again.lastPosition(GENERATION)).toEqual({
      sequence: 21n,
      flowsEnd: 210n,
      hellosEnd: 21n,
      epochFlows: { packets: 21, octets: 2100 },
    });
    expect(again.lastPosition('ff'.repeat(16))).toBeUndefined();
  });

  it('starts the sums of an epoch anew behind its end', async () => {
    const spool = await openSpool();
    const epochEnd = { epoch: 1, openedTime: 1, closedTime: 2, counters: noCounters() };
    await spool.append(record(1, { epochEnd }));
    expect(spool.lastPosition(GENERATION)?.epochFlows).toEqual({ packets: 0, octets: 0 });
    await spool.close();
    const again = await openSpool();
    expect(again.lastPosition(GENERATION)?.epochFlows).toEqual({ packets: 0, octets: 0 });
  });

  it('cuts a torn end at every byte, and loses only the record it belongs to', async () => {
    const spool = await openSpool();
    await spool.append(record(1));
    await spool.append(record(2));
    await spool.close();
    const [name] = await readdir(folder);
    const whole = await readFile(join(folder, name!));
    const recordBytes = (whole.length - 32) / 2;
    for (let size = 0; size < whole.length; size += 1) {
      await writeFile(join(folder, name!), whole.subarray(0, size));
      const faults: SpoolFault[] = [];
      const cut = await Spool.open({ folder, onFault: (fault) => faults.push(fault) });
      const kept = size < 32 + recordBytes ? [] : [1];
      expect(await sequences(cut)).toEqual(kept);
      expect(cut.lastPosition(GENERATION)?.sequence).toBe(kept.length > 0 ? 1n : undefined);
      const atRecordEdge = size <= 32 || size === 32 + recordBytes;
      expect(faults.map((fault) => fault.kind)).toEqual(atRecordEdge ? [] : ['torn']);
      if (size % 97 === 0) {
        await cut.append(record(9));
        expect(await sequences(cut)).toEqual([...kept, 9]);
      }
      await cut.close();
      for (const other of await readdir(folder)) if (other !== name) await rm(join(folder, other));
    }
  });

  it('reports damage in the middle and goes on behind it, whichever byte is hit', async () => {
    const spool = await openSpool();
    for (let n = 1; n <= 3; n += 1) await spool.append(record(n));
    await spool.close();
    const [name] = await readdir(folder);
    const whole = await readFile(join(folder, name!));
    const recordBytes = (whole.length - 32) / 3;
    for (let at = 32 + recordBytes; at < 32 + 2 * recordBytes; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = damaged[at]! ^ 0x55;
      await writeFile(join(folder, name!), damaged);
      const faults: SpoolFault[] = [];
      const opened = await Spool.open({ folder, onFault: (fault) => faults.push(fault) });
      expect(faults).toEqual([{ segment: 1, offset: 32 + recordBytes, bytes: recordBytes, kind: 'corrupt' }]);
      expect(await sequences(opened)).toEqual([1, 3]);
      expect(opened.status().faults).toMatchObject({ torn: 0, corruptBytes: 2 * recordBytes });
      await opened.close();
    }
  });

  it('reads a segment whose own header is damaged', async () => {
    const spool = await openSpool();
    for (let n = 1; n <= 2; n += 1) await spool.append(record(n));
    await spool.close();
    const [name] = await readdir(folder);
    const whole = await readFile(join(folder, name!));
    whole.fill(0xff, 0, 32);
    await writeFile(join(folder, name!), whole);
    expect(await sequences(await openSpool())).toEqual([1, 2]);
  });

  it('does not take bytes that a subscriber sent for a record', async () => {
    const spool = await openSpool();
    const forged = Buffer.concat(encodeRecord(record(666), 1, Buffer.from('CFSPOOL\n')));
    await spool.append(record(1, { hellos: forged, flows: Buffer.alloc(0) }));
    await spool.append(record(2));
    await spool.close();
    const [name] = await readdir(folder);
    const whole = await readFile(join(folder, name!));
    whole[40] = whole[40]! ^ 1; // the first record's header
    await writeFile(join(folder, name!), whole);
    expect(await sequences(await openSpool())).toEqual([2]);
  });

  it('survives random damage: never throws, never invents, keeps what is whole', async () => {
    const spool = await openSpool({ segmentBytes: 2000 });
    for (let n = 1; n <= 12; n += 1) await spool.append(record(n, { hellos: Buffer.alloc(n * 8, n) }));
    await spool.close();
    const pristine = `${folder}-pristine`;
    await cp(folder, pristine, { recursive: true });
    const names = (await readdir(pristine)).sort();
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              file: fc.nat(names.length - 1),
              at: fc.nat(2500),
              value: fc.nat(255),
              cut: fc.boolean(),
            }),
            { minLength: 1, maxLength: 4 },
          ),
          async (damages) => {
            await cp(pristine, folder, { recursive: true, force: true });
            for (const name of await readdir(folder)) if (!names.includes(name)) await rm(join(folder, name));
            for (const { file, at, value, cut } of damages) {
              const path = join(folder, names[file]!);
              const bytes = await readFile(path);
              if (at >= bytes.length) continue;
              if (cut) await truncate(path, at);
              else {
                bytes[at] = value;
                await writeFile(path, bytes);
              }
            }
            const opened = await Spool.open({ folder });
            const found = await sequences(opened);
            await opened.close();
            expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
            for (const one of found) expect(one >= 1 && one <= 12).toBe(true);
            expect(found.length).toBeGreaterThanOrEqual(12 - 8 * damages.length);
          },
        ),
        { numRuns: 150 },
      );
    } finally {
      await rm(pristine, { recursive: true, force: true });
    }
  });

  it('refuses at its bound, hellos before flow records, and goes on once the reader has caught up', async () => {
    const spool = await openSpool({ maxBytes: 20_000, segmentBytes: 2000, keepBytes: 0 });
    let count = 0;
    const fill = async (make: (n: number) => SpoolRecord) => {
      for (;;) {
        try {
          await spool.append(make(count + 1));
          count += 1;
        } catch (error) {
          return error;
        }
      }
    };
    const hellosRefused = await fill((n) => record(n, hellosOf('x'.repeat(200))));
    expect(hellosRefused).toBeInstanceOf(SpoolFullError);
    const flowsFrom = count;
    const flowsRefused = await fill((n) => record(n));
    expect(flowsRefused).toMatchObject({ name: 'SpoolFullError', reason: 'bound' });
    expect(count).toBeGreaterThan(flowsFrom);
    expect(spool.status().bytes).toBeLessThanOrEqual(20_000);
    expect(await deliverAll(spool)).toHaveLength(count);
    await spool.append(record(count + 1));
    expect(spool.status().bytes).toBeLessThan(20_000);
  });

  it('keeps delivered segments for their hellos, then lets go by age and by size', async () => {
    let now = 1_000_000;
    const clock = { now: () => now };
    const spool = await openSpool({ clock, segmentBytes: 1000, keepMs: 60_000, keepBytes: 3000 });
    for (let n = 1; n <= 12; n += 1) await spool.append(record(n));
    await deliverAll(spool);
    const kept = spool.status().bytes;
    expect(kept).toBeGreaterThan(1000);
    expect(kept).toBeLessThanOrEqual(4500);
    now += 60_001;
    await spool.append(record(13));
    await deliverAll(spool, await placed(spool, 12n));
    expect(spool.status().segments).toBeLessThanOrEqual(2);
  });

  it('says so when the disk is full, holds nothing of the refused record, and goes on later', async ({
    skip,
  }) => {
    if (!mountSmall('64k')) skip('needs the right to mount a tmpfs');
    const spool = await openSpool({ segmentBytes: 16_000, keepBytes: 0 });
    const ballast = join(folder, 'ballast');
    await writeFile(ballast, Buffer.alloc(40_000));
    const { count, error } = await fillUp(spool, 0);
    expect(error).toMatchObject({ name: 'SpoolFullError', reason: 'disk' });
    await expect(spool.append(record(count + 1, BIG))).rejects.toBeInstanceOf(SpoolFullError);
    await rm(ballast);
    await spool.append(record(count + 1, BIG));
    expect(await sequences(spool)).toEqual(Array.from({ length: count + 1 }, (_, index) => index + 1));
    expect(spool.status().faults).toEqual({ torn: 0, corrupt: 0, corruptBytes: 0 });
  });

  it.each([
    ['segments that are kept', 16_000],
    ['the segment under way', 16 * 1024 * 1024],
  ])(
    'on a full disk lets go of what is delivered, in %s, and goes on by itself',
    async (_what, segmentBytes) => {
      if (!mountSmall('64k')) return;
      const spool = await openSpool({ segmentBytes });
      const stop = new AbortController();
      const reader = new SpoolReader(spool, { retryMs: 1 });
      const got: bigint[] = [];
      let away = true;
      const done = reader.run((batch) => {
        if (away) return Promise.reject(new Error('the database is away'));
        got.push(batch.sequence);
        return Promise.resolve();
      }, stop.signal);
      let count = 0;
      for (let outage = 0; outage < 3; outage += 1) {
        away = true;
        const filled = await fillUp(spool, count);
        expect(filled.error).toMatchObject({ reason: 'disk' });
        expect(filled.count).toBeGreaterThan(count + 2);
        count = filled.count;
        away = false;
        expect(await reader.waitUntilDelivered(10_000)).toBe(true);
      }
      expect(got).toEqual(Array.from({ length: count }, (_, index) => BigInt(index + 1)));
      expect(spool.status().faults).toEqual({ torn: 0, corrupt: 0, corruptBytes: 0 });
      stop.abort();
      await done;
    },
  );

  it('keeps a second process off', async () => {
    await openSpool();
    await expect(Spool.open({ folder })).rejects.toThrow(/Another process already uses the spool/);
  });

  it('refuses records of another version by name', async () => {
    const spool = await openSpool();
    await spool.append(record(1));
    await spool.close();
    const [name] = await readdir(folder);
    const bytes = await readFile(join(folder, name!));
    bytes.writeUInt16LE(99, 8);
    const { crc32 } = await import('node:zlib');
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
    await writeFile(join(folder, name!), bytes);
    await expect(Spool.open({ folder })).rejects.toThrow(/records of version 99/);
  });

  it('refuses a batch that no record can hold', async () => {
    expect(() =>
      encodeRecord(record(1, { flows: Buffer.alloc(257 * 1024 * 1024) }), 1, Buffer.alloc(8)),
    ).toThrow(RangeError);
    expect(RECORD_HEADER_BYTES).toBe(32);
    await Promise.resolve();
  });
});

async function placed(spool: Spool, committed: bigint): Promise<SpoolReader> {
  const reader = new SpoolReader(spool, { retryMs: 1 });
  await reader.start(new Map([[GENERATION, committed]]));
  return reader;
}

describe('SpoolReader', () => {
  it('delivers from behind what the ledger has', async () => {
    const spool = await openSpool({ segmentBytes: 700 });
    for (let n = 1; n <= 8; n += 1) await spool.append(record(n));
    expect(await deliverAll(spool, await placed(spool, 5n))).toEqual([6n, 7n, 8n]);
  });

  it('delivers all of a generation that the ledger does not know', async () => {
    const spool = await openSpool();
    await spool.append(record(1000));
    await spool.append(record(5, {}, 'aa'.repeat(16)));
    expect(await deliverAll(spool, await placed(spool, 1000n))).toEqual([5n]);
  });

  it('gives the same batch again until the handler took it', async () => {
    const spool = await openSpool();
    for (let n = 1; n <= 3; n += 1) await spool.append(record(n));
    const errors: unknown[] = [];
    const reader = new SpoolReader(spool, { retryMs: 1, onError: (error) => errors.push(error) });
    let failures = 0;
    const got = await deliverAll(spool, reader, (batch) => {
      if (batch.sequence === 2n && failures < 3) {
        failures += 1;
        throw new Error('the database is away');
      }
    });
    expect(got).toEqual([1n, 2n, 3n]);
    expect(errors).toHaveLength(3);
  });

  it('delivers what is appended while it waits', async () => {
    const spool = await openSpool();
    const stop = new AbortController();
    const got: bigint[] = [];
    const reader = new SpoolReader(spool);
    const done = reader.run((batch) => {
      got.push(batch.sequence);
      return Promise.resolve();
    }, stop.signal);
    for (let n = 1; n <= 50; n += 1) {
      await spool.append(record(n));
      expect(await reader.waitUntilDelivered(5000)).toBe(true);
      expect(got).toHaveLength(n);
    }
    stop.abort();
    await done;
  });

  it('says that not everything was delivered in time', async () => {
    const spool = await openSpool();
    await spool.append(record(1));
    const stop = new AbortController();
    const reader = new SpoolReader(spool, { retryMs: 1 });
    const done = reader.run(() => Promise.reject(new Error('away')), stop.signal);
    expect(await reader.waitUntilDelivered(20)).toBe(false);
    stop.abort();
    await done;
    expect(spool.status().unacknowledgedBytes).toBeGreaterThan(0);
  });

  it('tells a restarted process the hellos that were delivered before, and only those', async () => {
    const spool = await openSpool({ segmentBytes: 500 });
    await spool.append(record(1, hellosOf('first')));
    await spool.append(record(2));
    await spool.append(record(3, hellosOf('second')));
    await spool.append(record(4));
    await spool.append(record(5, hellosOf('not delivered')));
    await spool.close();
    const again = await openSpool({ segmentBytes: 500 });
    const reader = await placed(again, 4n);
    const texts: string[] = [];
    for await (const hellos of reader.recentHellos()) texts.push(hellos.toString());
    expect(texts).toEqual(['first', 'second']);
    expect(await deliverAll(again, reader)).toEqual([5n]);
  });
});
