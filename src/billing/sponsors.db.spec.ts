import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';
import { SponsorsRepository } from './sponsors.repository.js';
import { SponsorsService } from './sponsors.service.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { now: () => Date.parse('2026-11-05T00:00:00Z') };
const settings = { graceMs: 0, batchSims: 2, brakeFactor: null, brakeSims: 0 };
const START = '2026-10-01T00:00:00+09:00';
const HOUR = '2026-10-02T12:00:00+09:00';
const GB = 1_000_000_000;
let fleet: BillingFleet;

const parts = () => ({
  ...billingServices(database().dataSource, clock, settings),
  sponsors: new SponsorsService(database().dataSource, new SponsorsRepository()),
});

beforeEach(async () => {
  await database().clear();
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(4);
  const payer = { kind: 'sponsor' as const, sponsorId: 'acme' };
  const rate = { unit: { value: '1', unit: 'GB' as const }, price: '100' };
  await fleet.plan('paid', {
    ...LINE_FREE,
    free: [{ id: 'line', services: ['line'], payer: { ...payer, rate } }],
  });
  await fleet.plan('gift', { ...LINE_FREE, free: [{ id: 'line', services: ['line'], payer }] });
  await fleet.plan('own', LINE_FREE);
  await fleet.subscribe('paid', [1, 2], START);
  await fleet.subscribe('gift', [3], START);
  await fleet.subscribe('own', [4], START);
  await fleet.use([
    { sim: 1, hour: HOUR, service: 'line', up: 5, down: 2 * GB },
    { sim: 2, hour: HOUR, service: 'line', down: GB + GB / 2 },
    { sim: 2, hour: HOUR, service: null, down: 7 },
    { sim: 3, hour: HOUR, service: 'line', down: GB },
    { sim: 4, hour: HOUR, service: 'line', down: GB },
  ]);
});

describe('the settlement of a sponsor', () => {
  it('is of the month’s free octets at its rate, over all its SIMs, rounded once per rule', async () => {
    await expect(parts().sponsors.settlements('2026-10')).rejects.toMatchObject({ code: 'not_found' });
    await parts().closing.closeNow({ month: '2026-10', force: true });
    const [acme, ...others] = await parts().sponsors.settlements('2026-10');
    expect(others).toEqual([]);
    // 3.500000005 GB at 100 yen.
    expect(acme).toMatchObject({ sponsorId: 'acme', currency: 'JPY', octets: '4500000005', amount: '350' });
    expect(acme?.lines).toEqual([
      {
        planCode: 'gift',
        planVersion: 1,
        planRule: 'line',
        serviceCode: 'line',
        sims: 1,
        octetsUp: '0',
        octetsDown: '1000000000',
        octets: '1000000000',
        unitOctets: null,
        unitPrice: null,
        amount: null,
      },
      {
        planCode: 'paid',
        planVersion: 1,
        planRule: 'line',
        serviceCode: 'line',
        sims: 2,
        octetsUp: '5',
        octetsDown: '3500000000',
        octets: '3500000005',
        unitOctets: '1000000000',
        unitPrice: '100',
        amount: '350',
      },
    ]);
    expect((await parts().sponsors.csv('2026-10')).split('\r\n')).toEqual([
      'sponsor,currency,plan,plan_version,plan_rule,service,sims,octets_up,octets_down,octets,unit_octets,unit_price,amount',
      'acme,JPY,gift,1,line,line,1,0,1000000000,1000000000,,,',
      'acme,JPY,paid,1,line,line,2,5,3500000000,3500000005,1000000000,100,350',
      '',
    ]);
  });

  it('follows corrections', async () => {
    await parts().closing.closeNow({ month: '2026-10', force: true });
    await fleet.use([{ sim: 1, hour: HOUR, service: 'line', down: GB }]);
    await parts().corrections.correct('2026-10');
    await fleet.use([{ sim: 1, hour: HOUR, service: 'line', down: GB }]);
    await parts().corrections.correct('2026-10');
    const [acme] = await parts().sponsors.settlements('2026-10');
    expect(acme).toMatchObject({ octets: '6500000005', amount: '550' });
  });
});
