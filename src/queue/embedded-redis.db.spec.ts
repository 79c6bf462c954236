import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReviverObserver } from '../shared/index.js';
import { EmbeddedRedis } from './embedded-redis.js';

let folder: string;
const started: EmbeddedRedis[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countfree-test-'));
});

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(
  at = folder,
  lockWaitMs?: number,
  observer: ReviverObserver = {},
): Promise<EmbeddedRedis> {
  const server = await EmbeddedRedis.start({
    folder: at,
    observer,
    ...(lockWaitMs !== undefined && { lockWaitMs }),
  });
  started.push(server);
  return server;
}

async function withClient<T>(server: EmbeddedRedis, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ path: server.socketPath });
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

describe('EmbeddedRedis', () => {
  it('keeps what it holds over a restart, never evicts and opens no TCP port', async () => {
    const first = await start();
    await withClient(first, async (client) => {
      expect(await client.config('GET', 'port')).toEqual(['port', '0']);
      expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
      await client.set('kept', 'yes');
    });
    expect((await stat(first.socketPath)).mode & 0o777).toBe(0o700);
    await first.stop();
    const second = await start();
    expect(await withClient(second, (client) => client.get('kept'))).toBe('yes');
  });

  it('starts over a stale socket', async () => {
    await writeFile(join(folder, 'redis.sock'), '');
    const server = await start();
    expect(await withClient(server, (client) => client.ping())).toBe('PONG');
  });

  it('refuses a second instance on the same folder and leaves the first alone', async () => {
    const first = await start();
    await expect(start(folder, 100)).rejects.toThrow(
      /Another Countfree uses the folder .*COUNTFREE_DATA_DIR/,
    );
    expect(await withClient(first, (client) => client.ping())).toBe('PONG');
  });

  it('works in a folder whose path is too long for a unix socket', async () => {
    const deep = join(folder, 'x'.repeat(120));
    const server = await start(deep);
    expect(await withClient(server, (client) => client.ping())).toBe('PONG');
    await server.stop();
    await expect(stat(server.socketPath)).rejects.toThrow(/ENOENT/);
  });

  it('says why it does not start', async () => {
    const first = await start();
    await first.stop();
    const manifest = join(folder, 'appendonlydir/appendonly.aof.manifest');
    await writeFile(manifest, `${await readFile(manifest, 'utf8')}nonsense\n`);
    await expect(start()).rejects.toThrow(/did not start .*exit code 1.*manifest/s);
  });

  it('starts again with what it held when it died, at the same place, and says so', async () => {
    const said: string[] = [];
    const server = await start(folder, undefined, {
      died: (detail) => said.push(detail),
      revived: () => said.push('revived'),
    });
    const client = new Redis({ path: server.socketPath, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    for (let round = 1; round <= 2; round += 1) {
      await client.set('round', round);
      server.process.kill('SIGKILL');
      await expect.poll(() => said.filter((line) => line === 'revived').length).toBe(round);
      expect(await client.get('round')).toBe(String(round));
    }
    expect(said[0]).toMatch(/it was ended by SIGKILL/);
    client.disconnect();
  });

  it('says that it is lost when it cannot be started again', async () => {
    const said: string[] = [];
    const server = await start(folder, 100, { lost: (error) => said.push(error.message) });
    const manifest = join(folder, 'appendonlydir/appendonly.aof.manifest');
    await writeFile(manifest, 'nonsense\n');
    server.process.kill('SIGKILL');
    await expect.poll(() => said, { timeout: 20_000 }).toHaveLength(1);
    expect(said[0]).toMatch(/did not start .*manifest/s);
  });

  it('dies with the process that started it, even by SIGKILL, so that the next start gets the folder', async () => {
    const source = `
      import { EmbeddedRedis } from ${JSON.stringify(new URL('./embedded-redis.ts', import.meta.url).href)};
      await EmbeddedRedis.start({ folder: ${JSON.stringify(folder)} });
      console.log('ready');
      setInterval(() => undefined, 1000);
    `;
    const loader = new URL('../../test/support/typescript.mjs', import.meta.url).href;
    const owner = spawn(process.execPath, ['--import', loader, '--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(owner.stdout, 'data');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const next = await start();
    expect(await withClient(next, (client) => client.ping())).toBe('PONG');
  });
});
