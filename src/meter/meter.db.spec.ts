import { beforeEach, describe, expect, it } from 'vitest';
import { nobodySeesEarlierRows, useTestDatabase } from '../../test/support/database.js';
import {
  FLOW_RECORD,
  FLOW_RECORD_BYTES,
  NOTES,
  OUTCOMES,
  type CaptureBatch,
  type EpochCounters,
  type Note,
  type Outcome,
  type Tally,
} from '../capture/index.js';
import type { Decision, UsageEntry } from '../identify/index.js';
import { AccountsReader } from './accounts.reader.js';
import { meterEntities } from './entities.js';
import { LedgerRepository } from './ledger.repository.js';
import { Meter, type MeterObserver } from './meter.js';
import { ReasonsRepository } from './reasons.repository.js';

const database = useTestDatabase({ entities: meterEntities });
beforeEach(() => database().clear());

const HOUR = Date.UTC(2026, 10, 3, 14);
const clock = { now: () => HOUR + 60_000 };

const none: Decision = {
  serviceVersionId: null,
  serviceCode: null,
  claimedServiceCode: null,
  evidence: 'none',
  rule: null,
  name: null,
  agreed: null,
};

function usage(simKey: number, up: number, down: number, decision = none): UsageEntry {
  return {
    account: { kind: 'sim', simKey, sessionId: 1 },
    decision,
    octetsUp: up,
    octetsDown: down,
    packetsUp: 1,
    packetsDown: 1,
    firstTime: (HOUR + 5_000) * 1000,
    lastTime: (HOUR + 6_000) * 1000,
  };
}

/** One flow record that holds the octets of all entries, so that the batch balances. */
function flowsOf(entries: readonly UsageEntry[]): Buffer {
  const bytes = Buffer.alloc(FLOW_RECORD_BYTES);
  const sum = entries.reduce((total, entry) => total + entry.octetsUp + entry.octetsDown, 0);
  bytes.writeBigUInt64LE(BigInt(sum), FLOW_RECORD.octets_up);
  return bytes;
}

function batch(sequence: bigint, entries: readonly UsageEntry[], counters?: EpochCounters): CaptureBatch {
  return {
    source: 'test:veth0',
    generation: 'aa'.repeat(16),
    sequence,
    hellos: Buffer.alloc(0),
    flows: flowsOf(entries),
    ...(counters && {
      epochEnd: { epoch: 1, openedTime: HOUR * 1000, closedTime: (HOUR + 10_000) * 1000, counters },
    }),
  };
}

function counters(seen: Tally, outcomes: Partial<Record<Outcome, Tally>>): EpochCounters {
  const zero = { packets: 0, octets: 0 };
  const all = <Name extends string>(names: readonly Name[], given: Partial<Record<Name, Tally>>) =>
    Object.fromEntries(names.map((name) => [name, given[name] ?? zero])) as Record<Name, Tally>;
  return { seen, outcomes: all(OUTCOMES, outcomes), notes: all<Note>(NOTES, {}) };
}

function meterThatSays(entries: UsageEntry[], observer: MeterObserver = {}): Meter {
  const { dataSource } = database();
  return new Meter(
    dataSource,
    new LedgerRepository(dataSource),
    new ReasonsRepository(dataSource),
    { observeGently: () => Promise.resolve(), identifyGently: () => Promise.resolve(entries) },
    clock,
    observer,
  );
}

async function buckets() {
  return database().dataSource.query<
    { sim_key: string; hour: Date; octets_up: string; octets_down: string; evidence: string; name: string }[]
  >(
    `SELECT b.sim_key, b.hour, b.octets_up, b.octets_down, r.evidence, r.name
     FROM usage_bucket b JOIN usage_reason r ON r.id = b.reason_id ORDER BY sim_key, r.id`,
  );
}

