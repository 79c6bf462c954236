import { createHash } from 'node:crypto';
import {
  CaptureReader,
  type CaptureFault,
  type CaptureReaderState,
  type CaptureReaderStatus,
} from './capture-reader.js';
import { FileInput } from './file-input.js';
import type { PacketEngine } from './native.js';
import type { CaptureBatch, EpochEnd } from './types.js';

export interface FileBatchOptions {
  path: string;
  /** Goes into every batch. */
  source: string;
  /** See {@link fileGeneration}. */
  generation: string;
  /** Bytes of (uncompressed) file that one epoch covers at most; with it, the engine's flow table can never be too small. */
  epochBytes?: number;
  onProgress?: (progress: FileProgress) => void;
}

export interface FileProgress {
  /** Bytes read of the file as it lies on disk. */
  read: number;
  packets: number;
}

export type FileSummary = CaptureReaderStatus;

/** 32 MiB hold fewer than a million packets, so fewer flows than the engines' default table. */
export const DEFAULT_EPOCH_BYTES = 32 * 1024 * 1024;
const HOUR_MS = 3_600_000;
const PEEK_BYTES = 16 * 1024 * 1024;
const DRAIN_RECORDS = 65_536;

/**
 * The identity of a capture file: 32 hex digits of the SHA-256 of its uncompressed content. A second import of the same
 * packets, under whatever name and compressed or not, is so recognised as the same batches.
 */
export async function fileGeneration(path: string): Promise<string> {
  const hash = createHash('sha256');
  const input = await FileInput.open(path);
  try {
    for await (const bytes of input.chunks()) hash.update(bytes);
  } finally {
    await input.close();
  }
  return hash.digest('hex').slice(0, 32);
}

/**
 * Runs a capture file through an engine. Yields batches in order: hellos as the engine's buffer fills, and one batch with all
 * flow records at each epoch's end. An epoch ends at a wall-clock hour of capture time and after `epochBytes`; both
 * depend on the file alone, so two readings give the same batches. Memory does not grow with the file.
 *
 * Returns the reader's totals. Where the file is cut or broken, everything before counts, and `fault` says where.
 *
 * The file is read, and its packets are counted, in another thread while the caller works on a batch: until the generator
 * has ended the engine may only be asked how it does, or be given other realms.
 */
export async function* readFileBatches(
  engine: PacketEngine,
  options: FileBatchOptions,
): AsyncGenerator<CaptureBatch, FileSummary> {
  const reader = new CaptureReader({
    windowMs: HOUR_MS,
    windowBytes: options.epochBytes ?? DEFAULT_EPOCH_BYTES,
  });
  const maker = new BatchMaker(engine, options);
  const input = await FileInput.open(options.path);
  const readOn = () => {
    const reading = reader.read(input, engine.sink);
    // It may fail while the caller is busy, and is waited for only then.
    reading.catch(() => undefined);
    return reading;
  };
  let reading = readOn();
  try {
    for (;;) {
      const state = await reading.catch((error: unknown) => {
        throw input.refusal(error);
      });
      const { position, packets } = reader.status();
      options.onProgress?.({ read: input.read, packets });
      if (state === 'end' || state === 'fault') break;
      const batch = maker.of(state, position);
      if (state === 'window') reader.nextWindow();
      reading = readOn();
      if (batch !== undefined) yield batch;
    }
    const summary = reader.finish();
    yield maker.epoch(summary.position);
    return summary;
  } finally {
    await reading.catch(() => undefined);
    await input.close();
  }
}

class BatchMaker {
  constructor(
    private readonly engine: PacketEngine,
    private readonly options: FileBatchOptions,
  ) {}

  /** What is to be taken out of the engine where reading stopped. */
  of(state: CaptureReaderState, position: number): CaptureBatch | undefined {
    if (state === 'more') return undefined;
    return state === 'hellos_full' ? this.hellos(position) : this.epoch(position);
  }

  /**
   * A place in the file names a batch for ever. At one place there may be both kinds: even numbers are hellos, odd ones
   * end an epoch.
   */
  hellos(position: number): CaptureBatch {
    return { ...this.batch(2n * BigInt(position)), hellos: this.takeHellos() };
  }

  epoch(position: number): CaptureBatch {
    this.engine.closeEpoch();
    const batch = { ...this.batch(2n * BigInt(position) + 1n), hellos: this.takeHellos() };
    const parts: Buffer[] = [];
    let epochEnd: EpochEnd | null = null;
    while (epochEnd === null) {
      if (this.engine.draining) this.engine.drain(DRAIN_RECORDS);
      for (
        let peek = this.engine.peekFlows(PEEK_BYTES);
        peek !== null;
        peek = this.engine.peekFlows(PEEK_BYTES)
      ) {
        parts.push(peek.records);
        epochEnd = peek.epochEnd ?? epochEnd;
        this.engine.releaseFlows(peek.end);
      }
    }
    return { ...batch, flows: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), epochEnd };
  }

  private batch(sequence: bigint): CaptureBatch {
    const { source, generation } = this.options;
    return { source, generation, sequence, hellos: Buffer.alloc(0), flows: Buffer.alloc(0) };
  }

  private takeHellos(): Buffer {
    const parts: Buffer[] = [];
    for (
      let peek = this.engine.peekHellos(PEEK_BYTES);
      peek !== null;
      peek = this.engine.peekHellos(PEEK_BYTES)
    ) {
      parts.push(peek.records);
      this.engine.releaseHellos(peek.end);
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }
}

/** One line that says what is wrong with a file, and that everything before it counted. */
export function describeFault(path: string, fault: CaptureFault, packets: number): string {
  const before = packets > 0 ? `; the ${packets} packets before it were counted` : '';
  return `${path}: ${fault.message}${before}`;
}
