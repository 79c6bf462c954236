import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { CaptureBatch } from '../types.js';
import { decodePayload, RECORD_HEADER_BYTES, type SpoolRecord } from './record.js';
import {
  comparePositions,
  findRecord,
  readAt,
  readMark,
  segmentPath,
  SEGMENT_HEADER_BYTES,
  type SpoolPosition,
} from './segment.js';
import type { Spool } from './spool.js';

/** One record with the place behind it, to be acknowledged once its batch is committed. */
export interface SpoolEntry extends SpoolRecord {
  position: SpoolPosition;
  next: SpoolPosition;
}

/** Reads records in order, from any position. Damaged places are reported to the spool and skipped. */
export class SpoolCursor {
  private open: { segment: number; file: FileHandle; mark: Buffer } | undefined;

  constructor(
    private readonly spool: Spool,
    private position: SpoolPosition = { segment: 0, offset: 0 },
    private readonly quiet = false,
  ) {}

  /** The next record; null if there is none yet. */
  async next(): Promise<SpoolEntry | null> {
    for (;;) {
      const segments = this.spool.listSegments();
      const segment = segments.find((one) => one.number >= this.position.segment);
      if (segment === undefined) return null;
      const isLast = segment === segments.at(-1);
      const offset = segment.number === this.position.segment ? this.position.offset : 0;
      const entry = await this.readIn(
        segment.number,
        Math.max(offset, SEGMENT_HEADER_BYTES),
        segment.bytes,
      ).catch((error: unknown) => {
        // Deleted meanwhile, as all of it is delivered.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || this.spool.listSegments().includes(segment))
          throw error;
        return null;
      });
      if (entry) return entry;
      if (isLast) return null;
      this.position = { segment: segment.number + 1, offset: 0 };
    }
  }

  /** The next sound record of one segment, whose first `size` bytes are written. */
  private async readIn(number: number, from: number, size: number): Promise<SpoolEntry | null> {
    const { file, mark } = await this.fileOf(number);
    for (let offset = from; offset < size;) {
      const found = await findRecord(file, mark, offset, size);
      if (found.kind === 'end') break;
      this.position = { segment: number, offset: found.next };
      const record = found.kind === 'record' ? await readRecord(file, offset, found.header) : undefined;
      if (record) return { ...record, position: { segment: number, offset }, next: this.position };
      if (!this.quiet)
        this.spool.noteFault({ segment: number, offset, bytes: found.next - offset, kind: 'corrupt' });
      offset = found.next;
    }
    return null;
  }

  private async fileOf(segment: number): Promise<{ file: FileHandle; mark: Buffer }> {
    if (this.open?.segment === segment) return this.open;
    await this.close();
    const file = await open(segmentPath(this.spool.folder, segment), 'r');
    try {
      this.open = { segment, file, mark: await readMark(file) };
    } catch (error) {
      await file.close();
      throw error;
    }
    return this.open;
  }

  async close(): Promise<void> {
    const file = this.open?.file;
    this.open = undefined;
    await file?.close();
  }
}

async function readRecord(
  file: FileHandle,
  offset: number,
  header: { payloadLength: number; payloadCrc: number },
): Promise<SpoolRecord | undefined> {
  const payload = await readAt(file, offset + RECORD_HEADER_BYTES, header.payloadLength);
  if (payload.length !== header.payloadLength || crc32(payload) !== header.payloadCrc) return undefined;
  try {
    return decodePayload(payload);
  } catch {
    return undefined; // Its checksum is right and its content is not: damaged all the same.
  }
}

/** What the ledger holds of each generation: the greatest sequence it has committed. */
export type CommittedSequences = ReadonlyMap<string, bigint>;

export interface SpoolReaderOptions {
  /** Wait after a handler failed before the same batch is given again. */
  retryMs?: number;
  /** Told of each failure of the handler. */
  onError?: (error: unknown, batch: CaptureBatch) => void;
}

/** Hands the batches of a spool to the ledger, in order, each again until it is committed. */
export class SpoolReader {
  private position: SpoolPosition = { segment: 0, offset: 0 };
  /** The spool's append count when everything in it was delivered last; -1 before. */
  private idleSince = -1;
  private readonly idleWaiters = new Set<() => void>();

  constructor(
    private readonly spool: Spool,
    private readonly options: SpoolReaderOptions = {},
  ) {}

  /**
   * Places the reader behind the last record that the ledger has. Batches are committed in order, so everything before
   * it is done. Call once, before `recentHellos` and `run`.
   */
  async start(committed: CommittedSequences): Promise<void> {
    // What damage is on the way is reported when it is read for good.
    const cursor = new SpoolCursor(this.spool, { segment: 0, offset: 0 }, true);
    try {
      for (let entry = await cursor.next(); entry !== null; entry = await cursor.next()) {
        const last = committed.get(entry.batch.generation);
        if (last !== undefined && entry.batch.sequence <= last) this.position = entry.next;
      }
    } finally {
      await cursor.close();
    }
    await this.spool.acknowledge(this.position);
  }

  /** Hellos of delivered batches that are still kept, oldest first: what was known of names before the restart. */
  async *recentHellos(): AsyncGenerator<Buffer> {
    const cursor = new SpoolCursor(this.spool, { segment: 0, offset: 0 }, true);
    try {
      for (let entry = await cursor.next(); entry !== null; entry = await cursor.next()) {
        if (comparePositions(entry.next, this.position) > 0) return;
        if (entry.batch.hellos.length > 0) yield entry.batch.hellos;
      }
    } finally {
      await cursor.close();
    }
  }

  /**
   * Delivers until the signal aborts. The handler returns once the batch is durably committed; if it throws, the same
   * batch comes again, so it must recognise (generation, sequence).
   */
  async run(handler: (batch: CaptureBatch) => Promise<void>, signal: AbortSignal): Promise<void> {
    const cursor = new SpoolCursor(this.spool, this.position);
    try {
      while (!signal.aborted) {
        const seen = this.spool.appendCount;
        const entry = await cursor.next();
        if (entry === null) {
          this.idleSince = seen;
          for (const wake of [...this.idleWaiters]) wake();
          // A deleted segment takes up the disk as long as it is open.
          await cursor.close();
          await this.spool.waitForAppend(seen, signal);
          if (this.spool.isClosed) return;
        } else if (await this.deliver(entry.batch, handler, signal)) {
          this.position = entry.next;
          await this.spool.acknowledge(entry.next);
        }
      }
    } finally {
      await cursor.close();
    }
  }

  /** Resolves once `run` has delivered everything appended so far, or after `ms`. */
  async waitUntilDelivered(ms: number): Promise<boolean> {
    const goal = this.spool.appendCount;
    if (this.idleSince >= goal) return true;
    return new Promise((resolve) => {
      const finish = (delivered: boolean) => {
        clearTimeout(timer);
        this.idleWaiters.delete(check);
        resolve(delivered);
      };
      const check = () => {
        if (this.idleSince >= goal) finish(true);
      };
      const timer = setTimeout(() => finish(false), ms);
      this.idleWaiters.add(check);
    });
  }

  private async deliver(
    batch: CaptureBatch,
    handler: (batch: CaptureBatch) => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    while (!signal.aborted) {
      try {
        await handler(batch);
        return true;
      } catch (error) {
        this.options.onError?.(error, batch);
        await pause(this.options.retryMs ?? 1000, signal);
      }
    }
    return false;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
