import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenario, scenarioNames } from '../../test/scenarios/scenario.js';
import { rate, rateTogether, type RatedPeriod, type UsageLine } from '../rating/index.js';
import { documentHash, statementDocument, type StatementHead } from './statement-document.js';

const HASH = 'ab'.repeat(32);
const DRAFT: StatementHead = { simId: 'sim-1', final: null, completeness: { malformedOctets: '9' } };
const FINAL = {
  number: 12,
  chainPosition: 3,
  previousHash: HASH,
  finalizedAt: Date.UTC(2026, 10, 2, 3, 4, 5),
};
const credit = { id: '8', statement: 7, position: 2, month: '2026-09', amount: '-22', hash: HASH };

const read = (text: string) => JSON.parse(text) as Record<string, unknown>;
const period = (name: string, change: Partial<RatedPeriod> = {}): RatedPeriod => ({
  ...rate(loadScenario(name).input),
  ...change,
});

interface Expected {
  document: { usage: { serviceVersionId: number | null; serviceCode: string | null }[] };
}

describe('the document of a statement', () => {
  it.each(scenarioNames())('says beside what was rated who it is of, and how complete: %s', (name) => {
    const { together, folder } = loadScenario(name);
    const { document } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Expected;
    const named = document.usage.filter(({ serviceVersionId }) => serviceVersionId !== null);
    const versions = [...new Set(named.map(({ serviceVersionId }) => Number(serviceVersionId)))].sort(
      (a, b) => a - b,
    );
    expect(read(statementDocument(DRAFT, rateTogether(together)[0]!))).toEqual({
      ...document,
      status: 'draft',
      simId: 'sim-1',
      completeness: { malformedOctets: '9' },
      serviceVersions: versions.map((serviceVersionId) => ({
        serviceVersionId,
        serviceCode: named.find((line) => line.serviceVersionId === serviceVersionId)!.serviceCode,
      })),
    });
  });

  it('that is final has its number, its place in the chain and the instant', () => {
    const rated = period('no-usage');
    expect(read(statementDocument({ ...DRAFT, final: FINAL }, rated))).toEqual({
      ...read(statementDocument(DRAFT, rated)),
      status: 'final',
      number: 12,
      chainPosition: 3,
      previousHash: HASH,
      finalizedAt: '2026-11-02T03:04:05.000Z',
    });
    const first = { ...FINAL, chainPosition: 1, previousHash: null };
    expect(read(statementDocument({ ...DRAFT, final: first }, rated))).toMatchObject({ previousHash: null });
  });

  it('names each version of a service once, in the order of their ids, and none where none is known', () => {
    const [line] = period('free-service-within-quota').usage;
    const of = (serviceVersionId: number | null, serviceCode: string | null): UsageLine => ({
      ...line!,
      serviceVersionId,
      serviceCode,
    });
    const usage = [
      of(30, 'line'),
      of(4, 'line'),
      of(null, 'gone'),
      of(5, null),
      of(30, 'line'),
      of(200, 'x'),
    ];
    expect(read(statementDocument(DRAFT, period('no-usage', { usage }))).serviceVersions).toEqual([
      { serviceVersionId: 4, serviceCode: 'line' },
      { serviceVersionId: 30, serviceCode: 'line' },
      { serviceVersionId: 200, serviceCode: 'x' },
    ]);
  });

  it('settles corrections: each as it is, and what is due with them', () => {
    const rated = period('no-usage');
    const more = { ...credit, id: '9', position: 3, amount: '5' };
    const settled = read(statementDocument({ ...DRAFT, corrections: [credit, more] }, rated));
    expect(settled).toEqual({
      ...read(statementDocument(DRAFT, rated)),
      corrections: [credit, more],
      amountDue: String(BigInt(rated.totals.amount) - 17n),
    });
  });

  it.each([
    ['0.10', 2, ['-0.25'], '-0.15'],
    ['980.05', 2, ['0.95', '-980.00'], '1.00'],
    ['9007199254740993', 0, ['-1', '9007199254740993'], '18014398509481985'],
    ['1.005', 3, ['-1.005'], '0.000'],
  ])('adds to %s of exponent %s the corrections %s: %s is due', (amount, exponent, amounts, due) => {
    const base = period('no-usage');
    const rated = { ...base, currency: { code: 'XXX', exponent }, totals: { ...base.totals, amount } };
    const corrections = amounts.map((one) => ({ ...credit, amount: one }));
    expect(read(statementDocument({ ...DRAFT, corrections }, rated)).amountDue).toBe(due);
  });

  it('without corrections says nothing of them', () => {
    const rated = period('no-usage');
    const bare = statementDocument({ ...DRAFT, corrections: [] }, rated);
    expect(bare).toBe(statementDocument(DRAFT, rated));
    expect(Object.keys(read(bare))).not.toContain('amountDue');
    expect(Object.keys(read(bare))).not.toContain('corrections');
  });

  it('has its members in order, and the same bytes again', () => {
    const rated = period('free-service-within-quota');
    const text = statementDocument({ ...DRAFT, final: FINAL, corrections: [credit] }, rated);
    expect(Object.keys(read(text))).toEqual(Object.keys(read(text)).sort());
    expect(statementDocument({ ...DRAFT, final: FINAL, corrections: [credit] }, rated)).toBe(text);
  });

  it('writes octets past 2^53 to the last one', () => {
    const { totals } = read(statementDocument(DRAFT, period('beyond-2-to-53'))) as {
      totals: { octets: string };
    };
    expect(BigInt(totals.octets)).toBeGreaterThan(2n ** 53n);
    expect(totals.octets).toBe(
      String(period('beyond-2-to-53').totals.octetsUp + period('beyond-2-to-53').totals.octetsDown),
    );
  });

  it('is hashed by SHA-256, in hex', () => {
    // FIPS 180-4's example.
    expect(documentHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
