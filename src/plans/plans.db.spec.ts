import { beforeEach, describe, expect, it } from 'vitest';
import { NOW, plan, subscription, TERMS, usePlans, version } from '../../test/support/plans.js';
import { refusal } from '../../test/support/refusal.js';
import { CatalogueReader } from './catalogue.reader.js';
import { SegmentsReader } from './segments.reader.js';

const { database, services } = usePlans();

describe('plans', () => {
  it('take a first version in the past, and give terms back as they went in, with defaults', async () => {
    const { plans } = services();
    expect(await plans.create(plan())).toMatchObject({ code: 'light', currentVersion: 1, latestVersion: 1 });
    const [first] = await plans.versions('light');
    expect(first).toMatchObject({ version: 1, status: 'in_force', effectiveTo: null });
    expect(first!.terms).toEqual(plan().terms);
  });

  it('refuse a code that is taken, and a service that the catalogue does not know, with a pointer to each', async () => {
    const { plans } = services();
    await plans.create(plan());
    expect(await refusal(plans.create(plan()))).toMatchObject({
      code: 'conflict',
      fields: [{ pointer: '/code' }],
    });
    const terms = {
      ...TERMS,
      free: [
        { id: 'a', services: ['line', 'lime'] },
        { id: 'b', services: ['line'], except: ['line-news'] },
      ],
    };
    const refused = await refusal(plans.create(plan({ code: 'other', terms })));
    expect(refused.fields.map(({ pointer }) => pointer)).toEqual([
      '/terms/free/0/services/1',
      '/terms/free/1/except/0',
    ]);
    expect((await plans.list({ limit: 10 })).items).toHaveLength(1);
  });

  it('hold the services that they name in place, also while they are written', async () => {
    const { plans } = services();
    const { dataSource } = database();
    await dataSource.query(
      `INSERT INTO service (code, name, rating_group, service_identifier, version, created_at, updated_at)
       SELECT code, code, 2, n, 1, now(), now() FROM unnest('{news,calls,spare}'::text[]) WITH ORDINALITY u (code, n)`,
    );
    const rule = { id: 'line', services: ['line'], except: ['news'] };
    await plans.create(plan({ terms: { ...TERMS, free: [{ id: 'all', services: 'all' }, rule] } }));
    const remove = (code: string) => dataSource.query(`DELETE FROM service WHERE code = $1`, [code]);
    await expect(remove('line')).rejects.toThrow(/a plan names the service line/);
    await expect(remove('news')).rejects.toThrow(/a plan names the service news/);
    await remove('spare');

    const terms = plan({ terms: { ...TERMS, free: [{ id: 'calls', services: ['calls'] }] } }).terms;
    let removed: Promise<unknown> = Promise.resolve();
    await dataSource.transaction(async (manager) => {
      await new CatalogueReader().refuseUnknownServices(manager, terms);
      removed = expect(remove('calls')).rejects.toThrow(/a plan names the service calls/);
      const waits = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(() => dataSource.query<unknown[]>(waits), { timeout: 20_000 }).toHaveLength(1);
      await manager.query(
        `INSERT INTO plan_version (plan_key, version, effective_from, terms, time_zone, anchor_day, currency, created_at)
         SELECT plan_key, 2, '2026-12-01Z', $1, 'Asia/Tokyo', 1, 'JPY/0', now() FROM plan`,
        [JSON.stringify(terms)],
      );
    });
    await removed;
  });

  it('refuse a later version in the past, or not after the last, and say the earliest start', async () => {
    const { plans } = services();
    await plans.create(plan());
    const past = await refusal(plans.addVersion('light', version('2026-10-15T03:00:00Z')));
    expect(past.fields).toEqual([
      { pointer: '/effectiveFrom', detail: expect.stringContaining('2026-10-15T04:00:00.000Z') as string },
    ]);
    await plans.addVersion('light', version('2026-11-01T00:00:00+09:00'));
    const before = await refusal(plans.addVersion('light', version('2026-10-20T00:00:00+09:00')));
    expect(before.fields[0]!.detail).toContain('2026-10-31T16:00:00.000Z');
    expect((await plans.versions('light')).map(({ status }) => status)).toEqual(['in_force', 'scheduled']);
  });

  it('withdraw a version that is not in force yet, and no other', async () => {
    const { plans } = services();
    await plans.create(plan());
    await plans.addVersion('light', version('2026-11-01T00:00:00+09:00'));
    expect(await refusal(plans.withdrawVersion('light', 1))).toMatchObject({ code: 'conflict' });
    await plans.withdrawVersion('light', 2);
    expect(await plans.versions('light')).toHaveLength(1);
    expect(await refusal(plans.version('light', 2))).toMatchObject({ code: 'not_found' });
  });

  it('withdraw no version under which a pack was sold for later', async () => {
    const { plans, subscriptions, packs } = services();
    await plans.create(plan());
    await subscriptions.create(subscription());
    const withPack = {
      ...TERMS,
      packs: [{ id: 'gb', octets: { value: '1', unit: 'GB' }, price: '500', validFor: 'period' }],
    };
    await plans.addVersion('light', version('2026-11-01T00:00:00+09:00', withPack));
    const at = Date.parse('2026-11-03T10:20:00+09:00');
    const pack = await packs.buy({ simId: 'sim-1', pack: 'gb', at });
    const refused = await refusal(plans.withdrawVersion('light', 2));
    expect(refused).toMatchObject({ code: 'conflict' });
    expect(refused.message).toContain(`pack ${pack.id} was sold`);
    await packs.withdraw(pack.id);
    await plans.withdrawVersion('light', 2);
  });

  it('keep a version as it was even from SQL', async () => {
    const { plans } = services();
    await plans.create(plan());
    await expect(database().dataSource.query(`UPDATE plan_version SET terms = '{}'`)).rejects.toThrow(
      /never changes/,
    );
  });

  it('add two versions at once one after the other', async () => {
    const { plans } = services();
    await plans.create(plan());
    const both = await Promise.allSettled([
      plans.addVersion('light', version('2026-11-01T00:00:00+09:00')),
      plans.addVersion('light', version('2026-11-01T00:00:00+09:00')),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('list by pages that hold when plans are added in between', async () => {
    const { plans } = services();
    for (const code of ['b', 'd', 'f']) await plans.create(plan({ code }));
    const first = await plans.list({ limit: 2 });
    await plans.create(plan({ code: 'a' }));
    const second = await plans.list({ limit: 2, cursor: first.nextCursor! });
    expect([...first.items, ...second.items].map(({ code }) => code)).toEqual(['b', 'd', 'f']);
    expect(second.nextCursor).toBeNull();
  });

  it('rename only what the caller has seen', async () => {
    const { plans } = services();
    await plans.create(plan());
    expect(await plans.rename('light', { name: 'Lighter' }, 1)).toMatchObject({
      name: 'Lighter',
      version: 2,
    });
    expect(await refusal(plans.rename('light', { name: 'Late' }, 1))).toMatchObject({ code: 'conflict' });
  });
});

describe('subscriptions', () => {
  beforeEach(async () => {
    const { plans } = services();
    await plans.create(plan());
    await plans.create(plan({ code: 'big' }));
  });

  it('start, end and tell so in the same transaction', async () => {
    const { subscriptions } = services();
    const made = await subscriptions.create(subscription());
    const ended = await subscriptions.end(made.id, { to: Date.parse('2026-10-20T00:00:00+09:00') }, 1);
    expect(ended).toMatchObject({ to: '2026-10-19T15:00:00.000Z', version: 2 });
    const events = await database().dataSource.query<{ type: string; sequence: string }[]>(
      `SELECT type, sequence FROM outbox_event ORDER BY sequence`,
    );
    expect(events).toEqual([
      { type: 'subscription.changed', sequence: '1' },
      { type: 'subscription.changed', sequence: '2' },
    ]);
    expect(await refusal(subscriptions.end(made.id, { to: null }, 1))).toMatchObject({ code: 'conflict' });
    expect(await subscriptions.end(made.id, { to: null })).toMatchObject({ to: null });
  });

  it('refuse overlaps, naming the other, also when two come at once', async () => {
    const { subscriptions } = services();
    const both = await Promise.allSettled([
      subscriptions.create(subscription()),
      subscriptions.create(subscription({ planCode: 'big', from: '2026-10-10T00:00:00+09:00' })),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = await refusal(subscriptions.create(subscription({ planCode: 'big' })));
    expect(refused.message).toMatch(
      /is on plan "(light|big)" \(subscription \d+\) from .* until further notice/,
    );
    // Half-open: one may start when the other ends.
    const second = subscription({ simId: 'sim-2', to: '2026-10-10T00:00:00+09:00' });
    await subscriptions.create(second);
    await subscriptions.create(subscription({ simId: 'sim-2', from: '2026-10-10T00:00:00+09:00' }));
  });

  it('refuse what cannot be: no such SIM, plan or version, before the plan, end before start, no whole hour', async () => {
    const { subscriptions } = services();
    const at = async (fields: object) =>
      (await refusal(subscriptions.create(subscription(fields)))).fields.map(({ pointer }) => pointer);
    expect(await at({ simId: 'nobody' })).toEqual(['/simId']);
    expect(await at({ planCode: 'none' })).toEqual(['/planCode']);
    expect(await at({ planVersion: 7 })).toEqual(['/planVersion']);
    expect(await at({ from: '2026-09-30T00:00:00+09:00' })).toEqual(['/from']);
    expect(await at({ to: '2026-10-01T00:00:00+09:00' })).toEqual(['/to']);
    expect(await at({ from: '2026-10-01T00:30:00+09:00' })).toEqual(['/from']);
    expect(await at({ to: '2026-10-05T00:30:00+09:00' })).toEqual(['/to']);
    const refused = await refusal(subscriptions.create(subscription({ from: '2026-10-01T00:30:00+09:00' })));
    expect(refused.message).toContain('the next is 2026-09-30T16:00:00.000Z');
    expect(await refusal(subscriptions.get('999'))).toMatchObject({ code: 'not_found' });
    expect(await refusal(subscriptions.get('x; DROP'))).toMatchObject({ code: 'not_found' });
  });

  it('change plan in mid-month, keeping the end that was set', async () => {
    const { subscriptions } = services();
    await subscriptions.create(subscription({ to: '2026-12-01T00:00:00+09:00' }));
    const changed = await subscriptions.changePlan({
      simId: 'sim-1',
      planCode: 'big',
      planVersion: null,
      at: Date.parse('2026-10-16T12:00:00+09:00'),
    });
    expect(changed).toMatchObject({ planCode: 'big', to: '2026-11-30T15:00:00.000Z' });
    const { items } = await subscriptions.list({ simId: 'sim-1' }, { limit: 10 });
    expect(items.map(({ planCode, from, to }) => [planCode, from, to])).toEqual([
      ['light', '2026-09-30T15:00:00.000Z', '2026-10-16T03:00:00.000Z'],
      ['big', '2026-10-16T03:00:00.000Z', '2026-11-30T15:00:00.000Z'],
    ]);
    const again = subscriptions.changePlan({ simId: 'sim-2', planCode: 'big', planVersion: null, at: NOW });
    expect((await refusal(again)).fields[0]!.pointer).toBe('/at');
  });
});

describe('segments', () => {
  const span = { from: Date.parse('2026-10-01T00:00:00+09:00'), to: Date.parse('2026-11-01T00:00:00+09:00') };
  const calendar = { timeZone: 'Asia/Tokyo', anchorDay: 1, currency: 'JPY/0' };

  it('follow the versions of a plan, stay on a pinned one, and join what touches', async () => {
    const { plans, subscriptions } = services();
    await plans.create(plan());
    await plans.addVersion('light', version('2026-10-20T00:00:00+09:00'));
    await subscriptions.create(subscription({ to: '2026-10-10T00:00:00+09:00' }));
    await subscriptions.create(subscription({ from: '2026-10-10T00:00:00+09:00' }));
    await subscriptions.create(
      subscription({ simId: 'sim-2', planVersion: 1, from: '2026-10-05T00:00:00+09:00' }),
    );
    const reader = new SegmentsReader();
    const { manager } = database().dataSource;
    const sims = await reader.sims(manager, calendar, span, 0, 10);
    expect(sims).toHaveLength(2);
    const segments = await reader.segments(manager, calendar, span, sims);
    const versions = await reader.versions(manager, [...new Set(segments.map((one) => one.planVersionId))]);
    const readable = segments.map((one) => [
      sims.indexOf(one.simKey) + 1,
      versions.find(({ id }) => id === one.planVersionId)!.version,
      new Date(one.from + 9 * 3_600_000).toISOString().slice(5, 10),
      new Date(one.to + 9 * 3_600_000).toISOString().slice(5, 10),
    ]);
    expect(readable).toEqual([
      [1, 1, '10-01', '10-20'],
      [1, 2, '10-20', '11-01'],
      [2, 1, '10-05', '11-01'],
    ]);
    expect(await reader.sims(manager, calendar, span, sims[0]!, 10)).toEqual([sims[1]]);
  });

  it('tell calendars apart', async () => {
    const { plans, subscriptions } = services();
    await plans.create(plan());
    await plans.create(plan({ code: 'usd', terms: { ...TERMS, currency: { code: 'USD', exponent: 2 } } }));
    await subscriptions.create(subscription());
    await subscriptions.create(subscription({ simId: 'sim-2', planCode: 'usd' }));
    const reader = new SegmentsReader();
    const { manager } = database().dataSource;
    const [from, to] = [new Date(span.from), new Date(span.to)];
    expect(await reader.calendars(manager, from, to)).toEqual([calendar, { ...calendar, currency: 'USD/2' }]);
    expect(await reader.sims(manager, calendar, span, 0, 10)).toHaveLength(1);
  });
});
