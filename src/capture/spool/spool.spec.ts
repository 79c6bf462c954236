import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliverAll, GENERATION, hellosOf, placed, record, useSpools } from '../../../test/support/spool.js';
import { FLOW_RECORD_BYTES } from '../layout.js';
import { noCounters } from '../source.js';
import { Spool, SpoolFullError, SpoolReader, type SpoolFault, type SpoolRecord } from './index.js';
import { encodeRecord, RECORD_HEADER_BYTES } from './record.js';
import { SpoolCursor } from './reader.js';

const { folder, mountSmall, openSpool } = useSpools();

async function sequences(spool: Spool): Promise<number[]> {
  const cursor = new SpoolCursor(spool);
  const found: number[] = [];
  for (let entry = await cursor.next(); entry !== null; entry = await cursor.next())
    found.push(Number(entry.batch.sequence));
  await cursor.close();
  return found;
}

const BIG = { flows: Buffer.alloc(FLOW_RECORD_BYTES * 60, 1) };

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

/** Hundreds of files are written through to the disk: a minute on a slow one. */
const SLOW_DISK_MS = 180_000;

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

  it(
    'cuts a torn end at every byte, and loses only the record it belongs to',
    async () => {
      const spool = await openSpool();
      await spool.append(record(1));
      await spool.append(record(2));
      await spool.close();
      const [name] = await readdir(folder());
      const whole = await readFile(join(folder(), name!));
      const recordBytes = (whole.length - 32) / 2;
      for (let size = 0; size < whole.length; size += 1) {
        await writeFile(join(folder(), name!), whole.subarray(0, size));
        const faults: SpoolFault[] = [];
        const cut = await Spool.open({ folder: folder(), onFault: (fault) => faults.push(fault) });
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
        for (const other of await readdir(folder())) if (other !== name) await rm(join(folder(), other));
      }
    },
    SLOW_DISK_MS,
  );

  it('reports damage in the middle and goes on behind it, whichever byte is hit', async () => {
    const spool = await openSpool();
    for (let n = 1; n <= 3; n += 1) await spool.append(record(n));
    await spool.close();
    const [name] = await readdir(folder());
    const whole = await readFile(join(folder(), name!));
    const recordBytes = (whole.length - 32) / 3;
    for (let at = 32 + recordBytes; at < 32 + 2 * recordBytes; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = damaged[at]! ^ 0x55;
      await writeFile(join(folder(), name!), damaged);
      const faults: SpoolFault[] = [];
      const opened = await Spool.open({ folder: folder(), onFault: (fault) => faults.push(fault) });
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
    const [name] = await readdir(folder());
    const whole = await readFile(join(folder(), name!));
    whole.fill(0xff, 0, 32);
    await writeFile(join(folder(), name!), whole);
    expect(await sequences(await openSpool())).toEqual([1, 2]);
  });

  it('does not take bytes that a subscriber sent for a record', async () => {
    const spool = await openSpool();
    const forged = Buffer.concat(encodeRecord(record(666), 1, Buffer.from('CFSPOOL\n')));
    await spool.append(record(1, { hellos: forged, flows: Buffer.alloc(0) }));
    await spool.append(record(2));
    await spool.close();
    const [name] = await readdir(folder());
    const whole = await readFile(join(folder(), name!));
    whole[40] = whole[40]! ^ 1; // the first record's header
    await writeFile(join(folder(), name!), whole);
    expect(await sequences(await openSpool())).toEqual([2]);
  });

  it(
    'survives random damage: never throws, never invents, keeps what is whole',
    async () => {
      const spool = await openSpool({ segmentBytes: 2000 });
      for (let n = 1; n <= 12; n += 1) await spool.append(record(n, { hellos: Buffer.alloc(n * 8, n) }));
      await spool.close();
      const pristine = `${folder()}-pristine`;
      await cp(folder(), pristine, { recursive: true });
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
              await cp(pristine, folder(), { recursive: true, force: true });
              for (const name of await readdir(folder()))
                if (!names.includes(name)) await rm(join(folder(), name));
              for (const { file, at, value, cut } of damages) {
                const path = join(folder(), names[file]!);
                const bytes = await readFile(path);
                if (at >= bytes.length) continue;
                if (cut) await truncate(path, at);
                else {
                  bytes[at] = value;
                  await writeFile(path, bytes);
                }
              }
              const opened = await Spool.open({ folder: folder() });
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
    },
    SLOW_DISK_MS,
  );

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
    const ballast = join(folder(), 'ballast');
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
    await expect(Spool.open({ folder: folder() })).rejects.toThrow(/Another process already uses the spool/);
  });

  it('refuses records of another version by name', async () => {
    const spool = await openSpool();
    await spool.append(record(1));
    await spool.close();
    const [name] = await readdir(folder());
    const bytes = await readFile(join(folder(), name!));
    bytes.writeUInt16LE(99, 8);
    const { crc32 } = await import('node:zlib');
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
    await writeFile(join(folder(), name!), bytes);
    await expect(Spool.open({ folder: folder() })).rejects.toThrow(/records of version 99/);
  });

  it('refuses a batch that no record can hold', async () => {
    expect(() =>
      encodeRecord(record(1, { flows: Buffer.alloc(257 * 1024 * 1024) }), 1, Buffer.alloc(8)),
    ).toThrow(RangeError);
    expect(RECORD_HEADER_BYTES).toBe(32);
    await Promise.resolve();
  });
});
