/**
 * Feeds damaged spools to the reader of the spool: `spool_reader_fuzz.ts SECONDS FOUND_FOLDER [SEED]`. Whatever stands in the files,
 * opening and reading must end, throw nothing but a refusal, give records in order, and invent none. A seed that shows a fault is
 * printed and the files are kept; the same seed makes the same damage again.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SpoolCursor } from '../../src/capture/spool/reader.js';
import { META_BYTES, RECORD_HEADER_BYTES } from '../../src/capture/spool/record.js';
import { Spool } from '../../src/capture/spool/spool.js';
import { FLOW_RECORD_BYTES, noCounters } from '../../src/capture/index.js';
import { Refusal } from '../../src/shared/index.js';

const RECORDS = 12;
const SLOWEST_MS = 5000;
const GENERATION = '0123456789abcdef0123456789abcdef';

const [seconds = '10', foundFolder = tmpdir(), only] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'countfree-spool-fuzz-'));
const work = join(folder, 'work');

/** mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % Math.max(1, below);
  };
}

async function writePristine(): Promise<Map<string, Buffer>> {
  const pristine = join(folder, 'pristine');
  const spool = await Spool.open({ folder: pristine, segmentBytes: 2000 });
  for (let number = 1; number <= RECORDS; number += 1) {
    const epochEnd = { epoch: number, openedTime: 1, closedTime: 2, counters: noCounters() };
    await spool.append({
      batch: {
        source: 'node:eth0',
        generation: GENERATION,
        sequence: BigInt(number),
        hellos: Buffer.alloc(number * 8, number),
        flows: Buffer.alloc(FLOW_RECORD_BYTES * (number % 3), number),
        ...(number % 4 === 0 ? { epochEnd } : {}),
      },
      flowsEnd: BigInt(number * 10),
      hellosEnd: BigInt(number),
      epochFlows: { packets: number, octets: number },
    });
  }
  await spool.close();
  const names = readdirSync(pristine).sort();
  return new Map(names.map((name) => [name, readFileSync(join(pristine, name))]));
}

/** Puts the checksums of whatever looks like a record right, so that what is read behind them is reached too. */
function mendChecksums(bytes: Buffer): void {
  const mark = bytes.subarray(16, 24);
  for (let at = bytes.indexOf(mark, 32); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    const payload = at + RECORD_HEADER_BYTES;
    if (payload + META_BYTES > bytes.length) return;
    const length = Math.min(bytes.readUInt32LE(at + 12), bytes.length - payload);
    bytes.writeUInt32LE(crc32(bytes.subarray(payload, payload + META_BYTES - 4)), payload + META_BYTES - 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(payload, payload + length)), at + 16);
    bytes.writeUInt32LE(crc32(bytes.subarray(at, at + 28)), at + 28);
  }
}

function damage(original: Buffer, others: readonly Buffer[], random: (below: number) => number): Buffer {
  let bytes = Buffer.from(original);
  for (let change = random(6); change >= 0; change -= 1) {
    const at = random(bytes.length + 1);
    const kind = random(6);
    if (kind === 0) bytes = bytes.subarray(0, at);
    else if (kind === 1 && at < bytes.length) bytes[at] = random(256);
    else if (kind === 2 && at + 8 <= bytes.length)
      bytes.writeUInt32LE([0, 0xffff_ffff, 0x7fff_ffff, bytes.length][random(4)]!, at);
    else if (kind === 3) {
      const other = others[random(others.length)]!;
      const from = random(other.length);
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        other.subarray(from, from + random(600)),
        bytes.subarray(at),
      ]);
    } else if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(100))]);
    else if (at < bytes.length) bytes[at]! ^= 1 << random(8);
  }
  bytes = Buffer.from(bytes);
  if (random(2) === 0 && bytes.length >= 64) mendChecksums(bytes);
  return bytes;
}

async function tryOne(pristine: ReadonlyMap<string, Buffer>, seed: number): Promise<void> {
  const random = randomOf(seed);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  const all = [...pristine.values()];
  for (const [name, bytes] of pristine)
    writeFileSync(join(work, name), random(2) === 0 ? bytes : damage(bytes, all, random));
  let spool: Spool;
  try {
    spool = await Spool.open({ folder: work });
  } catch (error) {
    if (error instanceof Refusal) return; // Of another version, by its header.
    throw error;
  }
  try {
    const cursor = new SpoolCursor(spool);
    let before = { segment: 0, offset: 0 };
    for (let entry = await cursor.next(); entry !== null; entry = await cursor.next()) {
      const { position, batch } = entry;
      if (
        position.segment < before.segment ||
        (position.segment === before.segment && position.offset < before.offset)
      )
        throw new Error('records come out of order');
      before = entry.next;
      if (batch.flows.length + batch.hellos.length > 100_000)
        throw new Error('a record is larger than its file');
    }
    await cursor.close();
  } finally {
    await spool.close();
  }
}

const pristine = await writePristine();
const over = Date.now() + Number(seconds) * 1000;
let tried = 0;
let seed = only === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(only);
try {
  for (;;) {
    const started = Date.now();
    await tryOne(pristine, seed);
    tried += 1;
    if (Date.now() - started > SLOWEST_MS) throw new Error(`took ${Date.now() - started} ms`);
    if (Date.now() >= over || only !== undefined) break;
    seed = (seed + 1) >>> 0;
  }
  console.log(`stat::number_of_executed_units: ${tried}`);
} catch (error) {
  console.log(`seed ${seed}:`, error);
  mkdirSync(foundFolder, { recursive: true });
  cpSync(work, join(foundFolder, `spool_reader-${seed}`), { recursive: true });
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
