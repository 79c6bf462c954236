import { beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { ChangeFeed } from '../database/index.js';
import { parseOrRefuse, Refusal } from '../shared/index.js';
import {
  createSimsServices,
  realmInputSchema,
  sessionInputSchema,
  sessionPatchSchema,
  simInputSchema,
  type SessionChanges,
  type SimsServices,
} from './index.js';

const database = useTestDatabase();
const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 3, 1);
const clock = { time: NOW, now: () => clock.time };
let services: SimsServices;

function realmOf(fields: object = {}) {
  return parseOrRefuse(realmInputSchema, {
    name: 'vpg-1',
    mirror: { type: 'gre', outerSource: '198.51.100.1' },
    subscriberPrefixes: ['10.128.0.0/9', '2001:db8::/32'],
    ...fields,
  });
}
const simOf = (id: string, fields: object = {}) => parseOrRefuse(simInputSchema, { id, ...fields });
const iso = (hour: number) => new Date(NOW + hour * HOUR).toISOString();
const sessionText = (simId: string, prefix: string, from: number, to: number | null = null) => ({
  simId,
  realm: 'vpg-1',
  prefix,
  startTime: iso(from),
  endTime: to === null ? null : iso(to),
});
const sessionOf = (...parts: Parameters<typeof sessionText>) =>
  parseOrRefuse(sessionInputSchema, sessionText(...parts));

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
  services = createSimsServices(database().dataSource, clock);
});

describe('realms', () => {
  it('are created, listed, changed and removed; numbers are never given twice', async () => {
    const { realms } = services;
    const first = await realms.create(realmOf());
    expect(first).toEqual({
      ...realmOf(),
      index: 1,
      revision: 1,
      createdAt: iso(0),
      updatedAt: iso(0),
    });
    const second = await realms.create(
      realmOf({ name: 'vpg-2', mirror: { type: 'gre', key: 4_294_967_295 } }),
    );
    expect(second).toMatchObject({ index: 2, mirror: { type: 'gre', key: 4_294_967_295 } });
    await realms.remove('vpg-2');
    expect((await realms.create(realmOf({ name: 'vpg-3', mirror: { type: 'none' } }))).index).toBe(3);

    const page = await realms.list({ limit: 1 });
    const rest = await realms.list({ limit: 1, cursor: page.nextCursor ?? '' });
    expect([...page.items, ...rest.items].map(({ name }) => name)).toEqual(['vpg-1', 'vpg-3']);

    const changed = await realms.update('vpg-1', { resolvers: ['100.127.0.53'], shareNames: true }, 1);
    expect(changed).toMatchObject({ resolvers: ['100.127.0.53'], shareNames: true, revision: 2, index: 1 });
    expect((await refusal(realms.update('vpg-1', { shareNames: false }, 1))).code).toBe('conflict');
    expect(await realms.captureConfigs()).toEqual([
      {
        index: 1,
        name: 'vpg-1',
        mirror: { type: 'gre', outerSource: '198.51.100.1' },
        subscriberPrefixes: ['10.128.0.0/9', '2001:db8::/32'],
      },
      {
        index: 3,
        name: 'vpg-3',
        mirror: { type: 'none' },
        subscriberPrefixes: ['10.128.0.0/9', '2001:db8::/32'],
      },
    ]);
  });

  it('refuse a name or mirror twice, and prefixes that would leave a session outside', async () => {
    const { realms, sims, sessions } = services;
    await realms.create(realmOf());
    expect((await refusal(realms.create(realmOf({ mirror: { type: 'none' } })))).fields[0]?.pointer).toBe(
      '/name',
    );
    expect((await refusal(realms.create(realmOf({ name: 'other' })))).fields[0]?.pointer).toBe('/mirror');
    await sims.create(simOf('sim-1'));
    await sessions.create(sessionOf('sim-1', '10.128.0.1', 0));
    const stray = await refusal(realms.update('vpg-1', { subscriberPrefixes: ['10.129.0.0/16'] }));
    expect(stray).toMatchObject({ code: 'conflict', fields: [{ pointer: '/subscriberPrefixes' }] });
    expect(stray.message).toContain('10.128.0.1/32');
    expect((await refusal(realms.remove('vpg-1'))).message).toMatch(/essions refer/);
    expect((await refusal(realms.get('nowhere'))).code).toBe('not_found');
  });
});

