import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { useTestDatabase } from '../../test/support/database.js';
import { CatalogueService } from '../catalogue/index.js';
import { CatalogueRepository } from '../catalogue/catalogue.repository.js';
import { DryRunService, UsageReader } from '../meter/index.js';
import { CatalogueReader, SegmentsReader, planTermsSchema } from '../plans/index.js';
import { JOBS, type JobQueue } from '../queue/index.js';
import { Refusal } from '../shared/index.js';
import { SimulateJob } from './simulate.job.js';
import { SimulationsRepository } from './simulations.repository.js';
import { SimulationsService } from './simulations.service.js';
import { StatementsRepository } from './statements.repository.js';

const database = useTestDatabase();
const clock = { time: 0, now: () => clock.time };
/** What the queue was given, and what it answers instead: the job is called by hand. */
const queue = { jobs: [] as unknown[], away: null as Refusal | null };
const DRAFT = {
  month: '2026-10',
  planCode: 'light',
  terms: planTermsSchema.parse({ ...LINE_FREE, free: [] }),
};
let fleet: BillingFleet;

function simulations(): SimulationsService {
  const { dataSource } = database();
  return new SimulationsService(
    dataSource,
    new SimulationsRepository(),
    new StatementsRepository(),
    new SegmentsReader(),
    new CatalogueReader(),
    new UsageReader(dataSource),
    new DryRunService(dataSource, new CatalogueService(dataSource, new CatalogueRepository(), clock), clock),
    {
      add: (_name: string, { simulationId }: { simulationId: string }) => {
        if (queue.away !== null) return Promise.reject(queue.away);
        queue.jobs.push(simulationId);
        return Promise.resolve('1');
      },
    } as unknown as JobQueue,
    clock,
    { graceMs: 0, batchSims: 2, brakeFactor: null, brakeSims: 0 },
  );
}

const run = (simulationId: string, attempt = 1, signal = new AbortController().signal) =>
  new SimulateJob(simulations()).handle(
    { simulationId },
    { id: '1', attempt, signal, report: () => Promise.resolve() },
  );

beforeEach(async () => {
  await database().clear();
  Object.assign(queue, { jobs: [], away: null });
  clock.time = Date.parse('2026-11-05T00:00:00Z');
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(2);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', [1, 2], '2026-10-01T00:00:00+09:00');
});

