import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';
import { TouchesRepository, UsageReader } from '../meter/index.js';
import { CatalogueReader, GroupsService, PacksService, SegmentsReader } from '../plans/index.js';
import { GroupsRepository } from '../plans/groups.repository.js';
import { PacksRepository } from '../plans/packs.repository.js';
import { SubscriptionsRepository } from '../plans/subscriptions.repository.js';
import { Outbox } from '../webhooks/index.js';
import { StatementsRepository } from './statements.repository.js';
import { ThresholdsRepository } from './thresholds.repository.js';
import { ThresholdsService } from './thresholds.service.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { time: 0, now: () => clock.time };
/** One SIM to a batch: those who share a pool are never closed in one. */
const settings = { graceMs: 0, batchSims: 1, brakeFactor: null, brakeSims: 0 };
const START = '2026-10-01T00:00:00+09:00';
const GB = 1_000_000_000;
let fleet: BillingFleet;

function parts() {
  const { dataSource } = database();
  const subscriptions = new SubscriptionsRepository();
  return {
    ...billingServices(dataSource, clock, settings),
    groups: new GroupsService(dataSource, new GroupsRepository(), subscriptions, clock),
    packs: new PacksService(dataSource, new PacksRepository(), subscriptions, clock),
    thresholds: new ThresholdsService(
      dataSource,
      new TouchesRepository(),
      new ThresholdsRepository(),
      new StatementsRepository(),
      new SegmentsReader(),
      new CatalogueReader(),
      new UsageReader(dataSource),
      new Outbox(),
      clock,
    ),
  };
}

const hour = (day: number, month = 10) => `2026-${month}-${String(day).padStart(2, '0')}T12:00:00+09:00`;
const close = (month: string) => parts().closing.closeNow({ month, force: true });

interface Lines {
  simId: string;
  charges: { kind: string; octets?: string; pack?: string; group?: string; amount: string }[];
  totals: { amount: string };
  packsOut?: { id: string; octets: string }[];
}
async function statementsOf(month: string): Promise<Lines[]> {
  const { items } = await parts().statements.list({ month }, { limit: 10 });
  return Promise.all(
    items.map(async ({ number }) => JSON.parse((await parts().statements.get(number)).text) as Lines),
  );
}
const linesOf = ({ charges }: Lines) =>
  charges.map(({ kind, octets, amount }) => `${kind} ${octets ?? '-'} ${amount}`);

/** Usage as a batch brings it, and a look at thresholds. */
async function use(sim: number, octets: number, day: number): Promise<void> {
  await fleet.use([{ sim, hour: hour(day), service: null, down: octets }]);
  await database().dataSource.transaction((manager) =>
    new TouchesRepository().add(manager, [
      {
        simKey: sim,
        hour: Date.parse(hour(day)),
        reasonId: 1,
        octetsUp: 0,
        octetsDown: octets,
        packetsUp: 0,
        packetsDown: 1,
      },
    ]),
  );
  await parts().thresholds.check();
}

async function told() {
  const { items } = await parts().thresholds.list({}, { limit: 20 });
  return items.map(({ simId, kind, threshold, limit, group }) => [simId, kind, threshold, limit, group]);
}

beforeEach(async () => {
  await database().clear();
  clock.time = Date.parse('2026-11-05T00:00:00Z');
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(3);
  await fleet.plan('light', {
    ...LINE_FREE,
    tax: null,
    packs: [
      {
        id: 'plus-1gb',
        octets: { value: '1', unit: 'GB' },
        price: '500',
        validFor: { days: 30 },
        use: 'after_quota',
      },
      { id: 'month', octets: { value: '2', unit: 'GB' }, price: '800', validFor: 'period' },
    ],
  });
  await fleet.subscribe('light', [1, 2, 3], START);
});

