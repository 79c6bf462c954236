import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../test/support/billing-fleet.js';
import { useTestDatabase } from '../../test/support/database.js';
import { LedgerRepository, ReasonsRepository, UsageReader } from '../meter/index.js';
import { CatalogueReader, HOUR_MS, SegmentsReader, periodOfMonth } from '../plans/index.js';
import type { UsageLine } from '../rating/index.js';
import { StatementRater } from './statement-rater.js';
import {
  MOST_SIMS,
  UsageTreatments,
  type TreatedOctets,
  type TreatmentQuery,
} from './usage-treatment.service.js';

const database = useTestDatabase();
const JPY = { timeZone: 'Asia/Tokyo', anchorDay: 1, currency: 'JPY/0' };
const OCTOBER = periodOfMonth(JPY, '2026-10');
const at = (day: number, hour: number) =>
  `2026-10-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00+09:00`;

function treatments(): UsageTreatments {
  const { dataSource } = database();
  return new UsageTreatments(
    dataSource,
    new SegmentsReader(),
    new CatalogueReader(),
    new UsageReader(dataSource),
    { now: () => 0 },
  );
}

async function totals(query: TreatmentQuery, service = treatments()): Promise<TreatedOctets> {
  const told = await service.totals(query);
  if (told === null) throw new Error('there were too many SIMs');
  return told;
}

const rule = { id: 'line', services: ['line'] };
const gb = (value: string) => ({ value, unit: 'GB' as const });

beforeAll(async () => {
  const fleet = new BillingFleet(database().dataSource);
  await fleet.create(MOST_SIMS.hourly + 8);
  await fleet.plan('plain', LINE_FREE);
  await fleet.plan('capped', {
    ...LINE_FREE,
    free: [
      {
        ...rule,
        caps: [
          { per: 'period', limit: gb('10'), past: 'billed' },
          { per: 'day', limit: gb('1'), past: 'billed' },
        ],
      },
    ],
  });
  await fleet.plan('rolling', {
    ...LINE_FREE,
    free: [{ ...rule, caps: [{ per: { rollingHours: 72 }, limit: gb('2'), past: 'billed' }] }],
  });
  await fleet.plan('down', { ...LINE_FREE, counted: 'down' });
  await fleet.subscribe('plain', [1], '2026-09-01T00:00:00+09:00');
  await fleet.subscribe('capped', [2], '2026-09-01T00:00:00+09:00');
  await fleet.subscribe('rolling', [3], '2026-09-01T00:00:00+09:00');
  // From one plan to another with two days of none between them.
  await fleet.subscribe('plain', [4], '2026-09-01T00:00:00+09:00', at(10, 0));
  await fleet.subscribe('capped', [4], at(12, 0));
  await fleet.subscribe('down', [5], '2026-09-01T00:00:00+09:00');
  const many = Array.from({ length: MOST_SIMS.hourly + 1 }, (_, index) => index + 6);
  await fleet.subscribe('capped', many, '2026-09-01T00:00:00+09:00');
  const days = Array.from({ length: 30 }, (_, index) => index + 1);
  await fleet.use(
    [1, 2, 3, 4, 5].flatMap((sim) =>
      days.flatMap((day) => [
        { sim, hour: at(day, 9), service: 'line' as const, up: 100_000_001, down: 500_000_000 },
        { sim, hour: at(day, 20), service: 'line' as const, up: 7, down: 800_000_000 },
        { sim, hour: at(day, 21), service: null, up: 3, down: 1_000 },
      ]),
    ),
  );
});

const NAMES = ['b.line.me', 'a.line.me', 'z.line.me', '中.line.me'];

const NAMED_DAYS = [4, 20];

/** Usage with names: at 9 in rows that also hold octets without one, at 15 in rows of their own. Caps run out within them. */
beforeAll(async () => {
  const { dataSource } = database();
  const [version] = await dataSource.query<{ id: number }[]>('SELECT id FROM service_version');
  const ids = await new ReasonsRepository(dataSource).idsOf(
    NAMES.flatMap((name) =>
      [null, '440'].map((mcc) => ({
        serviceVersionId: version?.id ?? 0,
        serviceCode: 'line',
        claimedServiceCode: null,
        evidence: 'sni' as const,
        rule: 'line.me',
        name,
        agreed: null,
        mcc,
      })),
    ),
  );
  const ledger = new LedgerRepository(dataSource);
  const rows = [1, 2, 3, 4, 5].flatMap((simKey) =>
    NAMED_DAYS.flatMap((day) =>
      [9, 15].flatMap((hour) =>
        ids.map((reasonId, index) => ({
          simKey,
          hour: Date.parse(at(day, hour)),
          reasonId,
          octetsUp: 50_000_000 + index,
          octetsDown: 40_000_000 * (index + 1),
          packetsUp: 1,
          packetsDown: 1,
        })),
      ),
    ),
  );
  await dataSource.transaction((manager) => ledger.addUsage(manager, '1', rows));
});

