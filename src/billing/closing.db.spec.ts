import { describe, expect, it, vi } from 'vitest';
import { LINE_FREE } from '../../test/support/billing-fleet.js';
import { OCTOBER, SEPTEMBER_STARTS, hour, useBilling } from '../../test/support/billing-month.js';
import { refusal } from '../../test/support/refusal.js';
import { JobQueue } from '../queue/index.js';

const { all, closing, clock, database, documents, fleet, october5, settings } = useBilling();

describe('closing a month', () => {
  it('writes one statement for each SIM, numbered without gaps, each with its event', async () => {
    await october5();
    const view = await closing().closeNow(OCTOBER);
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
    expect(await closing().start(OCTOBER)).toMatchObject({ status: 'closing', statements: 0 });
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
    const refused = await refusal(closing().closeNow(OCTOBER));
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
    await closing().closeNow(OCTOBER);
    const again = await refusal(closing().closeNow(OCTOBER));
    expect(again).toMatchObject({ code: 'conflict' });
    expect(again.message).toContain('5 final statements');
    expect(await refusal(closing().closeNow({ month: '2020-01', force: true }))).toMatchObject({
      code: 'not_found',
    });
    expect(await all()).toHaveLength(5);
  });

  it('gives a SIM that came in late its statement, and no other a second one', async () => {
    await october5();
    await closing().closeNow(OCTOBER);
    await database().dataSource.query(
      `INSERT INTO sim (sim_key, sim_id, name_consent, status, tags, version, created_at, updated_at)
       OVERRIDING SYSTEM VALUE VALUES (9, 'sim-9', false, 'active', '{}', 1, now(), now())`,
    );
    await fleet().subscribe('light', [9], '2026-10-31T00:00:00+09:00');
    expect(await closing().closeNow(OCTOBER)).toMatchObject({ statements: 6, status: 'closed' });
    expect((await all()).map(({ number, simId }) => [number, simId]).at(-1)).toEqual([6, 'sim-9']);
  });

  it('goes on where it was stopped, after any batch, with the same bytes as one that was not', async () => {
    await october5();
    await closing().closeNow(OCTOBER);
    const whole = await documents();

    await database().clear();
    await fleet().create(5);
    await fleet().plan('light', LINE_FREE);
    await october5();
    settings.batchSims = 1;
    // Ordered only; each worker then ends after one batch.
    vi.spyOn(JobQueue.prototype, 'add').mockResolvedValue('');
    await closing().start(OCTOBER);
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
    await expect(closing().closeNow(OCTOBER)).rejects.toThrow();
    expect(await all()).toHaveLength(2);
    expect(await closing().status('2026-10')).toMatchObject({ status: 'closing', statements: 2 });

    await database().dataSource.query(`DROP TRIGGER die ON outbox_event; DROP FUNCTION die`);
    expect(await closing().closeNow(OCTOBER)).toMatchObject({ status: 'closed', statements: 5 });
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
      await fleet().create(sims.length);
      await fleet().plan('light', LINE_FREE);
      await fleet().subscribe('light', sims, '2026-10-01T00:00:00+09:00');
      await fleet().use(sims.map((sim) => ({ sim, hour: hour(5), service: 'line', down: sim * 1_000 })));
      settings.batchSims = batchSims;
      return closing().closeNow(OCTOBER);
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
    expect(await closing().closeNow(OCTOBER)).toMatchObject({ status: 'closed', statements: sims.length });
    expect(await whole()).toEqual(small);
  });

  it('is done once when two workers have it', async () => {
    await october5();
    settings.batchSims = 1;
    await Promise.all(
      [closing().closeNow(OCTOBER), closing().closeNow(OCTOBER)].map((one) => one.catch(() => null)),
    );
    expect(await closing().status('2026-10')).toMatchObject({ status: 'closed', statements: 5 });
    expect((await all()).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  it('is held, with nothing final, where its total is far from the month before, until it is confirmed', async () => {
    settings.brakeSims = 3;
    await october5();
    await closing().closeNow(OCTOBER);
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
    await closing().closeNow(OCTOBER);
    await database().dataSource.query(
      `INSERT INTO sim (sim_key, sim_id, name_consent, status, tags, version, created_at, updated_at)
       OVERRIDING SYSTEM VALUE
       SELECT n, 'sim-' || n, false, 'active', '{}', 1, now(), now() FROM generate_series(100, 140) n`,
    );
    await fleet().subscribe(
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
    await fleet().plan('usd', {
      ...LINE_FREE,
      currency: { code: 'USD', exponent: 2 },
      timeZone: 'America/New_York',
      baseFee: { amount: '9.99', proration: 'full' },
    });
    await fleet().subscribe('light', [1], SEPTEMBER_STARTS);
    await fleet().subscribe('usd', [2], SEPTEMBER_STARTS);
    await fleet().use([
      { sim: 1, hour: '2026-10-31T16:00:00Z', service: null, down: 1 },
      { sim: 2, hour: '2026-10-31T16:00:00Z', service: null, down: 1 },
    ]);
    await closing().closeNow({ ...OCTOBER, force: true });
    expect((await all()).map((one) => [one.simId, one.currency, one.octets, one.amount])).toEqual([
      ['sim-2', 'USD', '1', '10.99'],
      ['sim-1', 'JPY', '0', '1078'],
    ]);
  });

  it('reads usage by the hour where the plan looks at the hour, and over the edge for rolling caps', async () => {
    await fleet().plan('night', {
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
    await fleet().subscribe('night', [1], SEPTEMBER_STARTS);
    await fleet().use([
      { sim: 1, hour: '2026-10-05T02:00:00+09:00', service: null, down: 100 },
      { sim: 1, hour: '2026-10-05T06:00:00+09:00', service: null, down: 20 },
      { sim: 1, hour: '2026-09-30T20:00:00+09:00', service: 'line', down: 7_000 },
      { sim: 1, hour: '2026-10-01T10:00:00+09:00', service: 'line', down: 8_000 },
    ]);
    await closing().closeNow(OCTOBER);
    expect((await all()).map((one) => [one.freeOctets, one.billedOctets])).toEqual([['3100', '5020']]);
  });

  it('carries unused quota into the next month', async () => {
    await fleet().plan('carry', {
      ...LINE_FREE,
      quota: {
        included: { value: '3', unit: 'GB' },
        proration: 'full',
        carryOver: { limit: { value: '1', unit: 'GB' } },
      },
    });
    await fleet().subscribe('carry', [1], SEPTEMBER_STARTS);
    await fleet().use([{ sim: 1, hour: hour(5), service: null, down: 4_000_000_000 }]);
    await closing().closeNow({ month: '2026-09', force: false });
    await closing().closeNow(OCTOBER);
    const last = JSON.parse((await documents())[1]!) as { charges: { kind: string; octets?: string }[] };
    expect(last.charges.map(({ kind, octets }) => [kind, octets])).toEqual([
      ['base_fee', undefined],
      ['carried_over', '1000000000'],
      ['included', '3000000000'],
      ['tax', undefined],
    ]);
  });
});
