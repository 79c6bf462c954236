import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { simulate } from './command.js';
import { describeSimulation } from './describe.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'countfree-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = Date.UTC(2025, 9, 15);

it('writes the same file for the same options', async () => {
  const write = (name: string) =>
    simulate({ write: join(folder, name), octets: '300k', month: '2025-10' }, NOW);
  const first = await write('a.pcap');
  const second = await write('b.pcap');
  expect(first).toEqual(second);
  expect(readFileSync(join(folder, 'a.pcap')).equals(readFileSync(join(folder, 'b.pcap')))).toBe(true);
});

it('reports how far it is', async () => {
  const states: number[] = [];
  const result = await simulate({ write: join(folder, 'c.pcap'), octets: '300k' }, NOW, ({ frames }) =>
    states.push(frames),
  );
  expect(states.at(-1)).toBe(result.frames);
});

it('describes every octet', async () => {
  const result = await simulate({ write: join(folder, 'd.pcap'), octets: '300k' }, NOW);
  const lines = describeSimulation(result);
  expect(lines).toHaveLength(5 + result.prediction.usage.length);
  expect(lines.at(-1)).toContain(`sent ${result.prediction.sent.octets.toLocaleString('en-US')}`);
});

it('fails where the file cannot be made', async () => {
  await expect(simulate({ write: join(folder, 'no/such/folder.pcap') }, NOW)).rejects.toThrow('ENOENT');
});