describe('a group of SIMs', () => {
  async function family(...sims: number[]): Promise<void> {
    await parts().groups.create({ code: 'family', name: 'Family', pool: { kind: 'sum' } });
    for (const sim of sims)
      await parts().groups.add('family', { simId: `sim-${sim}`, from: Date.parse(START), to: null });
  }

  it('shares its quota, whichever batch its SIMs are closed in', async () => {
    await family(1, 3);
    await fleet.use([
      { sim: 1, hour: hour(2), service: null, down: 5 * GB },
      { sim: 2, hour: hour(2), service: null, down: 5 * GB },
      { sim: 3, hour: hour(3), service: null, down: 2 * GB },
    ]);
    await close('2026-10');
    expect((await statementsOf('2026-10')).map(linesOf)).toEqual([
      ['base_fee - 980', `shared_quota ${5 * GB} 0`],
      ['base_fee - 980', `included ${3 * GB} 0`, `overage ${2 * GB} 440`],
      ['base_fee - 980', `shared_quota ${GB} 0`, `overage ${GB} 220`],
    ]);
  });

  it('has late usage of one SIM corrected on the statements of the others', async () => {
    await family(1, 3);
    await fleet.use([
      { sim: 1, hour: hour(20), service: null, down: 4 * GB },
      { sim: 3, hour: hour(3), service: null, down: 2 * GB },
    ]);
    await close('2026-10');
    await fleet.use([{ sim: 3, hour: hour(4), service: null, down: 1 }]);
    expect(await parts().corrections.correct('2026-10')).toBe(2);
    const { items } = await parts().corrections.list({}, { limit: 10 });
    expect(items.map(({ simId, amount }) => [simId, amount])).toEqual([
      ['sim-1', '220'],
      ['sim-3', '0'],
    ]);
    expect(await parts().corrections.correct('2026-10')).toBe(0);
  });

  it('tells of its thresholds once for all, by whoever reaches them', async () => {
    clock.time = Date.parse('2026-10-20T00:00:00Z');
    await family(1, 3);
    await use(1, 2 * GB, 2);
    await use(3, GB - 1, 3);
    expect(await told()).toEqual([]);
    await use(3, 1, 4);
    const half = ['sim-3', 'pool', '50%', String(6 * GB), 'family'];
    expect(await told()).toEqual([half]);
    await use(1, 1, 5);
    expect(await told()).toEqual([half]);
    await use(1, 3 * GB, 6);
    expect((await told()).slice(1).map(([simId, , threshold]) => [simId, threshold])).toEqual([
      ['sim-1', '80%'],
      ['sim-1', '100%'],
    ]);
  });

  it('tells of its thresholds at once, whichever of its SIMs were looked at before', async () => {
    await family(1, 3);
    await use(1, 1, 2);
    await use(3, 1, 2);
    // Each may use a quarter of the pool unseen; what one has used of it the other may no longer.
    await use(3, 1_500_000_000, 3);
    await use(1, 1_490_000_000, 4);
    expect(await told()).toEqual([]);
    await use(3, 700_000_000, 5);
    expect(await told()).toEqual([['sim-3', 'pool', '50%', String(6 * GB), 'family']]);
  });

  it('tells one SIM of an amount that the octets of another bring it to', async () => {
    await fleet.plan('watched', { ...LINE_FREE, tax: null, thresholds: { percents: [], amounts: ['1400'] } });
    const { dataSource } = database();
    await dataSource.query(
      `UPDATE subscription SET plan_key = (SELECT plan_key FROM plan WHERE code = 'watched')`,
    );
    await family(1, 3);
    await use(3, 6 * GB, 10);
    // Earlier, so it draws first: two gigabytes that the pool had covered are past it now, for 440 yen.
    await use(1, 2 * GB - 1, 9);
    expect(await told()).toEqual([['sim-3', 'amount', '1400', '1400', null]]);
  });

  it('tells by the pool that is left when one of its SIMs goes to another plan', async () => {
    await fleet.plan('small', {
      ...LINE_FREE,
      quota: { included: { value: '0', unit: 'GB' }, proration: 'full' },
    });
    await family(1, 3);
    await use(1, 2 * GB, 2);
    expect(await told()).toEqual([]);
    await database().dataSource.query(
      `UPDATE subscription SET plan_key = (SELECT plan_key FROM plan WHERE code = 'small') WHERE sim_key = 3`,
    );
    await use(1, 1, 3);
    expect(await told()).toEqual([['sim-1', 'pool', '50%', String(3 * GB), 'family']]);
  });

  it('refuses a SIM that is in a group, that is not there, and a change of what is billed', async () => {
    await family(1);
    const add = (simId: string, from = START, to: number | null = null) =>
      parts().groups.add('family', { simId, from: Date.parse(from), to });
    await expect(add('sim-1')).rejects.toMatchObject({ code: 'conflict' });
    await expect(add('sim-9')).rejects.toMatchObject({ fields: [{ pointer: '/simId' }] });
    await expect(add('sim-2', START, Date.parse(START))).rejects.toMatchObject({
      fields: [{ pointer: '/to' }],
    });
    await expect(
      parts().groups.create({ code: 'family', name: 'x', pool: { kind: 'sum' } }),
    ).rejects.toMatchObject({ fields: [{ pointer: '/code' }] });
    await close('2026-10');
    // October of sim-1 is final, and sim-2 would have shared its pool.
    await expect(add('sim-2', hour(30))).rejects.toThrow(/final statements until 2026-10-31T15:00:00Z/);
    const own = await parts().groups.members({ simId: 'sim-1' }, { limit: 5 });
    await expect(parts().groups.withdraw(own.items[0]!.id)).rejects.toThrow(/final statements until/);
    const { id } = await add('sim-2', '2026-11-01T00:00:00+09:00');
    await expect(parts().groups.end(id, { to: Date.parse(hour(5, 11)) }, 7)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await parts().groups.end(id, { to: Date.parse(hour(5, 11)) }, 1)).toMatchObject({
      to: '2026-11-05T03:00:00.000Z',
      version: 2,
    });
    const { items } = await parts().groups.members({ simId: 'sim-2' }, { limit: 5 });
    expect(items).toMatchObject([{ groupCode: 'family', simId: 'sim-2' }]);
  });
});

