import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';
import { UsageReader } from '../meter/index.js';
import { KeptUsage } from './kept-usage.js';
import { StatementsRepository } from './statements.repository.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { time: 0, now: () => clock.time };
const SIMS = [1, 2, 3, 4, 5, 6, 7];
const hour = (day: number, month = 10) => `2026-${month}-${String(day).padStart(2, '0')}T12:00:00+09:00`;
const span = (simKey: number, day = 1) => ({
  simKey,
  from: Date.parse(`2026-10-0${day}T00:00:00+09:00`),
  to: Date.parse('2026-11-01T00:00:00+09:00'),
});

/** SIMs whose buckets `work` reads from the database, one for each time. */
async function simsRead(work: () => Promise<unknown>): Promise<number[]> {
  const reading = vi.spyOn(UsageReader.prototype, 'usageOfSpans');
  try {
    await work();
    return reading.mock.calls.flatMap(([spans]) => spans.map(({ simKey }) => simKey));
  } finally {
    reading.mockRestore();
  }
}

let fleet: BillingFleet;

beforeEach(async () => {
  await database().clear();
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(SIMS.length);
  await fleet.use([
    { sim: 1, hour: hour(2), service: null, up: 1, down: 3_000_000_000 },
    { sim: 1, hour: hour(9), service: null, down: 4 },
    { sim: 1, hour: hour(3), service: 'line', down: 7 },
    { sim: 3, hour: hour(3), service: 'line', up: -5, down: Number.MAX_SAFE_INTEGER },
    { sim: 4, hour: hour(4), service: 'line', up: 5 },
  ]);
});

describe('usage that is kept for a second reading', () => {
  it('is what the ledger gives, and not read again but for sums that do not fit', async () => {
    const { dataSource } = database();
    // A sum that fits no 64 bits.
    await database().dataSource.query(
      `UPDATE usage_bucket SET octets_up = 9223372036854775807 WHERE sim_key = 1 AND octets_up = 1`,
    );
    await fleet.use([{ sim: 1, hour: hour(5), service: null, up: 9 }]);
    const plain = await new UsageReader(dataSource).usageOfSpans(SIMS.map((one) => span(one)));
    expect(plain).toHaveLength(4);
    const kept = new KeptUsage(dataSource);
    expect(await kept.usageOfSpans(SIMS.map((one) => span(one)))).toEqual(plain);
    const again = kept.again();
    // In other parts than it was read in.
    const read = await simsRead(async () => {
      const parts = [
        await again.usageOfSpans([span(4), span(2)]),
        await again.usageOfSpans([3, 1].map((one) => span(one))),
      ];
      expect(parts[0]).toEqual([{ ...plain.find(({ span }) => span === 3), span: 0 }]);
      expect(parts[1]).toEqual([
        { ...plain.find(({ span }) => span === 2), span: 0 },
        ...plain.filter(({ span }) => span === 0).map((row) => ({ ...row, span: 1 })),
      ]);
    });
    expect(read).toEqual([1]);
  });

  it('is forgotten once given, not taken for other hours, and bounded', async () => {
    const { dataSource } = database();
    const kept = new KeptUsage(dataSource, 3);
    await kept.usageOfSpans([span(2), span(3), span(4)]);
    const again = kept.again();
    expect(await simsRead(() => again.usageOfSpans([span(2), span(3, 2), span(4)]))).toEqual([3, 4]);
    expect(await simsRead(() => again.usageOfSpans([span(2), span(3)]))).toEqual([2]);
  });
});

describe('a closing that its brake looks at first', () => {
  it('reads the usage of each SIM once, and bills what the brake has seen', async () => {
    const settings = { graceMs: 0, batchSims: 3, brakeFactor: 2, brakeSims: 1 };
    await fleet.plan('light', LINE_FREE);
    await fleet.subscribe('light', SIMS, '2026-10-01T00:00:00+09:00');
    await fleet.use(SIMS.map((sim) => ({ sim, hour: hour(9, 11), service: null, down: 1_000_000_000 })));
    const { closing, corrections, statements } = billingServices(database().dataSource, clock, settings);
    clock.time = Date.parse('2026-12-05T00:00:00Z');
    await closing.closeNow({ month: '2026-10', force: false });
    // What is corrected is read apart: it is another month.
    const correct = vi.spyOn(corrections, 'correctBefore').mockResolvedValue(0);
    const read = await simsRead(() => closing.closeNow({ month: '2026-11', force: false }));
    expect(correct).toHaveBeenCalledTimes(1);
    expect(read.sort()).toEqual(SIMS);
    const { items } = await statements.list({ month: '2026-11' }, { limit: 100 });
    expect(items.map(({ simId, octets }) => [simId, octets])).toEqual(
      SIMS.map((sim) => [`sim-${sim}`, '1000000000']),
    );
  });

  it('and that is stopped meanwhile holds nothing for what a part of the SIMs comes to, and goes on', async () => {
    const settings = { graceMs: 0, batchSims: 2, brakeFactor: 1.5, brakeSims: 2 };
    await fleet.plan('light', LINE_FREE);
    await fleet.subscribe('light', SIMS, '2026-10-01T00:00:00+09:00');
    // The first two come to more than the factor by themselves; all together do not.
    await fleet.use([{ sim: 2, hour: hour(9, 11), service: null, down: 9_000_000_000 }]);
    const { closing } = billingServices(database().dataSource, clock, settings);
    clock.time = Date.parse('2026-12-05T00:00:00Z');
    await closing.closeNow({ month: '2026-10', force: false });
    await closing.start({ month: '2026-11', force: false });
    const stop = new AbortController();
    const looking = vi.spyOn(StatementsRepository.prototype, 'billedBefore').mockImplementationOnce(function (
      this: StatementsRepository,
      ...asked
    ) {
      stop.abort();
      return this.billedBefore(...asked);
    });
    await closing.carryOut('2026-11', { signal: stop.signal });
    expect(looking).toHaveBeenCalled();
    looking.mockRestore();
    expect(await closing.status('2026-11')).toMatchObject({ status: 'closing', statements: 0 });
    await closing.carryOut('2026-11');
    expect(await closing.status('2026-11')).toMatchObject({ status: 'closed', statements: SIMS.length });
  });
});
