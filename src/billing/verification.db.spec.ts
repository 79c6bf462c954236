import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { billingServices } from '../../test/support/billing-services.js';
import { useTestDatabase } from '../../test/support/database.js';
import { refusal } from '../../test/support/refusal.js';
import { describe as told, verifyCommand } from '../cli/verify.js';
import { parseMark } from './verification.js';

const database = useTestDatabase({ poolSize: 8 });
const clock = { time: 0, now: () => clock.time };
const settings = { graceMs: 0, batchSims: 2, brakeFactor: null, brakeSims: 0 };

const parts = () => billingServices(database().dataSource, clock, settings);
const verify = async (mark?: string) =>
  parts().verification.verify(mark === undefined ? null : parseMark(mark));

async function closeAt(month: string, time: string): Promise<void> {
  clock.time = Date.parse(time);
  await parts().closing.closeNow({ month, force: true });
}

/** As somebody who owns the tables, or runs the server, could. */
const tamper = (statement: string) =>
  database().dataSource.transaction(async (manager) => {
    for (const table of ['statement', 'statement_correction'])
      await manager.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
    await manager.query(statement);
    for (const table of ['statement', 'statement_correction'])
      await manager.query(`ALTER TABLE ${table} ENABLE TRIGGER ALL`);
  });

/** Three SIMs on a plan and one on none: statements 1 to 3 of October, a correction of statement 1 and two of statement 2, and 4 to 6 of November. */
beforeEach(async () => {
  await database().clear();
  const fleet = new BillingFleet(database().dataSource);
  await fleet.create(4);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', [1, 2, 3], '2026-10-01T00:00:00+09:00');
  const late = (sim: number, down: number) =>
    fleet.use([{ sim, hour: '2026-10-30T12:00:00+09:00', service: null, down }]);
  await late(1, 3_000_000_000);
  await closeAt('2026-10', '2026-11-05T00:00:00Z');
  await late(1, 1);
  await late(2, 4_000_000_000);
  await parts().corrections.correct('2026-10');
  await late(2, -1_000_000_000);
  await closeAt('2026-11', '2026-12-05T00:00:00Z');
});

describe('what is final', () => {
  it('holds: numbers, hashes, chains, corrections and what is stored beside the documents', async () => {
    const found = await verify();
    expect(found).toMatchObject({
      statements: 6,
      corrections: 3,
      faultCount: 0,
      faults: [],
      markHolds: null,
    });
    expect(await verify(found.mark)).toEqual({ ...found, markHolds: true });
    for (const simId of ['sim-1', 'sim-2', 'sim-3'])
      expect(await parts().verification.checkChain(simId)).toEqual({ simId, statements: 2, broken: null });
    expect(await refusal(parts().verification.checkChain('nobody'))).toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['a document', `UPDATE statement SET document = replace(document, '"1078"', '"78"') WHERE number = 1`],
    ['an amount', `UPDATE statement SET amount = amount - 1000 WHERE number = 1`],
    ['octets', `UPDATE statement SET billed_octets = 0 WHERE number = 1`],
    ['the amount of corrections', `UPDATE statement SET corrections_amount = 1 WHERE number = 1`],
    ['the SIM', `UPDATE statement SET sim_key = 4 WHERE number = 1`],
    ['the month', `UPDATE statement SET month = '2026-09' WHERE number = 1`],
    ['the date', `UPDATE statement SET finalized_at = now() WHERE number = 1`],
    [
      'the completeness of the closing',
      `UPDATE closing_run SET completeness = jsonb_set(completeness, '{lostPackets}', '"9"')`,
    ],
    [
      'the SIM of a document and its hash',
      `UPDATE statement SET document = d, hash = sha256(convert_to(d, 'UTF8'))
       FROM (SELECT replace(document, '"simId":"sim-1"', '"simId":"sim-2"') AS d FROM statement WHERE number = 1) x
       WHERE number = 1`,
    ],
  ])('shows that %s was changed', async (_, sql) => {
    await tamper(sql);
    const { faults } = await verify();
    expect(faults[0]).toMatchObject({ statement: 1, correction: null });
    const checks = ['sim-1', 'sim-2', 'sim-3', 'sim-4'].map((simId) =>
      parts().verification.checkChain(simId),
    );
    expect((await Promise.all(checks)).some(({ broken }) => broken?.number === 1)).toBe(true);
  });

  it('shows a document that was changed with its hash by the statement after it', async () => {
    await tamper(`
      UPDATE statement SET document = d, hash = sha256(convert_to(d, 'UTF8'))
      FROM (SELECT replace(document, 'no_service', 'no_rule') AS d FROM statement WHERE number = 1) x WHERE number = 1`);
    const { faults } = await verify();
    expect(faults).toEqual([
      { statement: 4, correction: null, reason: 'it does not name the statement before it' },
      { statement: 1, correction: '1', reason: 'it does not name the statement as that is stored' },
    ]);
  });

  it.each([
    ['in the middle', `DELETE FROM statement WHERE number = 3`, [4, 'statement 3 is missing']],
    ['at the end', `DELETE FROM statement WHERE number = 6`, [6, 'statement 6 is missing']],
    [
      'at the end, with its number',
      `DELETE FROM statement WHERE number = 6; UPDATE statement_series SET last_number = 4`,
      [5, 'the last number that was given is stored as 4'],
    ],
  ])('shows a statement that was taken out %s', async (_, sql, [statement, reason]) => {
    await tamper(sql);
    expect((await verify()).faults[0]).toEqual({ statement, correction: null, reason });
  });

  it.each([
    [
      'changed',
      `UPDATE statement_correction SET document = replace(document, '"debit"', '"none"') WHERE id = 1`,
    ],
    ['changed beside its document', `UPDATE statement_correction SET amount = 0 WHERE id = 1`],
    ['moved to another SIM', `UPDATE statement_correction SET sim_key = 2 WHERE id = 1`],
    ['taken from what settled it', `UPDATE statement_correction SET settled_on = NULL WHERE id = 1`],
    ['settled elsewhere', `UPDATE statement_correction SET settled_on = 6 WHERE id = 1`],
    ['taken out', `DELETE FROM statement_correction WHERE id = 1`],
    [
      'taken out before a later one',
      `DELETE FROM statement_correction WHERE position = 1 AND statement_number = 2`,
    ],
  ])('shows a correction that was %s', async (_, sql) => {
    await tamper(sql);
    const { faultCount } = await verify();
    expect(faultCount).toBeGreaterThan(0);
    const checks = ['sim-1', 'sim-2', 'sim-3', 'sim-4'].map((simId) =>
      parts().verification.checkChain(simId),
    );
    expect((await Promise.all(checks)).some(({ broken }) => broken !== null)).toBe(true);
  });

  it('shows by a mark what no hash in the database can: a last statement written anew, or taken out with its number', async () => {
    const { mark } = await verify();
    await tamper(`
      UPDATE statement SET document = d, hash = sha256(convert_to(d, 'UTF8'))
      FROM (SELECT replace(document, 'Asia/Tokyo', 'Asia/Seoul') AS d FROM statement WHERE number = 6) x WHERE number = 6;
      UPDATE statement SET time_zone = 'Asia/Seoul' WHERE number = 6`);
    expect(await verify(mark)).toMatchObject({ faultCount: 0, markHolds: false });
    await tamper(`
      DELETE FROM statement WHERE number = 6; UPDATE statement_series SET last_number = 5`);
    expect(await verify(mark)).toMatchObject({ faultCount: 0, markHolds: false });
  });

  it('keeps to a mark whatever comes after it', async () => {
    const { mark } = await verify();
    await new BillingFleet(database().dataSource).use([
      { sim: 3, hour: '2026-11-30T12:00:00+09:00', service: null, down: 5 },
    ]);
    await closeAt('2026-12', '2027-01-05T00:00:00Z');
    const later = await verify(mark);
    expect(later).toMatchObject({ statements: 9, corrections: 4, faultCount: 0, markHolds: true });
    expect(later.mark).not.toBe(mark);
  });

  it('of which there is nothing yet holds', async () => {
    await database().clear();
    const found = await verify();
    expect(found).toMatchObject({ statements: 0, corrections: 0, faultCount: 0 });
    expect(await verify(found.mark)).toMatchObject({ markHolds: true });
  });
});

