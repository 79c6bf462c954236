import { crc32 } from 'node:zlib';
import { NOTES, OUTCOMES } from '../layout.js';
import { readSafeInteger, type EpochCounters, type Tally } from '../records.js';
import type { CaptureBatch, EpochEnd } from '../types.js';

/** A batch on its way, with all that a restarted capture must know to go on behind it. */
export interface SpoolRecord {
  batch: CaptureBatch;
  /** Ring positions up to which records are in the spool, this record included (see PacketEngine). */
  flowsEnd: bigint;
  hellosEnd: bigint;
  /** On flow records of the epoch so far, this record included: what the epoch's end is held against. */
  epochFlows: Tally;
}

/** What stands before a record's payload, once it was found to be sound. */
export interface RecordHeader {
  payloadLength: number;
  payloadCrc: number;
  /** UNIX ms at which it was appended. */
  time: number;
  /** False for records that hold hellos only. */
  hasFlows: boolean;
}

/** Bumped when header or payload change shape; records of another version are refused by name, never guessed at. */
export const RECORD_VERSION = 1;
export const RECORD_HEADER_BYTES = 32;
/**
 * Each record starts with its segment's own random mark. A search for the next sound record behind a damaged one can so
 * never take bytes for a record that a subscriber has sent inside a hello.
 */
export const MARK_BYTES = 8;
/** No batch comes near it: the live source moves at most a few MiB at a time, a file's window some 100 MiB. */
export const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

const HEADER = { mark: 0, version: 8, flags: 10, length: 12, crc: 16, time: 20, headerCrc: 28 } as const;
const FLAG_FLOWS = 1;

/** The fixed start of a payload, with a checksum of its own as a start reads it alone; then the source's name, the epoch's end if any, hellos, flows. */
export const META_BYTES = 72;
const META = {
  generation: 0,
  sequence: 16,
  flowsEnd: 24,
  hellosEnd: 32,
  epochOctets: 40,
  epochPackets: 48,
  hellosLength: 56,
  flowsLength: 60,
  sourceLength: 64,
  epochEnd: 66,
  crc: 68,
} as const;

const endBytes = (notes: number) => 24 + 16 * (1 + OUTCOMES.length + notes);
const EPOCH_END_BYTES = endBytes(NOTES.length);
/** Notes of the first records of this version: later builds appended others, which an older record lacks. */
const FIRST_NOTES = 8;
/** How many 8-byte counters follow the notes, 0 in records of builds that wrote none. */
const END_EXTRAS_AT = 4;
const SEQUENCES = ['numbered', 'missed', 'late'] as const;
/** The sequence counts, if the engine told them, behind the packet socket's drops. */
const EXTRAS = { drops: 1, dropsAndSequences: 1 + SEQUENCES.length } as const;

/** The whole record as one header and the parts of its payload, for one gathering write. */
export function encodeRecord(record: SpoolRecord, time: number, mark: Buffer): Buffer[] {
  const { batch } = record;
  const source = Buffer.from(batch.source, 'utf8');
  const meta = Buffer.alloc(META_BYTES);
  meta.write(batch.generation, META.generation, 16, 'hex');
  meta.writeBigUInt64LE(batch.sequence, META.sequence);
  meta.writeBigUInt64LE(record.flowsEnd, META.flowsEnd);
  meta.writeBigUInt64LE(record.hellosEnd, META.hellosEnd);
  meta.writeBigUInt64LE(BigInt(record.epochFlows.octets), META.epochOctets);
  meta.writeBigUInt64LE(BigInt(record.epochFlows.packets), META.epochPackets);
  meta.writeUInt32LE(batch.hellos.length, META.hellosLength);
  meta.writeUInt32LE(batch.flows.length, META.flowsLength);
  meta.writeUInt16LE(source.length, META.sourceLength);
  meta.writeUInt16LE(batch.epochEnd === undefined ? 0 : 1, META.epochEnd);
  meta.writeUInt32LE(crc32(meta.subarray(0, META.crc)), META.crc);
  const end = batch.epochEnd === undefined ? Buffer.alloc(0) : encodeEpochEnd(batch.epochEnd);
  // Empty parts stay out: zlib takes an empty buffer without memory behind it for "start anew".
  const payload = [meta, source, end, batch.hellos, batch.flows].filter((part) => part.length > 0);
  const length = payload.reduce((sum, part) => sum + part.length, 0);
  if (length > MAX_PAYLOAD_BYTES)
    throw new RangeError(`a batch of ${length} bytes is more than a spool record holds`);
  const header = Buffer.alloc(RECORD_HEADER_BYTES);
  mark.copy(header, HEADER.mark);
  header.writeUInt16LE(RECORD_VERSION, HEADER.version);
  header.writeUInt16LE(batch.flows.length > 0 || batch.epochEnd !== undefined ? FLAG_FLOWS : 0, HEADER.flags);
  header.writeUInt32LE(length, HEADER.length);
  header.writeUInt32LE(
    payload.reduce((crc, part) => crc32(part, crc), 0),
    HEADER.crc,
  );
  header.writeBigUInt64LE(BigInt(time), HEADER.time);
  header.writeUInt32LE(crc32(header.subarray(0, HEADER.headerCrc)), HEADER.headerCrc);
  return [header, ...payload];
}

