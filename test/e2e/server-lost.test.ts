/** A private server that dies comes back under the running service; one that cannot ends the service with a message. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lab, removeLeftovers } from '../../scripts/demo/index.mjs';
import { serversOf } from '../../scripts/soak/index.mjs';

const lab = new Lab();

beforeAll(async () => {
  await removeLeftovers();
  lab.makeFolder();
});
afterAll(() => lab.remove());

it('is started again, and ends the service where that fails', async () => {
  const service = spawn(process.execPath, ['bin/countfree.js', 'serve'], {
    env: {
      PATH: process.env.PATH,
      COUNTFREE_DATA_DIR: join(lab.folder, 'data'),
      COUNTFREE_ROLES: 'api',
      COUNTFREE_LISTEN: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(service, 'exit');
  try {
    const lines = createInterface(service.stdout)[Symbol.asyncIterator]();
    const untilSaid = async (text: RegExp) => {
      for (let next = await lines.next(); !next.done; next = await lines.next())
        if (text.test(next.value)) return next.value;
      throw new Error(`the service ended without saying ${String(text)}`);
    };
    await untilSaid(/"msg":"ready"/);
    for (const [kind, again] of [
      ['redis', /private Redis runs again/],
      ['postgres', /private Postgres runs again/],
    ] as const) {
      for (const pid of serversOf(lab, kind)) process.kill(pid, 'SIGKILL');
      await untilSaid(again);
    }
    writeFileSync(join(lab.folder, 'data/redis/appendonlydir/appendonly.aof.manifest'), 'nonsense\n');
    for (const pid of serversOf(lab, 'redis')) process.kill(pid, 'SIGKILL');
    expect(await untilSaid(/"msg":"stopping"/)).toMatch(
      /private Redis cannot be kept running.*did not start/,
    );
    expect((await ended)[0]).toBe(1);
  } finally {
    service.kill('SIGKILL');
  }
});
