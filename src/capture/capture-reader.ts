import type { FileInput, NativeCaptureInput } from './file-input.js';
import { loadAddon, type PacketSinkHandle } from './native.js';

/**
 * Why reading stopped. `more`: every byte given was taken. `end`: so was every byte of the input. `window`: the next packet belongs to the next window.
 * `hellos_full`, `table_full`: the engine has no room for the next packet. `fault`: see {@link CaptureReaderStatus.fault}.
 */
export type CaptureReaderState = 'more' | 'end' | 'window' | 'hellos_full' | 'table_full' | 'fault';

/** What is wrong with a file. Packets before `offset` were delivered. */
export interface CaptureFault {
  kind: 'foreign' | 'truncated' | 'corrupt' | 'link_type';
  /** Byte of the (uncompressed) file. */
  offset: number;
  message: string;
}

export interface CaptureReaderStatus {
  state: CaptureReaderState;
  /** Empty until the first bytes told it. */
  format: '' | 'pcap' | 'pcapng';
  /** Byte of the file at which the next record starts. */
  position: number;
  packets: number;
  /** Bytes of those packets on the wire, with link headers. */
  wireBytes: number;
  /** Time stamps outside 1970..2255, moved to the edge. */
  clampedTimes: number;
  /** Packets said to be longer than 262,144 bytes on the wire, taken as that long. */
  clampedLengths: number;
  /** pcapng blocks that hold no packet, skipped. */
  skippedBlocks: number;
  fault?: CaptureFault;
}

interface NativeCaptureReader {
  feed(chunk: Uint8Array, start: number, sink: PacketSinkHandle): number;
  read(input: NativeCaptureInput, sink: PacketSinkHandle): Promise<CaptureReaderState>;
  finish(): void;
  nextWindow(): void;
  status(): CaptureReaderStatus;
}

type NativeCaptureReaderClass = new (windowMs: number, windowBytes: number) => NativeCaptureReader;

export interface CaptureReaderOptions {
  /** A window holds packets of one multiple of this many ms since 1970 only; 0 = no such edge. */
  windowMs?: number;
  /** A window ends at the first record that starts this many bytes after the window's first; 0 = no limit. */
  windowBytes?: number;
}

/**
 * Streaming reader of pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng): bytes in by chunks of any
 * size, packets out to an engine as Ethernet frames. Memory is bounded whatever the file claims.
 */
export class CaptureReader {
  private readonly native: NativeCaptureReader;

  constructor(options: CaptureReaderOptions = {}) {
    const { windowMs = 0, windowBytes = 0 } = options;
    for (const value of [windowMs, windowBytes]) {
      if (!Number.isSafeInteger(value) || value < 0)
        throw new RangeError(`a window is a whole number of 0 or more, not ${value}`);
    }
    this.native = new (loadAddon().CaptureReader as NativeCaptureReaderClass)(windowMs, windowBytes);
  }

  /** Feeds the chunk from `start` on. Returns how many bytes were taken and why it stopped. */
  feed(
    chunk: Uint8Array,
    start: number,
    sink: PacketSinkHandle,
  ): { taken: number; state: CaptureReaderState } {
    const taken = this.native.feed(chunk, start, sink);
    return { taken, state: this.native.status().state };
  }

  /**
   * Reads on in a thread of its own, until there is something to do, or to tell: `more` after a tenth of a second. Until
   * the promise is settled the reader and the input may not be used, and the engine only be asked how it does or given
   * other realms. One input for each reader.
   */
  read(input: FileInput, sink: PacketSinkHandle): Promise<CaptureReaderState> {
    return this.native.read(input.native, sink);
  }

  /** Says that the file ends here. */
  finish(): CaptureReaderStatus {
    this.native.finish();
    return this.native.status();
  }

  /** After state `window`: the next packet opens a new window. */
  nextWindow(): void {
    this.native.nextWindow();
  }

  status(): CaptureReaderStatus {
    return this.native.status();
  }
}
