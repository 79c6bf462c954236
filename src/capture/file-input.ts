import { access, constants, open, stat, type FileHandle } from 'node:fs/promises';
import { Refusal } from '../shared/plain.js';
import { loadAddon } from './native.js';

/** As native/capture_input_node.h has it. */
export interface NativeCaptureInput {
  next(): Promise<Buffer>;
  octetsRead(): number;
}

type NativeCaptureInputClass = new (descriptor: number) => NativeCaptureInput;

/**
 * A file or pipe that is read from start to end in a thread of its own, gunzipped if it is gzip data. What fails rejects
 * with a {@link Refusal} that says why, in one line.
 */
export class FileInput {
  /** For {@link CaptureReader.read}. */
  readonly native: NativeCaptureInput;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {
    this.native = new (loadAddon().CaptureInput as NativeCaptureInputClass)(file.fd);
  }

  static async open(path: string): Promise<FileInput> {
    return new FileInput(path, await openFile(path));
  }

  /** Bytes of the file as it lies on disk that were read so far. Not to be asked while a read is under way. */
  get read(): number {
    return this.native.octetsRead();
  }

  /** All bytes; those of cut gzip data up to the cut. The next are read while the caller works on some. */
  async *chunks(): AsyncGenerator<Buffer> {
    let reading = this.next();
    for (;;) {
      const bytes = await reading;
      if (bytes.length === 0) return;
      reading = this.next();
      yield bytes;
    }
  }

  /** What a failed read means to who named the file. */
  refusal(error: unknown): Refusal {
    return unreadable(this.path, error);
  }

  /** To be called once nothing reads any more. */
  async close(): Promise<void> {
    await this.file.close();
  }

  private next(): Promise<Buffer> {
    const reading = this.native.next().catch((error: unknown) => {
      throw this.refusal(error);
    });
    // It may fail while the caller is busy, and is waited for only then.
    reading.catch(() => undefined);
    return reading;
  }
}

/**
 * Bytes of a file on disk; null where that is not known beforehand. It is not opened: whoever writes a pipe would take that
 * for the reader's coming and going.
 */
export async function fileSize(path: string): Promise<number | null> {
  try {
    await access(path, constants.R_OK);
    const facts = await stat(path);
    if (facts.isDirectory()) throw folder(path);
    return facts.isFile() ? facts.size : null;
  } catch (error) {
    throw error instanceof Refusal ? error : unreadable(path, error);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r');
    if (!(await file.stat()).isDirectory()) return file;
    await file.close();
  } catch (error) {
    throw unreadable(path, error);
  }
  throw folder(path);
}

function folder(path: string): Refusal {
  return new Refusal('invalid', `${path} is a folder: name a capture file`);
}

function unreadable(path: string, error: unknown): Refusal {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new Refusal('not_found', `${path} does not exist`);
  if (code === 'EACCES') return new Refusal('forbidden', `${path} may not be read: check its rights`);
  return new Refusal('invalid', `${path} cannot be read: ${message}`);
}
