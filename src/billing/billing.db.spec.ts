import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { testRedisUrl, useTestDatabase } from '../../test/support/database.js';
import { noCounters, type SequenceCounts } from '../capture/index.js';
import { LedgerRepository, Meter, ReasonsRepository } from '../meter/index.js';
import { SubscriptionsService } from '../plans/index.js';
import { HandlesJob, JobQueue, QueueModule, type JobHandler } from '../queue/index.js';
import { CLOCK, Refusal } from '../shared/index.js';
import {
  BILLING_SETTINGS,
  BillingModule,
  BillingReports,
  ClosingService,
  StatementsService,
} from './index.js';
import { documentHash } from './statement-document.js';

const database = useTestDatabase();
const clock = { time: 0, now: () => clock.time };
const settings = { graceMs: 48 * 3_600_000, batchSims: 2, brakeFactor: 2 as number | null, brakeSims: 20 };
let app: INestApplicationContext;
let folder: string;
let fleet: BillingFleet;

@Injectable()
@HandlesJob('webhooks.deliver')
class NoDelivery implements JobHandler<'webhooks.deliver'> {
  handle(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countfree-test-'));
  @Global()
  @Module({
    providers: [
      { provide: DataSource, useFactory: () => database().dataSource },
      { provide: CLOCK, useValue: clock },
      NoDelivery,
    ],
    exports: [DataSource, CLOCK],
  })
  class Surroundings {}
  const queue = { url: testRedisUrl(), folder, prefix: `test-${randomUUID()}`, work: true };
  const module = await Test.createTestingModule({
    imports: [Surroundings, QueueModule.forRootAsync({ useFactory: () => queue }), BillingModule],
  })
    .overrideProvider(BILLING_SETTINGS)
    .useValue(settings)
    .compile();
  app = await module.init();
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  vi.restoreAllMocks();
  await database().clear();
  clock.time = Date.parse('2026-11-03T00:00:00+09:00');
  settings.batchSims = 2;
  settings.brakeSims = 20;
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(5);
  await fleet.plan('light', LINE_FREE);
});

const closing = () => app.get(ClosingService, { strict: false });
const statements = () => app.get(StatementsService, { strict: false });
const reports = () => app.get(BillingReports, { strict: false });
const october = { month: '2026-10', force: false };
const SEPTEMBER = '2026-09-01T00:00:00+09:00';
const hour = (day: number) => `2026-10-${String(day).padStart(2, '0')}T12:00:00+09:00`;

async function all() {
  const page = await statements().list({}, { limit: 100 });
  return page.items;
}

async function documents(): Promise<string[]> {
  return Promise.all((await all()).map(async ({ number }) => (await statements().get(number)).text));
}

async function refusal(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was not refused');
}

/** Five SIMs on the plan in October; the third was activated on the 21st, the fourth used nothing. */
async function october5(): Promise<void> {
  await fleet.subscribe('light', [1, 2, 4, 5], '2026-10-01T00:00:00+09:00');
  await fleet.subscribe('light', [3], '2026-10-21T00:00:00+09:00');
  await fleet.use([
    { sim: 1, hour: hour(2), service: 'line', up: 1_000, down: 57_956 },
    { sim: 1, hour: hour(3), service: null, down: 4_000_000_000 },
    { sim: 2, hour: hour(2), service: null, up: 7, down: 3 },
    { sim: 3, hour: hour(10), service: null, down: 999 },
    { sim: 3, hour: hour(22), service: null, down: 500 },
    { sim: 5, hour: '2026-09-30T23:00:00+09:00', service: null, down: 88 },
    { sim: 5, hour: '2026-10-31T23:00:00+09:00', service: 'line', down: 11 },
  ]);
}