describe('SIMs', () => {
  it('are created, filtered, changed and removed', async () => {
    const { sims } = services;
    const input = simOf('sim-1', {
      imsis: ['440100000000001', '440100000000002'],
      iccid: '8981100000000000001',
      msisdn: '+819000000001',
      tags: { fleet: 'vans', note: `a "quoted", {braced} \\ text` },
    });
    expect(await sims.create(input)).toEqual({ ...input, revision: 1, createdAt: iso(0), updatedAt: iso(0) });
    await sims.create(simOf('sim-2', { status: 'suspended' }));
    expect((await sims.list({ limit: 10 }, { status: 'suspended' })).items.map(({ id }) => id)).toEqual([
      'sim-2',
    ]);
    expect((await sims.list({ limit: 10 }, { imsi: '440100000000002' })).items.map(({ id }) => id)).toEqual([
      'sim-1',
    ]);

    const changed = await sims.update(
      'sim-1',
      { imsis: ['440100000000002', '440100000000003'], name: 'Van 1' },
      1,
    );
    expect(changed).toMatchObject({
      imsis: ['440100000000002', '440100000000003'],
      name: 'Van 1',
      revision: 2,
    });
    expect(changed.msisdn).toBe('819000000001');
    expect((await refusal(sims.update('sim-1', { name: null }, 1))).code).toBe('conflict');
    const taken = await refusal(sims.update('sim-2', { imsis: ['440100000000003'] }));
    expect(taken).toMatchObject({ code: 'conflict', fields: [{ pointer: '/imsis/0' }] });
    expect(taken.message).toContain('sim-1');
    expect((await refusal(sims.create(simOf('sim-1')))).fields[0]?.pointer).toBe('/id');

    await sims.remove('sim-1');
    expect((await sims.update('sim-2', { imsis: ['440100000000003'] })).imsis).toEqual(['440100000000003']);
    expect([...(await sims.keysOf(['sim-2'])).values()]).toEqual([2]);
    expect((await refusal(sims.keysOf(['sim-2', 'sim-9']))).message).toContain('sim-9');
  });

  it('in bulk: good rows are in, bad ones are named, a second run changes nothing', async () => {
    const { sims } = services;
    await sims.create(simOf('old', { imsis: ['440100000000009'] }));
    const rows = [
      { id: 'a', imsis: ['440100000000001'] },
      { id: 'b', imsi: ['1'] },
      { id: 'bad id', imsis: ['12'] },
      { id: 'a' },
      { id: 'c', imsis: ['440100000000001'] },
      { id: 'd', imsis: ['440100000000002', '440100000000009'] },
      { id: 'e', tags: { x: 'y' } },
    ];
    const first = await sims.bulkUpsert(rows);
    expect(first).toMatchObject({ created: 2, updated: 0, unchanged: 0 });
    expect(
      first.errors.map(({ index, code, errors }) => [index, code, errors.map(({ pointer }) => pointer)]),
    ).toEqual([
      [1, 'invalid', ['/imsi']],
      [2, 'invalid', ['/id', '/imsis/0']],
      [3, 'conflict', ['/id']],
      [4, 'conflict', ['/imsis/0']],
      [5, 'conflict', ['/imsis/1']],
    ]);
    expect(await sims.bulkUpsert(rows)).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
    const moved = await sims.bulkUpsert([
      { id: 'a', imsis: [] },
      { id: 'e', imsis: ['440100000000001'] },
    ]);
    expect(moved).toEqual({ created: 0, updated: 2, unchanged: 0, errors: [] });
    expect((await sims.get('e')).imsis).toEqual(['440100000000001']);
  });
});

