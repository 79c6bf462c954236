import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';
import { refusal } from '../../test/support/refusal.js';
import { statementPdf } from './pdf/statement-pdf.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { time: 0, now: () => clock.time };
const settings = { graceMs: 48 * 3_600_000, batchSims: 2, brakeFactor: null, brakeSims: 0 };
let fleet: BillingFleet;

const parts = () => billingServices(database().dataSource, clock, settings);
const NOVEMBER = '2026-11-01T00:00:00+09:00';
const ON_NOVEMBER_10 = '2026-11-10T00:00:00Z';
const ON_DECEMBER_5 = '2026-12-05T00:00:00Z';

async function closeAt(month: string, time: string) {
  clock.time = Date.parse(time);
  return parts().closing.closeNow({ month, force: false });
}
async function listed(month: string) {
  return (await parts().statements.list({ month }, { limit: 100 })).items;
}
const open = async () => (await parts().corrections.list({ settled: false }, { limit: 100 })).items;

/** Octets in October that become known only now: one gigabyte begun past the quota, 242 yen with tax. */
const late = (sims: readonly number[]) =>
  fleet.use(
    sims.map((sim) => ({ sim, hour: '2026-10-30T12:00:00+09:00', service: null, down: 3_000_000_001 })),
  );

beforeEach(async () => {
  await database().clear();
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(5);
  await fleet.plan('light', LINE_FREE);
});

describe('corrections of SIMs that have ended', () => {
  it('are settled by a last statement with nothing else on it, once', async () => {
    await fleet.subscribe('light', [1], '2026-10-01T00:00:00+09:00');
    await fleet.subscribe('light', [2, 3, 4], '2026-10-01T00:00:00+09:00', NOVEMBER);
    await closeAt('2026-10', '2026-11-05T00:00:00Z');
    await late([1, 2, 3, 4]);
    await fleet.use([{ sim: 3, hour: '2026-10-30T12:00:00+09:00', service: null, down: -1 }]);
    expect(await closeAt('2026-11', ON_DECEMBER_5)).toMatchObject({ status: 'closed', statements: 4 });

    const statements = await listed('2026-11');
    expect(
      statements.map((one) => [one.number, one.simId, one.amount, one.correctionsAmount, one.amountDue]),
    ).toEqual([
      [5, 'sim-1', '1078', '242', '1320'],
      [6, 'sim-2', '0', '242', '242'],
      [7, 'sim-3', '0', '0', '0'],
      [8, 'sim-4', '0', '242', '242'],
    ]);
    expect(await open()).toEqual([]);
    const { text, hash } = await parts().statements.get(6);
    expect(JSON.parse(text)).toMatchObject({
      status: 'final',
      chainPosition: 2,
      period: { month: '2026-11', from: '2026-10-31T15:00:00.000Z', timeZone: 'Asia/Tokyo' },
      segments: [],
      usage: [],
      charges: [],
      totals: { octets: '0', net: '0', tax: '0', amount: '0' },
      corrections: [{ statement: 2, month: '2026-10', amount: '242' }],
      amountDue: '242',
    });
    expect((await parts().statements.csv(6)).split('\r\n').slice(1, 2)[0]).toContain('total');
    expect((await statementPdf(text, hash ?? '')).subarray(0, 5).toString()).toBe('%PDF-');
    expect(await parts().verification.verify()).toMatchObject({ statements: 8, faultCount: 0 });

    expect(await refusal(closeAt('2026-11', ON_DECEMBER_5))).toMatchObject({ code: 'conflict' });
    expect(await parts().corrections.correct('2026-11')).toBe(0);
    expect(await closeAt('2026-12', '2027-01-05T00:00:00Z')).toMatchObject({ statements: 1 });
    const events = await database().dataSource.query<{ number: string }[]>(
      `SELECT convert_from(payload, 'UTF8')::json -> 'data' ->> 'number' AS number FROM outbox_event
       WHERE type = 'statement.finalized' AND sim_id = 'sim-2' ORDER BY sequence`,
    );
    expect(events).toEqual([{ number: '2' }, { number: '6' }]);
  });

  it('come after all others where a closing was stopped between them, with the same numbers', async () => {
    await fleet.subscribe('light', [5], '2026-10-01T00:00:00+09:00');
    await fleet.subscribe('light', [1, 2, 3], '2026-10-01T00:00:00+09:00', NOVEMBER);
    await closeAt('2026-10', '2026-11-05T00:00:00Z');
    await late([1, 2, 3]);
    clock.time = Date.parse(ON_DECEMBER_5);
    await parts().closing.start({ month: '2026-11', force: false });
    for (let batches = 0; batches < 10; batches += 1) {
      const stop = new AbortController();
      const report = () => {
        stop.abort();
        return Promise.resolve();
      };
      await parts().closing.carryOut('2026-11', { signal: stop.signal, report });
    }
    expect((await listed('2026-11')).map(({ number, simId }) => [number, simId])).toEqual([
      [5, 'sim-5'],
      [6, 'sim-1'],
      [7, 'sim-2'],
      [8, 'sim-3'],
    ]);
    expect(await parts().closing.status('2026-11')).toMatchObject({ status: 'closed', statements: 4 });
  });

  it('are settled where nobody is on a plan of their calendar any more: in the month that may be closed then', async () => {
    await fleet.subscribe('light', [1], '2026-10-01T00:00:00+09:00', NOVEMBER);
    await closeAt('2026-10', '2026-11-05T00:00:00Z');
    await late([1]);
    clock.time = Date.parse('2027-01-10T00:00:00Z');
    await parts().corrections.correct('2026-10');
    // November could have been closed a month ago.
    expect(await refusal(closeAt('2026-11', '2027-01-10T00:00:00Z'))).toMatchObject({ code: 'not_found' });
    expect(await closeAt('2026-12', '2027-01-10T00:00:00Z')).toMatchObject({ statements: 1 });
    expect((await listed('2026-12')).map(({ amountDue }) => amountDue)).toEqual(['242']);
    expect(await refusal(closeAt('2027-01', '2027-02-10T00:00:00Z'))).toMatchObject({ code: 'not_found' });
  });

  it('wait where the SIM is on a plan of the currency, or will be', async () => {
    await fleet.subscribe('light', [1], '2026-10-01T00:00:00+09:00');
    await fleet.subscribe('light', [2], '2026-10-01T00:00:00+09:00', NOVEMBER);
    await fleet.subscribe('light', [2], '2026-12-01T00:00:00+09:00');
    await closeAt('2026-10', '2026-11-05T00:00:00Z');
    await late([2]);
    await closeAt('2026-11', ON_DECEMBER_5);
    expect((await listed('2026-11')).map(({ simId }) => simId)).toEqual(['sim-1']);
    expect(await open()).toMatchObject([{ simId: 'sim-2', settledOn: null }]);
    await closeAt('2026-12', '2027-01-05T00:00:00Z');
    expect((await listed('2026-12')).map(({ simId, amountDue }) => [simId, amountDue])).toEqual([
      ['sim-1', '1078'],
      ['sim-2', '1320'],
    ]);
    expect(await open()).toEqual([]);
  });
});

