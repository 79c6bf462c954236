import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, open, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { Refusal, Reviver, type ReviverObserver } from '../../shared/index.js';
import { postgresBinaries, type PostgresBinaries } from './binaries.js';
import { ServerFolder } from './folder.js';
import { sharedBuffers } from './memory.js';
import { identify, isAlive, signal, waitForExit, type ProcessIdentity } from './processes.js';
import { chooseRunner, type Runner } from './runner.js';

const USER = 'countfree';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

export interface EmbeddedPostgresOptions {
  /** Folder of the private server; made when missing. */
  folder: string;
  /**
   * What to do when another live process has this server running: `refuse` (a second service on one folder is a
   * mistake) or `join` it (a command beside the running service). A joined server is not stopped by `stop()`.
   */
  whenRunning: 'refuse' | 'join';
  /** Made when missing; default `countfree`. */
  database?: string;
  /** Server settings (`-c name=value`) on top of ours. */
  settings?: Readonly<Record<string, string>>;
  /** Told when a server of ours ends although nobody stopped it, and what becomes of it. */
  observer?: ReviverObserver;
}

/**
 * A private Postgres server on a unix socket in a folder of its own: no port, no system server touched. It ends with
 * the process that started it, also when that is killed; what a crash leaves behind is cleared at the next start. One that dies is
 * started again.
 */
export class EmbeddedPostgres {
  private stopping: Promise<void> | undefined;

  private constructor(
    /** For DATABASE_URL. Holds the password. */
    readonly url: string,
    /** False: the server belongs to another process. */
    readonly owned: boolean,
    private readonly folder: ServerFolder,
    private server: ProcessIdentity,
    private readonly reviver?: Reviver,
  ) {}

  /** Throws a {@link Refusal} (`unavailable`) that says what to do where the server cannot run. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const folder = new ServerFolder(resolve(options.folder));
    const runner = await chooseRunner(folder.data);
    await folder.prepare(runner);
    const password = await folder.readPassword();
    const database = options.database ?? USER;

    const owner = await folder.readOwner();
    const running = await folder.runningServer();
    // This very process may own a folder whose server has died; another owner may just be starting its server.
    const taken = owner !== undefined && (owner.pid !== process.pid || running !== undefined);
    if (taken && options.whenRunning === 'refuse') throw inUse(folder, owner);
    if (taken) {
      const server = running ?? (await comingServer(folder, owner));
      await waitUntilReady(folder, password, server);
      await ensureDatabase(folder, password, database);
      return new EmbeddedPostgres(urlOf(folder, password, database), false, folder, server);
    }
    if (running !== undefined) await end(running, folder);

    await folder.writeOwner();
    try {
      const binaries = await postgresBinaries(runner, folder.binaries);
      await ensureData(folder, runner, binaries, password);
      const begin = () =>
        launch(folder, runner, binaries, password, options.settings ?? {}, (detail) => reviver.died(detail));
      const reviver = new Reviver(async () => {
        postgres.server = await begin();
      }, options.observer);
      const server = await begin();
      const postgres = new EmbeddedPostgres(urlOf(folder, password, database), true, folder, server, reviver);
      await ensureDatabase(folder, password, database);
      return postgres;
    } catch (error) {
      await folder.clearOwner();
      throw error;
    }
  }

  /** Ends the server if it is ours, with every transaction either whole or gone. May be called twice. */
  stop(): Promise<void> {
    this.stopping ??= this.owned ? this.stopOwned() : Promise.resolve();
    return this.stopping;
  }

  private async stopOwned(): Promise<void> {
    await this.reviver?.stop();
    await end(this.server, this.folder);
    await this.folder.clearOwner();
  }
}

function inUse(folder: ServerFolder, owner: ProcessIdentity): Refusal {
  return new Refusal(
    'unavailable',
    `The database in ${folder.root} is in use by process ${owner.pid}: stop that one first, or set COUNTFREE_DATA_DIR to another folder.`,
  );
}

async function comingServer(folder: ServerFolder, owner: ProcessIdentity): Promise<ProcessIdentity> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && (await isAlive(owner))) {
    const server = await folder.runningServer();
    if (server !== undefined) return server;
    await delay(50);
  }
  throw new Refusal(
    'unavailable',
    `Process ${owner.pid} holds the database in ${folder.root} but its server does not run: stop that process and try again.`,
  );
}

function urlOf(folder: ServerFolder, password: string, database: string): string {
  return `postgresql://${USER}:${password}@localhost/${database}?host=${encodeURIComponent(folder.socket)}`;
}

