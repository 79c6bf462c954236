import { describe, expect, it } from 'vitest';
import { loadScenario, scenarioNames } from '../../test/scenarios/scenario.js';
import { rateTogether, sumMoney } from '../rating/index.js';
import { CSV_COLUMNS, statementCsv, statementRows } from './statement-csv.js';
import { statementDocument } from './statement-document.js';

type Row = Partial<Record<(typeof CSV_COLUMNS)[number], string>>;

/** Rows without their empty cells. */
const rowsOf = (document: object): Row[] =>
  statementRows(JSON.stringify(document)).map((cells) => {
    expect(cells).toHaveLength(CSV_COLUMNS.length);
    return Object.fromEntries(
      CSV_COLUMNS.map((column, at) => [column, cells[at]]).filter(([, cell]) => cell !== ''),
    ) as Row;
  });

const USAGE = {
  segment: 1,
  treatment: 'free',
  reason: 'free_rule',
  planRule: 'line-free',
  serviceCode: 'line',
  serviceVersionId: 41,
  evidence: 'sni',
  rule: '*.line.me',
  octetsUp: '3',
  octetsDown: '9007199254740993',
  octets: '9007199254740996',
  firstHour: '2026-10-16T00:00:00.000Z',
  lastHour: '2026-10-17T05:00:00.000Z',
  amount: '0',
};
const DOCUMENT = {
  status: 'final',
  number: 17,
  simId: 'sim-1',
  period: { month: '2026-10', from: '2026-10-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' },
  currency: { code: 'USD', exponent: 2 },
  segments: [
    { planCode: 'small', planVersion: 1, from: '2026-10-01T00:00:00.000Z', to: '2026-10-16T00:00:00.000Z' },
    { planCode: 'large', planVersion: 4, from: '2026-10-16T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' },
  ],
  usage: [USAGE],
  charges: [
    { kind: 'base_fee', segment: 0, rule: '/baseFee', amount: '9.80' },
    {
      kind: 'overage',
      segment: 1,
      rule: '/overage/tiers/0',
      octets: '2000',
      units: '2',
      unitPrice: '0.50',
      amount: '1.00',
    },
    { kind: 'tax', segment: null, rule: '/tax/rates/0', taxPercent: '10', amount: '1.08' },
  ],
  totals: {
    octetsUp: '3',
    octetsDown: '9007199254740993',
    octets: '9007199254740996',
    freeOctets: '9007199254738996',
    billedOctets: '2000',
    notCountedOctets: '7',
    nameNotVerifiedOctets: '60',
    amount: '11.88',
  },
  corrections: [
    { id: '1', statement: 9, month: '2026-08', amount: '-2.50' },
    { id: '2', statement: 10, month: '2026-09', amount: '0.25' },
  ],
  amountDue: '9.63',
  completeness: { malformedOctets: '5', lostPackets: '0' },
};
const COMMON = { statement: '17', status: 'final', sim_id: 'sim-1', month: '2026-10', currency: 'USD' };
const LARGE = { plan: 'large', plan_version: '4' };

