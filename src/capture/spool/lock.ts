import { createServer, type Server } from 'node:net';
import { stat } from 'node:fs/promises';
import { Refusal } from '../../shared/index.js';

/**
 * Keeps a second process of this network namespace off a folder. An abstract socket (unix(7)) rather than a file: the
 * kernel lets go of it however the process ends, so there is no stale lock to clean up.
 */
export async function lockFolder(folder: string): Promise<Server> {
  const { dev, ino } = await stat(folder);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Refusal(
              'conflict',
              `Another process already uses the spool ${folder}; stop it, or give this one a data folder of its own`,
            )
          : error,
      );
    });
    server.listen({ path: `\0countfree-spool-${dev}-${ino}` }, () => resolve());
  });
  server.unref();
  return server;
}
