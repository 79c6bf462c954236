import { mkdir, open, readdir, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import type { Server } from 'node:net';
import { Refusal, systemClock, type Clock } from '../../shared/index.js';
import type { Tally } from '../records.js';
import { explainRefusal, SpoolFullError, syncFolder, writeAll } from './disk.js';
import { lockFolder } from './lock.js';
import { encodeRecord, META_BYTES, RECORD_HEADER_BYTES, type SpoolRecord } from './record.js';
import {
  comparePositions,
  newSegmentHeader,
  scanSegment,
  segmentNumber,
  segmentPath,
  SEGMENT_HEADER_BYTES,
  type ScannedRecord,
  type SpoolFault,
  type SpoolPosition,
} from './segment.js';

export interface SpoolOptions {
  folder: string;
  /** Refuse appends beyond this; hellos are refused earlier, so that they never take the place of flow records. */
  maxBytes?: number;
  /** A segment is closed at this size: the unit of deletion. */
  segmentBytes?: number;
  /** Delivered records are kept this long, so that a restart can learn names again from their hellos... */
  keepMs?: number;
  /** ...but never more than this many bytes of them. */
  keepBytes?: number;
  clock?: Clock;
  /** Called for each damaged place, at open and while reading. */
  onFault?: (fault: SpoolFault) => void;
}

/** Where a generation's last record in the spool ends. */
export interface LastPosition {
  sequence: bigint;
  flowsEnd: bigint;
  hellosEnd: bigint;
  /** On flow records of the epoch that is not ended yet; zeros after an epoch's end. */
  epochFlows: Tally;
}

export interface SpoolStatus {
  /** Bytes on disk. */
  bytes: number;
  maxBytes: number;
  segments: number;
  /** Bytes that no consumer has acknowledged. */
  unacknowledgedBytes: number;
  /** UNIX ms at which the oldest segment with such records was begun; null if there is none. */
  oldestUnacknowledgedTime: number | null;
  faults: { torn: number; corrupt: number; corruptBytes: number };
}

interface Segment {
  number: number;
  bytes: number;
  firstTime: number;
  lastTime: number;
}

const HELLO_SHARE = 0.8;
const DEFAULTS = {
  maxBytes: 1024 ** 3,
  segmentBytes: 16 * 1024 * 1024,
  keepMs: 15 * 60_000,
  keepBytes: 64 * 1024 * 1024,
};

/**
 * The bounded, append-only store between ring and ledger: batches survive a stop of the process and an absence of the
 * ledger. One process writes and reads it. Every record has a checksum; a torn end is cut at open, damage elsewhere is
 * reported and skipped.
 */
export class Spool {
  private readonly segments: Segment[] = [];
  private readonly last = new Map<string, LastPosition>();
  private readonly faults = { torn: 0, corrupt: 0, corruptBytes: 0 };
  private readonly waiters = new Set<() => void>();
  private acknowledged: SpoolPosition = { segment: 0, offset: 0 };
  private current: { file: FileHandle; segment: Segment; mark: Buffer } | undefined;
  private appending: Promise<unknown> = Promise.resolve();
  /** Of the newest segment, also once it was deleted: numbers only grow while a reader goes by them. */
  private lastNumber = 0;
  private uncut: { path: string; bytes: number } | undefined;
  private closed = false;
  private appends = 0;

  private constructor(
    private readonly options: Required<SpoolOptions>,
    private readonly lock: Server,
  ) {}

  /** Opens or makes the folder. Throws a Refusal (`conflict`) if another process uses it. */
  static async open(options: SpoolOptions): Promise<Spool> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(options.folder);
    const maxBytes = options.maxBytes ?? DEFAULTS.maxBytes;
    const segmentBytes = options.segmentBytes ?? Math.min(DEFAULTS.segmentBytes, Math.ceil(maxBytes / 8));
    const spool = new Spool(
      { clock: systemClock, onFault: () => undefined, ...DEFAULTS, ...options, maxBytes, segmentBytes },
      lock,
    );
    try {
      await spool.scan();
    } catch (error) {
      lock.close();
      throw error;
    }
    return spool;
  }

  private async scan(): Promise<void> {
    const names = await readdir(this.options.folder);
    const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
    for (const [index, number] of numbers.entries()) {
      const path = segmentPath(this.options.folder, number);
      const isLast = index === numbers.length - 1;
      const segment: Segment = { number, bytes: 0, firstTime: 0, lastTime: 0 };
      const end = await scanSegment(
        path,
        number,
        isLast,
        (record) => this.noteScanned(segment, record),
        (fault) => this.noteFault(fault),
      );
      if (isLast) await truncate(path, end);
      segment.bytes = isLast ? end : (await stat(path)).size;
      this.segments.push(segment);
    }
    this.acknowledged = { segment: numbers[0] ?? 1, offset: 0 };
    this.lastNumber = numbers.at(-1) ?? 0;
  }

  private noteScanned(segment: Segment, record: ScannedRecord): void {
    segment.lastTime = record.header.time;
    segment.firstTime ||= record.header.time;
    const { generation, epochEnded, epochFlows, ...place } = record.place;
    this.last.set(generation, { ...place, epochFlows: epochEnded ? { packets: 0, octets: 0 } : epochFlows });
  }

  /** @internal Counts and reports a damaged place. */
  noteFault(fault: SpoolFault): void {
    this.faults[fault.kind] += 1;
    if (fault.kind === 'corrupt') this.faults.corruptBytes += fault.bytes;
    this.options.onFault(fault);
  }

  /** Where capture of this generation goes on; undefined if the spool has nothing of it. */
  lastPosition(generation: string): LastPosition | undefined {
    return this.last.get(generation);
  }

  /**
   * Appends one record, durably (fdatasync) if it holds flows. Throws {@link SpoolFullError}, and then holds nothing of it;
   * a Refusal if the record alone is larger than the spool may be.
   * Appends are taken one after the other.
   */
  append(record: SpoolRecord): Promise<void> {
    const result = this.appending.then(() => this.appendNow(record));
    this.appending = result.catch(() => undefined);
    return result;
  }

  private async appendNow(record: SpoolRecord): Promise<void> {
    if (this.closed) throw new Error('the spool is closed');
    const { batch } = record;
    const flows = batch.flows.length > 0 || batch.epochEnd !== undefined;
    const size =
      RECORD_HEADER_BYTES + META_BYTES + batch.source.length + batch.hellos.length + batch.flows.length + 512;
    await this.makeRoom(size, flows);
    try {
      await this.writeOnce(record, flows);
    } catch (error) {
      if (!(error instanceof SpoolFullError) || !(await this.relieve())) throw error;
      await this.writeOnce(record, flows);
    }
    this.last.set(batch.generation, {
      sequence: batch.sequence,
      flowsEnd: record.flowsEnd,
      hellosEnd: record.hellosEnd,
      epochFlows: batch.epochEnd ? { packets: 0, octets: 0 } : record.epochFlows,
    });
    this.appends += 1;
    for (const wake of [...this.waiters]) wake();
  }

  private async makeRoom(size: number, flows: boolean): Promise<void> {
    const bound = flows ? this.options.maxBytes : this.options.maxBytes * HELLO_SHARE;
    if (size > bound)
      throw new Refusal(
        'invalid',
        `A batch of ${size} bytes is larger than the whole spool ${this.options.folder} may be (${this.options.maxBytes} bytes): allow a larger spool`,
      );
    if (this.bytes() + size <= bound) return;
    await this.deleteSegments(this.bytes() + size - bound);
    if (this.bytes() + size > bound)
      throw new SpoolFullError(
        'bound',
        `The spool ${this.options.folder} is full (${this.bytes()} of ${this.options.maxBytes} bytes): records wait in the kernel. See that the ledger's database is reachable, or allow a larger spool`,
      );
  }

  private async writeOnce(record: SpoolRecord, durable: boolean): Promise<void> {
    try {
      await this.cutUnfinished();
      await this.write(record, durable);
    } catch (error) {
      throw explainRefusal(error, this.options.folder);
    }
  }

  /**
   * Gives a full disk everything that the ledger has already: what is kept for its hellos, and the segment under way, once all
   * of it is delivered. False if that is nothing.
   */
  private async relieve(): Promise<boolean> {
    const before = this.bytes();
    const { current, acknowledged } = this;
    if (current?.segment.number === acknowledged.segment && acknowledged.offset >= current.segment.bytes) {
      this.current = undefined;
      this.uncut = undefined;
      this.acknowledged = { segment: acknowledged.segment + 1, offset: 0 };
      await current.file.close();
    }
    await this.deleteSegments(Infinity);
    return this.bytes() < before;
  }

  private async write(record: SpoolRecord, durable: boolean): Promise<void> {
    const current = await this.segmentForAppend();
    const time = this.options.clock.now();
    const parts = encodeRecord(record, time, current.mark);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const { segment, file } = current;
    this.uncut = { path: segmentPath(this.options.folder, segment.number), bytes: segment.bytes };
    await writeAll(file, parts, segment.bytes);
    if (durable) await file.datasync();
    this.uncut = undefined;
    segment.bytes += length;
    segment.lastTime = time;
  }

  /** What a failed append left behind is cut before anything else is written, else it would count as damage. */
  private async cutUnfinished(): Promise<void> {
    if (this.uncut === undefined) return;
    await truncate(this.uncut.path, this.uncut.bytes);
    this.uncut = undefined;
  }

  private async segmentForAppend(): Promise<{ file: FileHandle; segment: Segment; mark: Buffer }> {
    if (this.current && this.current.segment.bytes < this.options.segmentBytes) return this.current;
    if (this.current) {
      await this.current.file.datasync();
      await this.current.file.close();
      this.current = undefined;
    }
    const number = this.lastNumber + 1;
    const path = segmentPath(this.options.folder, number);
    // Left over where making it failed half-way: it holds no record yet.
    await rm(path, { force: true });
    const file = await open(path, 'wx', 0o600);
    const { header, mark } = newSegmentHeader();
    try {
      await writeAll(file, [header], 0);
      await syncFolder(this.options.folder);
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    const now = this.options.clock.now();
    const segment = { number, bytes: SEGMENT_HEADER_BYTES, firstTime: now, lastTime: now };
    this.segments.push(segment);
    this.lastNumber = number;
    this.current = { file, segment, mark };
    return this.current;
  }

  /** Everything before `position` is in the ledger. Old segments are deleted, recent ones kept for `recentHellos`. */
  async acknowledge(position: SpoolPosition): Promise<void> {
    if (comparePositions(position, this.acknowledged) <= 0) return;
    this.acknowledged = position;
    const oldest = this.options.clock.now() - this.options.keepMs;
    let kept = this.segments.filter((one) => this.isDone(one)).reduce((sum, one) => sum + one.bytes, 0);
    let excess = 0;
    for (const segment of this.segments) {
      if (!this.isDone(segment) || (segment.lastTime >= oldest && kept <= this.options.keepBytes)) break;
      kept -= segment.bytes;
      excess += segment.bytes;
    }
    await this.deleteSegments(excess);
  }

  private isDone(segment: Segment): boolean {
    return segment.number < this.acknowledged.segment && segment !== this.current?.segment;
  }

  /** Deletes acknowledged segments, oldest first, until this many bytes are free. */
  private async deleteSegments(bytes: number): Promise<void> {
    let freed = 0;
    for (let oldest = this.segments[0]; oldest !== undefined && freed < bytes; oldest = this.segments[0]) {
      if (!this.isDone(oldest)) return;
      this.segments.shift();
      freed += oldest.bytes;
      await rm(segmentPath(this.options.folder, oldest.number), { force: true });
    }
  }

  private bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** @internal For readers: segments as they are now, oldest first; `bytes` is how far each is written. */
  listSegments(): readonly Readonly<Segment>[] {
    return this.segments;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** A batch of this many bytes leaves room for others: what a source moves at a time. */
  get comfortableBytes(): number {
    return Math.floor(this.options.maxBytes / 8);
  }

  get folder(): string {
    return this.options.folder;
  }

  /** How many appends there were: take it before a read, give it to `waitForAppend` if the read found nothing. */
  get appendCount(): number {
    return this.appends;
  }

  /** Resolves once there were more appends than `since`, when the spool closes, or when the signal aborts. */
  waitForAppend(since: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.closed || this.appends > since || signal?.aborted) {
        resolve();
        return;
      }
      const done = () => {
        this.waiters.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.waiters.add(done);
      signal?.addEventListener('abort', done);
    });
  }

  status(): SpoolStatus {
    const open = this.segments.filter((segment) => segment.number >= this.acknowledged.segment);
    const ahead = open.reduce((sum, segment) => {
      const read = segment.number === this.acknowledged.segment ? this.acknowledged.offset : 0;
      return sum + segment.bytes - Math.max(read, SEGMENT_HEADER_BYTES);
    }, 0);
    return {
      bytes: this.bytes(),
      maxBytes: this.options.maxBytes,
      segments: this.segments.length,
      unacknowledgedBytes: Math.max(0, ahead),
      oldestUnacknowledgedTime: ahead > 0 ? (open[0]?.firstTime ?? null) : null,
      faults: { ...this.faults },
    };
  }

  /** Waits for the append under way, then lets go of files and lock. Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.appending;
    for (const wake of [...this.waiters]) wake();
    await this.current?.file.datasync().catch(() => undefined);
    await this.current?.file.close();
    this.current = undefined;
    await new Promise<void>((resolve) => this.lock.close(() => resolve()));
  }
}
