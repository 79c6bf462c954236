import { beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';
import { CatalogueService } from '../catalogue/index.js';
import { CatalogueRepository } from '../catalogue/catalogue.repository.js';
import { DryRunService, LedgerRepository, ReasonsRepository, UsageReader } from '../meter/index.js';
import { CatalogueReader, SegmentsReader, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import type { JobQueue } from '../queue/index.js';
import { SimulationsRepository } from './simulations.repository.js';
import { simulationInputSchema } from './simulation-input.js';
import { SimulationsService } from './simulations.service.js';
import { StatementsRepository } from './statements.repository.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { now: () => Date.parse('2026-11-05T00:00:00Z') };
const settings = { graceMs: 0, batchSims: 2, brakeFactor: null, brakeSims: 0 };
/** What the queue was given: the job is called by hand. */
const queued: unknown[] = [];
const queue = {
  add: (_name: string, data: unknown) => {
    queued.push(data);
    return Promise.resolve('1');
  },
} as unknown as JobQueue;
let fleet: BillingFleet;

function simulations(): SimulationsService {
  const { dataSource } = database();
  const catalogue = new CatalogueService(dataSource, new CatalogueRepository(), clock);
  return new SimulationsService(
    dataSource,
    new SimulationsRepository(),
    new StatementsRepository(),
    new SegmentsReader(),
    new CatalogueReader(),
    new UsageReader(dataSource),
    new DryRunService(dataSource, catalogue, clock),
    queue,
    clock,
    settings,
  );
}

const close = (month: string) =>
  billingServices(database().dataSource, clock, settings).closing.closeNow({ month, force: true });

/** The same plan, with nothing free. */
const DRAFT: PlanTermsInput = { ...LINE_FREE, free: [] };
const start = (terms: PlanTermsInput = DRAFT, planCode = 'light') =>
  simulations().start({ month: '2026-10', planCode, terms: planTermsSchema.parse(terms) });

/** Everything outside of the simulation's own tables, as text. */
async function world(): Promise<string> {
  const { dataSource } = database();
  const tables = [
    'statement',
    'usage_bucket',
    'plan_version',
    'subscription',
    'outbox_event',
    'statement_series',
  ];
  const rows = await Promise.all(
    tables.map((table) => dataSource.query<unknown[]>(`SELECT * FROM ${table} t ORDER BY t::text`)),
  );
  return JSON.stringify(rows);
}

beforeEach(async () => {
  await database().clear();
  queued.length = 0;
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(5);
  await fleet.plan('light', LINE_FREE);
  await fleet.plan('other', LINE_FREE);
  await fleet.subscribe('light', [1, 2, 3], '2026-10-01T00:00:00+09:00');
  await fleet.subscribe('other', [4], '2026-10-01T00:00:00+09:00');
  await fleet.use([
    { sim: 1, hour: '2026-10-02T12:00:00+09:00', service: 'line', down: 4_000_000_000 },
    { sim: 2, hour: '2026-10-02T12:00:00+09:00', service: null, down: 10 },
    { sim: 4, hour: '2026-10-02T12:00:00+09:00', service: 'line', down: 4_000_000_000 },
  ]);
});

describe('a simulation', () => {
  it('tells what each SIM on the plan would have paid, and the sum, against the statements', async () => {
    await close('2026-10');
    const before = await world();
    const { id, sims } = await start();
    expect(sims).toBe(3);
    expect(queued).toContainEqual({ simulationId: id });
    const progress: unknown[] = [];
    await simulations().carryOut(id, {
      report: (one) => {
        progress.push(one);
        return Promise.resolve();
      },
    });
    expect(progress).toEqual([
      { sims: 3, done: 2 },
      { sims: 3, done: 3 },
      { sims: 3, done: 3 },
    ]);
    // 4 GB of LINE, no longer free: one gigabyte past the quota at 220 yen and tax.
    expect(await simulations().get(id)).toMatchObject({
      status: 'finished',
      currency: 'JPY',
      totals: {
        billedAmount: '3234',
        simulatedAmount: '3476',
        difference: '242',
        billedFreeOctets: '4000000000',
        simulatedFreeOctets: '0',
        octets: '4000000010',
      },
    });
    const { items } = await simulations().results(id, { limit: 10 });
    expect(items.map((one) => [one.simId, one.statement, one.difference])).toEqual([
      ['sim-1', 1, '242'],
      ['sim-2', 2, '0'],
      ['sim-3', 3, '0'],
    ]);
    expect(await world()).toBe(before);
  });

  it('compares a month that is not closed with what it would be now', async () => {
    const { id } = await start();
    await simulations().carryOut(id);
    const { items } = await simulations().results(id, { limit: 1 });
    expect(items).toMatchObject([
      { simId: 'sim-1', statement: null, billedAmount: '1078', simulatedAmount: '1320' },
    ]);
  });

  it('changes nothing under the terms that are in force', async () => {
    await close('2026-10');
    const { id } = await start(LINE_FREE);
    await simulations().carryOut(id);
    expect((await simulations().get(id)).totals).toMatchObject({
      difference: '0',
      simulatedFreeOctets: '4000000000',
    });
  });

  it('goes on where it was stopped, and does no SIM twice', async () => {
    const { id } = await start();
    const stop = new AbortController();
    await simulations().carryOut(id, {
      signal: stop.signal,
      report: () => {
        stop.abort();
        return Promise.resolve();
      },
    });
    expect(await simulations().get(id)).toMatchObject({ status: 'running', done: 2 });
    await Promise.all([simulations().carryOut(id), simulations().carryOut(id)]);
    expect(await simulations().get(id)).toMatchObject({ status: 'finished', done: 3 });
  });

  it('is refused for a plan that is not there, and for terms of another calendar', async () => {
    await expect(start(DRAFT, 'unknown')).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ pointer: '/planCode' }],
    });
    await expect(start({ ...DRAFT, anchorDay: 20 })).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ pointer: '/terms' }],
    });
  });

  it('ends when it is removed', async () => {
    const { id } = await start();
    await simulations().remove(id);
    await simulations().carryOut(id);
    await expect(simulations().get(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(simulations().remove(id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

/** Usage as it was recognised when the catalogue knew of LINE alone. */
async function useNames(
  octets: readonly [sim: number, name: string | null, down: number, hour?: string][],
): Promise<void> {
  const { dataSource } = database();
  const ids = await new ReasonsRepository(dataSource).idsOf(
    octets.map(([, name]) => ({ ...NO_SERVICE, name })),
  );
  const rows = octets.map(([simKey, , octetsDown, hour = '2026-10-03T12:00:00+09:00'], index) => ({
    simKey,
    hour: Date.parse(hour),
    reasonId: ids[index] ?? 0,
    octetsUp: 0,
    octetsDown,
    packetsUp: 0,
    packetsDown: 1,
  }));
  const ledger = new LedgerRepository(dataSource);
  await ledger.ensurePartitions(rows.map(({ hour }) => hour));
  await dataSource.transaction((manager) => ledger.addUsage(manager, '1', rows));
}

const NO_SERVICE = {
  serviceVersionId: null,
  serviceCode: null,
  claimedServiceCode: null,
  evidence: 'none' as const,
  rule: null,
  agreed: null,
};
const YOUTUBE = {
  serviceCode: 'youtube',
  policy: 'name' as const,
  rules: { domainNames: ['youtube.com', 'googlevideo.com'] },
};
const YOUTUBE_FREE = { ...LINE_FREE, free: [{ id: 'both', services: ['line', 'youtube'] }] };

async function run(input: Omit<z.input<typeof simulationInputSchema>, 'month' | 'planCode'>) {
  const parsed = simulationInputSchema.parse({ month: '2026-10', planCode: 'light', ...input });
  const { id } = await simulations().start(parsed);
  await simulations().carryOut(id);
  const { items } = await simulations().results(id, { limit: 10 });
  return { ...(await simulations().get(id)), items };
}

describe('a draft catalogue', () => {
  it('answers "YouTube free for this plan: what would October have cost?" though no rule knew YouTube then', async () => {
    await useNames([
      [1, 'r3.googlevideo.com', 5_000_000_000],
      [2, 'www.youtube.com', 3_500_000_000],
      [2, 'www.example.com', 1_000_000_000],
      [3, 'notyoutube.com', 4_000_000_000],
      // A name beyond those that are kept of a SIM and hour, or that was forgotten in time.
      [3, null, 70],
      [4, 'www.youtube.com', 9_000_000_000],
    ]);
    await close('2026-10');
    const before = await world();
    const answer = await run({ terms: YOUTUBE_FREE, services: [YOUTUBE] });
    expect(answer.items).toMatchObject([
      // 5 GB of YouTube no longer past the quota of 3: two gigabytes at 220 yen and tax.
      {
        simId: 'sim-1',
        billedAmount: '1562',
        simulatedAmount: '1078',
        difference: '-484',
        unknownOctets: '0',
      },
      { simId: 'sim-2', difference: '-484', simulatedFreeOctets: '3500000000', unknownOctets: '10' },
      // Another name, which only ends alike, and what has none: as they were.
      { simId: 'sim-3', difference: '0', simulatedFreeOctets: '0', unknownOctets: '70' },
    ]);
    expect(answer).toMatchObject({
      serviceCodes: ['youtube'],
      sims: 3,
      totals: {
        billedAmount: '4686',
        simulatedAmount: '3718',
        difference: '-968',
        billedFreeOctets: '4000000000',
        simulatedFreeOctets: '12500000000',
        octets: '17500000080',
        dependsOctets: '0',
        unknownOctets: '80',
      },
    });
    expect(await world()).toBe(before);
  });

  it('says how many octets an address would have to bear out', async () => {
    await useNames([[1, 'r3.googlevideo.com', 5_000_000_000]]);
    const { totals } = await run({ terms: YOUTUBE_FREE, services: [{ ...YOUTUBE, policy: 'agree' }] });
    expect(totals).toMatchObject({ simulatedFreeOctets: '9000000000', dependsOctets: '5000000000' });
  });

  it('holds the rules of several services, and what is a part of what', async () => {
    await useNames([
      [1, 'live.youtube.com', 4_000_000_000],
      [2, 'chat.example.com', 6_000_000_000],
    ]);
    const services = [
      YOUTUBE,
      {
        serviceCode: 'youtube-live',
        parentCode: 'youtube',
        policy: 'name' as const,
        rules: { domainNames: ['live.youtube.com'] },
      },
      {
        serviceCode: 'line',
        policy: 'name' as const,
        rules: { domainNames: ['line.me', 'chat.example.com'] },
      },
    ];
    const free = (includeSubServices: boolean) => ({
      ...LINE_FREE,
      free: [{ id: 'both', services: ['line', 'youtube'], includeSubServices }],
    });
    const whole = await run({ terms: free(true), services });
    expect(whole.serviceCodes).toEqual(['youtube', 'youtube-live', 'line']);
    expect(whole.totals.simulatedFreeOctets).toBe('14000000000');
    expect((await run({ terms: free(false), services })).totals.simulatedFreeOctets).toBe('10000000000');
    // Under the terms in force LINE alone is free.
    expect((await run({ services })).totals.simulatedFreeOctets).toBe('10000000000');
  });

  it('holds hour by hour too, and before the period, where a cap looks back', async () => {
    const [before, within] = ['2026-09-30T20:00:00+09:00', '2026-10-01T10:00:00+09:00'];
    await fleet.subscribe('light', [5], '2026-09-01T00:00:00+09:00');
    await useNames([
      [5, 'www.youtube.com', 5_000_000_000, before],
      [5, 'www.youtube.com', 2_000_000_000, within],
    ]);
    const caps = [
      { limit: { value: '6', unit: 'GB' as const }, per: { rollingHours: 72 }, past: 'billed' as const },
    ];
    const capped = { ...LINE_FREE, free: [{ id: 'video', services: ['youtube'], caps }] };
    const { items } = await run({ terms: capped, services: [YOUTUBE] });
    expect(items.find(({ simId }) => simId === 'sim-5')).toMatchObject({
      octets: '2000000000',
      simulatedFreeOctets: '1000000000',
      unknownOctets: '0',
    });
  });

  it('may take names away from a service, with draft terms or without', async () => {
    await close('2026-10');
    const line = { serviceCode: 'line', policy: 'name' as const };
    const gone = { billedAmount: '3234', simulatedAmount: '3476', simulatedFreeOctets: '0' };
    const other = { ...line, rules: { domainNames: ['line.example'] } };
    expect((await run({ services: [other] })).totals).toMatchObject(gone);
    expect((await run({ services: [other], terms: LINE_FREE })).totals).toMatchObject(gone);
    expect(
      (await run({ services: [{ ...line, rules: { domainNames: ['line.me'] } }] })).totals,
    ).toMatchObject({
      difference: '0',
      simulatedFreeOctets: '4000000000',
    });
  });

  it('is refused with every place where it does not fit', async () => {
    const rules = { domainNames: ['a.example'] };
    await expect(
      run({
        terms: { ...LINE_FREE, free: [{ id: 'video', services: ['youtube', 'nobody'] }] },
        services: [
          YOUTUBE,
          { serviceCode: 'line', parentCode: 'none', rules },
          { serviceCode: 'a', parentCode: 'b', rules },
          { serviceCode: 'b', parentCode: 'a', rules },
          { serviceCode: 'empty', rules: {} },
        ],
      }),
    ).rejects.toMatchObject({
      code: 'invalid',
      fields: [
        { pointer: '/terms/free/0/services/1' },
        { pointer: '/services/1/parentCode' },
        { pointer: '/services/2/parentCode' },
        { pointer: '/services/3/parentCode' },
        { pointer: '/services/4/rules' },
      ],
    });
    const twice = { month: '2026-10', planCode: 'light', services: [YOUTUBE, YOUTUBE] };
    expect(simulationInputSchema.safeParse(twice).error?.issues).toMatchObject([
      { path: ['services', 1, 'serviceCode'] },
    ]);
    const nothing = { month: '2026-10', planCode: 'light' };
    expect(simulationInputSchema.safeParse(nothing).error?.issues).toMatchObject([{ path: ['terms'] }]);
  });
});
