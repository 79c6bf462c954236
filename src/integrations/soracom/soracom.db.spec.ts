import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useTestDatabase } from '../../../test/support/database.js';
import { refusal } from '../../../test/support/refusal.js';
import { simOf, soracomAccount, SoracomServer } from '../../../test/support/soracom-server.js';
import { parseOrRefuse } from '../../shared/index.js';
import { createSimsServices, realmInputSchema, simInputSchema, type SimsServices } from '../../sims/index.js';
import type { SoracomAccount } from './settings.js';
import { SoracomService } from './soracom.service.js';

const database = useTestDatabase({ poolSize: 4 });
const NOW = Date.UTC(2026, 3, 20, 12);
const HOUR = 3_600_000;
const clock = { time: NOW, now: () => clock.time };
const A = '440100000000001';
const B = '440100000000002';
let server: SoracomServer;
let account: SoracomAccount;
let services: SimsServices;
let soracom: SoracomService;
const wait = () => Promise.resolve();

beforeEach(async () => {
  clock.time = NOW;
  await database().clear();
  server = new SoracomServer();
  account = soracomAccount(await server.start());
  services = createSimsServices(database().dataSource, clock);
  const { sims, sessions, realms } = services;
  soracom = new SoracomService(database().dataSource, sims, sessions, clock);
  await realms.create(
    parseOrRefuse(realmInputSchema, { name: 'vpg-1', subscriberPrefixes: ['10.128.0.0/9'] }),
  );
});
afterEach(() => server.stop());

const sync = () => soracom.sync(account, { wait });
const at = (hours: number) => NOW + hours * HOUR;
const eventOf = (
  event: 'Created' | 'Modified' | 'Deleted',
  time: number,
  imsi: string,
  ueIpAddress = '10.128.0.1',
) => ({
  event,
  time,
  imsi,
  ueIpAddress,
  vpgId: 'vpg-a',
  dns0: '100.127.0.53',
  sessionId: 's',
});

