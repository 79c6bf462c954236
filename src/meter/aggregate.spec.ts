import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision, UsageAccount, UsageEntry } from '../identify/index.js';
import { aggregate, aggregateSteps, HOUR_MS, hourOf } from './aggregate.js';

const decision: Decision = {
  serviceVersionId: 1,
  serviceCode: 'line',
  claimedServiceCode: null,
  evidence: 'prefix',
  rule: '147.92.128.0/17',
  name: null,
  agreed: null,
};
const unknown: Decision = {
  ...decision,
  serviceVersionId: null,
  serviceCode: null,
  evidence: 'none',
  rule: null,
};
const idOf = (of: Decision) => (of.evidence === 'none' ? 2 : 1);

const account: fc.Arbitrary<UsageAccount> = fc.oneof(
  fc.record({
    kind: fc.constant('sim' as const),
    simKey: fc.integer({ min: 1, max: 3 }),
    sessionId: fc.constant(1),
  }),
  fc.record({
    kind: fc.constant('suspense' as const),
    realmIndex: fc.integer({ min: 1, max: 2 }),
    address: fc.constantFrom('10.128.0.1', '10.128.0.2'),
  }),
);
const count = fc.integer({ min: -1_000_000, max: 1_000_000 });
const entry: fc.Arbitrary<UsageEntry> = fc
  .record({
    account,
    decision: fc.constantFrom(decision, unknown),
    octetsUp: count,
    octetsDown: count,
    packetsUp: count,
    packetsDown: count,
    firstTime: fc.integer({ min: 0, max: 3 * HOUR_MS * 1000 }),
    length: fc.integer({ min: 0, max: 10_000_000 }),
  })
  .map(({ length, ...rest }) => ({ ...rest, lastTime: rest.firstTime + length }));

describe('aggregate', () => {
  it('puts every octet of every entry on exactly one row', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const { sims, suspense } = aggregate(entries, idOf);
        const rows = [...sims, ...suspense];
        for (const field of ['octetsUp', 'octetsDown', 'packetsUp', 'packetsDown'] as const) {
          const before = entries.reduce((sum, row) => sum + row[field], 0);
          expect(rows.reduce((sum, row) => sum + row[field], 0)).toBe(before);
        }
        const keys = rows.map((row) =>
          'simKey' in row
            ? `${row.simKey}/${row.hour}/${row.reasonId}`
            : `${row.realmIndex}/${row.address}/${row.hour}/${row.reasonId}`,
        );
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it('gives the same rows in the same order whatever the order of the entries', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        expect(aggregate([...entries].reverse(), idOf)).toEqual(aggregate(entries, idOf));
      }),
    );
  });

  it('keeps the outermost times of a suspense row, as binding asks whether one session covers them', () => {
    const base = { decision, octetsUp: 1, octetsDown: 0, packetsUp: 1, packetsDown: 0 };
    const held: UsageAccount = { kind: 'suspense', realmIndex: 1, address: '10.128.0.9' };
    const { suspense } = aggregate(
      [
        { ...base, account: held, firstTime: 50, lastTime: 60 },
        { ...base, account: held, firstTime: 10, lastTime: 20 },
      ],
      idOf,
    );
    expect(suspense).toMatchObject([{ firstTime: 10, lastTime: 60, octetsUp: 2 }]);
  });

  it('refuses sums that are no safe integers', () => {
    const big = { decision, octetsUp: Number.MAX_SAFE_INTEGER, octetsDown: 0, packetsUp: 1, packetsDown: 0 };
    const sim: UsageAccount = { kind: 'sim', simKey: 1, sessionId: 1 };
    const twice = [
      { ...big, account: sim, firstTime: 0, lastTime: 0 },
      { ...big, account: sim, firstTime: 0, lastTime: 0 },
    ];
    expect(() => aggregate(twice, idOf)).toThrow(/2\^53/);
  });
});

describe('hourOf', () => {
  it('gives the start of the UTC hour in milliseconds', () => {
    const at = Date.UTC(2026, 10, 3, 14, 59, 59, 999);
    expect(hourOf(at * 1000 + 999)).toBe(Date.UTC(2026, 10, 3, 14));
    expect(hourOf(Date.UTC(2026, 10, 3, 15) * 1000)).toBe(Date.UTC(2026, 10, 3, 15));
  });
});

it('aggregates a large batch in steps, and as a table of keys would', () => {
  const entries = Array.from({ length: 20_000 }, (_, n): UsageEntry => {
    const simKey = (n * 7_919) % 9_001;
    return {
      account:
        n % 3 === 0
          ? { kind: 'suspense', realmIndex: 1, address: `10.0.${simKey >> 8}.${simKey & 255}` }
          : { kind: 'sim', simKey, sessionId: 1 },
      decision: n % 2 === 0 ? decision : unknown,
      octetsUp: n,
      octetsDown: 1,
      packetsUp: 1,
      packetsDown: 1,
      firstTime: (n % 2) * HOUR_MS * 1000,
      lastTime: (n % 2) * HOUR_MS * 1000 + n,
    };
  });
  const wanted = new Map<string, number>();
  for (const { account, decision: of, firstTime, octetsUp } of entries) {
    const whose = account.kind === 'sim' ? account.simKey : account.address;
    const key = `${whose} ${hourOf(firstTime)} ${idOf(of)}`;
    wanted.set(key, (wanted.get(key) ?? 0) + octetsUp);
  }
  const work = aggregateSteps(entries, idOf);
  let steps = 0;
  let step = work.next();
  for (; step.done !== true; step = work.next()) steps += 1;
  expect(steps).toBeGreaterThan(40);
  const { sims, suspense } = step.value;
  const rows = [
    ...sims.map((row) => [`${row.simKey} ${row.hour} ${row.reasonId}`, row.octetsUp] as const),
    ...suspense.map((row) => [`${row.address} ${row.hour} ${row.reasonId}`, row.octetsUp] as const),
  ];
  expect(rows).toHaveLength(wanted.size);
  expect(new Map(rows)).toEqual(wanted);
  const inOrder = [...sims].sort((a, b) => a.simKey - b.simKey || a.hour - b.hour || a.reasonId - b.reasonId);
  expect(sims).toEqual(inOrder);
});
