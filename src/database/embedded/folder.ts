import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../shared/index.js';
import { identify, isAlive, worksIn, type ProcessIdentity } from './processes.js';
import { enterableBy, type Runner } from './runner.js';

/** sun_path of unix(7) holds 107 bytes; Postgres adds "/.s.PGSQL.5432". */
const LONGEST_SOCKET_FOLDER = 107 - '/.s.PGSQL.5432'.length;

/** What stands where in the folder of a private server. */
export class ServerFolder {
  readonly data: string;
  /** Holds the unix socket. The server listens nowhere else. */
  readonly socket: string;
  readonly log: string;
  readonly binaries: string;
  private readonly password: string;
  private readonly owner: string;

  constructor(readonly root: string) {
    this.data = join(root, 'data');
    this.socket = join(root, 'run');
    this.log = join(root, 'server.log');
    this.binaries = join(root, 'binaries');
    this.password = join(root, 'password');
    this.owner = join(root, 'owner.json');
    if (Buffer.byteLength(this.socket) > LONGEST_SOCKET_FOLDER) {
      throw new Refusal(
        'unavailable',
        `The folder ${root} is too deep for a unix socket (at most ${LONGEST_SOCKET_FOLDER - 4} bytes): set COUNTFREE_DATA_DIR to a shorter path.`,
      );
    }
  }

  /** Makes what is missing. Everything of value is closed to all but the server's user and this process. */
  async prepare(runner: Runner): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o711 });
    if (!(await enterableBy(runner, this.root))) {
      throw new Refusal(
        'unavailable',
        `The user "${runner.user}", whom Postgres runs as because it refuses to run as root, may not enter ${this.root}: set COUNTFREE_DATA_DIR to a folder outside of closed ones such as /root (for example /var/lib/countfree), or set DATABASE_URL.`,
      );
    }
    for (const folder of [this.socket, this.binaries]) await mkdir(folder, { recursive: true, mode: 0o711 });
    await this.give(this.socket, runner, 0o700);
  }

  async give(path: string, runner: Runner, mode: number): Promise<void> {
    if (runner.change) await chown(path, runner.uid, runner.gid);
    await chmod(path, mode);
  }

  /** Major version of the data in the folder; undefined if there is none yet. */
  async dataMajor(): Promise<number | undefined> {
    const text = await readFile(join(this.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : Number.parseInt(text, 10);
  }

  /** The password of the one database user: made once, readable by this process's user only. */
  async readPassword(): Promise<string> {
    const text = await readFile(this.password, 'utf8').catch(() => undefined);
    if (text !== undefined && text.trim() !== '') return text.trim();
    if ((await this.dataMajor()) !== undefined) {
      throw new Refusal(
        'unavailable',
        `${this.password} is missing or empty, but ${this.data} holds a database made with it: restore the file, or move the folder away to begin anew.`,
      );
    }
    const made = randomBytes(32).toString('base64url');
    await writeFile(this.password, `${made}\n`, { mode: 0o600 });
    return made;
  }

  /** The process that started the server and has not ended. */
  async readOwner(): Promise<ProcessIdentity | undefined> {
    const text = await readFile(this.owner, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const { pid, startTicks } = JSON.parse(text) as Partial<ProcessIdentity>;
      if (typeof pid !== 'number' || typeof startTicks !== 'string') return undefined;
      return (await isAlive({ pid, startTicks })) ? { pid, startTicks } : undefined;
    } catch {
      return undefined; // torn by a crash: its writer is dead
    }
  }

  async writeOwner(): Promise<void> {
    const partial = `${this.owner}.${process.pid}`;
    await writeFile(partial, JSON.stringify(await identify(process.pid)));
    await rename(partial, this.owner);
  }

  async clearOwner(): Promise<void> {
    await rm(this.owner, { force: true });
  }

  /** The server that runs on this data, whoever started it. A lock file that a crash left behind is removed. */
  async runningServer(): Promise<ProcessIdentity | undefined> {
    const lockFile = join(this.data, 'postmaster.pid');
    const text = await readFile(lockFile, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const pid = Number.parseInt(text, 10);
    const server = Number.isSafeInteger(pid) && pid > 1 ? await identify(pid) : undefined;
    if (server !== undefined && (await worksIn(pid, this.data))) return server;
    // Postgres itself would take a later process with the same id for the server, and refuse to start.
    await rm(lockFile, { force: true });
    return undefined;
  }

  /** The last lines of the server's log. */
  async logTail(): Promise<string> {
    const text = await readFile(this.log, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-8).join('\n');
  }

  /** Keeps the log of one earlier time once it has grown beyond 8 MiB. */
  async rotateLog(): Promise<void> {
    const size = (await stat(this.log).catch(() => undefined))?.size ?? 0;
    if (size > 8 * 1024 * 1024) await rename(this.log, `${this.log}.1`);
  }
}
