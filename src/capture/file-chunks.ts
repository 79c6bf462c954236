import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Refusal } from '../shared/plain.js';

const CHUNK_BYTES = 1024 * 1024;

export interface FileChunk {
  bytes: Buffer;
  /** Bytes of the file as it lies on disk that were read up to and with this chunk. */
  read: number;
}

/**
 * Reads a file from start to end, gunzipped if it is gzip data, while the caller works on the chunk before. A chunk is valid
 * until the next is asked for. Throws a {@link Refusal} where the file cannot be opened or read.
 */
export async function* readChunks(path: string): AsyncGenerator<FileChunk> {
  const file = await openFile(path);
  try {
    const plain = readAhead(file, path);
    const first = await plain.next();
    if (first.done === true) return;
    const gzip = first.value.bytes[0] === 0x1f && first.value.bytes[1] === 0x8b;
    if (gzip) yield* gunzip(first.value, plain, path);
    else {
      yield first.value;
      yield* plain;
    }
  } finally {
    await file.close();
  }
}

/** Bytes of a file on disk; null where that is not known beforehand (a pipe). */
export async function fileSize(path: string): Promise<number | null> {
  const file = await openFile(path);
  try {
    const facts = await file.stat();
    return facts.isFile() ? facts.size : null;
  } finally {
    await file.close();
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
  throw new Refusal('invalid', `${path} is a folder: name a capture file`);
}

function unreadable(path: string, error: unknown): Refusal {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new Refusal('not_found', `${path} does not exist`);
  if (code === 'EACCES') return new Refusal('forbidden', `${path} may not be read: check its rights`);
  return new Refusal('invalid', `${path} cannot be read: ${message}`);
}

/** Two buffers in turn: one is being filled while the other is worked on. */
async function* readAhead(file: FileHandle, path: string): AsyncGenerator<FileChunk> {
  const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const;
  let turn: 0 | 1 = 0;
  let read = 0;
  let filling = fill(file, buffers[turn]);
  try {
    for (;;) {
      const length = await filling;
      if (length === 0) return;
      read += length;
      const bytes = buffers[turn].subarray(0, length);
      turn = turn === 0 ? 1 : 0;
      filling = fill(file, buffers[turn]);
      yield { bytes, read };
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await filling.catch(() => 0);
  }
}

async function fill(file: FileHandle, buffer: Buffer): Promise<number> {
  const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
  return bytesRead;
}

async function* gunzip(
  first: FileChunk,
  rest: AsyncGenerator<FileChunk>,
  path: string,
): AsyncGenerator<FileChunk> {
  let read = first.read;
  async function* compressed(): AsyncGenerator<Buffer> {
    // Copies: the stream holds on to what it was given beyond the next read.
    yield Buffer.from(first.bytes);
    for await (const chunk of rest) {
      read = chunk.read;
      yield Buffer.from(chunk.bytes);
    }
  }
  const { pipeline, Readable } = await import('node:stream');
  const unpack = createGunzip({ chunkSize: CHUNK_BYTES });
  const done = new Promise<Error | undefined>((resolve) => {
    pipeline(Readable.from(compressed()), unpack, (error) => resolve(error ?? undefined));
  });
  try {
    for await (const bytes of unpack) yield { bytes: bytes as Buffer, read };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') return; // The reader says where the capture is cut.
    throw unreadable(path, error);
  } finally {
    unpack.destroy();
    await done;
  }
}
