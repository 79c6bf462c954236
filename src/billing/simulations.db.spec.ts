import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';
import { CatalogueService } from '../catalogue/index.js';
import { CatalogueRepository } from '../catalogue/catalogue.repository.js';
import { DryRunService, UsageReader } from '../meter/index.js';
import { CatalogueReader, SegmentsReader, planTermsSchema, type PlanTermsInput } from '../plans/index.js';
import type { JobQueue } from '../queue/index.js';
import { SimulationsRepository } from './simulations.repository.js';
import { SimulationsService, type SimulationInput } from './simulations.service.js';
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
    await expect(start(DRAFT, 'unknown')).rejects.toMatchObject({ code: 'not_found' });
    await expect(start({ ...DRAFT, anchorDay: 20 })).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ pointer: '/terms' }],
    });
  });

  it('tells what draft rules of a service would have cost, hour by hour too, and touches nothing', async () => {
    // What LINE's name covers goes elsewhere: 4 GB are past the quota by one.
    await close('2026-10');
    const before = await world();
    const rules = {
      domainNames: ['line.example'],
      exactDomainNames: [],
      excludeDomainNames: [],
      prefixes: [],
    };
    const service = { serviceCode: 'line', policy: 'name' as const, rules };
    const run = async (input: Omit<SimulationInput, 'month' | 'planCode'>) => {
      const { id } = await simulations().start({ month: '2026-10', planCode: 'light', ...input });
      await simulations().carryOut(id);
      return simulations().get(id);
    };
    const gone = { billedAmount: '3234', simulatedAmount: '3476', simulatedFreeOctets: '0' };
    expect(await run({ service })).toMatchObject({ serviceCode: 'line', currency: 'JPY', totals: gone });
    const caps = [
      { limit: { value: '9', unit: 'GB' as const }, per: 'day' as const, past: 'billed' as const },
    ];
    const capped = { ...LINE_FREE, free: [{ id: 'line', services: ['line'], caps }] };
    expect((await run({ service, terms: planTermsSchema.parse(capped) })).totals).toMatchObject(gone);
    const kept = { ...service, rules: { ...rules, domainNames: ['line.me'] } };
    expect((await run({ service: kept })).totals).toMatchObject({
      difference: '0',
      simulatedFreeOctets: '4000000000',
    });
    expect(await world()).toBe(before);
    await expect(run({ service: { ...service, serviceCode: 'none' } })).rejects.toMatchObject({
      fields: [{ pointer: '/service/serviceCode' }],
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
