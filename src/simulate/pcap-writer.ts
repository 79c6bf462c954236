import { open, type FileHandle } from 'node:fs/promises';

const MAGIC_NANOSECONDS = 0xa1b2_3c4d;
const LINK_TYPE_ETHERNET = 1;
const BLOCK_BYTES = 1 << 20;

/** Writes a pcap file with nanosecond times and Ethernet frames (draft-ietf-opsawg-pcap), in constant memory. */
export class PcapWriter {
  private readonly block = Buffer.allocUnsafe(BLOCK_BYTES);
  private used = 0;

  private constructor(private readonly file: FileHandle) {}

  /** Replaces the file if it exists. Rejects with the system's error where it cannot be made. */
  static async create(path: string): Promise<PcapWriter> {
    const writer = new PcapWriter(await open(path, 'w'));
    const header = writer.block;
    header.writeUInt32LE(MAGIC_NANOSECONDS, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(0, 8);
    header.writeUInt32LE(0, 12);
    header.writeUInt32LE(262_144, 16);
    header.writeUInt32LE(LINK_TYPE_ETHERNET, 20);
    writer.used = 24;
    return writer;
  }

  /** @param time UNIX microseconds */
  async write(time: number, frame: Uint8Array): Promise<void> {
    if (this.used + 16 + frame.length > BLOCK_BYTES) await this.flush();
    const at = this.used;
    const seconds = Math.floor(time / 1e6);
    this.block.writeUInt32LE(seconds, at);
    this.block.writeUInt32LE((time - seconds * 1e6) * 1000, at + 4);
    this.block.writeUInt32LE(frame.length, at + 8);
    this.block.writeUInt32LE(frame.length, at + 12);
    this.block.set(frame, at + 16);
    this.used = at + 16 + frame.length;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.file.close();
    }
  }

  /** Writes what is held. */
  async flush(): Promise<void> {
    let written = 0;
    while (written < this.used) {
      const { bytesWritten } = await this.file.write(this.block, written, this.used - written);
      written += bytesWritten;
    }
    this.used = 0;
  }
}