const plus = (a: TreatedOctets, b: TreatedOctets): TreatedOctets => ({
  free: a.free + b.free,
  billed: a.billed + b.billed,
  notCounted: a.notCounted + b.notCounted,
});

async function statementTotals(simKeys: readonly number[]): Promise<TreatedOctets> {
  const { dataSource } = database();
  const reader = new UsageReader(dataSource);
  const rater = new StatementRater(new SegmentsReader(), new CatalogueReader(), reader);
  const rated = await rater.rate(dataSource.manager, JPY, OCTOBER, simKeys, new Map());
  return rated
    .map(({ rated: { totals } }) => ({
      free: totals.freeOctets,
      billed: totals.billedOctets,
      notCounted: totals.notCountedOctets,
    }))
    .reduce(plus);
}

describe('what plans make of usage', () => {
  it.each([1, 2, 3, 4, 5])('is over a period what the statement says (SIM %i)', async (sim) => {
    const told = await totals({ simKeys: [sim], from: OCTOBER.from, to: OCTOBER.to });
    expect(told).toEqual(await statementTotals([sim]));
    expect(told.free).toBeGreaterThan(0n);
    expect(told.billed).toBeGreaterThan(0n);
  });

  it('sums over any split of the period to the whole, caps and windows or not', async () => {
    const service = treatments();
    const simKeys = [1, 2, 3, 4, 5];
    const whole = await statementTotals(simKeys);
    const hours = (OCTOBER.to - OCTOBER.from) / HOUR_MS;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: hours - 1 }), { maxLength: 5 }),
        async (cuts) => {
          const edges = [0, ...cuts.sort((a, b) => a - b), hours].map(
            (hour) => OCTOBER.from + hour * HOUR_MS,
          );
          let sum: TreatedOctets = { free: 0n, billed: 0n, notCounted: 0n };
          for (const [index, from] of edges.slice(0, -1).entries())
            sum = plus(sum, await totals({ simKeys, from, to: edges[index + 1]! }, service));
          expect(sum).toEqual(whole);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('goes over months, and by service, evidence and direction', async () => {
    const all = {
      simKeys: [2],
      from: Date.parse('2026-08-15T00:00:00Z'),
      to: Date.parse('2026-12-15T00:00:00Z'),
    };
    const whole = await statementTotals([2]);
    expect(await totals(all)).toEqual(whole);
    expect(await totals({ ...all, evidence: 'none' })).toMatchObject({
      free: 0n,
      billed: 30n * 1003n,
    });
    const line = await totals({ ...all, serviceCode: 'line' });
    expect(line.free).toBe(whole.free);
    const [up, down] = [
      await totals({ ...all, direction: 'up' }),
      await totals({ ...all, direction: 'down' }),
    ];
    expect(plus(up, down)).toEqual(whole);
    const ofNames = 4n * (8n * 50_000_000n + 28n);
    expect(up.free + up.billed).toBe(30n * (100_000_001n + 7n + 3n) + ofNames);
  });

  it.each([1, 2, 3, 4, 5])('is for all names together what it is for their octets (SIM %i)', async (sim) => {
    const service = treatments();
    const cut: bigint[] = [];
    for (const day of NAMED_DAYS)
      for (const hour of [9, 15])
        for (const direction of ['up', 'down'] as const) {
          const asked = {
            simKeys: [sim],
            from: Date.parse(at(day, hour)),
            to: Date.parse(at(day, hour + 1)),
            direction,
          };
          const row = await totals({ ...asked, serviceCode: 'line' }, service);
          let sum: TreatedOctets = { free: 0n, billed: 0n, notCounted: 0n };
          for (const name of NAMES) sum = plus(sum, await totals({ ...asked, name }, service));
          const octets = sum.free + sum.billed + sum.notCounted;
          expect(octets).toBe(direction === 'up' ? 8n * 50_000_000n + 28n : 36n * 40_000_000n);
          // Names are given the free octets before those without.
          expect(sum.free).toBe(row.free < octets ? row.free : octets);
          if (hour === 15) expect(sum).toEqual(row);
          if (sum.free > 0n && sum.free < octets) cut.push(sum.free);
        }
    // A cap runs out within these octets, else this would show nothing.
    if (sim === 2) expect(cut.length).toBeGreaterThan(0);
  });

  it('is for a name over a month what it is over the parts of it', async () => {
    const service = treatments();
    const asked = { simKeys: [1, 2, 3, 4, 5], name: 'b.line.me' };
    const edges = [
      OCTOBER.from,
      Date.parse(at(4, 10)),
      Date.parse(at(20, 9)),
      Date.parse(at(20, 15)),
      OCTOBER.to,
    ];
    let sum: TreatedOctets = { free: 0n, billed: 0n, notCounted: 0n };
    for (const [index, from] of edges.slice(0, -1).entries())
      sum = plus(sum, await totals({ ...asked, from, to: edges[index + 1]! }, service));
    const whole = await totals({ ...asked, from: OCTOBER.from, to: OCTOBER.to }, service);
    expect(sum).toEqual(whole);
    expect(whole.free + whole.billed + whole.notCounted).toBe(
      5n * 4n * (2n * 50_000_000n + 1n + 3n * 40_000_000n),
    );
  });

  it.each([1, 2, 3, 4, 5])('is explained by the bucket, whatever page it is on (SIM %i)', async (sim) => {
    const service = treatments();
    const stored = await database().dataSource.query<
      { hour: Date; reason_id: number; name: string | null; octets: string }[]
    >(
      `SELECT b.hour, b.reason_id, r.name, (b.octets_up + b.octets_down)::text AS octets
       FROM usage_bucket b JOIN usage_reason r ON r.id = b.reason_id WHERE b.sim_key = $1 ORDER BY 1, 2`,
      [sim],
    );
    const keys = stored.map((row) => ({ hour: row.hour.getTime(), reasonId: row.reason_id }));
    const told = await service.ofBuckets(sim, keys);
    const octetsOf = (lines: readonly UsageLine[]) =>
      lines.reduce((sum, line) => sum + line.octetsUp + line.octetsDown, 0n);
    const gap = (hour: Date) => sim === 4 && hour >= new Date(at(10, 0)) && hour < new Date(at(12, 0));
    told.forEach((one, index) => {
      const row = stored[index]!;
      if (gap(row.hour)) expect(one).toBeNull();
      else expect(octetsOf(one!.lines)).toBe(BigInt(row.octets));
    });
    const sumOf = (some: typeof told) =>
      some.reduce<TreatedOctets>(
        (sum, one) => {
          const of = (treatment: string) =>
            octetsOf((one?.lines ?? []).filter((line) => line.treatment === treatment));
          return plus(sum, { free: of('free'), billed: of('billed'), notCounted: of('not_counted') });
        },
        { free: 0n, billed: 0n, notCounted: 0n },
      );
    expect(sumOf(told)).toEqual(await statementTotals([sim]));
    const ofName = told.filter((_, index) => stored[index]?.name === 'z.line.me');
    const october = { simKeys: [sim], from: OCTOBER.from, to: OCTOBER.to };
    expect(sumOf(ofName)).toEqual(await totals({ ...october, name: 'z.line.me' }, service));
    const middle = Math.floor(keys.length / 2);
    const pages = [keys.slice(0, middle), keys.slice(middle, middle + 1), keys.slice(middle + 1)];
    const paged = await Promise.all(pages.map((page) => service.ofBuckets(sim, page)));
    expect(paged.flat()).toEqual(told);
    const plans = new Set(told.map((one) => one?.planCode));
    expect(plans.size).toBe(sim === 4 ? 3 : 1);
  });

  it('is null for a bucket that is gone', async () => {
    const gone = { hour: Date.parse(at(3, 9)), reasonId: 999_999 };
    expect(await treatments().ofBuckets(1, [gone])).toEqual([null]);
    expect(await treatments().ofBuckets(1, [])).toEqual([]);
  });

  it('is over all time what it is where there is usage', async () => {
    const simKeys = [1, 2, 3, 4, 5];
    const ever = {
      simKeys,
      from: Date.parse('1970-01-01T00:00:00Z'),
      to: Date.parse('9999-01-01T00:00:00Z'),
    };
    expect(await totals(ever)).toEqual(await statementTotals(simKeys));
    const after = { ...ever, from: Date.parse('2027-01-01T00:00:00Z') };
    expect(await totals(after)).toEqual({ free: 0n, billed: 0n, notCounted: 0n });
  });

  it('is nothing for hours on no plan', async () => {
    const gap = { simKeys: [4], from: Date.parse(at(10, 0)), to: Date.parse(at(12, 0)) };
    expect(await totals(gap)).toEqual({ free: 0n, billed: 0n, notCounted: 0n });
  });

  it('is not told for more SIMs than there is time for', async () => {
    const day = { from: Date.parse(at(10, 0)), to: Date.parse(at(11, 0)) };
    const simKeys = Array.from({ length: MOST_SIMS.hourly + 1 }, (_, index) => index + 6);
    expect(await treatments().totals({ ...day, simKeys })).toBeNull();
    expect(await treatments().totals({ ...day, simKeys: simKeys.slice(1) })).not.toBeNull();
    const unknown = Array.from({ length: MOST_SIMS.all + 1 }, (_, index) => index + 1000);
    expect(await treatments().totals({ ...day, simKeys: unknown })).toBeNull();
    expect(await treatments().totals({ ...day, simKeys: unknown.slice(1) })).not.toBeNull();
  });
});

