import { beforeEach, describe, expect, it } from 'vitest';
import { plan, subscription, TERMS, usePlans, version } from '../../test/support/plans.js';
import { refusal } from '../../test/support/refusal.js';
import { periodOfMonth } from './calendar.js';
import { PlansRepository } from './plans.repository.js';
import { SegmentsReader } from './segments.reader.js';

const { database, services } = usePlans();

describe('subscriptions that are taken back', () => {
  beforeEach(async () => {
    const { plans, subscriptions } = services();
    await plans.create(plan());
    await plans.create(plan({ code: 'big' }));
    await subscriptions.create(subscription());
  });

  it('leave nothing of a planned change, and say so', async () => {
    const { subscriptions } = services();
    const at = Date.parse('2026-11-01T00:00:00+09:00');
    const change = { simId: 'sim-1', planCode: 'big', planVersion: null, at };
    const planned = await subscriptions.changePlan(change);
    const again = await refusal(subscriptions.changePlan({ ...change, planCode: 'light' }));
    expect(again.message).toContain(`subscription ${planned.id} to "big" starts at this very instant`);
    expect(await refusal(subscriptions.withdraw(planned.id, 7))).toMatchObject({ code: 'conflict' });
    await subscriptions.withdraw(planned.id, 1);
    expect(await refusal(subscriptions.get(planned.id))).toMatchObject({ code: 'not_found' });
    const { items } = await subscriptions.list({ simId: 'sim-1' }, { limit: 10 });
    expect(await subscriptions.end(items[0]!.id, { to: null })).toMatchObject({ to: null });
    const events = await database().dataSource.query<{ change: string; id: string }[]>(
      `SELECT convert_from(payload, 'UTF8')::json #>> '{data,change}' AS change, convert_from(payload, 'UTF8')::json #>> '{data,subscription,id}' AS id
       FROM outbox_event ORDER BY sequence`,
    );
    expect(events.map(({ change: what }) => what)).toEqual(['started', 'changed', 'withdrawn', 'continued']);
    expect(events[2]!.id).toBe(planned.id);
  });

  it('are not those in whose time a pack was bought', async () => {
    const { plans, subscriptions, packs } = services();
    const offered = { id: 'gb', octets: { value: '1', unit: 'GB' }, price: '500', validFor: 'period' };
    await plans.create(plan({ code: 'packs', terms: { ...TERMS, packs: [offered] } }));
    const { id } = await subscriptions.create(subscription({ simId: 'sim-2', planCode: 'packs' }));
    const pack = await packs.buy({ simId: 'sim-2', pack: 'gb' });
    expect((await refusal(subscriptions.withdraw(id))).message).toContain(`pack ${pack.id} ("gb")`);
    await packs.withdraw(pack.id);
    await subscriptions.withdraw(id);
  });
});

