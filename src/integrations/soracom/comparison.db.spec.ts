import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useTestDatabase } from '../../../test/support/database.js';
import { eventsOf } from '../../../test/support/events.js';
import { SoracomServer } from '../../../test/support/soracom-server.js';
import { LedgerRepository, ReasonsRepository, SimDaysReader } from '../../meter/index.js';
import { parseOrRefuse, Refusal } from '../../shared/index.js';
import { createSimsServices, realmInputSchema, type SimsServices } from '../../sims/index.js';
import { Outbox } from '../../webhooks/index.js';
import { SoracomClients } from './clients.js';
import { DAY_MS, dayText } from './comparison.js';
import { ComparisonService } from './comparison.service.js';
import { parseSoracomSettings, type SoracomAccount } from './settings.js';
import { SoracomService } from './soracom.service.js';

const database = useTestDatabase({ poolSize: 4 });
const TODAY = Date.UTC(2026, 3, 20);
const clock = { time: 0, now: () => clock.time };
const MB = 1_000_000;
let server: SoracomServer;
let account: SoracomAccount;
let services: SimsServices;
let soracom: SoracomService;
let comparison: ComparisonService;
const wait = () => Promise.resolve();
const day = (offset: number) => TODAY + offset * DAY_MS;

beforeEach(async () => {
  clock.time = TODAY + 12 * 3_600_000;
  await database().clear();
  server = new SoracomServer();
  account = accountOf(await server.start());
  const { dataSource } = database();
  services = createSimsServices(dataSource, clock);
  const { sims, sessions, realms } = services;
  const clients = new SoracomClients();
  soracom = new SoracomService(dataSource, sims, sessions, clock, clients);
  comparison = new ComparisonService(
    dataSource,
    clients,
    sims,
    new SimDaysReader(dataSource),
    new Outbox(),
    clock,
  );
  await realms.create(
    parseOrRefuse(realmInputSchema, { name: 'vpg-1', subscriberPrefixes: ['10.128.0.0/9'] }),
  );
  for (const id of ['sim-01', 'sim-02', 'sim-03']) addSim(id);
  await soracom.sync(account, { wait });
});
afterEach(() => server.stop());

function accountOf(baseUrl: string, more: object = {}): SoracomAccount {
  const settings = { baseUrl, authKeyId: 'keyId-test', authKey: 'secret-test', vpgs: { 'vpg-a': 'vpg-1' } };
  const text = JSON.stringify({ accounts: [{ ...settings, ...more }] });
  return (parseSoracomSettings(text, 'soracom.json').accounts as [SoracomAccount])[0];
}

function addSim(simId: string): void {
  const address = `10.128.0.${simId.slice(-1)}`;
  const created = {
    event: 'Created' as const,
    time: day(-9),
    ueIpAddress: address,
    vpgId: 'vpg-a',
    sessionId: 's',
  };
  server.sims.push({
    simId,
    sessionStatus: { online: true, ueIpAddress: address, vpgId: 'vpg-a', lastUpdatedAt: day(-9) },
  });
  server.events.set(simId, [created]);
}

function counted(simId: string, start: number, up: number, down: number): void {
  const direction = {
    uploadByteSizeTotal: up,
    downloadByteSizeTotal: down,
    uploadPacketSizeTotal: 1,
    downloadPacketSizeTotal: 1,
  };
  const entry = {
    unixtime: start / 1000,
    date: dayText(start).replaceAll('-', ''),
    dataTrafficStatsMap: { 's1.fast': direction },
  };
  server.stats.set(simId, [...(server.stats.get(simId) ?? []), entry]);
}

async function mirrored(simId: string, time: number, octets: number): Promise<void> {
  const { dataSource } = database();
  const ledger = new LedgerRepository(dataSource);
  const [reasonId = 0] = await new ReasonsRepository(dataSource).idsOf([
    {
      serviceVersionId: null,
      serviceCode: null,
      claimedServiceCode: null,
      evidence: 'none',
      rule: null,
      name: null,
      agreed: null,
    },
  ]);
  const hour = Math.floor(time / 3_600_000) * 3_600_000;
  const simKey = (await services.sims.keysOf([simId])).get(simId) ?? 0;
  await ledger.ensurePartitions([hour]);
  const row = { simKey, hour, reasonId, octetsUp: octets, octetsDown: 0, packetsUp: 1, packetsDown: 0 };
  await dataSource.transaction((manager) => ledger.addUsage(manager, '1', [row]));
}

