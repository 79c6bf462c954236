import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Refusal } from '../../shared/index.js';
import {
  decodeHeader,
  decodePlace,
  MARK_BYTES,
  META_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_VERSION,
  type RecordHeader,
  type RecordPlace,
} from './record.js';

const NAME = /^(\d{16})\.spool$/;
const SEARCH_BYTES = 1024 * 1024;

export const SEGMENT_HEADER_BYTES = 32;
const SEGMENT_MAGIC = Buffer.from('CFSPOOL\n', 'latin1');
const SEGMENT = { magic: 0, version: 8, mark: 16, crc: 28 } as const;

/** What a segment file starts with, and the random mark of its records. */
export function newSegmentHeader(): { header: Buffer; mark: Buffer } {
  const mark = randomBytes(MARK_BYTES);
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  SEGMENT_MAGIC.copy(header, SEGMENT.magic);
  header.writeUInt16LE(RECORD_VERSION, SEGMENT.version);
  mark.copy(header, SEGMENT.mark);
  header.writeUInt32LE(crc32(header.subarray(0, SEGMENT.crc)), SEGMENT.crc);
  return { header, mark };
}

/**
 * The mark of a segment's records: from its header or, where that is damaged, from the first record, which stands at a
 * known place. Throws a {@link Refusal} if the segment is another build's.
 */
export async function readMark(file: FileHandle): Promise<Buffer> {
  const bytes = await readAt(file, 0, SEGMENT_HEADER_BYTES + MARK_BYTES);
  const sound =
    bytes.length >= SEGMENT_HEADER_BYTES &&
    bytes.subarray(0, SEGMENT_MAGIC.length).equals(SEGMENT_MAGIC) &&
    crc32(bytes.subarray(0, SEGMENT.crc)) === bytes.readUInt32LE(SEGMENT.crc);
  if (!sound) {
    const first = Buffer.alloc(MARK_BYTES);
    if (bytes.length > SEGMENT_HEADER_BYTES) bytes.copy(first, 0, SEGMENT_HEADER_BYTES);
    return first;
  }
  const version = bytes.readUInt16LE(SEGMENT.version);
  if (version !== RECORD_VERSION)
    throw new Refusal(
      'conflict',
      `The spool holds records of version ${version}, this build knows ${RECORD_VERSION}: let the build that wrote them deliver them first`,
    );
  return bytes.subarray(SEGMENT.mark, SEGMENT.mark + MARK_BYTES);
}

export function segmentName(number: number): string {
  return `${String(number).padStart(16, '0')}.spool`;
}

export function segmentPath(folder: string, number: number): string {
  return join(folder, segmentName(number));
}

/** The number in a segment's file name; undefined for any other file. */
export function segmentNumber(fileName: string): number | undefined {
  const match = NAME.exec(fileName);
  return match ? Number(match[1]) : undefined;
}

/** A place in the spool: `offset` bytes into a segment, always at the start of a record. */
export interface SpoolPosition {
  segment: number;
  offset: number;
}

export function comparePositions(a: SpoolPosition, b: SpoolPosition): number {
  return a.segment - b.segment || a.offset - b.offset;
}

/** Reads `length` bytes, or fewer at the end of the file. */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** What stands at an offset of a segment. */
export type Found =
  | { kind: 'record'; header: RecordHeader; next: number }
  | { kind: 'end' }
  /** No sound header here; the next one stands at `next`, or nowhere (`next` = `size`, `tail` true). */
  | { kind: 'broken'; next: number; tail: boolean };

/** Looks at one offset. Reads a header, never a payload. `size` is how far the segment is written. */
export async function findRecord(
  file: FileHandle,
  mark: Buffer,
  offset: number,
  size: number,
): Promise<Found> {
  if (offset >= size) return { kind: 'end' };
  const bytes = await readAt(file, offset, Math.min(RECORD_HEADER_BYTES, size - offset));
  const header = decodeHeader(bytes, mark);
  if (header !== undefined) {
    const next = offset + RECORD_HEADER_BYTES + header.payloadLength;
    if (next <= size) return { kind: 'record', header, next };
  }
  const next = await searchHeader(file, mark, offset + 1, size);
  return { kind: 'broken', next: next ?? size, tail: next === undefined };
}

/** The offset of the next whole record at or after `from`. */
async function searchHeader(
  file: FileHandle,
  mark: Buffer,
  from: number,
  size: number,
): Promise<number | undefined> {
  for (let base = from; base < size; base += SEARCH_BYTES) {
    const bytes = await readAt(file, base, Math.min(SEARCH_BYTES + RECORD_HEADER_BYTES, size - base));
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
      const header = decodeHeader(bytes, mark, at);
      if (header && base + at + RECORD_HEADER_BYTES + header.payloadLength <= size) return base + at;
    }
  }
  return undefined;
}

export interface ScannedRecord {
  offset: number;
  next: number;
  header: RecordHeader;
  place: RecordPlace;
}

/** Bytes that are no sound record. */
export interface SpoolFault {
  segment: number;
  offset: number;
  bytes: number;
  /** `torn`: the unfinished end of an append, cut off. `corrupt`: what stood there is lost, and skipped. */
  kind: 'torn' | 'corrupt';
}

/**
 * Walks a segment's headers. With `verify`, payloads are read and held against their checksum too (the last segment
 * of a start, whose end may be torn). Sound records go to `onRecord`, the rest to `onFault`; returns the end of the last
 * sound record.
 */
export async function scanSegment(
  path: string,
  segment: number,
  verify: boolean,
  onRecord: (record: ScannedRecord) => void,
  onFault: (fault: SpoolFault) => void,
): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const mark = await readMark(file);
    let offset = Math.min(SEGMENT_HEADER_BYTES, size);
    let soundEnd = offset;
    let suspect: SpoolFault | undefined;
    for (;;) {
      const found = await findRecord(file, mark, offset, size);
      if (found.kind === 'end') break;
      const place = found.kind === 'record' ? await readPlace(file, offset, found.header, verify) : undefined;
      if (found.kind === 'record' && place) {
        // Something sound follows, so what was broken before it is no torn end.
        if (suspect) onFault(suspect);
        suspect = undefined;
        onRecord({ offset, next: found.next, header: found.header, place });
        soundEnd = found.next;
      } else {
        const start = suspect?.offset ?? offset;
        suspect = { segment, offset: start, bytes: found.next - start, kind: 'corrupt' };
      }
      offset = found.next;
    }
    if (suspect) onFault({ ...suspect, kind: verify ? 'torn' : 'corrupt' });
    return soundEnd;
  } finally {
    await file.close();
  }
}

/** Undefined if the record is damaged; what stands behind its fixed start is looked at only with `verify`. */
async function readPlace(
  file: FileHandle,
  offset: number,
  header: RecordHeader,
  verify: boolean,
): Promise<RecordPlace | undefined> {
  const length = verify ? header.payloadLength : META_BYTES;
  const payload = await readAt(file, offset + RECORD_HEADER_BYTES, length);
  if (verify && (payload.length !== length || crc32(payload) !== header.payloadCrc)) return undefined;
  return decodePlace(payload);
}
