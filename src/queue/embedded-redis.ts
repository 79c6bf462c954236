import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Refusal, Reviver, type ReviverObserver } from '../shared/index.js';

/** Debian's redis-tools carries the server under the name of its checker; which it is, the name of the call decides. */
const BINARIES = ['redis-server', 'valkey-server', 'redis-check-rdb'];
/** sockaddr_un holds 108 bytes; longer paths cannot be bound. */
const MAX_SOCKET_PATH = 100;
/** flock(1): exit code when the folder is locked. */
const LOCKED = 75;

export interface EmbeddedRedisOptions {
  /** Made if missing (0700). One server at a time uses it; its contents survive a restart. */
  folder: string;
  /** How long a server that is being ended by the last start's death is waited for; default 5,000. */
  lockWaitMs?: number;
  /** Until it answers; a large append-only file takes a while to load. Default 60,000. */
  startTimeoutMs?: number;
  /** Told when the server ends although nobody stopped it, and what becomes of it. */
  observer?: ReviverObserver;
}

/**
 * A private redis-server, reached by a unix socket in its folder and by nothing else. It keeps an append-only file,
 * never evicts, holds a lock on its folder as long as it lives, and is ended by the kernel when this process dies,
 * however it dies (PR_SET_PDEATHSIG), so that no orphan keeps the folder from the next start. One that dies is started again.
 */
export class EmbeddedRedis {
  private readonly reviver: Reviver;

  private constructor(
    /** Path of the unix socket. */
    readonly socketPath: string,
    private child: ChildProcess,
    private readonly cleanUp: () => Promise<void>,
    start: () => Promise<void>,
    observer: ReviverObserver | undefined,
  ) {
    this.reviver = new Reviver(start, observer);
  }

  /** Resolves when the server answers. Throws a {@link Refusal} (`unavailable`) that says what to do. */
  static async start(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
    const folder = resolve(options.folder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const binary = await findBinary(folder);
    const { socketPath, cleanUp } = await chooseSocket(folder);
    const lockWaitMs = options.lockWaitMs ?? 5_000;
    const begin = () => launch(binary, folder, socketPath, lockWaitMs);
    const answer = async (): Promise<void> => {
      const output = collectOutput(server.child);
      await waitUntilReady(server, folder, output, lockWaitMs + (options.startTimeoutMs ?? 60_000));
      server.watch(output);
    };
    const again = async (): Promise<void> => {
      server.child = begin();
      try {
        await answer();
      } catch (error) {
        server.child.kill('SIGKILL');
        throw error;
      }
    };
    const server = new EmbeddedRedis(socketPath, begin(), cleanUp, again, options.observer);
    try {
      await answer();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private watch(output: () => string): void {
    const { child } = this;
    const died = (): void =>
      this.reviver.died(`${describeExit(child.exitCode, child.signalCode)}. ${output()}`.trim());
    if (child.exitCode === null && child.signalCode === null) child.once('exit', died);
    else died();
  }

  /** Ends the server and waits for it; what it holds is on disk then. May be called twice. */
  async stop(): Promise<void> {
    await this.reviver.stop();
    if (this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const forced = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(forced);
    }
    await this.cleanUp();
  }

  /** @internal */
  get process(): ChildProcess {
    return this.child;
  }
}

/** `flock -F` and `setpriv` replace themselves by what they start, so the child is the server itself. */
function launch(binary: string, folder: string, socketPath: string, lockWaitMs: number): ChildProcess {
  const wait = ['-w', String(lockWaitMs / 1000), '-E', String(LOCKED), '-F', join(folder, 'lock')];
  const tie = ['setpriv', '--pdeathsig', 'TERM'];
  const settings = {
    port: '0',
    unixsocket: socketPath,
    unixsocketperm: '700',
    'protected-mode': 'yes',
    daemonize: 'no',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
    databases: '1',
  };
  const args = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]);
  return spawn('flock', [...wait, ...tie, binary, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
  });
}

async function findBinary(folder: string): Promise<string> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  for (const name of BINARIES) {
    for (const candidate of folders.filter((path) => path !== '').map((path) => join(path, name))) {
      if (!(await isExecutable(candidate))) continue;
      return name === 'redis-check-rdb' ? linkAsServer(candidate, folder) : candidate;
    }
  }
  throw new Refusal(
    'unavailable',
    'No redis-server was found. Install one ("apt-get install redis-tools" is enough on Debian and Ubuntu), or set REDIS_URL to a Redis server.',
  );
}

async function linkAsServer(target: string, folder: string): Promise<string> {
  const link = join(folder, 'redis-server');
  await rm(link, { force: true });
  try {
    await symlink(target, link);
  } catch (error) {
    // A second instance on the same folder was faster; the lock tells them apart.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return link;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function chooseSocket(folder: string): Promise<{ socketPath: string; cleanUp: () => Promise<void> }> {
  const inFolder = join(folder, 'redis.sock');
  if (Buffer.byteLength(inFolder) <= MAX_SOCKET_PATH) {
    return { socketPath: inFolder, cleanUp: () => Promise.resolve() };
  }
  const temporary = await mkdtemp(join(tmpdir(), 'countfree-redis-'));
  return {
    socketPath: join(temporary, 'redis.sock'),
    cleanUp: () => rm(temporary, { recursive: true, force: true }),
  };
}

/** The last lines that the server printed: the reason, when it does not start. */
function collectOutput(child: ChildProcess): () => string {
  let text = '';
  const append = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-2000);
  };
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  return () => text.trim();
}

async function waitUntilReady(
  server: EmbeddedRedis,
  folder: string,
  output: () => string,
  timeoutMs: number,
): Promise<void> {
  const child = server.process;
  let failure: Error | undefined;
  child.once('error', (error: NodeJS.ErrnoException) => {
    failure = new Refusal(
      'unavailable',
      `The private Redis cannot be started (${error.message}). It needs flock and setpriv of the package util-linux; install them, or set REDIS_URL.`,
    );
  });
  // After the output is whole, so that the reason is in it.
  child.once('close', (code, signal) => (failure ??= startFailure(folder, code, signal, output())));
  const deadline = Date.now() + timeoutMs;
  while (failure === undefined) {
    if (await answers(server.socketPath, child)) return;
    if (Date.now() > deadline) {
      failure = new Refusal(
        'unavailable',
        `The private Redis did not answer within ${timeoutMs / 1000} s. Its last words: ${output() || 'none'}`,
      );
    }
    await delay(20);
  }
  throw failure;
}

function startFailure(
  folder: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  output: string,
): Refusal {
  if (code === LOCKED) {
    return new Refusal(
      'unavailable',
      `Another Countfree uses the folder ${folder}. Stop it, or give this one another COUNTFREE_DATA_DIR, or let both share one server by REDIS_URL.`,
    );
  }
  return new Refusal(
    'unavailable',
    `The private Redis in ${folder} did not start (${describeExit(code, signal)}). Its last words: ${output || 'none'}`,
  );
}

/** True if the server that we started, and not one that is about to end, answers on the socket. */
async function answers(socketPath: string, child: ChildProcess): Promise<boolean> {
  const client = new Redis({
    path: socketPath,
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const info = await client.info('server');
    return info.includes(`process_id:${String(child.pid)}\r\n`);
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `it ended with exit code ${String(code)}` : `it was ended by ${signal}`;
}
