import { beforeEach, describe, expect, it } from 'vitest';
import { refusal } from '../../test/support/refusal.js';
import { HOUR, NOW, iso, realmOf, sessionOf, sessionText, simOf, useSims } from '../../test/support/sims.js';
import { parseOrRefuse } from '../shared/index.js';
import { sessionPatchSchema } from './index.js';

const { database, services } = useSims();

describe('sessions', () => {
  beforeEach(async () => {
    await services().realms.create(realmOf());
    for (const id of ['sim-1', 'sim-2']) await services().sims.create(simOf(id));
  });

  it('of one prefix follow each other; an overlap names the session in the way', async () => {
    const { sessions } = services();
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
    const { sessions } = services();
    const outside = await refusal(sessions.create(sessionOf('sim-1', '192.0.2.1', 0)));
    expect(outside).toMatchObject({ code: 'invalid', fields: [{ pointer: '/prefix' }] });
    const unknown = await refusal(sessions.create({ ...sessionOf('sim-9', '10.128.0.1', 0), realm: 'x' }));
    expect(unknown.code).toBe('invalid');
    expect(unknown.fields.map(({ pointer }) => pointer)).toEqual(['/simId', '/realm']);
    expect(() => sessionOf('sim-1', '10.128.0.1', 2, 2)).toThrow(/endTime: must be after startTime/);
  });

  it('end, are corrected and deleted', async () => {
    const { sessions } = services();
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
    const { sessions } = services();
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
    const { sessions } = services();
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
    const { sessions, feed } = services();
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
    await services().sessions.create(sessionOf('sim-1', '10.128.0.1', 0));
    await expect(
      database().dataSource.query(
        `INSERT INTO session (sim_key, realm_index, prefix, start_time, dns_servers, revision)
         VALUES (2, 1, '10.128.0.1', $1, '{}', 1)`,
        [new Date(NOW + HOUR)],
      ),
    ).rejects.toThrow(/session_no_overlap/);
  });

  it('written by several at once never overlap', async () => {
    const { sessions } = services();
    const tries = await Promise.allSettled(
      ['sim-1', 'sim-2', 'sim-1', 'sim-2'].map((sim, i) => sessions.create(sessionOf(sim, '10.128.0.9', i))),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of tries) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' });
    }
  });
});