describe('closing a month', () => {
  it('writes one statement for each SIM, numbered without gaps, each with its event', async () => {
    await october5();
    const view = await closing().closeNow(october);
    expect(view).toMatchObject({
      status: 'closed',
      statements: 5,
      runs: [{ forced: false, currency: 'JPY' }],
    });
    expect(
      (await all()).map((one) => [one.number, one.simId, one.freeOctets, one.billedOctets, one.amount]),
    ).toEqual([
      [1, 'sim-1', '58956', '4000000000', '1320'],
      [2, 'sim-2', '0', '10', '1078'],
      [3, 'sim-3', '0', '500', '383'],
      [4, 'sim-4', '0', '0', '1078'],
      [5, 'sim-5', '11', '0', '1078'],
    ]);
    const events = await database().dataSource.query<{ sim_id: string; payload: Buffer }[]>(
      `SELECT sim_id, payload FROM outbox_event WHERE type = 'statement.finalized' ORDER BY sim_id`,
    );
    expect(events).toHaveLength(5);
    const told = JSON.parse(events[0]!.payload.toString()) as { data: object };
    expect(told.data).toMatchObject({
      number: 1,
      amount: '1320',
      freeOctets: '58956',
      url: '/v1/statements/1',
    });
  });

  it('runs in the queue when it is ordered by the API', async () => {
    await october5();
    expect(await closing().start(october)).toMatchObject({ status: 'closing', statements: 0 });
    await vi.waitFor(
      async () => expect(await closing().status('2026-10')).toMatchObject({ status: 'closed' }),
      {
        timeout: 20_000,
        interval: 50,
      },
    );
    expect(await all()).toHaveLength(5);
  });

  it('refuses while the period or its grace is not over, and closes all the same when forced', async () => {
    await october5();
    clock.time = Date.parse('2026-11-02T23:59:59+09:00');
    const refused = await refusal(closing().closeNow(october));
    expect(refused).toMatchObject({ code: 'conflict', fields: [{ pointer: '/force' }] });
    expect(refused.message).toContain('2026-11-02T15:00:00.000Z');
    expect(await closing().status('2026-10')).toMatchObject({ status: 'open', runs: [] });
    const asOf = Date.parse('2026-10-31T12:00:00Z');
    const view = await closing().closeNow({ month: '2026-10', force: true, asOf });
    expect(view).toMatchObject({
      status: 'closed',
      runs: [{ forced: true, asOf: '2026-10-31T12:00:00.000Z' }],
    });
    expect((await all())[0]!.finalizedAt).toBe('2026-10-31T12:00:00.000Z');
  });

  it('refuses a second time, and a month without any SIM on a plan', async () => {
    await october5();
    await closing().closeNow(october);
    const again = await refusal(closing().closeNow(october));
    expect(again).toMatchObject({ code: 'conflict' });
    expect(again.message).toContain('5 final statements');
    expect(await refusal(closing().closeNow({ month: '2020-01', force: true }))).toMatchObject({
      code: 'not_found',
    });
    expect(await all()).toHaveLength(5);
  });

  it('gives a SIM that came in late its statement, and no other a second one', async () => {
    await october5();
    await closing().closeNow(october);
    await database().dataSource.query(
      `INSERT INTO sim (sim_key, sim_id, name_consent, status, tags, version, created_at, updated_at)
       OVERRIDING SYSTEM VALUE VALUES (9, 'sim-9', false, 'active', '{}', 1, now(), now())`,
    );
    await fleet.subscribe('light', [9], '2026-10-31T00:00:00+09:00');
    expect(await closing().closeNow(october)).toMatchObject({ statements: 6, status: 'closed' });
    expect((await all()).map(({ number, simId }) => [number, simId]).at(-1)).toEqual([6, 'sim-9']);
  });

  it('goes on where it was stopped, after any batch, with the same bytes as one that was not', async () => {
    await october5();
    await closing().closeNow(october);
    const whole = await documents();

    await database().clear();
    await fleet.create(5);
    await fleet.plan('light', LINE_FREE);
    await october5();
    settings.batchSims = 1;
    // Ordered only; each worker then ends after one batch.
    vi.spyOn(JobQueue.prototype, 'add').mockResolvedValue('');
    await closing().start(october);
    let workers = 0;
    for (; (await closing().status('2026-10')).status === 'closing'; workers += 1) {
      const stop = new AbortController();
      const report = () => {
        stop.abort();
        return Promise.resolve();
      };
      await closing().carryOut('2026-10', { signal: stop.signal, report });
    }
    expect(workers).toBeGreaterThan(4);
    expect(await documents()).toEqual(whole);
  });

  it('leaves nothing of a batch that fails, takes its numbers back, and is finished by the next run', async () => {
    await october5();
    // The connection goes away within the second batch, after its statements were written.
    await database().dataSource.query(`
      CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
      CREATE TRIGGER die BEFORE INSERT ON outbox_event FOR EACH ROW WHEN (NEW.sim_id = 'sim-3') EXECUTE FUNCTION die()`);
    await expect(closing().closeNow(october)).rejects.toThrow();
    expect(await all()).toHaveLength(2);
    expect(await closing().status('2026-10')).toMatchObject({ status: 'closing', statements: 2 });

    await database().dataSource.query(`DROP TRIGGER die ON outbox_event; DROP FUNCTION die`);
    expect(await closing().closeNow(october)).toMatchObject({ status: 'closed', statements: 5 });
    expect((await all()).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    const [{ events }] = await database().dataSource.query<[{ events: number }]>(
      `SELECT count(*)::int AS events FROM outbox_event WHERE type = 'statement.finalized'`,
    );
    expect(events).toBe(5);
  });

  it('writes the same bytes in large batches, read ahead, and nothing of one that fails in its middle', async () => {
    const sims = Array.from({ length: 600 }, (_, index) => index + 1);
    const close = async (batchSims: number) => {
      await database().clear();
      await fleet.create(sims.length);
      await fleet.plan('light', LINE_FREE);
      await fleet.subscribe('light', sims, '2026-10-01T00:00:00+09:00');
      await fleet.use(sims.map((sim) => ({ sim, hour: hour(5), service: 'line', down: sim * 1_000 })));
      settings.batchSims = batchSims;
      return closing().closeNow(october);
    };
    const whole = async () => {
      const rows = await database().dataSource.query<{ document: string }[]>(
        'SELECT document FROM statement ORDER BY number',
      );
      return rows.map(({ document }) => document);
    };
    await close(50);
    const small = await whole();
    expect(small).toHaveLength(sims.length);
    await database().dataSource.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON outbox_event FOR EACH ROW WHEN (NEW.sim_id = 'sim-400')
        EXECUTE FUNCTION refuse()`);
    await expect(close(1_000)).rejects.toThrow('no');
    await database().dataSource.query(`DROP TRIGGER refuse ON outbox_event; DROP FUNCTION refuse`);
    expect(await whole()).toEqual([]);
    expect(await closing().closeNow(october)).toMatchObject({ status: 'closed', statements: sims.length });
    expect(await whole()).toEqual(small);
  });

  it('is done once when two workers have it', async () => {
    await october5();
    settings.batchSims = 1;
    await Promise.all(
      [closing().closeNow(october), closing().closeNow(october)].map((one) => one.catch(() => null)),
    );
    expect(await closing().status('2026-10')).toMatchObject({ status: 'closed', statements: 5 });
    expect((await all()).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  it('is held, with nothing final, where its total is far from the month before, until it is confirmed', async () => {
    settings.brakeSims = 3;
    await october5();
    await closing().closeNow(october);
    // A plan that says ten times the price, by mistake.
    await database().dataSource.query(
      `INSERT INTO plan_version (plan_key, version, effective_from, terms, time_zone, anchor_day, currency, created_at)
       SELECT plan_key, 2, '2026-11-01T00:00:00+09:00', jsonb_set(terms, '{baseFee,amount}', '"9800"'), time_zone,
              anchor_day, currency, now() FROM plan_version`,
    );
    clock.time = Date.parse('2026-12-05T00:00:00+09:00');
    const november = { month: '2026-11', force: false };
    const view = await closing().closeNow(november);
    expect(view).toMatchObject({ status: 'held', statements: 0, runs: [{ status: 'held' }] });
    expect(view.runs[0]!.heldBecause).toContain('5 SIMs would be billed 53900 JPY, and were billed 4937 JPY');
    expect(await all()).toHaveLength(5);
    const again = await refusal(closing().closeNow(november));
    expect(again).toMatchObject({ code: 'conflict', fields: [{ pointer: '/confirm' }] });

    expect(await closing().closeNow({ ...november, confirm: true })).toMatchObject({
      status: 'closed',
      statements: 5,
    });
    expect(await all()).toHaveLength(10);
  });

  it('is not held by a fleet that grows, nor by fewer SIMs than can be compared', async () => {
    settings.brakeSims = 3;
    await october5();
    await closing().closeNow(october);
    await database().dataSource.query(
      `INSERT INTO sim (sim_key, sim_id, name_consent, status, tags, version, created_at, updated_at)
       OVERRIDING SYSTEM VALUE
       SELECT n, 'sim-' || n, false, 'active', '{}', 1, now(), now() FROM generate_series(100, 140) n`,
    );
    await fleet.subscribe(
      'light',
      Array.from({ length: 41 }, (_unused, index) => 100 + index),
      '2026-11-01T00:00:00+09:00',
    );
    clock.time = Date.parse('2026-12-05T00:00:00+09:00');
    expect(await closing().closeNow({ month: '2026-11', force: false })).toMatchObject({
      status: 'closed',
      statements: 46,
    });
  });

  it('closes each calendar and currency by its own edges', async () => {
    await fleet.plan('usd', {
      ...LINE_FREE,
      currency: { code: 'USD', exponent: 2 },
      timeZone: 'America/New_York',
      baseFee: { amount: '9.99', proration: 'full' },
    });
    await fleet.subscribe('light', [1], SEPTEMBER);
    await fleet.subscribe('usd', [2], SEPTEMBER);
    await fleet.use([
      { sim: 1, hour: '2026-10-31T16:00:00Z', service: null, down: 1 },
      { sim: 2, hour: '2026-10-31T16:00:00Z', service: null, down: 1 },
    ]);
    await closing().closeNow({ ...october, force: true });
    expect((await all()).map((one) => [one.simId, one.currency, one.octets, one.amount])).toEqual([
      ['sim-2', 'USD', '1', '10.99'],
      ['sim-1', 'JPY', '0', '1078'],
    ]);
  });

  it('reads usage by the hour where the plan looks at the hour, and over the edge for rolling caps', async () => {
    await fleet.plan('night', {
      ...LINE_FREE,
      free: [
        { id: 'night', services: 'all', windows: [{ fromHour: 1, toHour: 5 }] },
        {
          id: 'line',
          services: ['line'],
          caps: [{ limit: { value: '10', unit: 'kB' }, per: { rollingHours: 72 }, past: 'billed' }],
        },
      ],
    });
    await fleet.subscribe('night', [1], SEPTEMBER);
    await fleet.use([
      { sim: 1, hour: '2026-10-05T02:00:00+09:00', service: null, down: 100 },
      { sim: 1, hour: '2026-10-05T06:00:00+09:00', service: null, down: 20 },
      { sim: 1, hour: '2026-09-30T20:00:00+09:00', service: 'line', down: 7_000 },
      { sim: 1, hour: '2026-10-01T10:00:00+09:00', service: 'line', down: 8_000 },
    ]);
    await closing().closeNow(october);
    expect((await all()).map((one) => [one.freeOctets, one.billedOctets])).toEqual([['3100', '5020']]);
  });

  it('carries unused quota into the next month', async () => {
    await fleet.plan('carry', {
      ...LINE_FREE,
      quota: {
        included: { value: '3', unit: 'GB' },
        proration: 'full',
        carryOver: { limit: { value: '1', unit: 'GB' } },
      },
    });
    await fleet.subscribe('carry', [1], SEPTEMBER);
    await fleet.use([{ sim: 1, hour: hour(5), service: null, down: 4_000_000_000 }]);
    await closing().closeNow({ month: '2026-09', force: false });
    await closing().closeNow(october);
    const last = JSON.parse((await documents())[1]!) as { charges: { kind: string; octets?: string }[] };
    expect(last.charges.map(({ kind, octets }) => [kind, octets])).toEqual([
      ['base_fee', undefined],
      ['carried_over', '1000000000'],
      ['included', '3000000000'],
      ['tax', undefined],
    ]);
  });
});

describe('a final statement', () => {
  it('is never changed or removed, and holds the plan in place from which it was made', async () => {
    await october5();
    await closing().closeNow(october);
    const { dataSource } = database();
    for (const attempt of [
      `UPDATE statement SET amount = 0`,
      `DELETE FROM statement`,
      `TRUNCATE statement CASCADE`,
    ])
      await expect(dataSource.query(attempt)).rejects.toThrow(/never changed or removed/);

    const subscriptions = app.get(SubscriptionsService, { strict: false });
    const { items } = await subscriptions.list({ simId: 'sim-1' }, { limit: 10 });
    const early = await refusal(subscriptions.end(items[0]!.id, { to: Date.parse(hour(5)) }));
    expect(early).toMatchObject({ code: 'conflict' });
    expect(early.message).toContain('2026-10-31T15:00:00Z');
    await expect(
      fleet.subscribe('light', [3], '2026-10-01T00:00:00+09:00', '2026-10-02T00:00:00+09:00'),
    ).rejects.toThrow(/final statements until/);
    const end = Date.parse('2026-11-01T00:00:00+09:00');
    expect(await subscriptions.end(items[0]!.id, { to: end })).toMatchObject({
      to: '2026-10-31T15:00:00.000Z',
    });
  });

  it('hashes to what is stored and names the one before, so that a change shows', async () => {
    await fleet.subscribe('light', [1, 2], SEPTEMBER);
    await closing().closeNow({ month: '2026-09', force: false });
    await closing().closeNow(october);
    const own = (await all()).filter(({ simId }) => simId === 'sim-1');
    const [first, second] = await Promise.all(own.map(async ({ number }) => statements().get(number)));
    expect(documentHash(first!.text)).toBe(first!.hash);
    expect(JSON.parse(first!.text)).toMatchObject({ previousHash: null, chainPosition: 1, number: 1 });
    expect(JSON.parse(second!.text)).toMatchObject({ previousHash: first!.hash, chainPosition: 2 });
    expect(await statements().checkChain('sim-1')).toEqual({ simId: 'sim-1', statements: 2, broken: null });

    const tamper = (statement: string) =>
      database().dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL session_replication_role = 'replica'`);
        await manager.query(statement);
      });
    await tamper(`UPDATE statement SET document = replace(document, '"1078"', '"78"') WHERE number = 1`);
    expect((await statements().checkChain('sim-1')).broken).toMatchObject({ number: 1 });
    await tamper(`UPDATE statement SET hash = sha256(document::bytea) WHERE number = 1`);
    expect((await statements().checkChain('sim-1')).broken).toMatchObject({
      number: own[1]!.number,
      reason: expect.stringContaining('before it') as string,
    });
    await tamper(`DELETE FROM statement WHERE sim_key = 2 AND chain_position = 1`);
    expect((await statements().checkChain('sim-2')).broken?.reason).toContain('missing');
  });

  it('says how complete it is, which versions it used, and what each line rests on', async () => {
    await october5();
    await database().dataSource.query(
      `INSERT INTO account_bucket (source, hour, account, packets, octets) VALUES ('eth0', '2026-10-05T00:00:00Z', 'malformed', 3, 1234)`,
    );
    await closing().closeNow(october);
    expect(JSON.parse((await documents())[0]!)).toMatchObject({
      status: 'final',
      completeness: { malformedOctets: '1234', suspenseOctets: '0' },
      segments: [{ planCode: 'light', planVersion: 1 }],
      serviceVersions: [{ serviceCode: 'line', serviceVersionId: expect.any(Number) as number }],
      usage: [
        {
          treatment: 'free',
          serviceCode: 'line',
          evidence: 'sni',
          rule: 'line.me',
          planRule: 'line',
          amount: '0',
        },
        { treatment: 'billed', serviceCode: null, evidence: 'none', reason: 'no_service' },
      ],
    });
  });

  it('says what was lost before it could be counted, and what a full table blurred, as epochs ended with it', async () => {
    await october5();
    const { dataSource } = database();
    const meter = new Meter(
      dataSource,
      new LedgerRepository(dataSource),
      new ReasonsRepository(dataSource),
      { observeGently: () => Promise.resolve(), identifyGently: () => Promise.resolve([]) },
      clock,
    );
    const epoch = (source: string, time: string, sequences: SequenceCounts, socketDrops = 0) => {
      const counters = noCounters();
      counters.notes.step_address_pair = { packets: 4, octets: 4_000 };
      counters.notes.step_subscriber = { packets: 2, octets: 300 };
      counters.notes.hello_dropped = { packets: 5, octets: 500 };
      const [openedTime, closedTime] = [Date.parse(time) * 1000, Date.parse(time) * 1000 + 1_000_000];
      return meter.consume({
        source,
        generation: 'aa'.repeat(16),
        sequence: BigInt(openedTime),
        hellos: Buffer.alloc(0),
        flows: Buffer.alloc(0),
        epochEnd: { epoch: 1, openedTime, closedTime, counters, sequences, socketDrops },
      });
    };
    await epoch('a:eth0', hour(3), { numbered: 100, missed: 9, late: 0 }, 7);
    await epoch('a:eth0', hour(4), { numbered: 50, missed: 0, late: 2 });
    // One whose packets come twice hides nothing of what the other lost.
    await epoch('b:eth0', hour(4), { numbered: 40, missed: 0, late: 30 });
    await epoch('b:eth0', '2026-11-01T00:00:00+09:00', { numbered: 1, missed: 1_000, late: 0 }, 1_000);
    await closing().closeNow(october);
    const completeness = {
      numberedPackets: '190',
      lostPackets: '7',
      droppedPackets: '7',
      droppedHellos: '15',
      blurredPackets: '18',
      addressPairOctets: '12000',
      subscriberOctets: '900',
      globalOctets: '0',
    };
    expect(JSON.parse((await documents())[0]!)).toMatchObject({ completeness });
    expect((await all())[0]).toMatchObject({ completeness, nameNotVerifiedOctets: '0' });
    const csv = await statements().csv(1);
    expect(csv).toMatch(/completeness,lostPackets,[^\r]*,7,,,JPY,/);
    expect(csv).toMatch(/completeness,addressPairOctets,[^\r]*,12000,,,,JPY,/);
  });

  it('comes as CSV, one row for each line', async () => {
    await october5();
    await closing().closeNow(october);
    const rows = (await statements().csv(1)).trimEnd().split('\r\n');
    expect(rows.map((row) => row.split(',').slice(4, 6).join(' '))).toEqual([
      'section kind',
      'usage free',
      'usage billed',
      'charge base_fee',
      'charge included',
      'charge overage',
      'charge tax',
      'total ',
      'total_by_treatment free',
      'total_by_treatment billed',
      'total_by_treatment not_counted',
      'total_by_evidence sni_unverified',
      'completeness addressPairOctets',
      'completeness blurredPackets',
      'completeness droppedHellos',
      'completeness droppedPackets',
      'completeness globalOctets',
      'completeness hourBlurredOctets',
      'completeness lostPackets',
      'completeness malformedOctets',
      'completeness numberedPackets',
      'completeness subscriberOctets',
      'completeness suspenseOctets',
      'completeness unsupportedOctets',
    ]);
  });
});

