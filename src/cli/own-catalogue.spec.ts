import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogueSnapshot } from '../catalogue/plain.js';
import { fileCatalogue, timeless } from './own-catalogue.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countfree-catalogue-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: unknown): Promise<string> {
  const path = join(folder, 'catalogue.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const chat = {
  code: 'chat',
  name: 'Chat',
  ratingGroup: 1,
  policy: 'name',
  rules: { domainNames: ['Chat.example'] },
};

describe('a catalogue from a file', () => {
  it('has the fields of the API, and holds for captures of any age', async () => {
    const calls = {
      ...chat,
      code: 'chat-calls',
      parentCode: 'chat',
      rules: { domainNames: ['c.chat.example'] },
    };
    const { services, versions } = await fileCatalogue(await fileOf({ services: [chat, calls] }));
    expect(services).toMatchObject([{ code: 'chat', parentCode: null }, { parentCode: 'chat' }]);
    expect(versions).toMatchObject([
      {
        id: 1,
        serviceCode: 'chat',
        effectiveFrom: 0,
        policy: 'name',
        rules: { domainNames: ['chat.example'] },
      },
      { id: 2, serviceCode: 'chat-calls' },
    ]);
  });

  it('is refused with every fault in it', async () => {
    const wrong = { services: [{ ...chat, code: 'Chat!', rules: { domainNames: ['co.jp'], extra: 1 } }] };
    const refused = fileCatalogue(await fileOf(wrong));
    await expect(refused).rejects.toMatchObject({ code: 'invalid' });
    await expect(refused).rejects.toThrow(/\/services\/0\/code: .*\/services\/0\/rules\//);
    const twice = { services: [chat, chat, { ...chat, code: 'other', parentCode: 'nobody' }] };
    await expect(fileCatalogue(await fileOf(twice))).rejects.toThrow(
      /\/services\/1\/code: chat stands here twice; \/services\/2\/parentCode: there is no service nobody/,
    );
    await expect(fileCatalogue(await fileOf('{'))).rejects.toThrow(/--catalogue .*cannot be read/);
    await expect(fileCatalogue(join(folder, 'none.json'))).rejects.toThrow(/ENOENT/);
  });
});

it('takes of each service the rules that are in force, as if they had always been', () => {
  const version = (id: number, serviceCode: string, number: number, effectiveFrom: number) => ({
    id,
    serviceCode,
    version: number,
    effectiveFrom,
    policy: 'name' as const,
    rules: { domainNames: [], excludeDomainNames: [], prefixes: [] },
  });
  const snapshot: CatalogueSnapshot = {
    revision: 7,
    services: [],
    versions: [
      version(2, 'a', 2, 200),
      version(1, 'a', 1, 100),
      version(3, 'a', 3, 900),
      version(4, 'b', 1, 900),
    ],
  };
  const { versions, revision } = timeless(snapshot, 500);
  expect(revision).toBe(7);
  expect(versions).toEqual([{ ...version(2, 'a', 2, 200), effectiveFrom: 0 }]);
});