async function ensureData(
  folder: ServerFolder,
  runner: Runner,
  binaries: PostgresBinaries,
  password: string,
): Promise<void> {
  const found = await folder.dataMajor();
  if (found !== undefined && found !== binaries.major) {
    throw new Refusal(
      'unavailable',
      `${folder.data} was made by Postgres ${found}, this Countfree brings Postgres ${binaries.major}: dump it with the earlier version (pg_dump) and load it into a new folder, or start the earlier version.`,
    );
  }
  if (found !== undefined) return;
  // Made beside and renamed, so that a start that is interrupted leaves no half database.
  const partial = join(folder.socket, 'data.partial');
  const passwordFile = join(folder.socket, 'password.partial');
  await rm(partial, { recursive: true, force: true });
  await rm(folder.data, { recursive: true, force: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    await folder.give(passwordFile, runner, 0o600);
    const args = ['-D', partial, '-U', USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    args.push('--encoding=UTF8', '--locale=C', '--data-checksums');
    await run(binaries.initdb, args, runner);
    await rename(partial, folder.data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** As the runner; the kernel ends the child when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG). */
async function commandOf(file: string, args: string[], runner: Runner): Promise<[string, string[]]> {
  const setpriv = '/usr/bin/setpriv';
  const present = await access(setpriv).then(
    () => true,
    () => false,
  );
  if (!present) return [file, args];
  const change = runner.change
    ? [`--reuid=${runner.uid}`, `--regid=${runner.gid}`, '--clear-groups', '--no-new-privs']
    : [];
  return [setpriv, [...change, '--pdeathsig=INT', '--', file, ...args]];
}

function identityOf(runner: Runner, command: string): { uid?: number; gid?: number } {
  return runner.change && !command.endsWith('setpriv') ? { uid: runner.uid, gid: runner.gid } : {};
}

const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

async function run(file: string, args: string[], runner: Runner): Promise<void> {
  const [command, parts] = await commandOf(file, args, runner);
  const child = spawn(command, parts, {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
    env: ENVIRONMENT,
    ...identityOf(runner, command),
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4000)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) {
    throw new Refusal(
      'unavailable',
      `The private Postgres could not be made (${file} ended with ${String(code)}): ${output.trim()}`,
    );
  }
}

async function launch(
  folder: ServerFolder,
  runner: Runner,
  binaries: PostgresBinaries,
  password: string,
  extra: Readonly<Record<string, string>>,
  /** Told once it ended after it was ready. */
  ended: (detail: string) => void,
): Promise<ProcessIdentity> {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder.socket,
    unix_socket_permissions: '0700',
    max_wal_size: '2GB',
    shared_buffers: sharedBuffers(),
    ...extra,
  };
  const args = [
    '-D',
    folder.data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const [command, parts] = await commandOf(binaries.postgres, args, runner);
  await folder.rotateLog();
  const log = await open(folder.log, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(command, parts, {
      stdio: ['ignore', log.fd, log.fd],
      cwd: '/',
      env: ENVIRONMENT,
      // A group of its own: Ctrl+C in the terminal must reach the service, which then stops the server last.
      detached: true,
      ...identityOf(runner, command),
    });
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  // The server must not keep this process alive.
  child.unref();
  const server = child.pid === undefined ? undefined : await identify(child.pid);
  if (server === undefined) throw await startFailure(folder);
  await waitUntilReady(folder, password, server);
  const told = () =>
    ended(child.signalCode === null ? `exit code ${String(child.exitCode)}` : `ended by ${child.signalCode}`);
  if (child.exitCode === null && child.signalCode === null) child.once('exit', told);
  else told();
  return server;
}

async function waitUntilReady(
  folder: ServerFolder,
  password: string,
  server: ProcessIdentity,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new Client({
      connectionString: urlOf(folder, password, 'postgres'),
      connectionTimeoutMillis: 5_000,
    });
    try {
      await client.connect();
      return;
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === '28P01') {
        throw new Refusal(
          'unavailable',
          `The password in ${folder.root}/password does not open the database there: restore the file that was made with it.`,
        );
      }
      if ((await identify(server.pid))?.startTicks !== server.startTicks || Date.now() > deadline) {
        throw await startFailure(folder);
      }
      await delay(25);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function startFailure(folder: ServerFolder): Promise<Refusal> {
  return new Refusal(
    'unavailable',
    `The private Postgres in ${folder.root} did not start. Its log (${folder.log}) ends with:\n${await folder.logTail()}`,
  );
}

async function ensureDatabase(folder: ServerFolder, password: string, database: string): Promise<void> {
  const client = new Client({ connectionString: urlOf(folder, password, 'postgres') });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

/** Fast shutdown (pg_ctl(1)): open transactions are rolled back; if that hangs, immediate: the log is replayed at the next start. */
async function end(server: ProcessIdentity, folder: ServerFolder): Promise<void> {
  signal(server.pid, 'SIGINT');
  if (await waitForExit(server, STOP_TIMEOUT_MS)) return;
  signal(server.pid, 'SIGQUIT');
  if (await waitForExit(server, STOP_TIMEOUT_MS)) return;
  throw new Refusal(
    'unavailable',
    `The Postgres process ${server.pid} in ${folder.root} does not end: end it by hand.`,
  );
}
