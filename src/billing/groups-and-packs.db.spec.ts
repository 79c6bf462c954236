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
    const use = async (sim: number, octets: number, day: number) => {
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
    };
    await use(1, 2 * GB, 2);
    await use(3, GB - 1, 3);
    const told = async () =>
      (await parts().thresholds.list({}, { limit: 20 })).items.map(
        ({ simId, kind, threshold, limit, group }) => [simId, kind, threshold, limit, group],
      );
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