/** Reads a header. Undefined if the bytes are none, or not whole; its own checksum guards the length. */
export function decodeHeader(bytes: Buffer, mark: Buffer, offset = 0): RecordHeader | undefined {
  if (bytes.length - offset < RECORD_HEADER_BYTES) return undefined;
  if (bytes.compare(mark, 0, MARK_BYTES, offset, offset + MARK_BYTES) !== 0) return undefined;
  const guarded = bytes.subarray(offset, offset + HEADER.headerCrc);
  if (crc32(guarded) !== bytes.readUInt32LE(offset + HEADER.headerCrc)) return undefined;
  if (bytes.readUInt16LE(offset + HEADER.version) !== RECORD_VERSION) return undefined;
  const payloadLength = bytes.readUInt32LE(offset + HEADER.length);
  if (payloadLength < META_BYTES || payloadLength > MAX_PAYLOAD_BYTES) return undefined;
  return {
    payloadLength,
    payloadCrc: bytes.readUInt32LE(offset + HEADER.crc),
    time: Number(bytes.readBigUInt64LE(offset + HEADER.time)),
    hasFlows: (bytes.readUInt16LE(offset + HEADER.flags) & FLAG_FLOWS) !== 0,
  };
}

/** Where a record stands in its generation: the part that a start needs of every record. */
export interface RecordPlace {
  generation: string;
  sequence: bigint;
  flowsEnd: bigint;
  hellosEnd: bigint;
  epochFlows: Tally;
  epochEnded: boolean;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Reads the fixed start of a payload. Undefined if it is damaged. */
export function decodePlace(payload: Buffer): RecordPlace | undefined {
  if (payload.length < META_BYTES || crc32(payload.subarray(0, META.crc)) !== payload.readUInt32LE(META.crc))
    return undefined;
  const octets = payload.readBigUInt64LE(META.epochOctets);
  const packets = payload.readBigUInt64LE(META.epochPackets);
  if (octets > MAX_SAFE || packets > MAX_SAFE) return undefined;
  return {
    generation: payload.toString('hex', META.generation, META.generation + 16),
    sequence: payload.readBigUInt64LE(META.sequence),
    flowsEnd: payload.readBigUInt64LE(META.flowsEnd),
    hellosEnd: payload.readBigUInt64LE(META.hellosEnd),
    epochFlows: { octets: Number(octets), packets: Number(packets) },
    epochEnded: payload.readUInt16LE(META.epochEnd) !== 0,
  };
}

/** Reads a payload whose checksum was found right. Throws RangeError if its parts do not fill it. */
export function decodePayload(payload: Buffer): SpoolRecord {
  const place = decodePlace(payload);
  if (place === undefined) throw new RangeError('the start of a spool record is damaged');
  const sourceLength = payload.readUInt16LE(META.sourceLength);
  const flowsStart = payload.length - payload.readUInt32LE(META.flowsLength);
  const hellosStart = flowsStart - payload.readUInt32LE(META.hellosLength);
  const endLength = hellosStart - META_BYTES - sourceLength;
  const end = payload.subarray(hellosStart - endLength, hellosStart);
  if (place.epochEnded ? endLength !== end.length || !isEpochEnd(end) : endLength !== 0)
    throw new RangeError('the parts of a spool record do not fill it');
  const batch: CaptureBatch = {
    source: payload.toString('utf8', META_BYTES, META_BYTES + sourceLength),
    generation: place.generation,
    sequence: place.sequence,
    hellos: payload.subarray(hellosStart, flowsStart),
    flows: payload.subarray(flowsStart),
  };
  if (place.epochEnded) batch.epochEnd = decodeEpochEnd(end);
  return { batch, flowsEnd: place.flowsEnd, hellosEnd: place.hellosEnd, epochFlows: place.epochFlows };
}

function isEpochEnd(end: Buffer): boolean {
  if (end.length < endBytes(FIRST_NOTES)) return false;
  const extras = end.readUInt32LE(END_EXTRAS_AT);
  if (extras !== 0 && extras !== EXTRAS.drops && extras !== EXTRAS.dropsAndSequences) return false;
  const length = end.length - 8 * extras;
  return length >= endBytes(FIRST_NOTES) && length <= EPOCH_END_BYTES && (length - endBytes(0)) % 16 === 0;
}

/** What an end says beside its counters; none if there is nothing to say. */
function extrasOf({ sequences, socketDrops = 0 }: EpochEnd): number[] {
  if (sequences) return [socketDrops, ...SEQUENCES.map((name) => sequences[name])];
  return socketDrops === 0 ? [] : [socketDrops];
}

function encodeEpochEnd(end: EpochEnd): Buffer {
  const extras = extrasOf(end);
  const bytes = Buffer.alloc(EPOCH_END_BYTES + 8 * extras.length);
  bytes.writeUInt32LE(end.epoch, 0);
  bytes.writeUInt32LE(extras.length, END_EXTRAS_AT);
  extras.forEach((extra, index) => bytes.writeBigUInt64LE(BigInt(extra), EPOCH_END_BYTES + 8 * index));
  bytes.writeBigUInt64LE(BigInt(end.openedTime), 8);
  bytes.writeBigUInt64LE(BigInt(end.closedTime), 16);
  const { seen, outcomes, notes } = end.counters;
  const tallies = [seen, ...OUTCOMES.map((name) => outcomes[name]), ...NOTES.map((name) => notes[name])];
  tallies.forEach((tally, index) => {
    bytes.writeBigUInt64LE(BigInt(tally.packets), 24 + 16 * index);
    bytes.writeBigUInt64LE(BigInt(tally.octets), 32 + 16 * index);
  });
  return bytes;
}

function decodeEpochEnd(bytes: Buffer): EpochEnd {
  const extrasAt = bytes.length - 8 * bytes.readUInt32LE(END_EXTRAS_AT);
  let next = 24;
  const tally = (): Tally => {
    if (next >= extrasAt) return { packets: 0, octets: 0 };
    const read = { packets: readSafeInteger(bytes, next), octets: readSafeInteger(bytes, next + 8) };
    next += 16;
    return read;
  };
  const seen = tally();
  const outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, tally()]));
  const notes = Object.fromEntries(NOTES.map((name) => [name, tally()]));
  return {
    epoch: bytes.readUInt32LE(0),
    openedTime: readSafeInteger(bytes, 8),
    closedTime: readSafeInteger(bytes, 16),
    counters: { seen, outcomes, notes } as EpochCounters,
    ...decodeExtras(bytes.subarray(extrasAt)),
  };
}

function decodeExtras(bytes: Buffer): Pick<EpochEnd, 'sequences' | 'socketDrops'> {
  const count = bytes.length / 8;
  const extra = (index: number) => readSafeInteger(bytes, 8 * index);
  const drops = count === 0 ? 0 : extra(0);
  return {
    ...(drops !== 0 && { socketDrops: drops }),
    ...(count === EXTRAS.dropsAndSequences && {
      sequences: { numbered: extra(1), missed: extra(2), late: extra(3) },
    }),
  };
}
