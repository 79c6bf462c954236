import { describe, expect, it } from 'vitest';
import { OCTOBER, SEPTEMBER_STARTS, hour, useBilling } from '../../test/support/billing-month.js';
import { refusal } from '../../test/support/refusal.js';
import { noCounters, type SequenceCounts } from '../capture/index.js';
import { LedgerRepository, Meter, ReasonsRepository } from '../meter/index.js';
import { documentHash } from './statement-document.js';

const { all, clock, closing, database, documents, fleet, october5, statements, subscriptions } = useBilling();

describe('a final statement', () => {
  it('is never changed or removed, and holds the plan in place from which it was made', async () => {
    await october5();
    await closing().closeNow(OCTOBER);
    const { dataSource } = database();
    for (const attempt of [
      `UPDATE statement SET amount = 0`,
      `DELETE FROM statement`,
      `TRUNCATE statement CASCADE`,
    ])
      await expect(dataSource.query(attempt)).rejects.toThrow(/never changed or removed/);

    const { items } = await subscriptions().list({ simId: 'sim-1' }, { limit: 10 });
    const early = await refusal(subscriptions().end(items[0]!.id, { to: Date.parse(hour(5)) }));
    expect(early).toMatchObject({ code: 'conflict' });
    expect(early.message).toContain('2026-10-31T15:00:00Z');
    expect((await refusal(subscriptions().withdraw(items[0]!.id))).message).toBe(early.message);
    await expect(
      fleet().subscribe('light', [3], '2026-10-01T00:00:00+09:00', '2026-10-02T00:00:00+09:00'),
    ).rejects.toThrow(/final statements until/);
    const end = Date.parse('2026-11-01T00:00:00+09:00');
    expect(await subscriptions().end(items[0]!.id, { to: end })).toMatchObject({
      to: '2026-10-31T15:00:00.000Z',
    });
  });

  it('hashes to what is stored and names the one before', async () => {
    await fleet().subscribe('light', [1, 2], SEPTEMBER_STARTS);
    await closing().closeNow({ month: '2026-09', force: false });
    await closing().closeNow(OCTOBER);
    const own = (await all()).filter(({ simId }) => simId === 'sim-1');
    const [first, second] = await Promise.all(own.map(async ({ number }) => statements().get(number)));
    expect(documentHash(first!.text)).toBe(first!.hash);
    expect(JSON.parse(first!.text)).toMatchObject({ previousHash: null, chainPosition: 1, number: 1 });
    expect(JSON.parse(second!.text)).toMatchObject({ previousHash: first!.hash, chainPosition: 2 });
  });

  it('says how complete it is, which versions it used, and what each line rests on', async () => {
    await october5();
    await database().dataSource.query(
      `INSERT INTO account_bucket (source, hour, account, packets, octets) VALUES ('eth0', '2026-10-05T00:00:00Z', 'malformed', 3, 1234)`,
    );
    await closing().closeNow(OCTOBER);
    expect(JSON.parse((await documents())[0]!)).toMatchObject({
      status: 'final',
      completeness: { malformedOctets: '1234', suspenseOctets: '0' },
      segments: [{ planCode: 'light', planVersion: 1 }],
      serviceVersions: [{ serviceCode: 'line', serviceVersionId: expect.any(Number) as number }],
      usage: [
        {
          treatment: 'free',
          serviceCode: 'line',
          evidence: 'sni',
          rule: 'line.me',
          planRule: 'line',
          amount: '0',
        },
        { treatment: 'billed', serviceCode: null, evidence: 'none', reason: 'no_service' },
      ],
    });
  });

  it('says what was lost before it could be counted, and what a full table blurred, as epochs ended with it', async () => {
    await october5();
    const { dataSource } = database();
    const meter = new Meter(
      dataSource,
      new LedgerRepository(dataSource),
      new ReasonsRepository(dataSource),
      { observeGently: () => Promise.resolve(), identifyGently: () => Promise.resolve([]) },
      clock,
    );
    const epoch = (source: string, time: string, sequences: SequenceCounts, socketDrops = 0) => {
      const counters = noCounters();
      counters.notes.step_address_pair = { packets: 4, octets: 4_000 };
      counters.notes.step_subscriber = { packets: 2, octets: 300 };
      counters.notes.hello_dropped = { packets: 5, octets: 500 };
      const [openedTime, closedTime] = [Date.parse(time) * 1000, Date.parse(time) * 1000 + 1_000_000];
      return meter.consume({
        source,
        generation: 'aa'.repeat(16),
        sequence: BigInt(openedTime),
        hellos: Buffer.alloc(0),
        flows: Buffer.alloc(0),
        epochEnd: { epoch: 1, openedTime, closedTime, counters, sequences, socketDrops },
      });
    };
    await epoch('a:eth0', hour(3), { numbered: 100, missed: 9, late: 0 }, 7);
    await epoch('a:eth0', hour(4), { numbered: 50, missed: 0, late: 2 });
    // One whose packets come twice hides nothing of what the other lost.
    await epoch('b:eth0', hour(4), { numbered: 40, missed: 0, late: 30 });
    await epoch('b:eth0', '2026-11-01T00:00:00+09:00', { numbered: 1, missed: 1_000, late: 0 }, 1_000);
    await closing().closeNow(OCTOBER);
    const completeness = {
      numberedPackets: '190',
      lostPackets: '7',
      droppedPackets: '7',
      droppedHellos: '15',
      blurredPackets: '18',
      addressPairOctets: '12000',
      subscriberOctets: '900',
      globalOctets: '0',
    };
    expect(JSON.parse((await documents())[0]!)).toMatchObject({ completeness });
    expect((await all())[0]).toMatchObject({ completeness, nameNotVerifiedOctets: '0' });
    const csv = await statements().csv(1);
    expect(csv).toMatch(/completeness,lostPackets,[^\r]*,7,,,JPY,/);
    expect(csv).toMatch(/completeness,addressPairOctets,[^\r]*,12000,,,,JPY,/);
  });

  it('comes as CSV, one row for each line', async () => {
    await october5();
    await closing().closeNow(OCTOBER);
    const rows = (await statements().csv(1)).trimEnd().split('\r\n');
    expect(rows.map((row) => row.split(',').slice(4, 6).join(' '))).toEqual([
      'section kind',
      'usage free',
      'usage billed',
      'charge base_fee',
      'charge included',
      'charge overage',
      'charge tax',
      'total ',
      'total_by_treatment free',
      'total_by_treatment billed',
      'total_by_treatment not_counted',
      'total_by_evidence sni_unverified',
      'completeness addressPairOctets',
      'completeness blurredPackets',
      'completeness droppedHellos',
      'completeness droppedPackets',
      'completeness globalOctets',
      'completeness hourBlurredOctets',
      'completeness lostPackets',
      'completeness malformedOctets',
      'completeness numberedPackets',
      'completeness subscriberOctets',
      'completeness suspenseOctets',
      'completeness unsupportedOctets',
    ]);
  });
});

describe('drafts', () => {
  it('are what the final statement then says, and are gone when there is one', async () => {
    await october5();
    const first = await statements().drafts('2026-10', {}, { limit: 3 });
    const second = await statements().drafts('2026-10', {}, { limit: 3, cursor: first.nextCursor! });
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([3, 2, null]);
    const one = await statements().drafts('2026-10', { simId: 'sim-3' }, { limit: 10 });
    expect(one.items).toHaveLength(1);
    await closing().closeNow(OCTOBER);
    const head = ['status', 'number', 'chainPosition', 'previousHash', 'finalizedAt'];
    const body = (text: string) =>
      Object.fromEntries(Object.entries(JSON.parse(text) as object).filter(([key]) => !head.includes(key)));
    const drafts = [...first.items, ...second.items].map(({ text }) => body(text));
    expect(drafts).toEqual((await documents()).map(body));
    expect(body(one.items[0]!.text)).toEqual(drafts[2]);
    expect((await statements().drafts('2026-10', {}, { limit: 3 })).items).toEqual([]);
    expect(await refusal(statements().drafts('2026-10', { simId: 'nobody' }, { limit: 3 }))).toMatchObject({
      code: 'not_found',
    });
  });
});
