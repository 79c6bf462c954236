import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../test/scenarios/scenario.js';
import { rate } from '../rating/index.js';
import { csvCell, csvRows } from './csv.js';
import { statementCsv } from './statement-csv.js';
import { statementDocument } from './statement-document.js';

/** RFC 4180, as a strict reader takes it. */
function read(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < csv.length; i += 1) {
    const at = csv[i]!;
    if (quoted) {
      if (at !== '"') cell += at;
      else if (csv[i + 1] === '"') cell += csv[(i += 1)]!;
      else quoted = false;
    } else if (at === '"') quoted = true;
    else if (at === ',') {
      row.push(cell);
      cell = '';
    } else if (at === '\r' && csv[i + 1] === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      i += 1;
    } else cell += at;
  }
  return rows;
}

describe('CSV', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+81', "'+81"],
    ['-300', '-300'],
    ['-3.25', '-3.25'],
    ['-1+cmd', "'-1+cmd"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['＝1', "'＝1"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['', ''],
    [null, ''],
    [undefined, ''],
  ])('writes %j as %j', (value, cell) => expect(csvCell(value)).toBe(cell));

  it('is read back as it was, and no cell begins a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 })), (rows) => {
        const back = read(csvRows(rows));
        expect(back.map((row) => row.length)).toEqual(rows.map((row) => row.length));
        back.forEach((row, at) =>
          row.forEach((cell, column) => {
            expect([cell, cell.slice(1)]).toContain(rows[at]![column]);
            if (!/^-?\d+(\.\d+)?$/.test(cell)) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
          }),
        );
      }),
    );
  });

  it('of a statement keeps a hostile SIM id from being a formula', () => {
    const document = {
      status: 'draft',
      simId: '=cmd|calc',
      period: { month: '2026-10', from: 'a', to: 'b' },
      currency: { code: 'JPY' },
      segments: [],
      usage: [],
      charges: [],
      totals: { octetsUp: '0', octetsDown: '0', octets: '0', amount: '0' },
    };
    const [header, total] = read(statementCsv(JSON.stringify(document)));
    expect(total![header!.indexOf('sim_id')]).toBe("'=cmd|calc");
    expect(total![header!.indexOf('section')]).toBe('total');
  });

  it('of a statement has both totals, which its rows of usage sum to, what is due, and how complete it is', () => {
    const rated = rate(loadScenario('free-service-within-quota').input);
    const text = statementDocument(
      {
        simId: 'sim-1',
        final: null,
        completeness: { lostPackets: '3', malformedOctets: '9' },
        corrections: [{ id: '1', statement: 7, position: 1, month: '2026-09', amount: '-22', hash: '' }],
      },
      rated,
    );
    const [header, ...rows] = read(statementCsv(text));
    const cell = (row: string[], name: string) => row[header!.indexOf(name)]!;
    const of = (section: string) => rows.filter((row) => cell(row, 'section') === section);
    const sum = (kind: string) =>
      of('usage')
        .filter((row) => cell(row, 'kind') === kind)
        .reduce((octets, row) => octets + BigInt(cell(row, 'octets')), 0n);
    expect(of('total_by_treatment').map((row) => [cell(row, 'kind'), cell(row, 'octets')])).toEqual([
      ['free', String(rated.totals.freeOctets)],
      ['billed', String(rated.totals.billedOctets)],
      ['not_counted', '0'],
    ]);
    expect([sum('free'), sum('billed')]).toEqual([rated.totals.freeOctets, rated.totals.billedOctets]);
    expect(rated.totals.freeOctets).toBeGreaterThan(0n);
    expect(of('total').map((row) => cell(row, 'amount'))).toEqual([rated.totals.amount]);
    expect(of('correction').map((row) => [cell(row, 'kind'), cell(row, 'amount')])).toEqual([
      ['credit', '-22'],
    ]);
    expect(of('due').map((row) => cell(row, 'amount'))).toEqual([String(Number(rated.totals.amount) - 22)]);
    expect(of('total_by_evidence').map((row) => [cell(row, 'kind'), cell(row, 'octets')])).toEqual([
      ['sni_unverified', '0'],
    ]);
    const columns = ['kind', 'octets', 'units'];
    expect(of('completeness').map((row) => columns.map((name) => cell(row, name)))).toEqual([
      ['lostPackets', '', '3'],
      ['malformedOctets', '9', ''],
    ]);
  });
});