describe('corrections of a SIM that moved to another calendar', () => {
  it('are settled by its next statement in the same currency, and by none in another', async () => {
    await fleet.plan('mid', { ...LINE_FREE, anchorDay: 15 });
    await fleet.plan('dollars', {
      ...LINE_FREE,
      currency: { code: 'USD', exponent: 2 },
      baseFee: { amount: '9.99', proration: 'full' },
    });
    await fleet.subscribe('light', [1, 2], '2026-10-01T00:00:00+09:00', NOVEMBER);
    await fleet.subscribe('mid', [1], NOVEMBER);
    await fleet.subscribe('dollars', [2], NOVEMBER);
    await closeAt('2026-10', '2026-11-18T00:00:00Z');
    await late([1, 2]);
    await closeAt('2026-11', '2026-12-18T00:00:00Z');
    // Made by that closing, in a calendar that had nothing to close before: the worker's next look finds it.
    expect((await open()).map(({ simId }) => simId)).toEqual(['sim-2']);
    await closeAt('2026-11', '2026-12-18T01:00:00Z');
    const statements = await listed('2026-11');
    expect(statements.map((one) => [one.simId, one.currency, one.anchorDay, one.correctionsAmount])).toEqual([
      ['sim-2', 'USD', 1, '0.00'],
      ['sim-1', 'JPY', 15, '242'],
      ['sim-2', 'JPY', 1, '242'],
    ]);
    expect(await parts().verification.verify()).toMatchObject({ faultCount: 0 });
  });
});

describe('a draft', () => {
  it('names the corrections that its final statement settles', async () => {
    await fleet.subscribe('light', [1, 2], '2026-10-01T00:00:00+09:00');
    await closeAt('2026-10', '2026-11-05T00:00:00Z');
    await late([1]);
    clock.time = Date.parse(ON_NOVEMBER_10);
    await parts().corrections.correct('2026-10');
    const { items } = await parts().statements.drafts('2026-11', {}, { limit: 10 });
    const drafts = items.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
    expect(drafts[0]).toMatchObject({ corrections: [{ statement: 1, amount: '242' }], amountDue: '1320' });
    expect(drafts[1]).not.toHaveProperty('corrections');
    await closeAt('2026-11', ON_DECEMBER_5);
    const final = JSON.parse((await parts().statements.get(3)).text) as Record<string, unknown>;
    expect([final['corrections'], final['amountDue']]).toEqual([
      drafts[0]!['corrections'],
      drafts[0]!['amountDue'],
    ]);
  });
});
