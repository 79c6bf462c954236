import { beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { ChangeFeed } from '../database/index.js';
import { parseOrRefuse, Refusal } from '../shared/index.js';
import {
  CatalogueRepository,
  CatalogueService,
  followCatalogue,
  SEED_SERVICES,
  seedSnapshot,
  serviceInputSchema,
  serviceVersionInputSchema,
  type CatalogueSnapshot,
} from './index.js';

const database = useTestDatabase();
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 3, 1);
const clock = { time: NOW, now: () => clock.time };

function catalogueOf(): CatalogueService {
  return new CatalogueService(database().dataSource, new CatalogueRepository(), clock);
}

const chat = parseOrRefuse(serviceInputSchema, { code: 'chat', name: 'Chat', ratingGroup: 1 });

function version(domainNames: string[], effectiveFrom?: number) {
  return parseOrRefuse(serviceVersionInputSchema, {
    ...(effectiveFrom === undefined ? {} : { effectiveFrom: new Date(effectiveFrom).toISOString() }),
    rules: { domainNames },
  });
}

async function refusal(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw new Error(`no refusal but ${String(error)}`);
  return error;
}

beforeEach(async () => {
  clock.time = NOW;
  await database().clear();
});

describe('services', () => {
  it('are created, changed, listed by pages and removed', async () => {
    const catalogue = catalogueOf();
    const created = await catalogue.create(chat);
    expect(created).toMatchObject({ ...chat, revision: 1, createdAt: '2026-04-01T00:00:00.000Z' });
    for (const [index, code] of ['a-1', 'b', 'zz'].entries()) {
      await catalogue.create({ ...chat, code, ratingGroup: 10 + index });
    }
    const first = await catalogue.list({ limit: 3 });
    const second = await catalogue.list({ limit: 3, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map(({ code }) => code)).toEqual(['a-1', 'b', 'chat', 'zz']);
    expect(second.nextCursor).toBeNull();

    clock.time += 1000;
    const changed = await catalogue.update('chat', { name: 'Chat 2', parentCode: 'b' }, 1);
    expect(changed).toMatchObject({ name: 'Chat 2', parentCode: 'b', ratingGroup: 1, revision: 2 });
    expect((await refusal(catalogue.update('chat', { name: 'x' }, 1))).code).toBe('conflict');
    expect((await refusal(catalogue.remove('b'))).message).toMatch(/name this one as their parent/);
    await catalogue.remove('chat');
    expect((await refusal(catalogue.get('chat'))).code).toBe('not_found');
  });

  it('refuse a code or rating group twice, a missing parent and a circle of parents', async () => {
    const catalogue = catalogueOf();
    await catalogue.create(chat);
    expect((await refusal(catalogue.create(chat))).fields[0]?.pointer).toBe('/code');
    expect((await refusal(catalogue.create({ ...chat, code: 'other' }))).fields[0]?.pointer).toBe(
      '/ratingGroup',
    );
    const child = { ...chat, code: 'child', ratingGroup: 2, parentCode: 'chat' };
    expect((await refusal(catalogue.create({ ...child, parentCode: 'nobody' }))).code).toBe('invalid');
    await catalogue.create(child);
    const circle = await refusal(catalogue.update('chat', { parentCode: 'child' }));
    expect(circle).toMatchObject({ code: 'invalid', fields: [{ pointer: '/parentCode' }] });
  });
});

describe('versions', () => {
  it('follow one another; only the first may begin in the past', async () => {
    const catalogue = catalogueOf();
    await catalogue.create(chat);
    const first = await catalogue.addVersion('chat', version(['chat.example.com'], 0));
    expect(first).toMatchObject({ version: 1, effectiveFrom: '1970-01-01T00:00:00.000Z', effectiveTo: null });

    const past = await refusal(catalogue.addVersion('chat', version(['b.example.com'], NOW - 1)));
    expect(past).toMatchObject({ code: 'invalid', fields: [{ pointer: '/effectiveFrom' }] });

    await catalogue.addVersion('chat', version(['b.example.com'], NOW + DAY));
    const overlap = await refusal(catalogue.addVersion('chat', version(['c.example.com'])));
    expect(overlap).toMatchObject({ code: 'conflict', fields: [{ pointer: '/effectiveFrom' }] });

    const listed = await catalogue.listVersions('chat', { limit: 10 });
    expect(listed.items.map((item) => [item.version, item.effectiveTo])).toEqual([
      [2, null],
      [1, '2026-04-02T00:00:00.000Z'],
    ]);
  });

  it('can be withdrawn until they come into force, never after', async () => {
    const catalogue = catalogueOf();
    await catalogue.create(chat);
    await catalogue.addVersion('chat', version(['chat.example.com'], 0));
    await catalogue.addVersion('chat', version(['b.example.com'], NOW + DAY));
    expect((await refusal(catalogue.withdrawVersion('chat', 1))).code).toBe('conflict');
    await catalogue.withdrawVersion('chat', 2);
    const again = await catalogue.addVersion('chat', version(['c.example.com'], NOW + DAY));
    clock.time = NOW + DAY;
    expect((await refusal(catalogue.withdrawVersion('chat', 2))).message).toMatch(/never changes/);
    expect((await refusal(catalogue.remove('chat'))).message).toMatch(/in force/);
    await expect(
      database().dataSource.query(`UPDATE service_version SET rules = '{}' WHERE id = $1`, [again.id]),
    ).rejects.toThrow(/never changes/);
  });

  it('begin at once without an instant, and tell their difference', async () => {
    const catalogue = catalogueOf();
    await catalogue.create(chat);
    const nothing = parseOrRefuse(serviceVersionInputSchema, { rules: {} });
    expect((await refusal(catalogue.addVersion('chat', nothing))).fields[0]?.pointer).toBe('/rules');
    await catalogue.addVersion('chat', version(['a.example.com', 'b.example.com']));
    clock.time += 1;
    await catalogue.addVersion('chat', { ...version(['b.example.com', 'c.example.com']), policy: 'name' });
    expect(await catalogue.diff('chat', 1, 2)).toMatchObject({
      domainNames: { added: ['c.example.com'], removed: ['a.example.com'] },
      prefixes: { added: [], removed: [] },
      policy: { from: 'agree', to: 'name' },
    });
  });

  it('added by several at once get numbers of their own', async () => {
    const catalogue = catalogueOf();
    await catalogue.create(chat);
    const results = await Promise.allSettled(
      [3, 1, 2].map((day) => catalogue.addVersion('chat', version(['a.example.com'], NOW + day * DAY))),
    );
    const listed = await catalogue.listVersions('chat', { limit: 10 });
    const added = results.filter((result) => result.status === 'fulfilled').length;
    expect(listed.items.map((item) => item.version)).toEqual(
      Array.from({ length: added }, (_, i) => added - i),
    );
    const instants = listed.items.map((item) => item.effectiveFrom);
    expect(instants).toEqual([...instants].sort().reverse());
  });
});

describe('seed', () => {
  it('is in the database what it is without one, and changes nothing that is there', async () => {
    const catalogue = catalogueOf();
    await catalogue.create({ ...chat, code: 'spotify', ratingGroup: 9 });
    await catalogue.create({ ...chat, code: 'mine', ratingGroup: 140 });
    const result = await catalogue.seed();
    expect(result.kept).toEqual(['spotify']);
    expect(result.refused).toEqual(['tiktok']);
    expect(result.created).toHaveLength(SEED_SERVICES.length - 2);
    expect((await catalogue.get('spotify')).ratingGroup).toBe(9);

    const seeded = await catalogue.snapshot();
    const line = seedSnapshot().versions.find(({ serviceCode }) => serviceCode === 'line');
    expect(seeded.versions.find(({ serviceCode }) => serviceCode === 'line')).toMatchObject({
      ...line,
      id: expect.any(Number),
    });

    expect((await catalogue.seed()).created).toEqual([]);
    expect((await catalogue.snapshot()).revision).toBeGreaterThanOrEqual(seeded.revision);
  });
});

describe('followCatalogue', () => {
  it('brings a change to every process, once', async () => {
    const writer = catalogueOf();
    await writer.create(chat);
    const feed = new ChangeFeed(database().dataSource);
    const seen: CatalogueSnapshot[] = [];
    const end = await followCatalogue(feed, catalogueOf(), (snapshot) => void seen.push(snapshot));
    await feed.look();
    expect(seen).toHaveLength(1);
    await writer.addVersion('chat', version(['chat.example.com']));
    await feed.look();
    await feed.look();
    expect(seen.map(({ versions }) => versions.length)).toEqual([0, 1]);
    end();
    await writer.update('chat', { name: 'y' });
    await feed.look();
    expect(seen).toHaveLength(2);
  });
});
