import { open, type FileHandle } from 'node:fs/promises';

/** Why an append was refused: the caller keeps its records (in the kernel) and tries again later. */
export class SpoolFullError extends Error {
  constructor(
    readonly reason: 'bound' | 'disk',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'SpoolFullError';
  }
}

/** What a disk says that takes no more becomes a {@link SpoolFullError}; anything else stays what it is. */
export function explainRefusal(error: unknown, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EIO') return error;
  return new SpoolFullError(
    'disk',
    `The disk does not take the spool's records (${code}): free space under ${folder}. Records wait in the kernel`,
    { cause: error },
  );
}

/** Writes all parts from `position` on. */
export async function writeAll(file: FileHandle, parts: Buffer[], position: number): Promise<void> {
  let pending = parts.filter((part) => part.length > 0);
  let at = position;
  while (pending.length > 0) {
    const { bytesWritten } = await file.writev(pending, at);
    at += bytesWritten;
    let left = bytesWritten;
    while (pending[0] !== undefined && left >= pending[0].length) {
      left -= pending[0].length;
      pending = pending.slice(1);
    }
    if (left > 0 && pending[0] !== undefined) pending = [pending[0].subarray(left), ...pending.slice(1)];
  }
}

/** A new file is durable once its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
