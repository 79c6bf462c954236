import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';
import type { JobContext } from '../queue/index.js';
import { ClosePeriodJob } from './close-period.job.js';
import { ClosingRepository } from './closing.repository.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { MonthExport, type CdrRequest } from './month-export.service.js';
import { documentHash } from './statement-document.js';
import { StatementsRepository } from './statements.repository.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { time: 0, now: () => clock.time };
const settings = { graceMs: 0, batchSims: 2, brakeFactor: null, brakeSims: 0 };
let fleet: BillingFleet;

const parts = () => billingServices(database().dataSource, clock, settings);

const hour = (day: number, month = 10) => `2026-${month}-${String(day).padStart(2, '0')}T12:00:00+09:00`;
const close = (month: string) => parts().closing.closeNow({ month, force: true });
const correct = (month = '2026-10') => parts().corrections.correct(month);
async function listed() {
  return (await parts().corrections.list({}, { limit: 100 })).items;
}
interface Document {
  amount: string;
  tax: string;
  lines: { section: string; line: { kind?: string; treatment?: string }; difference: { amount?: string } }[];
}
async function document(id: string): Promise<Document> {
  return JSON.parse((await parts().corrections.get(id)).text) as Document;
}

beforeEach(async () => {
  await database().clear();
  clock.time = Date.parse('2026-11-05T00:00:00Z');
  fleet = new BillingFleet(database().dataSource);
  await fleet.create(3);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', [1, 2, 3], '2026-10-01T00:00:00+09:00');
  await fleet.use([{ sim: 1, hour: hour(2), service: null, down: 3_000_000_000 }]);
  await close('2026-10');
});