describe('a version that is withdrawn while a SIM is put on it', () => {
  it('takes nobody along: who waited for it sees that it is gone', async () => {
    const { plans, subscriptions } = services();
    await plans.create(plan());
    const start = '2026-11-01T00:00:00+09:00';
    await plans.addVersion('light', version(start));
    const { dataSource } = database();
    const waiting = async () => {
      const [row] = await dataSource.query<{ waiting: number }[]>(
        `SELECT count(*)::int AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return row!.waiting;
    };
    let put: Promise<unknown> = Promise.resolve();
    await dataSource.transaction(async (manager) => {
      // What withdrawing does: the plan is locked, then the version goes.
      await new PlansRepository().lock(manager, 'light');
      put = refusal(subscriptions.create(subscription({ planVersion: 2, from: start })));
      await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
      await manager.query(`DELETE FROM plan_version WHERE version = 2`);
    });
    expect(await put).toMatchObject({ code: 'invalid', fields: [{ pointer: '/planVersion' }] });
  });
});

describe('where local days begin within an hour of UTC', () => {
  const terms = { ...TERMS, timeZone: 'Asia/Kolkata' };
  const MIDNIGHT = '2026-11-01T00:00:00+05:30';
  const at = Date.parse(MIDNIGHT);

  it('versions and changes of plan begin with the day, and leave nothing of the old plan in the new period', async () => {
    const { plans, subscriptions } = services();
    await plans.create(plan({ effectiveFrom: '2026-10-01T00:00:00+05:30', terms }));
    await plans.create(plan({ code: 'big', effectiveFrom: MIDNIGHT, terms }));
    await subscriptions.create(subscription({ from: '2026-10-01T00:00:00+05:30' }));
    await subscriptions.changePlan({ simId: 'sim-1', planCode: 'big', planVersion: null, at });
    const calendar = { timeZone: 'Asia/Kolkata', anchorDay: 1, currency: 'JPY/0' };
    const { manager } = database().dataSource;
    const reader = new SegmentsReader();
    const plansOf = async (month: string) => {
      const period = periodOfMonth(calendar, month);
      const sims = await reader.sims(manager, calendar, period, 0, 10);
      const segments = await reader.segments(manager, calendar, period, sims);
      const versions = await reader.versions(
        manager,
        segments.map((one) => one.planVersionId),
      );
      return segments.map(({ planVersionId, from, to }) => [
        versions.find(({ id }) => id === planVersionId)!.planCode,
        from - period.from,
        to - period.to,
      ]);
    };
    expect(await plansOf('2026-10')).toEqual([['light', 0, 0]]);
    expect(await plansOf('2026-11')).toEqual([['big', 0, 0]]);
  });

  it('no other instant within an hour will do, and the next one is named', async () => {
    const { plans, subscriptions, groups } = services();
    const text = '2026-10-20T00:10:00+05:30';
    expect(() => plan({ effectiveFrom: text, terms })).toThrow(
      /effectiveFrom: .*the next is 2026-10-19T19:00:00.000Z/,
    );
    expect(() => version('2026-10-19T23:50:00+05:30', terms)).toThrow(
      /the next start of a local day is 2026-10-19T18:30:00.000Z/,
    );
    await plans.create(plan({ effectiveFrom: '2026-10-01T00:00:00+05:30', terms }));
    expect((await refusal(subscriptions.create(subscription({ from: text })))).fields[0]!.pointer).toBe(
      '/from',
    );
    const made = await subscriptions.create(subscription({ from: '2026-10-20T00:00:00+05:30' }));
    const wrong = { to: Date.parse('2026-11-01T00:15:00+05:30') };
    expect((await refusal(subscriptions.end(made.id, wrong))).fields[0]!.pointer).toBe('/to');
    expect(await subscriptions.end(made.id, { to: at })).toMatchObject({ to: '2026-10-31T18:30:00.000Z' });
    await groups.create({ code: 'home', name: 'Home', pool: { kind: 'sum' } });
    const member = { simId: 'sim-1', from: Date.parse('2026-10-25T00:00:00+05:30'), to: at };
    const refused = await refusal(groups.add('home', { ...member, to: at + 600_000 }));
    expect(refused.fields[0]!.pointer).toBe('/to');
    const { id } = await groups.add('home', member);
    expect((await refusal(groups.end(id, { to: at + 600_000 }))).fields[0]!.pointer).toBe('/to');
    expect(await refusal(groups.withdraw(id, 2))).toMatchObject({ code: 'conflict' });
    await groups.withdraw(id, 1);
    expect((await groups.members({}, { limit: 5 })).items).toEqual([]);
  });

  it('a pack that is bought in the first minutes of a period is of that period', async () => {
    const { plans, subscriptions, packs } = services();
    const pack = { id: 'gb', octets: { value: '1', unit: 'GB' }, price: '500', validFor: 'period' };
    const from = '2026-10-01T00:00:00+05:30';
    await plans.create(plan({ effectiveFrom: from, terms: { ...terms, packs: [pack] } }));
    await subscriptions.create(subscription({ from }));
    expect(await packs.buy({ simId: 'sim-1', pack: 'gb', at: at + 600_000 })).toMatchObject({
      from: '2026-10-31T18:30:00.000Z',
      to: '2026-11-30T18:30:00.000Z',
    });
  });
});
