import { describe, expect, it } from 'vitest';
import { refusal } from '../../test/support/refusal.js';
import { HOUR, NOW, iso, realmOf, sessionOf, simOf, useSims } from '../../test/support/sims.js';

const { services } = useSims();

describe('realms', () => {
  it('are created, listed, changed and removed; numbers are never given twice', async () => {
    const { realms } = services();
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
    const { realms, sims, sessions } = services();
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
    const { sims } = services();
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
    const { sims } = services();
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

describe('a removal of what was read', () => {
  const one = async (change: Promise<unknown>, removal: Promise<unknown>) => {
    const outcomes = await Promise.allSettled([change, removal]);
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  };

  it('is refused once it has changed, also if the two come at the same time', async () => {
    const { realms, sims, sessions } = services();
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