describe('a pack', () => {
  const buy = (pack: string, at: string, simId = 'sim-1') =>
    parts().packs.buy({ simId, pack, at: Date.parse(at) });

  it('is charged once, covers octets past the quota, and what is left goes into the next month', async () => {
    const { id } = await buy('plus-1gb', '2026-10-20T12:34:56+09:00');
    await fleet.use([
      { sim: 1, hour: hour(2), service: null, down: 3 * GB },
      { sim: 1, hour: hour(21), service: null, down: 400_000_000 },
      { sim: 1, hour: hour(5, 11), service: null, down: 3 * GB + 600_000_001 },
    ]);
    await close('2026-10');
    const [october] = await statementsOf('2026-10');
    expect(linesOf(october!)).toEqual([
      'base_fee - 980',
      'pack - 500',
      `included ${3 * GB} 0`,
      'pack_octets 400000000 0',
    ]);
    expect(october!.packsOut).toEqual([{ id, octets: '600000000' }]);
    clock.time = Date.parse('2026-12-05T00:00:00Z');
    await close('2026-11');
    expect(linesOf((await statementsOf('2026-11'))[0]!)).toEqual([
      'base_fee - 980',
      `included ${3 * GB} 0`,
      'pack_octets 600000000 0',
      'overage 1 220',
    ]);
    // Late in October: less of the pack was left, so November is corrected too.
    await fleet.use([{ sim: 1, hour: hour(22), service: null, down: 1 }]);
    expect(await parts().corrections.correct('2026-10')).toBe(1);
    expect(await parts().corrections.correct('2026-11')).toBe(1);
    const { items } = await parts().corrections.list({ month: '2026-11' }, { limit: 5 });
    expect(items).toMatchObject([{ amount: '0' }]);
  });

  it('does not tell again of a quota that was reached, but of the amount that it brings the SIM to', async () => {
    await fleet.plan('watched', {
      ...LINE_FREE,
      tax: null,
      thresholds: { amounts: ['1400'] },
      packs: [
        {
          id: 'first',
          octets: { value: '1', unit: 'GB' },
          price: '500',
          validFor: 'period',
          use: 'before_quota',
        },
      ],
    });
    await database().dataSource.query(
      `UPDATE subscription SET plan_key = (SELECT plan_key FROM plan WHERE code = 'watched') WHERE sim_key = 1`,
    );
    await use(1, 2_500_000_000, 2);
    const quota = ['50%', '80%'].map((threshold) => ['sim-1', 'quota', threshold, String(3 * GB), null]);
    expect(await told()).toEqual(quota);
    await buy('first', hour(3));
    await use(1, 1, 4);
    const all = [...quota, ['sim-1', 'amount', '1400', '1400', null]];
    expect(await told()).toEqual(all);
    // A gigabyte comes from the pack, so the quota is not used up by it.
    await use(1, GB, 5);
    expect(await told()).toEqual(all);
    await use(1, 500_000_000, 6);
    expect(await told()).toEqual([...all, ['sim-1', 'quota', '100%', String(3 * GB), null]]);
  });

  it('for the period ends with it', async () => {
    const bought = await buy('month', hour(20));
    expect(bought).toMatchObject({
      from: '2026-10-20T03:00:00.000Z',
      to: '2026-10-31T15:00:00.000Z',
      price: '800',
    });
    await close('2026-10');
    const [statement] = await statementsOf('2026-10');
    expect(linesOf(statement!)).toEqual(['base_fee - 980', 'pack - 800']);
    expect(statement!.packsOut).toBeUndefined();
  });

  it('is taken back until a statement of its time is final, and sold only by a plan that has it', async () => {
    await expect(buy('huge', hour(3))).rejects.toThrow(/offers plus-1gb, month/);
    await expect(buy('month', hour(3), 'sim-9')).rejects.toMatchObject({ fields: [{ pointer: '/simId' }] });
    await expect(buy('month', '2026-09-01T00:00:00+09:00')).rejects.toMatchObject({
      fields: [{ pointer: '/at' }],
    });
    const { id } = await buy('month', hour(3));
    await parts().packs.withdraw(id);
    await expect(parts().packs.get(id)).rejects.toMatchObject({ code: 'not_found' });
    const kept = await buy('month', hour(3));
    await close('2026-10');
    await expect(parts().packs.withdraw(kept.id)).rejects.toThrow(/final statements until/);
    await expect(buy('month', hour(4))).rejects.toThrow(/final statements until/);
    expect((await parts().packs.list({ simId: 'sim-1' }, { limit: 5 })).items).toHaveLength(1);
  });
});
