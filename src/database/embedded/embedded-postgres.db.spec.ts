import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../open.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { identify, waitForExit } from './processes.js';

let template: string;
let folder: string;
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

// Making a database takes seconds; most tests start from a copy of one that was started and stopped before.
beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'countfree-test-postgres-'));
  await chmod(template, 0o711);
  await (await EmbeddedPostgres.start({ folder: template, whenRunning: 'refuse' })).stop();
});

afterAll(() => rm(template, { recursive: true, force: true }));

function startedBefore(): void {
  execFileSync('cp', ['--archive', '--reflink=auto', `${template}/.`, folder]);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countfree-test-postgres-'));
  await chmod(folder, 0o711);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of started.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(whenRunning: 'refuse' | 'join' = 'refuse'): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.start({ folder, whenRunning });
  started.push(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function serverPid(): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'data/postmaster.pid'), 'utf8'), 10);
}

/** Ends the server at once, as a power cut would: its lock file and socket stay. */
async function crash(): Promise<void> {
  const server = await identify(await serverPid());
  if (server === undefined) throw new Error('no server to crash');
  process.kill(server.pid, 'SIGKILL');
  expect(await waitForExit(server, 10_000)).toBe(true);
}

/** Another process that runs the server of `folder`. */
async function ownerProcess(): Promise<ChildProcess> {
  const loader = new URL('../../../test/support/typescript.mjs', import.meta.url).href;
  const module = new URL('./embedded-postgres.ts', import.meta.url).href;
  const script = `
    import { EmbeddedPostgres } from ${JSON.stringify(module)};
    const server = await EmbeddedPostgres.start({ folder: ${JSON.stringify(folder)}, whenRunning: 'refuse' });
    process.on('SIGTERM', () => void server.stop().then(() => process.exit(0)));
    setInterval(() => undefined, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--import', loader, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

// Each test starts a real server once or more, which takes its time on a busy machine.
describe('a private Postgres', { timeout: 120_000 }, () => {
  it('listens on its socket only, keeps its password to itself, and its data over a restart', async () => {
    const first = await start();
    expect(first.owned).toBe(true);
    expect(await query(first.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
    expect(await query(first.url, 'SHOW server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
    expect(await query(first.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700);
    expect(await readFile(join(folder, 'server.log'), 'utf8')).not.toContain(new URL(first.url).password);
    await expect(query(first.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
    await first.stop();
    await first.stop();

    const second = await start();
    expect(await query(second.url, 'TABLE kept')).toEqual([{ one: 1 }]);
  });

  it('recovers what was committed before a crash', async () => {
    startedBefore();
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    await crash();
    const second = await start();
    expect(await query(second.url, 'TABLE kept')).toEqual([{ one: 1 }]);
  });

  it('starts again when it dies, at the same place and with what was committed, and says so', async () => {
    startedBefore();
    const said: string[] = [];
    const server = await EmbeddedPostgres.start({
      folder,
      whenRunning: 'refuse',
      observer: { died: (detail) => said.push(detail), revived: () => said.push('revived') },
    });
    started.push(server);
    await query(server.url, 'CREATE TABLE kept AS SELECT 42 AS value');
    process.kill(await serverPid(), 'SIGKILL');
    await expect.poll(() => said, { timeout: 30_000 }).toEqual(['ended by SIGKILL', 'revived']);
    expect(await query(server.url, 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
    await server.stop();
    expect(said).toHaveLength(2);
  });

  it('starts over a lock file whose process id another program has by now', async () => {
    startedBefore();
    await start();
    await crash();
    const lockFile = join(folder, 'data/postmaster.pid');
    const text = await readFile(lockFile, 'utf8');
    await writeFile(lockFile, text.replace(/^\d+/, String(process.pid)));
    const second = await start();
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('starts after an interrupted first start', async () => {
    await mkdir(join(folder, 'run/data.partial/base'), { recursive: true });
    await writeFile(join(folder, 'owner.json'), '{"pid": 12');
    const server = await start();
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await readdir(join(folder, 'run'))).not.toContain('data.partial');
  });

  it('is refused to a second service and shared with a command', async () => {
    startedBefore();
    const owner = await ownerProcess();
    await expect(start()).rejects.toThrow(
      new RegExp(`in use by process ${owner.pid ?? 0}: stop that one first, or set COUNTFREE_DATA_DIR`),
    );
    const joined = await start('join');
    expect(joined.owned).toBe(false);
    await joined.stop();
    expect(await query(joined.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    owner.kill('SIGTERM');
    await once(owner, 'exit');
    const own = await start();
    expect(own.owned).toBe(true);
  });

  it('ends with a service that is killed, and the next start goes on with its data', async () => {
    startedBefore();
    const owner = await ownerProcess();
    const server = await identify(await serverPid());
    const joined = await start('join');
    await query(joined.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const next = await start();
    expect(next.owned).toBe(true);
    expect(await query(next.url, 'TABLE kept')).toEqual([{ one: 1 }]);
    expect(server && (await waitForExit(server, 0))).toBe(true);
  });

  it('says what to do about data of another version, a lost or wrong password, and a path too deep', async () => {
    startedBefore();
    const first = await start();
    await first.stop();
    const version = join(folder, 'data/PG_VERSION');
    const text = await readFile(version, 'utf8');
    await writeFile(version, '12\n');
    await expect(start()).rejects.toThrow(/made by Postgres 12, this Countfree brings Postgres \d+: dump it/);
    await writeFile(version, text);

    const password = await readFile(join(folder, 'password'), 'utf8');
    await writeFile(join(folder, 'password'), 'wrong');
    await expect(start()).rejects.toThrow(/does not open the database there: restore the file/);
    await rm(join(folder, 'password'));
    await expect(start()).rejects.toThrow(/is missing or empty.*restore the file/);
    await writeFile(join(folder, 'password'), password);
    expect((await start()).owned).toBe(true);

    const deep = join(folder, 'x'.repeat(100));
    await expect(EmbeddedPostgres.start({ folder: deep, whenRunning: 'refuse' })).rejects.toThrow(/too deep/);
  });

  it.runIf(process.getuid?.() === 0)('says so where its user may not enter the folder', async () => {
    await chmod(folder, 0o700);
    await expect(start()).rejects.toThrow(/may not enter .*set COUNTFREE_DATA_DIR/);
  });
});

describe('openDatabase', { timeout: 120_000 }, () => {
  const settings = { entities: [], whenRunning: 'refuse' as const, url: null };

  it('migrates a private server on the first start, and tells a command to do so otherwise', async () => {
    const dataDir = folder;
    await expect(openDatabase({ ...settings, dataDir, migrations: 'check' })).rejects.toThrow(
      /lacks \d+ migrations.*countfree migrate/,
    );
    const applied: string[] = [];
    const open = await openDatabase({
      ...settings,
      dataDir,
      migrations: 'run',
      onMigrated: (name) => applied.push(name),
    });
    expect(applied).toContain('ChangeTopics1700000000501');
    await open.close();
    await open.close();
    const again = await openDatabase({ ...settings, dataDir, migrations: 'check' });
    expect(again.embedded?.owned).toBe(true);
    await again.close();
  });

  it('says what to do where the server of DATABASE_URL does not answer, and not its password', async () => {
    const url = 'postgresql://u:hunter2@127.0.0.1:1/x';
    const failure = await openDatabase({ ...settings, url, dataDir: folder, migrations: 'run' }).catch(
      String,
    );
    expect(failure).toMatch(/Postgres does not answer .*check that the server runs and DATABASE_URL/);
    expect(failure).not.toContain('hunter2');
  });
});
