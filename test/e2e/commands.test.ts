/** Commands on the host, as whole processes beside others on one database. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const NEWER = /newer Countfree \(Later1700000099999\)\. Start that version, or restore the backup/;
let database: TestDatabase;

async function countfree(...args: string[]): Promise<{ code: number; out: string; said: string }> {
  const child = spawn(process.execPath, ['bin/countfree.js', ...args], {
    env: { PATH: process.env['PATH'], DATABASE_URL: database.url },
  });
  const [out, said, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code: code as number, out, said };
}

describe('countfree migrate', () => {
  beforeEach(async () => {
    database = await createTestDatabase({ migrated: false });
  });
  afterEach(() => database.drop());

  it('is done by one of several processes that start at once, while the others wait', async () => {
    expect(await countfree('migrate', '--check')).toMatchObject({ code: 1 });
    const all = await Promise.all([1, 2, 3].map(() => countfree('migrate')));
    expect(all.map(({ code, said }) => [code, said])).toEqual(Array(3).fill([0, '']));
    expect(all.filter(({ out }) => out.includes('applied Sims1700000001001'))).toHaveLength(1);
    expect(all.filter(({ out }) => out.endsWith('The database is up to date.\n'))).toHaveLength(2);
    expect(await countfree('migrate', '--check')).toEqual({
      code: 0,
      out: 'The database is up to date.\n',
      said: '',
    });
  });
});

describe('a database that a newer program has migrated', () => {
  beforeEach(async () => {
    database = await createTestDatabase();
    await database.dataSource.query(
      `INSERT INTO schema_migrations ("timestamp", name) VALUES (1700000099999, 'Later1700000099999')`,
    );
  });
  afterEach(() => database.drop());

  it.each([
    'migrate',
    'migrate --check',
    'api-key create --name me',
    'replay ../shared/captures/line.pcap --catalogue database --subscribers 10.0.0.0/8',
  ])(
    'is refused by countfree %s, which says so and leaves standard output to its result',
    async (command) => {
      const { code, out, said } = await countfree(...command.split(' '));
      expect(said).toMatch(NEWER);
      expect([code, out]).toEqual([2, '']);
    },
  );
});
