import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../shared/index.js';
import { parseCsv, sessionsFromCsv, simsFromCsv } from './csv.js';

describe('CSV', () => {
  it('gives SIMs: lists, booleans, tags; empty cells are left out', () => {
    const text =
      '\uFEFFid,imsis,nameConsent,name,tag:fleet\r\nsim-1,440100000000001;440100000000002,TRUE,"Bus ""7"", north",buses\r\n\r\nsim-2,,maybe,,\r\n';
    expect(simsFromCsv(text)).toEqual([
      {
        id: 'sim-1',
        imsis: ['440100000000001', '440100000000002'],
        nameConsent: true,
        name: 'Bus "7", north',
        tags: { fleet: 'buses' },
      },
      { id: 'sim-2', nameConsent: 'maybe' },
    ]);
  });

  it('gives sessions, and a row with too many cells a field that no schema has', () => {
    expect(sessionsFromCsv('simId,prefix,mcc\nsim-1,10.0.0.1,044\nsim-2,10.0.0.2,,x')).toEqual([
      { simId: 'sim-1', prefix: '10.0.0.1', mcc: '044' },
      { simId: 'sim-2', prefix: '10.0.0.2', '(more cells than the first line)': 'x' },
    ]);
  });

  it.each([
    ['', /names no column "id"/],
    ['id\n', /no row/],
    ['id,colour\nsim-1,red', /"colour" is no column/],
    ['id,id\nsim-1,sim-2', /there twice/],
    ['id\n"sim-1', /has no end/],
    ['id\n"sim-1"x', /after the quote/],
  ])('refuses %j', (text, why) => {
    expect(() => simsFromCsv(text)).toThrow(why);
  });

  it('reads every table as it was written', () => {
    const cell = fc.string().filter((text) => !text.includes('\uFEFF'));
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 });
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, end) => {
        expect(parseCsv(rows.map((row) => row.map(quote).join(',')).join(end))).toEqual(rows);
      }),
    );
  });

  it('throws nothing but refusals', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', '') }), (text) => {
        try {
          parseCsv(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});
