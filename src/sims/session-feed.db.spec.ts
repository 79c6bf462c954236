import { describe, expect, it } from 'vitest';
import { HOUR, NOW, realmOf, sessionOf, simOf, useSims } from '../../test/support/sims.js';
import { ChangeFeed } from '../database/index.js';
import { type SessionChanges } from './index.js';

const { database, services } = useSims();

describe('the session feed', () => {
  it('tells all, then each change, also of realms, consent and deletions', async () => {
    const { realms, sims, sessions, feed } = services();
    await realms.create(realmOf({ resolvers: ['100.127.0.53'] }));
    await sims.create(simOf('sim-1', { nameConsent: true }));
    const old = await sessions.create(sessionOf('sim-1', '10.128.0.1', 0, 1));
    const open = await sessions.create(sessionOf('sim-1', '10.128.0.2', 0));

    const changes: SessionChanges[] = [];
    const changeFeed = new ChangeFeed(database().dataSource);
    const end = await feed.follow(changeFeed, (change) => void changes.push(change));
    const latest = async () => {
      await changeFeed.look();
      return changes.at(-1);
    };
    expect(changes).toHaveLength(1);
    expect(changes[0]?.realms).toEqual([
      { index: 1, name: 'vpg-1', resolvers: ['100.127.0.53'], shareNames: false },
    ]);
    expect(changes[0]?.upserted).toEqual([
      {
        id: old.id,
        simKey: 1,
        realmIndex: 1,
        prefix: '10.128.0.1/32',
        startTime: NOW,
        endTime: NOW + HOUR,
        dnsServers: [],
        mcc: null,
        nameConsent: true,
      },
      expect.objectContaining({ id: open.id, endTime: null }),
    ]);

    await sims.update('sim-1', { name: 'x' });
    expect(await latest()).toMatchObject({ upserted: [], deletedIds: [] });
    await sims.update('sim-1', { nameConsent: false });
    expect((await latest())?.upserted.map(({ id, nameConsent }) => [id, nameConsent])).toEqual([
      [old.id, false],
      [open.id, false],
    ]);
    await sessions.update(open.id, { endTime: NOW + 2 * HOUR });
    expect((await latest())?.upserted).toMatchObject([{ id: open.id, endTime: NOW + 2 * HOUR }]);
    await sessions.remove(old.id);
    expect(await latest()).toMatchObject({ upserted: [], deletedIds: [old.id] });
    await realms.update('vpg-1', { resolvers: [] });
    expect(await latest()).toMatchObject({ upserted: [], deletedIds: [], realms: [{ resolvers: [] }] });
    const count = changes.length;
    await changeFeed.look();
    expect(changes).toHaveLength(count);
    end();

    const recent = await feed.changesSince(0, { endedAfter: NOW + 3 * HOUR });
    expect(recent.upserted).toEqual([]);
    expect(recent.revision).toBe(changes.at(-1)?.revision);
  });

  it('hands very many on in pages of one view, the first with the realms', async () => {
    const { realms, sims, sessions, feed } = services();
    await realms.create(realmOf());
    await sims.create(simOf('sim-1'));
    for (let host = 1; host <= 5; host += 1) await sessions.create(sessionOf('sim-1', `10.128.0.${host}`, 0));
    const pages: SessionChanges[] = [];
    const changeFeed = new ChangeFeed(database().dataSource);
    const take = async (page: SessionChanges) => {
      pages.push(page);
      // What is written meanwhile is no part of the view, and comes with the next look.
      if (pages.length === 1) await sessions.create(sessionOf('sim-1', '10.128.0.6', 0));
    };
    const end = await feed.follow(changeFeed, take, { pageSize: 2 });
    expect(pages.map(({ realms: all, upserted }) => [all.length, upserted.length])).toEqual([
      [1, 2],
      [0, 2],
      [0, 1],
    ]);
    expect(new Set(pages.flatMap(({ upserted }) => upserted.map(({ prefix }) => prefix))).size).toBe(5);
    await changeFeed.look();
    expect(pages.at(-1)?.upserted.map(({ prefix }) => prefix)).toEqual(['10.128.0.6/32']);
    end();
  });

  it('gives a listener that failed the same changes again', async () => {
    const { realms, feed } = services();
    const health: (Error | undefined)[] = [];
    const changeFeed = new ChangeFeed(database().dataSource, {
      onHealth: (error) => void health.push(error),
    });
    const seen: string[] = [];
    await feed.follow(changeFeed, ({ realms: all }) => {
      seen.push(all.map(({ name }) => name).join());
      if (seen.length === 2) throw new Error('busy');
    });
    await realms.create(realmOf());
    await changeFeed.look();
    await changeFeed.look();
    await changeFeed.look();
    expect(seen).toEqual(['', 'vpg-1', 'vpg-1']);
    expect(health.map((error) => error?.message)).toEqual(['busy', undefined]);
  });
});
