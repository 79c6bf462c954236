import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { useTestDatabase } from '../../test/support/database.js';
import { eventsOf } from '../../test/support/events.js';
import { FraudReader, LedgerRepository, ReasonsRepository, UsageReader } from '../meter/index.js';
import { CatalogueReader, HOUR_MS, SegmentsReader } from '../plans/index.js';
import { Outbox } from '../webhooks/index.js';
import { FraudService } from './fraud.service.js';
import { StatementsRepository } from './statements.repository.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { time: 0, now: () => clock.time };
const at = (day: number, month = 10) => Date.UTC(2026, month - 1, day, 3);
const GB = 1_000_000_000;
let fleet: BillingFleet;

beforeEach(async () => {
  await database().clear();
  clock.time = at(5) + HOUR_MS;
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(3);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', [1, 2], '2026-10-01T00:00:00+09:00');
});

function service(): FraudService {
  const { dataSource } = database();
  return new FraudService(
    dataSource,
    new FraudReader(dataSource),
    new SegmentsReader(),
    new CatalogueReader(),
    new UsageReader(dataSource),
    new StatementsRepository(),
    new Outbox(),
    clock,
  );
}

async function claim(simKey: number, octets: number, hour = at(5), claimed = 'line'): Promise<void> {
  const { dataSource } = database();
  const ledger = new LedgerRepository(dataSource);
  const [reasonId = 0] = await new ReasonsRepository(dataSource).idsOf([
    {
      serviceVersionId: null,
      serviceCode: null,
      claimedServiceCode: claimed,
      evidence: 'sni_unverified',
      rule: `${claimed}.me`,
      name: null,
      agreed: false,
      mcc: null,
    },
  ]);
  await ledger.ensurePartitions([hour]);
  const row = { simKey, hour, reasonId, octetsUp: 1, octetsDown: octets - 1, packetsUp: 1, packetsDown: 1 };
  await dataSource.transaction((manager) => ledger.addUsage(manager, '1', [row]));
}
const other = (sim: number, octets: number, hour = at(4)) =>
  fleet.use([{ sim, hour: new Date(hour).toISOString(), service: null, down: octets }]);

async function stakes(from: number, to: number) {
  const query = { from: new Date(from), to: new Date(to), factor: 10, leastSims: 5 };
  const { items } = await service().list(query, { limit: 100 });
  return items.map(({ simKey, serviceCode, octetsUp, octetsDown, atStake }) => [
    simKey,
    serviceCode,
    octetsUp + octetsDown,
    ...atStake.map(({ currency, amount }) => `${amount} ${currency}`),
  ]);
}

describe('money at stake', () => {
  it('is what the claims would have saved under the SIM’s plan, tax included', async () => {
    // 3 GB are included, each further GB costs 220 and tax.
    await other(1, 2.5 * GB);
    await claim(1, 2.6 * GB);
    await other(2, GB);
    await claim(2, GB);
    await claim(3, GB);
    expect(await stakes(at(5), at(6))).toEqual([
      // 2.1 GB above the quota: 3 units of 220, and 10 %.
      [1, 'line', 2_600_000_000n, '726 JPY'],
      // Within the quota in any case.
      [2, 'line', 1_000_000_000n, '0 JPY'],
      // On no plan.
      [3, 'line', 1_000_000_000n],
    ]);
  });

  it('is of the claims within the span, by service, over all the periods that it touches', async () => {
    await other(1, 3 * GB);
    await claim(1, 1.5 * GB, at(5));
    await claim(1, 0.5 * GB, at(20));
    await claim(1, 0.25 * GB, at(20), 'video');
    await other(1, 3 * GB, at(4, 11));
    await claim(1, GB, at(5, 11));
    // October: 2.25 GB above, 0.75 without what was claimed on the 5th: 3 units to 1.
    expect(await stakes(at(5), at(6))).toEqual([[1, 'line', 1_500_000_000n, '484 JPY']]);
    expect(await stakes(at(5), at(6, 11))).toEqual([
      // October 3 units to 1, November 1 unit to none.
      [1, 'line', 3_000_000_000n, '726 JPY'],
      // No rule makes it free.
      [1, 'video', 250_000_000n, '0 JPY'],
    ]);
  });
});

describe('the event', () => {
  it('tells of findings from the threshold on, once a day each', async () => {
    await other(1, 3 * GB);
    await claim(1, 2 * GB);
    await claim(2, 99_999_999);
    expect(await service().watch(100e6)).toBe(1);
    await claim(1, GB);
    expect(await service().watch(100e6)).toBe(0);
    clock.time += 24 * HOUR_MS;
    await claim(1, GB, at(6));
    // The day before is looked at, too.
    await claim(2, 1, at(5));
    expect(await service().watch(100e6)).toBe(2);
    const events = await eventsOf(database().dataSource);
    expect(events.map(({ simId, data }) => [simId, data.day, data.octets])).toEqual([
      ['sim-1', '2026-10-05', '2000000000'],
      ['sim-2', '2026-10-05', '100000000'],
      ['sim-1', '2026-10-06', '1000000000'],
    ]);
    expect(events[0]?.data).toMatchObject({
      kind: 'failed_claim',
      serviceCode: 'line',
      atStake: [{ currency: 'JPY', amount: '484' }],
      url: '/v1/reports/fraud?from=2026-10-05T00:00:00.000Z&to=2026-10-06T00:00:00.000Z&simId=sim-1',
    });
  });

  it('is told by one of several processes', async () => {
    await claim(1, GB);
    const told = await Promise.all([service().watch(1), service().watch(1), service().watch(1)]);
    expect(told.reduce((sum, one) => sum + one, 0)).toBe(1);
    expect(await eventsOf(database().dataSource)).toHaveLength(1);
  });
});