describe('drafts', () => {
  it('are what the final statement then says, and are gone when there is one', async () => {
    await october5();
    const first = await statements().drafts('2026-10', {}, { limit: 3 });
    const second = await statements().drafts('2026-10', {}, { limit: 3, cursor: first.nextCursor! });
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([3, 2, null]);
    const one = await statements().drafts('2026-10', { simId: 'sim-3' }, { limit: 10 });
    expect(one.items).toHaveLength(1);
    await closing().closeNow(october);
    const head = ['status', 'number', 'chainPosition', 'previousHash', 'finalizedAt'];
    const body = (text: string) =>
      Object.fromEntries(Object.entries(JSON.parse(text) as object).filter(([key]) => !head.includes(key)));
    const drafts = [...first.items, ...second.items].map(({ text }) => body(text));
    expect(drafts).toEqual((await documents()).map(body));
    expect(body(one.items[0]!.text)).toEqual(drafts[2]);
    expect((await statements().drafts('2026-10', {}, { limit: 3 })).items).toEqual([]);
    expect(await refusal(statements().drafts('2026-10', { simId: 'nobody' }, { limit: 3 }))).toMatchObject({
      code: 'not_found',
    });
  });
});

describe('nothing disappears', () => {
  it('usage of a SIM without a plan is reported, hour by hour', async () => {
    await october5();
    const [from, to] = [new Date('2026-10-01T00:00:00+09:00'), new Date('2026-11-01T00:00:00+09:00')];
    const page = await reports().withoutPlan(from, to, { limit: 10 });
    expect(page.items).toEqual([{ simId: 'sim-3', octetsUp: '0', octetsDown: '999' }]);
    expect(await reports().withoutPlanTotal(from, to)).toEqual({ octets: 999n, sims: 1 });
    await closing().closeNow(october);
    const onStatements = (await all()).reduce((sum, one) => sum + BigInt(one.octets), 0n);
    const [stored] = await database().dataSource.query<[{ octets: string }]>(
      `SELECT sum(octets_up + octets_down)::text AS octets FROM usage_bucket WHERE hour >= $1 AND hour < $2`,
      [from, to],
    );
    expect(onStatements + 999n).toBe(BigInt(stored.octets));
  });

  it('usage that comes after the statement is reported with the statement', async () => {
    await october5();
    await closing().closeNow(october);
    expect((await reports().lateUsage('2026-10', { limit: 10 })).items).toEqual([]);
    await fleet.use([
      { sim: 2, hour: hour(30), service: 'line', up: 5, down: 6 },
      { sim: 3, hour: hour(10), service: null, down: 1 },
    ]);
    const pages: unknown[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await reports().lateUsage('2026-10', { limit: 2, cursor });
      pages.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([{ statement: 2, simId: 'sim-2', octetsUp: '5', octetsDown: '6' }]);
  });
});