async function waiting(address: string, time: number, octets: number): Promise<void> {
  const ledger = new LedgerRepository(database().dataSource);
  const hour = Math.floor(time / 3_600_000) * 3_600_000;
  const times = { firstTime: (time - 60_000) * 1000, lastTime: time * 1000 };
  const counters = { octetsUp: octets, octetsDown: 0, packetsUp: 1, packetsDown: 0 };
  await database().dataSource.transaction((manager) =>
    ledger.addSuspense(manager, [{ realmIndex: 1, address, hour, reasonId: 1, ...counters, ...times }]),
  );
}

const compare = (simId?: string) => comparison.compare(account, { wait }, simId);
async function list(filter: object = {}): Promise<string[]> {
  const texts: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await comparison.list(filter, { limit: 2, cursor });
    texts.push(
      ...page.items.map(
        (item) =>
          `${dayText(item.day)} ${item.simId} ${item.mirrorOctets}/${item.soracomOctets}${item.outside ? ' !' : ''}`,
      ),
    );
    cursor = page.nextCursor;
  }
  return texts;
}
const events = () => eventsOf(database().dataSource);

describe('the comparison with SORACOM’s statistics', () => {
  it('sets UTC days side by side, and tells once of those outside the band', async () => {
    counted('sim-01', day(-1), 2 * MB, 8 * MB);
    counted('sim-01', day(-2), 5 * MB, 0);
    counted('sim-02', day(-1), 4 * MB, 0);
    counted('sim-03', day(-1), 10, 10);
    // Today is not over.
    counted('sim-01', day(0), 9 * MB, 0);
    await mirrored('sim-01', day(-1), 9 * MB);
    // The last hour of the UTC day: another day in Tokyo.
    await mirrored('sim-01', day(0) - 1, MB);
    await mirrored('sim-01', day(-1) - 1, 5 * MB);
    await mirrored('sim-01', day(0), 9 * MB);
    expect(await compare()).toEqual({ account: 'japan', sims: 3, unknown: 0, days: 4, outside: 1 });
    expect(await list()).toEqual([
      '2026-04-19 sim-01 10000000/10000000',
      '2026-04-19 sim-02 0/4000000 !',
      '2026-04-19 sim-03 0/20',
      '2026-04-18 sim-01 5000000/5000000',
    ]);
    expect(await list({ outside: true })).toEqual(['2026-04-19 sim-02 0/4000000 !']);
    expect(await list({ simId: 'sim-01', from: '2026-04-18', to: '2026-04-19' })).toHaveLength(1);
    const [told, ...others] = await events();
    expect(others).toEqual([]);
    expect(told).toMatchObject({
      type: 'reconciliation.deviated',
      data: {
        simDays: 1,
        from: '2026-04-19',
        to: '2026-04-20',
        worst: [{ simId: 'sim-02', ratio: '0.0000' }],
      },
    });
    expect(await comparison.lastDay('japan')).toEqual({ outside: 1, ratio: (10 * MB) / (14 * MB + 20) });

    const before = server.requests.length;
    expect(await compare()).toMatchObject({ sims: 0 });
    expect(server.requests).toHaveLength(before);
  });

  it('asks the next day for what is new and what may have changed, and does not tell twice of one day', async () => {
    counted('sim-02', day(-1), 4 * MB, 0);
    await compare();
    clock.time += DAY_MS;
    counted('sim-02', day(0), 3 * MB, 0);
    await mirrored('sim-02', day(0), 3 * MB);
    server.requests.length = 0;
    await compare();
    expect(server.requests[1]).toBe(
      `/v1/stats/air/sims/sim-02?from=${day(-2) / 1000}&to=${day(1) / 1000 - 1}&period=day`,
    );
    expect(await events()).toHaveLength(1);
    // Found late: no longer outside.
    await mirrored('sim-02', day(-1), 4 * MB);
    await compare('sim-02');
    expect(await list({ outside: true })).toEqual([]);
    expect(await list()).toHaveLength(2);
  });

  it('shows what waits in suspense under an address that the SIM held for a part of the time', async () => {
    counted('sim-01', day(-9), 5 * MB, 0);
    // The session began at midnight of that day; the first packet came before.
    await waiting('10.128.0.1', day(-9) + 1000, 5 * MB);
    await waiting('10.128.0.77', day(-9) + 1000, MB);
    await compare();
    const { items } = await comparison.list({}, { limit: 10 });
    expect(items).toMatchObject([{ mirrorOctets: 0n, waitingOctets: 5_000_000n, outside: true }]);
  });

  it('waits out an outage and obeys 429; what was compared before one that lasts stays and is told of', async () => {
    counted('sim-01', day(-1), 4 * MB, 0);
    const waits: number[] = [];
    const noted = (ms: number) => {
      waits.push(ms);
      return Promise.resolve();
    };
    account = accountOf(account.baseUrl);
    let round = 0;
    server.trouble = (response, request) => {
      round += 1;
      if (round === 1) response.writeHead(429, { 'retry-after': '9' }).end('{}');
      else if (round === 2) response.writeHead(500).end('<html>');
      else if (request.url?.includes('sim-02') === true) response.destroy();
      else return false;
      return true;
    };
    const error = await comparison.compare(account, { wait: noted }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(waits).toContain(9000);
    expect(await list()).toEqual(['2026-04-19 sim-01 0/4000000 !']);
    expect(await events()).toHaveLength(1);
    server.trouble = undefined;
    expect(await compare()).toMatchObject({ sims: 2, outside: 0 });
    expect(await events()).toHaveLength(1);
  });

  it('takes no answer in another form for no traffic, and goes past SIMs that SORACOM forgot', async () => {
    server.sims.shift();
    counted('sim-02', day(-1), 4 * MB, 0);
    expect(await compare()).toMatchObject({ sims: 3, unknown: 1, days: 1 });
    server.trouble = (response) => {
      response
        .writeHead(200)
        .end(JSON.stringify([{ unixtime: day(-1) / 1000, dataTrafficStatsMap: { x: {} } }]));
      return true;
    };
    const error = await compare('sim-02').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).message).toContain('documented form');
    expect(await list()).toEqual(['2026-04-19 sim-02 0/4000000 !']);
  });

  it('is carried out on order, once, and when SORACOM is back', async () => {
    counted('sim-01', day(-1), 4 * MB, 0);
    await compare();
    await mirrored('sim-01', day(-1), 4 * MB);
    await comparison.order('sim-01');
    expect(await soracom.lookAfterEvents([account], { wait })).toEqual([]);
    server.trouble = (response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(comparison.carryOutOrders([account], { wait })).rejects.toThrow('HTTP 503');
    server.trouble = undefined;
    expect(await comparison.carryOutOrders([account], { wait })).toMatchObject([{ sims: 1, outside: 0 }]);
    expect(await list()).toEqual(['2026-04-19 sim-01 4000000/4000000']);
    expect(await comparison.carryOutOrders([account], { wait })).toEqual([]);
    await expect(comparison.order('nobody')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of one SIM does not wait for that of all', async () => {
    counted('sim-03', day(-1), 4 * MB, 0);
    let release: (() => void) | undefined;
    server.trouble = (response) => {
      if (release !== undefined) return false;
      release = () => response.writeHead(503).end();
      return true;
    };
    const all = compare();
    await vi.waitFor(() => {
      if (release === undefined) throw new Error('nothing is asked yet');
    });
    await comparison.order(undefined);
    await comparison.order('sim-03');
    expect(await comparison.carryOutOrders([account], { wait })).toMatchObject([{ sims: 1, outside: 1 }]);
    release?.();
    await all;
    // The order of all has waited.
    expect(await comparison.carryOutOrders([account], { wait })).toMatchObject([{ sims: 0 }]);
    expect(await comparison.carryOutOrders([account], { wait })).toEqual([]);
  });

  it('is not made where the account says so, and every some days where it says that', async () => {
    expect(
      await comparison.compare(accountOf(account.baseUrl, { compare: false }), { wait }),
    ).toBeUndefined();
    account = accountOf(account.baseUrl, { compare: { everyDays: 3 } });
    expect(await compare()).toMatchObject({ sims: 3 });
    clock.time += 2 * DAY_MS;
    expect(await compare()).toMatchObject({ sims: 0 });
    clock.time += DAY_MS;
    expect(await compare()).toMatchObject({ sims: 3 });
  });
});