async function sessions(): Promise<string[]> {
  const { items } = await services.sessions.list({ limit: 1000 });
  const hours = (time: string | null) => (time === null ? '' : String((Date.parse(time) - NOW) / HOUR));
  return items
    .toSorted((a, b) => a.startTime.localeCompare(b.startTime))
    .map(
      ({ simId, prefix, startTime, endTime }) => `${simId} ${prefix} ${hours(startTime)}..${hours(endTime)}`,
    );
}
describe('a sync', () => {
  it('brings SIMs and their sessions, to the second where an address moves; again it changes nothing', async () => {
    server.sims.push(
      simOf('sim-01', A, { online: false, lastUpdatedAt: at(-2) }),
      simOf(
        'sim-02',
        B,
        { online: true, ueIpAddress: '10.128.0.1', vpgId: 'vpg-a', lastUpdatedAt: at(-2) },
        { status: 'suspended' },
      ),
      simOf('sim-03', '440100000000003'),
    );
    server.events.set('sim-01', [eventOf('Created', at(-5), A), eventOf('Deleted', at(-2), A)]);
    server.events.set('sim-02', [
      eventOf('Created', at(-9), B, '10.128.0.7'),
      eventOf('Deleted', at(-8), B, '10.128.0.7'),
      eventOf('Created', at(-2), B),
    ]);
    expect(await sync()).toMatchObject({
      sims: { listed: 3, changed: 3, created: 3, refused: 0 },
      sessions: { created: 3, refused: 0 },
      faults: [],
    });
    expect(await sessions()).toEqual([
      'sim-02 10.128.0.7/32 -9..-8',
      'sim-01 10.128.0.1/32 -5..-2',
      'sim-02 10.128.0.1/32 -2..',
    ]);
    expect(await services.sims.get('sim-02')).toMatchObject({
      imsis: [B],
      iccid: '8981100000000000002',
      msisdn: '818011110002',
      name: 'SIM sim-02',
      status: 'suspended',
      nameConsent: false,
    });
    const before = server.requests.length;
    expect(await sync()).toMatchObject({
      sims: { listed: 3, changed: 0 },
      sessions: { created: 0, updated: 0 },
    });
    // Nothing has changed, so only the list itself was read.
    expect(server.requests.slice(before).every((path) => path.startsWith('/v1/sims?'))).toBe(true);
  });

  it('ends what has ended since, although its beginning is out of the history by then', async () => {
    server.sims.push(
      simOf('sim-01', A, { online: true, ueIpAddress: '10.128.0.1', vpgId: 'vpg-a', lastUpdatedAt: at(-5) }),
    );
    server.events.set('sim-01', [eventOf('Created', at(-5), A)]);
    await sync();
    clock.time = at(40 * 24);
    server.sims[0] = simOf('sim-01', A, { online: false, lastUpdatedAt: at(39 * 24) });
    server.events.set('sim-01', [eventOf('Deleted', at(39 * 24), A)]);
    await sync();
    expect(await sessions()).toEqual(['sim-01 10.128.0.1/32 -5..936']);
  });

  it('believes the status, or the address map, until the history tells when it began', async () => {
    server.sims.push(
      simOf('sim-01', A, { online: true, ueIpAddress: '10.128.0.1', vpgId: 'vpg-a', lastUpdatedAt: at(-3) }),
      simOf('sim-02', B, { online: true, lastUpdatedAt: at(-1) }),
    );
    server.addresses.set('vpg-a', [
      { key: 'gate-peer-1', ipAddress: '10.128.0.99', type: 'gatePeer', lastUpdatedAt: at(-1) },
      { key: 'other', ipAddress: '10.128.0.98', type: 'static', lastUpdatedAt: at(-1) },
      { key: B, ipAddress: '10.128.0.2', type: 'dynamic', lastUpdatedAt: at(-4) },
    ]);
    await sync();
    expect(await sessions()).toEqual(['sim-02 10.128.0.2/32 -4..', 'sim-01 10.128.0.1/32 -3..']);
    server.events.set('sim-01', [eventOf('Created', at(-6), A)]);
    await sync();
    expect(await sessions()).toEqual(['sim-01 10.128.0.1/32 -6..', 'sim-02 10.128.0.2/32 -4..']);
  });

  it('names the network that the SIM visits, and begins anew where it changes', async () => {
    server.sims.push(
      simOf('sim-01', A, {
        online: true,
        ueIpAddress: '10.128.0.1',
        vpgId: 'vpg-a',
        lastUpdatedAt: at(-2),
        cell: { mcc: 310, mnc: 410 },
      }),
    );
    server.events.set('sim-01', [
      { ...eventOf('Created', at(-5), A), cell: { mcc: 440 } },
      { ...eventOf('Modified', at(-2), A), cell: { mcc: 310 } },
    ]);
    await sync();
    await sync();
    const { items } = await services.sessions.list({ limit: 10 });
    const networks = items.toSorted((a, b) => a.startTime.localeCompare(b.startTime));
    expect(networks.map(({ mcc, endTime }) => [mcc, endTime === null])).toEqual([
      ['440', false],
      ['310', true],
    ]);
    expect(await sessions()).toEqual(['sim-01 10.128.0.1/32 -5..-2', 'sim-01 10.128.0.1/32 -2..']);
  });

  it('knows SIMs that are here under another id, and leaves alone what the operator says of them', async () => {
    await services.sims.create(
      parseOrRefuse(simInputSchema, {
        id: 'line-1',
        imsis: [A],
        name: 'ours',
        nameConsent: true,
        tags: { a: 'b' },
      }),
    );
    server.sims.push(simOf('sim-01', A, undefined, { status: 'terminated' }));
    server.events.set('sim-01', [eventOf('Created', at(-5), A), eventOf('Deleted', at(-2), A)]);
    await sync();
    expect(await sessions()).toEqual(['line-1 10.128.0.1/32 -5..-2']);
    expect(await services.sims.get('line-1')).toMatchObject({
      name: 'ours',
      nameConsent: true,
      tags: { a: 'b' },
      status: 'active',
      iccid: '8981100000000000001',
    });
    expect((await services.sims.list({ limit: 10 })).items).toHaveLength(1);
  });

  it('that an outage cuts short goes on where it was, and reports what was refused', async () => {
    server.sims.push(simOf('sim-01', A), simOf('sim-02', B), simOf('sim-03', '440100000000003'));
    server.events.set('sim-01', [eventOf('Created', at(-5), A), eventOf('Deleted', at(-2), A)]);
    server.events.set('sim-03', [eventOf('Created', at(-5), '440100000000003', '192.0.2.1')]);
    server.trouble = (response) => {
      if (!(server.requests.at(-1) ?? '').includes('last_evaluated_key')) return false;
      response.writeHead(503).end();
      return true;
    };
    expect((await refusal(sync())).code).toBe('unavailable');
    expect(await sessions()).toEqual(['sim-01 10.128.0.1/32 -5..-2']);
    server.trouble = undefined;
    const report = await sync();
    expect(report).toMatchObject({ sims: { listed: 3, changed: 1 }, sessions: { refused: 1 } });
    expect(report?.faults[0]).toContain('lies in no subscriber prefix');
    await services.realms.update('vpg-1', { subscriberPrefixes: ['10.128.0.0/9', '192.0.2.0/24'] });
    await sync();
    expect(await sessions()).toContain('sim-03 192.0.2.1/32 -5..');
  });

  it('runs once at a time', async () => {
    server.sims.push(simOf('sim-01', A));
    const reports = await Promise.all([sync(), sync()]);
    expect(reports.filter((report) => report === undefined)).toHaveLength(1);
  });
});