describe('corrections', () => {
  it('are none where nothing came late', async () => {
    expect(await correct()).toBe(0);
    expect(await listed()).toEqual([]);
  });

  it('name the statement, its lines and what is due, and are told of', async () => {
    await fleet.use([{ sim: 1, hour: hour(30), service: null, down: 1 }]);
    expect(await correct()).toBe(1);
    const [one] = await listed();
    // One octet past 3 GB: another gigabyte begun at 220 yen, and 10 percent tax.
    expect(one).toMatchObject({
      statement: 1,
      position: 1,
      simId: 'sim-1',
      direction: 'debit',
      amount: '242',
      settledOn: null,
    });
    const found = await document(one!.id);
    expect(found.tax).toBe('22');
    expect(
      found.lines.map(({ section, line, difference }) => [section, line.kind ?? line.treatment, difference]),
    ).toEqual([
      ['usage', 'billed', { octetsUp: '0', octetsDown: '1' }],
      ['charge', 'overage', { octets: '1', amount: '220' }],
      ['charge', 'tax', { octets: '0', amount: '22' }],
    ]);
    const events = await database().dataSource.query<{ payload: Buffer }[]>(
      `SELECT payload FROM outbox_event WHERE type = 'statement.corrected'`,
    );
    expect(
      events.map(({ payload }) => (JSON.parse(payload.toString()) as { data: object }).data),
    ).toMatchObject([{ statement: 1, amount: '242', direction: 'debit', url: `/v1/corrections/${one!.id}` }]);
  });

  it('change nothing when they run again, also at the same time', async () => {
    await fleet.use([{ sim: 1, hour: hour(30), service: null, down: 5 }]);
    const results = await Promise.all([correct(), correct(), correct()]);
    expect(results.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await correct()).toBe(0);
    expect(await listed()).toHaveLength(1);
  });

  it('correct a correction by what it left, debit and then credit', async () => {
    await fleet.use([{ sim: 1, hour: hour(30), service: null, down: 1_000_000_001 }]);
    await correct();
    // Found late to be LINE after all: minus under one reason, plus under the other.
    await fleet.use([
      { sim: 1, hour: hour(30), service: null, down: -1_000_000_000 },
      { sim: 1, hour: hour(30), service: 'line', down: 1_000_000_000 },
    ]);
    await correct();
    await fleet.use([{ sim: 1, hour: hour(30), service: null, down: -1 }]);
    await correct();
    const all = await listed();
    expect(all.map(({ position, direction, amount }) => [position, direction, amount])).toEqual([
      [1, 'debit', '484'],
      [2, 'credit', '-242'],
      [3, 'credit', '-242'],
    ]);
    const documents = await Promise.all(all.map(({ id }) => parts().corrections.get(id)));
    const previous = documents.map(
      ({ text }) => (JSON.parse(text) as { previousHash: string | null }).previousHash,
    );
    expect(previous).toEqual([null, documents[0]!.hash, documents[1]!.hash]);
    for (const { text, hash } of documents) expect(documentHash(text)).toBe(hash);
  });

  it('are written for octets alone, where no money changes', async () => {
    await fleet.use([{ sim: 2, hour: hour(3), service: 'line', down: 7 }]);
    expect(await correct()).toBe(1);
    expect(await listed()).toMatchObject([{ simId: 'sim-2', direction: 'none', amount: '0' }]);
  });

  it('are settled by the next statement, once, and stand in its document', async () => {
    await fleet.use([{ sim: 1, hour: hour(30), service: null, down: 1 }]);
    await correct();
    clock.time = Date.parse('2026-12-05T00:00:00Z');
    await close('2026-11');
    const { items } = await parts().statements.list({ month: '2026-11' }, { limit: 10 });
    expect(items.map((one) => [one.simId, one.amount, one.correctionsAmount, one.amountDue])).toEqual([
      ['sim-1', '1078', '242', '1320'],
      ['sim-2', '1078', '0', '1078'],
      ['sim-3', '1078', '0', '1078'],
    ]);
    expect((await listed())[0]!.settledOn).toBe(items[0]!.number);
    const text = (await parts().statements.get(items[0]!.number)).text;
    expect(JSON.parse(text)).toMatchObject({
      corrections: [{ statement: 1, month: '2026-10', amount: '242' }],
      amountDue: '1320',
    });
    expect(await parts().statements.csv(items[0]!.number)).toContain('debit');
    expect((await parts().verification.checkChain('sim-1')).broken).toBeNull();
    // The correction is settled; neither month differs any more, and the next statement does not repeat it.
    expect(await correct()).toBe(0);
    expect(await correct('2026-11')).toBe(0);
    clock.time = Date.parse('2027-01-05T00:00:00Z');
    await close('2026-12');
    const december = await parts().statements.list({ month: '2026-12' }, { limit: 10 });
    expect(december.items[0]!.amountDue).toBe('1078');
  });

  it('carry on what a corrected month leaves over', async () => {
    await fleet.plan('carrying', {
      ...LINE_FREE,
      quota: { included: { value: '1', unit: 'GB' }, proration: 'full', carryOver: { limit: null } },
    });
    await database().dataSource.query(`DELETE FROM subscription WHERE sim_key = 9`);
    await database().dataSource.query(
      `INSERT INTO sim (sim_key, sim_id, name_consent, status, tags, version, created_at, updated_at)
       OVERRIDING SYSTEM VALUE VALUES (9, 'sim-9', false, 'active', '{}', 1, now(), now())`,
    );
    await fleet.subscribe('carrying', [9], '2026-10-01T00:00:00+09:00');
    await fleet.use([{ sim: 9, hour: hour(2, 11), service: null, down: 2_000_000_000 }]);
    await close('2026-10');
    clock.time = Date.parse('2026-12-05T00:00:00Z');
    await close('2026-11');
    // Late in October: half of what was carried over had been used, so November goes past its quota.
    await fleet.use([{ sim: 9, hour: hour(31), service: null, down: 500_000_000 }]);
    expect(await correct('2026-10')).toBe(1);
    expect(await correct('2026-11')).toBe(1);
    expect((await listed()).map(({ month, amount }) => [month, amount])).toEqual([
      ['2026-10', '0'],
      ['2026-11', '242'],
    ]);
  });

  const november = { month: '2026-11', force: true };
  const context: JobContext = {
    id: '1',
    attempt: 1,
    signal: new AbortController().signal,
    report: () => Promise.resolve(),
  };
  async function closeByJob() {
    const { closing } = parts();
    await closing.start(november);
    const job = new ClosePeriodJob(closing);
    await job.handle({ period: '2026-11', force: true }, context);
    await job.handle({ period: '2026-11', force: true }, context);
  }

  it.each([
    ['a worker', closeByJob],
    ['a command', () => parts().closing.closeNow(november)],
  ])('of the months before are made by a closing itself, and settled by it: by %s', async (_, closeIt) => {
    await fleet.use([{ sim: 1, hour: hour(30), service: null, down: 1 }]);
    clock.time = Date.parse('2026-12-05T00:00:00Z');
    await closeIt();
    const { items } = await parts().statements.list({ month: '2026-11' }, { limit: 10 });
    expect(items.map(({ correctionsAmount, amountDue }) => [correctionsAmount, amountDue])).toEqual([
      ['242', '1320'],
      ['0', '1078'],
      ['0', '1078'],
    ]);
    expect(await listed()).toHaveLength(1);
  });

  it('are charging records that take the place of earlier ones, in the file of the month that settles them', async () => {
    const { dataSource } = database();
    const months = new MonthExport(
      dataSource,
      new ClosingRepository(),
      new StatementsRepository(),
      new CorrectionsRepository(),
    );
    const records = async (month: string, request: Partial<CdrRequest> = {}) => {
      const whole = { format: 'ndjson', records: 'corrections', otherRatingGroup: 99, ...request } as const;
      return gunzipSync(await buffer(await months.cdrs(month, whole))).toString();
    };
    const october = await records('2026-10', { records: 'statements' });
    await fleet.use([{ sim: 1, hour: hour(30), service: null, down: 1 }]);
    await correct();
    await fleet.use([
      { sim: 1, hour: hour(30), service: 'line', down: 7 },
      { sim: 3, hour: hour(30), service: null, down: 5 },
    ]);
    clock.time = Date.parse('2026-12-05T00:00:00Z');
    await close('2026-11');
    const lines = (await records('2026-11')).trimEnd().split('\n');
    const container = (treatment: string, octets: string) => ({ treatment, dataTotalVolume: octets });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        localRecordSequenceNumber: 1,
        subscriberIdentifier: { subscriptionIDData: 'sim-1' },
        recordOpeningTime: '2026-09-30T15:00:00.000Z',
        correction: { position: 2, settledOn: 4 },
        listOfMultipleUnitUsage: [
          { ratingGroup: 1, usedUnitContainers: [container('free', '7')] },
          { ratingGroup: 99, usedUnitContainers: [container('billed', '3000000001')] },
        ],
      },
      {
        localRecordSequenceNumber: 3,
        correction: { position: 1, settledOn: 6 },
        listOfMultipleUnitUsage: [{ usedUnitContainers: [container('billed', '5')] }],
      },
    ]);
    expect((await records('2026-11', { format: 'csv' })).trimEnd().split('\r\n')).toHaveLength(4);
    // What was handed out before stays, to the byte, and the month's own records say nothing of it.
    expect(await records('2026-10', { records: 'statements' })).toBe(october);
    expect(await records('2026-10')).toBe('');
    expect(await records('2026-11', { records: 'statements' })).not.toContain('correction');
  });

  it('are never changed or removed', async () => {
    await fleet.use([{ sim: 1, hour: hour(30), service: null, down: 1 }]);
    await correct();
    const { dataSource } = database();
    for (const sql of [
      `UPDATE statement_correction SET amount = 0`,
      `UPDATE statement_correction SET settled_on = 1, amount = 0`,
      `DELETE FROM statement_correction`,
      `TRUNCATE statement_correction`,
    ])
      await expect(dataSource.query(sql)).rejects.toThrow('never changed');
  });
});