describe('the rows of a statement', () => {
  it('are usage, charges, the total, octets by treatment and by evidence, corrections, what is due and how complete it is', () => {
    expect(rowsOf(DOCUMENT)).toEqual(
      [
        {
          ...LARGE,
          section: 'usage',
          kind: 'free',
          reason: 'free_rule',
          plan_rule: 'line-free',
          service: 'line',
          service_version_id: '41',
          evidence: 'sni',
          destination_rule: '*.line.me',
          octets_up: '3',
          octets_down: '9007199254740993',
          octets: '9007199254740996',
          amount: '0',
          from: '2026-10-16T00:00:00.000Z',
          to: '2026-10-17T05:00:00.000Z',
        },
        {
          section: 'charge',
          kind: 'base_fee',
          plan: 'small',
          plan_version: '1',
          plan_rule: '/baseFee',
          amount: '9.80',
          from: '2026-10-01T00:00:00.000Z',
          to: '2026-10-16T00:00:00.000Z',
        },
        {
          ...LARGE,
          section: 'charge',
          kind: 'overage',
          plan_rule: '/overage/tiers/0',
          octets: '2000',
          units: '2',
          unit_price: '0.50',
          amount: '1.00',
          from: '2026-10-16T00:00:00.000Z',
          to: '2026-11-01T00:00:00.000Z',
        },
        { section: 'charge', kind: 'tax', plan_rule: '/tax/rates/0', amount: '1.08' },
        {
          section: 'total',
          octets_up: '3',
          octets_down: '9007199254740993',
          octets: '9007199254740996',
          amount: '11.88',
          from: '2026-10-01T00:00:00.000Z',
          to: '2026-11-01T00:00:00.000Z',
        },
        { section: 'total_by_treatment', kind: 'free', octets: '9007199254738996' },
        { section: 'total_by_treatment', kind: 'billed', octets: '2000' },
        { section: 'total_by_treatment', kind: 'not_counted', octets: '7' },
        { section: 'total_by_evidence', kind: 'sni_unverified', octets: '60' },
        { section: 'correction', kind: 'credit', reason: 'statement 9', amount: '-2.50' },
        { section: 'correction', kind: 'debit', reason: 'statement 10', amount: '0.25' },
        { section: 'due', amount: '9.63' },
        { section: 'completeness', kind: 'malformedOctets', octets: '5' },
        { section: 'completeness', kind: 'lostPackets', units: '0' },
      ].map((row) => ({ ...COMMON, ...row })),
    );
  });

  it('of a draft without corrections have no number and nothing due', () => {
    const none = { number: undefined, corrections: undefined, amountDue: undefined };
    const rows = rowsOf({ ...DOCUMENT, ...none, status: 'draft' });
    const left = rowsOf(DOCUMENT).filter(({ section }) => section !== 'correction' && section !== 'due');
    expect(rows.map(({ section }) => section)).toEqual(left.map(({ section }) => section));
    expect(rows.every(({ statement, status }) => statement === undefined && status === 'draft')).toBe(true);
  });

  it('leave cells of what is not known empty', () => {
    const unknown = {
      ...USAGE,
      planRule: null,
      serviceCode: null,
      serviceVersionId: null,
      rule: null,
      amount: null,
    };
    const [row] = rowsOf({ ...DOCUMENT, usage: [unknown] });
    for (const cell of [
      'plan_rule',
      'service',
      'service_version_id',
      'destination_rule',
      'amount',
      'units',
    ] as const)
      expect(row).not.toHaveProperty(cell);
  });

  it.each(scenarioNames())('come to the totals: %s', (name) => {
    const rated = rateTogether(loadScenario(name).together)[0]!;
    const rows = rowsOf(
      JSON.parse(statementDocument({ simId: 's', final: null, completeness: {} }, rated)) as object,
    );
    const of = (section: string) => rows.filter((row) => row.section === section);
    const sum = (section: string, cell: 'octets' | 'octets_up' | 'octets_down') =>
      of(section).reduce((total, row) => total + BigInt(row[cell] ?? '0'), 0n);
    const [total] = of('total');
    for (const cell of ['octets', 'octets_up', 'octets_down'] as const)
      expect(String(sum('usage', cell))).toBe(total![cell]);
    expect(sum('total_by_treatment', 'octets')).toBe(sum('total', 'octets'));
    expect(sum('charge', 'octets')).toBe(rated.totals.billedOctets);
    const charged = of('charge').map(({ amount }) => amount ?? '0');
    expect(sumMoney(charged, rated.currency.exponent)).toBe(total!.amount);
    expect(new Set(rows.map(({ currency }) => currency))).toEqual(new Set([rated.currency.code]));
  });
});

describe('the CSV of a statement', () => {
  it('has the columns first, and a row of each line', () => {
    const lines = statementCsv(JSON.stringify(DOCUMENT)).split('\r\n');
    expect(lines[0]).toBe(CSV_COLUMNS.join(','));
    expect(lines[4]).toBe('17,final,sim-1,2026-10,charge,tax,,,,/tax/rates/0,,,,,,,,,,1.08,USD,,');
    expect(lines.at(-1)).toBe('');
    expect(lines).toHaveLength(1 + 14 + 1);
  });

  it.each(['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠a'])(
    'runs no formula %j, wherever it stands',
    (hostile) => {
      const csv = statementCsv(
        JSON.stringify({
          ...DOCUMENT,
          simId: hostile,
          segments: DOCUMENT.segments.map((segment) => ({ ...segment, planCode: hostile })),
          usage: [{ ...USAGE, planRule: hostile, serviceCode: hostile, evidence: hostile, rule: hostile }],
          completeness: { [hostile]: '1' },
        }),
      );
      const cells = csv.split(/,|\r\n/).filter((cell) => cell.includes(hostile));
      expect(cells.length).toBeGreaterThan(15);
      for (const cell of cells) expect(cell).toMatch(/^"?'/);
    },
  );

  it('keeps a credit a number', () => {
    expect(statementCsv(JSON.stringify(DOCUMENT))).toContain(',-2.50,USD,');
  });
});