describe('sums that are read anyhow', () => {
  it('change nothing: whichever plan, whether or not it was in force all the time', async () => {
    const reader = new UsageReader(database().dataSource);
    const spans = [
      [at(1, 0), at(31, 0)],
      [at(3, 9), at(3, 21)],
      [at(9, 12), at(13, 0)],
      ['2026-08-30T00:00:00+09:00', at(5, 0)],
      [at(12, 0), at(20, 0)],
    ].map((span) => span.map((instant) => Date.parse(instant)) as [number, number]);
    let taken = 0;
    for (const simKey of [1, 2, 3, 4, 5]) {
      for (const [from, to] of spans) {
        const query = { simKeys: [simKey], from, to };
        const sums = async () => {
          taken += 1;
          const span = { from: new Date(from), to: new Date(to), simKey };
          return (await reader.list({ ...span, resolution: 'month', timeZone: 'UTC' }, { limit: 1 })).sums;
        };
        expect(await totals({ ...query, sums })).toEqual(await totals(query));
      }
    }
    // Of the two SIMs on plans that look at no hour four each, and the fourth SIM's while it was on one.
    expect(taken).toBe(9);
  });
});

describe('a period that begins at half past an hour', () => {
  const kolkata = { ...JPY, timeZone: 'Asia/Kolkata' };
  const period = periodOfMonth(kolkata, '2026-10');
  const [plain, capped] = [MOST_SIMS.hourly + 7, MOST_SIMS.hourly + 8];

  beforeAll(async () => {
    const fleet = new BillingFleet(database().dataSource);
    const terms = { ...LINE_FREE, timeZone: kolkata.timeZone };
    const caps = [{ per: 'period' as const, limit: gb('1'), past: 'billed' as const }];
    await fleet.plan('kolkata', terms);
    await fleet.plan('kolkata-capped', { ...terms, free: [{ ...rule, caps }] });
    await fleet.subscribe('kolkata', [plain], '2026-09-01T00:00:00+05:30');
    await fleet.subscribe('kolkata-capped', [capped], '2026-09-01T00:00:00+05:30');
    // The hour that the month begins in began in September; that in which it ends began in October.
    await fleet.use(
      [plain, capped].flatMap((sim) =>
        [
          '2026-09-30T18:00:00Z',
          '2026-09-30T19:00:00Z',
          '2026-10-31T18:00:00Z',
          '2026-10-31T19:00:00Z',
        ].flatMap((hour, index) => [
          { sim, hour, service: 'line' as const, down: 600_000_000 + 10 ** index },
          { sim, hour, service: null, up: 5 * 10 ** index },
        ]),
      ),
    );
  });

  it.each([plain, capped])('is what the statement says (SIM %i)', async (sim) => {
    const { dataSource } = database();
    const reader = new UsageReader(dataSource);
    const rater = new StatementRater(new SegmentsReader(), new CatalogueReader(), reader);
    const [one] = await rater.rate(dataSource.manager, kolkata, period, [sim], new Map());
    const { octetsUp, octetsDown, freeOctets, billedOctets } = one!.rated.totals;
    // Of the second and the third hour; those of LINE come once for each reason with its evidence.
    const reasons = 1n + 2n * BigInt(NAMES.length);
    expect(octetsUp + octetsDown).toBe(reasons * (1_200_000_000n + 110n) + 550n);
    const { from, to } = period;
    const page = await reader.list(
      {
        simKey: sim,
        from: new Date(from),
        to: new Date(to),
        resolution: 'month',
        timeZone: kolkata.timeZone,
      },
      { limit: 10 },
    );
    const octets = page.items.reduce((sum, item) => sum + item.octetsUp + item.octetsDown, 0n);
    expect([octets, page.items.every((item) => item.start === from && item.end === to)]).toEqual([
      octetsUp + octetsDown,
      true,
    ]);
    const told = await totals({ simKeys: [sim], from, to });
    expect(told).toEqual({ free: freeOctets, billed: billedOctets, notCounted: 0n });
    const middle = Date.parse('2026-10-15T00:10:00Z');
    const halves = [
      await totals({ simKeys: [sim], from, to: middle }),
      await totals({ simKeys: [sim], from: middle, to }),
    ];
    expect(halves.reduce(plus)).toEqual(told);
  });
});