describe('countfree verify', () => {
  async function command(options: { mark?: string; json?: boolean }) {
    vi.stubEnv('DATABASE_URL', database().url);
    let output = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
    try {
      return { code: await verifyCommand(options), output };
    } finally {
      write.mockRestore();
      vi.unstubAllEnvs();
    }
  }

  it('says that all holds, and prints the mark', async () => {
    const { mark } = await verify();
    expect(await command({ mark })).toEqual({
      code: 0,
      output: [
        '6 final statements and 3 corrections: numbers, hashes and chains hold.',
        'The mark holds: what was final when it was made is stored as it was.',
        `Mark of today, to be kept outside of this database: ${mark}\n`,
      ].join('\n'),
    });
  });

  it('names what does not hold, gives no mark of it, and fails', async () => {
    const { mark } = await verify();
    await tamper(`UPDATE statement SET amount = 0 WHERE number = 2`);
    await tamper(`DELETE FROM statement_correction WHERE id = 1`);
    const { code, output } = await command({ mark });
    expect(code).toBe(1);
    expect(output).toBe(
      [
        'statement 2: its amount is stored as 0, and 1078 in the document',
        'statement 4: correction 1, which it settles, is not stored so',
        '6 final statements and 2 corrections: 2 faults.',
        'The mark does not hold: something that was final when it was made was changed or taken out since.\n',
      ].join('\n'),
    );
    const { output: json } = await command({ mark, json: true });
    expect(JSON.parse(json)).toMatchObject({ faultCount: 2, markHolds: false });
  });

  it('counts what it does not name', () => {
    const fault = { statement: 1, correction: '2', reason: 'gone' };
    expect(
      told({
        statements: 9,
        corrections: 1,
        faultCount: 3,
        faults: [fault],
        mark: '9-1-00',
        markHolds: null,
      }),
    ).toBe('statement 1, correction 2: gone\nand 2 more\n9 final statements and 1 corrections: 3 faults.\n');
  });

  it('refuses what is no mark, and says what one looks like', async () => {
    const refused = await refusal(command({ mark: '6-3' }));
    expect(refused).toMatchObject({ code: 'invalid', fields: [{ pointer: '/mark' }] });
    expect(refused.message).toContain('countfree verify');
  });
});
