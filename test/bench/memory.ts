/** 5. Memory with a million concurrent flows and 100,000 SIMs, kernel maps included. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Row } from './support/table.js';

const ROOT = join(import.meta.dirname, '../..');
const MEGA = 1e6;

interface Measured {
  records: number;
  maps: number;
  resident: number;
  most: number;
}

export function memory(runs: number): Promise<Row[]> {
  const args = ['--expose-gc', '--import', './test/support/typescript.mjs', 'test/bench/memory-child.ts'];
  const measured = Array.from(
    { length: runs },
    () => JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })) as Measured,
  );
  const least = Math.min(...measured.map(({ records }) => records));
  const part = `Memory, ${least.toLocaleString('en')} flows, 100,000 SIMs`;
  const row = (name: string, pick: (one: Measured) => number, aim?: string): Row => ({
    part,
    name,
    unit: 'MB',
    values: measured.map((one) => pick(one) / MEGA),
    ...(aim === undefined ? {} : { aim }),
  });
  return Promise.resolve([
    row('kernel maps', ({ maps }) => maps),
    row('process, after a collection', ({ resident }) => resident),
    row('process, at the most', ({ most }) => most),
    row('maps and process', ({ maps, resident }) => maps + resident, '≤ 600'),
  ]);
}