describe('sessions', () => {
  beforeEach(async () => {
    await services.realms.create(realmOf());
    for (const id of ['sim-1', 'sim-2']) await services.sims.create(simOf(id));
  });

  it('of one prefix follow each other; an overlap names the session in the way', async () => {
    const { sessions } = services;
    const first = await sessions.create(sessionOf('sim-1', '10.128.0.1', 0, 2));
    expect(first).toMatchObject({
      prefix: '10.128.0.1/32',
      startTime: iso(0),
      endTime: iso(2),
      simId: 'sim-1',
    });
    const next = await sessions.create(sessionOf('sim-2', '10.128.0.1', 2));
    const overlap = await refusal(sessions.create(sessionOf('sim-1', '10.128.0.1', 1, 3)));
    expect(overlap).toMatchObject({ code: 'conflict' });
    expect(overlap.message).toContain(`ession ${first.id} of SIM sim-1`);
    expect(overlap.message).toContain(`ession ${next.id} of SIM sim-2`);
    const twice = await refusal(sessions.create(sessionOf('sim-2', '10.128.0.1', 2)));
    expect(twice.code).toBe('conflict');

    // A LAN prefix behind one SIM around another SIM's address: the longest prefix wins, so this is no overlap.
    await sessions.create(sessionOf('sim-1', '10.128.0.0/24', 0));
    await sessions.create(sessionOf('sim-1', '2001:db8:1::/64', 0));
    const held = await sessions.list({ limit: 10 }, { address: '10.128.0.1', at: NOW + 2 * HOUR });
    expect(held.items.map(({ simId, prefix }) => [simId, prefix])).toEqual([
      ['sim-2', '10.128.0.1/32'],
      ['sim-1', '10.128.0.0/24'],
    ]);
  });

  it('are refused outside of the realm, without SIM or realm, or with the end before the start', async () => {
    const { sessions } = services;
    const outside = await refusal(sessions.create(sessionOf('sim-1', '192.0.2.1', 0)));
    expect(outside).toMatchObject({ code: 'invalid', fields: [{ pointer: '/prefix' }] });
    const unknown = await refusal(sessions.create({ ...sessionOf('sim-9', '10.128.0.1', 0), realm: 'x' }));
    expect(unknown.code).toBe('invalid');
    expect(unknown.fields.map(({ pointer }) => pointer)).toEqual(['/simId', '/realm']);
    expect(() => sessionOf('sim-1', '10.128.0.1', 2, 2)).toThrow(/endTime: must be after startTime/);
  });

  it('end, are corrected and deleted', async () => {
    const { sessions } = services;
    const first = await sessions.create(sessionOf('sim-1', '10.128.0.1', 0));
    const end = parseOrRefuse(sessionPatchSchema, { endTime: iso(1) });
    const ended = await sessions.update(first.id, end, first.revision);
    expect(ended.endTime).toBe(iso(1));
    expect((await refusal(sessions.update(first.id, end, first.revision))).code).toBe('conflict');
    await sessions.create(sessionOf('sim-2', '10.128.0.1', 1));
    const reopened = await refusal(sessions.update(first.id, { endTime: null }));
    expect(reopened).toMatchObject({ code: 'conflict', fields: [{ pointer: '/endTime' }] });
    const early = await refusal(sessions.update(first.id, { endTime: NOW }));
    expect(early).toMatchObject({ code: 'invalid', fields: [{ pointer: '/endTime' }] });
    await sessions.remove(first.id);
    expect((await refusal(sessions.get(first.id))).code).toBe('not_found');
  });

  it('end the open one before them where asked to', async () => {
    const { sessions } = services;
    const first = await sessions.create(sessionOf('sim-1', '10.128.0.1', 0));
    await sessions.create(sessionOf('sim-2', '10.128.0.1', 1), { open: 'end' });
    expect((await sessions.get(first.id)).endTime).toBe(iso(1));
    const rows = [sessionText('sim-1', '10.128.0.1', 3), sessionText('sim-2', '10.128.0.1', 5)];
    const result = await sessions.bulkUpsert(rows, { open: 'end' });
    expect(result).toMatchObject({ created: 2, errors: [] });
    const all = await sessions.list({ limit: 10 });
    expect(all.items.map(({ startTime, endTime }) => [startTime, endTime])).toEqual([
      [iso(0), iso(1)],
      [iso(1), iso(3)],
      [iso(3), iso(5)],
      [iso(5), null],
    ]);
  });

  it('in bulk: good rows are in, bad ones are named, a second run changes nothing', async () => {
    const { sessions } = services;
    await sessions.create(sessionOf('sim-1', '10.128.0.1', 0));
    const rows = [
      sessionText('sim-1', '10.128.0.1', 0, 1), // ends the stored one
      sessionText('sim-2', '10.128.0.1', 1), // and this follows it
      sessionText('sim-2', '10.128.0.2', 0, 2),
      sessionText('sim-1', '10.128.0.2', 1), // overlaps the row before
      sessionText('sim-9', '10.128.0.3', 0),
      sessionText('sim-1', '192.0.2.1', 0),
      { ...sessionText('sim-1', '10.128.0.4', 2), endTime: iso(1) },
      { ...sessionText('sim-1', '10.128.0.5', 0), dnsServers: ['100.127.0.53', '::1'] },
    ];
    const first = await sessions.bulkUpsert(rows);
    expect(first).toMatchObject({ created: 3, updated: 1, unchanged: 0 });
    expect(first.errors.map(({ index, code, errors }) => [index, code, errors[0]?.pointer])).toEqual([
      [3, 'conflict', '/startTime'],
      [4, 'not_found', '/simId'],
      [5, 'invalid', '/prefix'],
      [6, 'invalid', '/endTime'],
    ]);
    expect(await sessions.bulkUpsert(rows)).toMatchObject({ created: 0, updated: 0, unchanged: 4 });
    const [last] = (await sessions.list({ limit: 10 })).items.slice(-1);
    expect(last?.dnsServers).toEqual(['100.127.0.53', '::1']);
  });

  it('know the visited network; who does not tell it keeps what is known', async () => {
    const { sessions, feed } = services;
    const { id } = await sessions.create({ ...sessionOf('sim-1', '10.128.0.1', 0), mcc: '310' });
    await sessions.bulkUpsert([sessionText('sim-1', '10.128.0.1', 0, 1)]);
    expect(await sessions.get(id)).toMatchObject({ endTime: iso(1), mcc: '310' });
    const told = { ...sessionText('sim-1', '10.128.0.1', 0, 1), mcc: '440' };
    expect(await sessions.bulkUpsert([told])).toMatchObject({ updated: 1 });
    expect(await sessions.bulkUpsert([told])).toMatchObject({ unchanged: 1 });
    expect((await feed.changesSince(0)).upserted).toMatchObject([{ id, mcc: '440' }]);
    expect(await sessions.update(id, { mcc: null })).toMatchObject({ mcc: null });
    expect((await sessions.bulkUpsert([{ ...told, mcc: '44' }])).errors[0]?.errors[0]?.pointer).toBe('/mcc');
  });

  it('hold the rule in the database too', async () => {
    await services.sessions.create(sessionOf('sim-1', '10.128.0.1', 0));
    await expect(
      database().dataSource.query(
        `INSERT INTO session (sim_key, realm_index, prefix, start_time, dns_servers, revision)
         VALUES (2, 1, '10.128.0.1', $1, '{}', 1)`,
        [new Date(NOW + HOUR)],
      ),
    ).rejects.toThrow(/session_no_overlap/);
  });

  it('written by several at once never overlap', async () => {
    const { sessions } = services;
    const tries = await Promise.allSettled(
      ['sim-1', 'sim-2', 'sim-1', 'sim-2'].map((sim, i) => sessions.create(sessionOf(sim, '10.128.0.9', i))),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of tries) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' });
    }
  });
});

