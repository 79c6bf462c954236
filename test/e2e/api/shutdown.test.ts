import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testRedisUrl, useTestDatabase } from '../../support/database.js';

const database = useTestDatabase();
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'countfree-test-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a service that is told to end answers who asked, and waits for nobody who does not go on', async () => {
  const service = spawn(process.execPath, ['bin/countfree.js', 'serve'], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database().url,
      REDIS_URL: testRedisUrl(),
      COUNTFREE_DATA_DIR: folder,
      COUNTFREE_ROLES: 'api',
      COUNTFREE_LISTEN: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(service, 'exit');
  try {
    const lines = createInterface(service.stdout)[Symbol.asyncIterator]();
    const said = async (text: string) => {
      for (let next = await lines.next(); !next.done; next = await lines.next()) {
        const line = JSON.parse(next.value) as { msg: string; url: string };
        if (line.msg === text) return line;
      }
      throw new Error(`the service ended without saying ${text}`);
    };
    const { port } = new URL((await said('ready')).url);
    const open = async (sent: string) => {
      const socket = connect(Number(port), '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString())).on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(sent);
      return { socket, text: new Promise<string>((resolve) => socket.on('close', () => resolve(text))) };
    };
    // Under the lock that the request needs, so that it is in the middle when the end comes.
    const runner = database().dataSource.createQueryRunner();
    await runner.query('BEGIN');
    await runner.query('LOCK TABLE api_key');
    const key = `cfk_${'A'.repeat(43)}`;
    const asking = await open(`GET /v1/sims HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\n\r\n`);
    const silent = [await open(''), await open('GET /v1/si')];
    await expect
      .poll(() =>
        database()
          .dataSource.query<{ n: number }[]>(
            `SELECT count(*)::int AS n FROM pg_locks WHERE relation = 'api_key'::regclass AND NOT granted`,
          )
          .then(([row]) => row?.n),
      )
      .toBe(1);
    service.kill('SIGTERM');
    expect(await Promise.all(silent.map(({ text }) => text))).toEqual(['', '']);
    await runner.query('COMMIT');
    await runner.release();
    expect(await asking.text).toMatch(/^HTTP\/1\.1 401 /);
    await said('stopped');
    expect((await ended)[0]).toBe(0);
  } finally {
    service.kill('SIGKILL');
  }
});