describe('an event', () => {
  it('has the SIM that it names read at once, by id or IMSI', async () => {
    server.sims.push(simOf('sim-01', A), simOf('sim-02', B));
    await sync();
    server.events.set('sim-01', [eventOf('Created', at(-1), A)]);
    server.events.set('sim-02', [eventOf('Created', at(-1), B, '10.128.0.2')]);
    await soracom.noteEvent({ simId: 'sim-01' });
    await soracom.noteEvent({ imsi: B });
    await soracom.noteEvent({ imsi: B });
    await soracom.noteEvent({ simId: 'nobody' });
    await soracom.lookAfterEvents([account], { wait });
    expect(await sessions()).toEqual(
      expect.arrayContaining(['sim-01 10.128.0.1/32 -1..', 'sim-02 10.128.0.2/32 -1..']),
    );
    const before = server.requests.length;
    expect(await soracom.lookAfterEvents([account], { wait })).toEqual([]);
    expect(server.requests).toHaveLength(before);
  });

  it('does not wait for a sync of all that is under way', async () => {
    server.sims.push(simOf('sim-01', A), simOf('sim-02', B));
    await sync();
    server.events.set('sim-02', [eventOf('Created', at(-1), B)]);
    await soracom.noteEvent({ simId: 'sim-02' });
    let release: (() => void) | undefined;
    server.trouble = (response) => {
      if (release !== undefined) return false;
      release = () => response.writeHead(503).end();
      return true;
    };
    const slow = sync();
    await vi.waitFor(() => {
      if (release === undefined) throw new Error('the sync has not asked yet');
    });
    expect(await soracom.lookAfterEvents([account], { wait })).toMatchObject([{ sims: { listed: 1 } }]);
    expect(await sessions()).toEqual(['sim-02 10.128.0.1/32 -1..']);
    release?.();
    await slow;
  });

  it('needs no token of its own', async () => {
    server.sims.push(simOf('sim-01', A));
    await sync();
    for (let round = 0; round < 3; round += 1) {
      await soracom.noteEvent({ simId: 'sim-01' });
      expect(await soracom.lookAfterEvents([account], { wait })).toHaveLength(1);
    }
    expect(server.logins).toBe(1);
  });

  it('stays noted while SORACOM is away', async () => {
    server.sims.push(simOf('sim-01', A));
    server.events.set('sim-01', [eventOf('Created', at(-1), A)]);
    await soracom.noteEvent({ simId: 'sim-01' });
    server.trouble = (response) => {
      response.writeHead(503).end();
      return true;
    };
    expect((await refusal(soracom.lookAfterEvents([account], { wait }))).code).toBe('unavailable');
    server.trouble = undefined;
    await soracom.lookAfterEvents([account], { wait });
    expect(await sessions()).toEqual(['sim-01 10.128.0.1/32 -1..']);
  });
});