describe('simulations that are kept', () => {
  it('are listed with the newest first, page by page, by month and plan', async () => {
    await fleet.plan('other', LINE_FREE);
    const ids: string[] = [];
    for (const [month, planCode] of [
      ['2026-10', 'light'],
      ['2026-11', 'light'],
      ['2026-10', 'other'],
    ] as const) {
      ids.unshift((await simulations().start({ ...DRAFT, month, planCode })).id);
      clock.time += 1;
    }
    const all = await simulations().list({}, { limit: 10 });
    expect([all.items.map(({ id }) => id), all.nextCursor]).toEqual([ids, null]);
    const first = await simulations().list({}, { limit: 2 });
    // One that comes meanwhile stands before the first page, and moves nothing on the second.
    await simulations().start(DRAFT);
    const second = await simulations().list({}, { limit: 2, cursor: first.nextCursor! });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    const of = async (filter: object) => (await simulations().list(filter, { limit: 10 })).items;
    expect((await of({ month: '2026-11' })).map(({ id }) => id)).toEqual([ids[1]]);
    expect(await of({ planCode: 'other' })).toMatchObject([
      { id: ids[0], month: '2026-10', status: 'running', sims: 0, done: 0, failedBecause: null },
    ]);
    expect(await of({ planCode: 'nobodys' })).toEqual([]);
  });

  it('are put into the queue again while they run, whatever the queue has lost', async () => {
    const { id: finished } = await simulations().start(DRAFT);
    await run(finished);
    const { id } = await simulations().start(DRAFT);
    queue.jobs = [];
    await simulations().requeue();
    expect(queue.jobs).toEqual([id]);
    await run(id);
    queue.jobs = [];
    await simulations().requeue();
    expect(queue.jobs).toEqual([]);
  });

  it('are none where the queue is away: who is refused asks again', async () => {
    queue.away = new Refusal('unavailable', 'The job queue is away.');
    await expect(simulations().start(DRAFT)).rejects.toBe(queue.away);
    expect((await simulations().list({}, { limit: 10 })).items).toEqual([]);
  });

  it('are of months that have begun in the zone of the plan', async () => {
    clock.time = Date.parse('2026-11-30T14:59:59.999Z');
    const december = { ...DRAFT, month: '2026-12' };
    await expect(simulations().start(december)).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ pointer: '/month', detail: expect.stringContaining('2026-11-30T15:00:00.000Z') as string }],
    });
    clock.time += 1;
    expect(await simulations().start(december)).toMatchObject({ month: '2026-12', sims: 2 });
  });

  it('are of the period that the plan had in that month, where its calendar has changed since', async () => {
    const terms = planTermsSchema.parse({ ...LINE_FREE, anchorDay: 1, timeZone: 'America/New_York' });
    await database().dataSource.query(
      `INSERT INTO plan_version (plan_key, version, effective_from, terms, time_zone, anchor_day, currency, created_at)
       SELECT plan_key, 2, '2026-11-01T04:00:00Z', $1, 'America/New_York', 1, 'JPY/0', now() FROM plan`,
      [JSON.stringify(terms)],
    );
    const rules = { domainNames: ['x.test'], exactDomainNames: [], excludeDomainNames: [], prefixes: [] };
    const services = [{ serviceCode: 'new', policy: 'name' as const, rules }];
    for (const month of ['2026-10', '2026-11']) {
      const { id } = await simulations().start({ month, planCode: 'light', services });
      await run(id);
      const { totals } = await simulations().get(id);
      // 980 and tax of each. November's first hours in Tokyo are of the calendar before, on a statement of their own.
      expect([month, totals.billedAmount, totals.difference]).toEqual([month, '2156', '0']);
    }
  });
});

describe('a simulation that cannot be carried out', () => {
  const broken = async (): Promise<string> => {
    const { id } = await simulations().start(DRAFT);
    await database().dataSource.query(`
      CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
      CREATE TRIGGER die BEFORE INSERT ON simulation_result FOR EACH ROW EXECUTE FUNCTION die()`);
    return id;
  };
  const mend = () => database().dataSource.query('DROP TRIGGER die ON simulation_result; DROP FUNCTION die');

  it('says so and why after the last try, and is not tried again', async () => {
    const id = await broken();
    const { attempts } = JOBS['billing.simulate'];
    await expect(run(id, attempts - 1)).rejects.toThrow('no room');
    expect(await simulations().get(id)).toMatchObject({ status: 'running', failedBecause: null });
    await expect(run(id, attempts)).rejects.toThrow('no room');
    expect(await simulations().get(id)).toMatchObject({
      status: 'failed',
      failedBecause: expect.stringContaining('no room') as string,
      finishedAt: '2026-11-05T00:00:00.000Z',
      done: 0,
    });
    await mend();
    queue.jobs = [];
    await simulations().requeue();
    await run(id);
    expect([queue.jobs, (await simulations().get(id)).status]).toEqual([[], 'failed']);
    await simulations().remove(id);
  });

  it('goes on where a process was only asked to end in its last try', async () => {
    const id = await broken();
    const stop = new AbortController();
    stop.abort();
    await expect(run(id, JOBS['billing.simulate'].attempts, stop.signal)).rejects.toThrow();
    await mend();
    expect((await simulations().get(id)).status).toBe('running');
    await run(id);
    expect(await simulations().get(id)).toMatchObject({ status: 'finished', done: 2 });
  });
});