describe('a removal of what was read', () => {
  const one = async (change: Promise<unknown>, removal: Promise<unknown>) => {
    const outcomes = await Promise.allSettled([change, removal]);
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  };

  it('is refused once it has changed, also if the two come at the same time', async () => {
    const { realms, sims, sessions } = services;
    await realms.create(realmOf());
    await sims.create(simOf('sim-1'));
    for (let round = 0; round < 5; round += 1) {
      const name = `spare-${round}`;
      const realm = await realms.create(
        realmOf({ name, mirror: { type: 'gre', outerSource: `192.0.2.${round + 1}` } }),
      );
      const { revision } = realm;
      expect(
        await one(realms.update(name, { retentionDays: 7 }, revision), realms.remove(name, revision)),
      ).toBe(1);
      const sim = await sims.create(simOf(name));
      expect(await one(sims.update(name, { name: 'x' }, sim.revision), sims.remove(name, sim.revision))).toBe(
        1,
      );
      const session = await sessions.create(sessionOf('sim-1', `10.129.0.${round}`, 0));
      expect(
        await one(
          sessions.update(session.id, { endTime: NOW + HOUR }, session.revision),
          sessions.remove(session.id, session.revision),
        ),
      ).toBe(1);
    }
    const { revision } = await sims.create(simOf('sim-9'));
    await sims.update('sim-9', { name: 'x' });
    expect((await refusal(sims.remove('sim-9', revision))).code).toBe('conflict');
    await sims.remove('sim-9');
  });
});

describe('the session feed', () => {
  it('tells all, then each change, also of realms, consent and deletions', async () => {
    const { realms, sims, sessions, feed } = services;
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
    const { realms, sims, sessions, feed } = services;
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
    const { realms, feed } = services;
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