describe('Meter', () => {
  it('adds the batches of an hour to one bucket', async () => {
    const entries = [usage(7, 100, 1000)];
    const meter = meterThatSays(entries);
    expect(await meter.consume(batch(1n, entries))).toBe('committed');
    expect(await meter.consume(batch(2n, entries))).toBe('committed');
    expect(await buckets()).toMatchObject([
      { sim_key: '7', hour: new Date(HOUR), octets_up: '200', octets_down: '2000', evidence: 'none' },
    ]);
  });

  it('adds to every bucket within its page: no index grows', async () => {
    const entries = Array.from({ length: 5_000 }, (_, simKey) => usage(simKey, 100, 1000));
    const meter = meterThatSays(entries);
    const indexOctets = async () => {
      const [row] = await database().dataSource.query<{ size: string }[]>(
        `SELECT sum(pg_relation_size(indexrelid)) AS size FROM pg_index
         WHERE indrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'usage_bucket'::regclass)`,
      );
      return Number(row?.size);
    };
    await meter.consume(batch(1n, entries));
    const made = await indexOctets();
    expect(made).toBeGreaterThan(5_000 * 20);
    for (const sequence of [2n, 3n, 4n]) {
      await nobodySeesEarlierRows(database().dataSource);
      await meter.consume(batch(sequence, entries));
    }
    expect(await indexOctets()).toBe(made);
    expect((await buckets())[4_999]).toMatchObject({ octets_up: '400', octets_down: '4000' });
  }, 90_000);

  it('takes a batch of many rows and reasons, and gives the event loop its turns meanwhile', async () => {
    const entries = Array.from({ length: 20_000 }, (_, n) =>
      usage((n * 7_919) % 10_000, n, 1, n % 16 === 0 ? { ...none, name: `host${n}.example` } : none),
    );
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns += 1;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    expect(await meterThatSays(entries).consume(batch(1n, entries))).toBe('committed');
    running = false;
    expect(turns).toBeGreaterThan(20);
    const [sum] = await database().dataSource.query<{ rows: string; up: string; touched: string }[]>(
      `SELECT count(*) AS rows, sum(octets_up) AS up,
         (SELECT sum(o) FROM usage_touch, unnest(octets) AS o) AS touched FROM usage_bucket`,
    );
    expect(sum).toEqual({ rows: '10625', up: '199990000', touched: '200010000' });
  });

  it('changes nothing when a batch comes again, also from another process at the same time', async () => {
    const entries = [usage(7, 100, 1000), usage(8, 1, 2)];
    const results = await Promise.all(
      Array.from({ length: 6 }, () => meterThatSays(entries).consume(batch(5n, entries))),
    );
    expect(results.filter((result) => result === 'committed')).toHaveLength(1);
    expect(results.filter((result) => result === 'duplicate')).toHaveLength(5);
    expect(await buckets()).toMatchObject([{ octets_up: '100' }, { octets_up: '1' }]);
  });

  it('takes the same sequence of another generation for another batch', async () => {
    const entries = [usage(7, 100, 0)];
    const meter = meterThatSays(entries);
    await meter.consume(batch(1n, entries));
    expect(await meter.consume({ ...batch(1n, entries), generation: 'bb'.repeat(16) })).toBe('committed');
    expect(await buckets()).toMatchObject([{ octets_up: '200' }]);
  });

  it('moves octets of a flow that was recognised late, within the same hour', async () => {
    const line: Decision = { ...none, evidence: 'sni', rule: 'line.me', name: 'a.line.me', agreed: true };
    const first = [usage(7, 300, 0)];
    await meterThatSays(first).consume(batch(1n, first));
    const second = [usage(7, -300, 0), usage(7, 300, 0, line), usage(7, 50, 0, line)];
    await meterThatSays(second).consume(batch(2n, second));
    expect(await buckets()).toMatchObject([
      { evidence: 'none', octets_up: '0' },
      { evidence: 'sni', name: 'a.line.me', octets_up: '350' },
    ]);
  });

  it('writes the named accounts with the batch that ends the epoch, and they add up', async () => {
    const entries = [
      usage(7, 400, 600),
      { ...usage(7, 30, 0), account: { kind: 'suspense' as const, realmIndex: 1, address: '10.128.0.9' } },
    ];
    const ended = counters(
      { packets: 12, octets: 1530 },
      { counted: { packets: 9, octets: 1030 }, not_subscriber: { packets: 3, octets: 500 } },
    );
    const meter = meterThatSays(entries);
    await meter.consume(batch(1n, entries, ended));
    await meter.consume(batch(1n, entries, ended));
    const reader = new AccountsReader(database().dataSource);
    const span = [new Date(HOUR), new Date(HOUR + 3_600_000)] as const;
    expect(await reader.conservation(...span)).toMatchObject({
      seen: { packets: 12n, octets: 1530n },
      usageOctets: 1000n,
      suspenseOctets: 30n,
      difference: 0n,
    });
    const accounts = await reader.accounts(...span);
    expect(accounts.map((account) => [account.account, account.octets])).toEqual([
      ['counted', 1030n],
      ['not_subscriber', 500n],
      ['seen', 1530n],
    ]);
  });

  it('notes octets whose hour is uncertain with the batch that holds them, in the hour that they are metered in', async () => {
    const EDGE = HOUR + 3_600_000;
    const times = { firstTime: (EDGE - 5_000) * 1000, lastTime: (EDGE + 5_000) * 1000 };
    const entries = [{ ...usage(7, 100, 20), ...times }];
    const batchOfTwoHours = batch(1n, entries);
    batchOfTwoHours.flows.writeBigUInt64LE(BigInt(times.firstTime), FLOW_RECORD.first_time);
    batchOfTwoHours.flows.writeBigUInt64LE(BigInt(times.lastTime), FLOW_RECORD.last_time);
    const meter = meterThatSays(entries);
    await meter.consume(batchOfTwoHours);
    await meter.consume(batchOfTwoHours);
    const reader = new AccountsReader(database().dataSource);
    const [from, edge, to] = [HOUR, EDGE, EDGE + 3_600_000].map((time) => new Date(time));
    expect(await reader.completeness(from!, edge!)).toMatchObject({ hourBlurredOctets: 120n });
    expect(await reader.completeness(edge!, to!)).toMatchObject({ hourBlurredOctets: 0n });
    expect((await reader.conservation(from!, to!)).accounts.map(({ octets }) => octets)).toEqual([
      0n,
      0n,
      0n,
      0n,
      0n,
    ]);
  });

  it('notes what was lost beside what was seen, and the balance is that of before', async () => {
    const entries = [usage(7, 400, 600)];
    const ended = counters({ packets: 2, octets: 1000 }, { counted: { packets: 2, octets: 1000 } });
    const lossy = batch(1n, entries, ended);
    Object.assign(lossy.epochEnd!, { sequences: { numbered: 2, missed: 5, late: 1 }, socketDrops: 3 });
    await meterThatSays(entries).consume(lossy);
    await meterThatSays(entries).consume(lossy);
    const reader = new AccountsReader(database().dataSource);
    const span = [new Date(HOUR), new Date(HOUR + 3_600_000)] as const;
    expect(await reader.completeness(...span)).toMatchObject({
      numberedPackets: 2n,
      lostPackets: 4n,
      droppedPackets: 3n,
    });
    expect(await reader.conservation(...span)).toMatchObject({
      seen: { packets: 2n, octets: 1000n },
      difference: 0n,
    });
  });

  it('waits for a database that is away, and then commits once', async () => {
    const entries = [usage(7, 100, 0)];
    const { dataSource } = database();
    const retries: number[] = [];
    const meter = meterThatSays(entries, { retry: (_batch, _error, attempt) => retries.push(attempt) });
    await dataSource.query('ALTER TABLE usage_bucket RENAME TO usage_bucket_away');
    const consumed = meter.consume(batch(9n, entries));
    await expect.poll(() => retries.length).toBeGreaterThan(0);
    await dataSource.query('ALTER TABLE usage_bucket_away RENAME TO usage_bucket');
    expect(await consumed).toBe('committed');
    expect(await buckets()).toMatchObject([{ octets_up: '100' }]);
  });

  it('stops waiting when told to, with nothing half done', async () => {
    const entries = [usage(7, 100, 0)];
    const { dataSource } = database();
    const stop = new AbortController();
    const meter = meterThatSays(entries, { retry: () => stop.abort() });
    await dataSource.query('ALTER TABLE usage_bucket RENAME TO usage_bucket_away');
    expect(await meter.consume(batch(9n, entries), stop.signal)).toBe('stopped');
    await dataSource.query('ALTER TABLE usage_bucket_away RENAME TO usage_bucket');
    expect(await dataSource.query('SELECT * FROM ledger_batch')).toEqual([]);
  });

  it('says so when identification gives other octets than the flow records hold', async () => {
    const seen: number[][] = [];
    const meter = meterThatSays([usage(7, 90, 0)], {
      unbalanced: (_batch, flowOctets, usageOctets) => seen.push([flowOctets, usageOctets]),
    });
    await meter.consume(batch(1n, [usage(7, 100, 0)]));
    expect(seen).toEqual([[100, 90]]);
  });
});
