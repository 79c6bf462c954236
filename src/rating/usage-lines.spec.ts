import { describe, expect, it } from 'vitest';
import type { RatingUsage, UsageLine } from './types.js';
import { UsageLines, type LineTreatment } from './usage-lines.js';

const ROW: RatingUsage = {
  firstHour: 200,
  lastHour: 300,
  serviceCode: 'line',
  serviceVersionId: 4,
  evidence: 'sni',
  rule: 'line.me',
  octetsUp: 0n,
  octetsDown: 0n,
};
const FREE: LineTreatment = {
  segment: 0,
  treatment: 'free',
  reason: 'free_rule',
  planRule: 'a',
  payer: null,
};

type Put = [row: Partial<RatingUsage>, treatment: Partial<LineTreatment>, up?: bigint, down?: bigint];
function lines(...puts: Put[]): UsageLine[] {
  const gathered = new UsageLines();
  for (const [row, treatment, up = 1n, down = 2n] of puts)
    gathered.put({ ...ROW, ...row }, { ...FREE, ...treatment }, up, down);
  return gathered.sorted();
}

describe('lines of usage', () => {
  it('gather octets of one treatment, from the first hour to the last', () => {
    const earlier = { firstHour: 100, lastHour: 250 };
    const later = { firstHour: 250, lastHour: 400 };
    const within = { firstHour: 220, lastHour: 280 };
    expect(
      lines([{}, {}, 1n, 2n], [earlier, {}, 10n, 0n], [later, {}, 0n, 20n], [within, {}, 5n, 5n]),
    ).toEqual([{ ...ROW, ...FREE, octetsUp: 16n, octetsDown: 27n, firstHour: 100, lastHour: 400 }]);
  });

  it('are none where there are no octets, but one where there are of one direction', () => {
    expect(lines([{}, {}, 0n, 0n])).toEqual([]);
    expect(lines([{}, {}, 1n, 0n])).toHaveLength(1);
    expect(lines([{}, {}, 0n, 1n])).toHaveLength(1);
    expect(lines([{}, {}, -1n, 0n])).toHaveLength(1);
  });

  /** Each pair in the order in which a statement shows it. */
  it.each<[Put, Put]>([
    [
      [{}, { segment: 2 }],
      [{}, { segment: 10 }],
    ],
    [
      [{}, { treatment: 'free' }],
      [{}, { treatment: 'billed' }],
    ],
    [
      [{}, { treatment: 'billed' }],
      [{}, { treatment: 'not_counted' }],
    ],
    [
      [{ serviceCode: 'a' }, {}],
      [{ serviceCode: 'b' }, {}],
    ],
    [
      [{ serviceCode: 'a' }, {}],
      [{ serviceCode: null }, {}],
    ],
    [
      [{ serviceVersionId: null }, {}],
      [{ serviceVersionId: 1 }, {}],
    ],
    [
      [{ serviceVersionId: 2 }, {}],
      [{ serviceVersionId: 10 }, {}],
    ],
    [
      [{ evidence: 'prefix' }, {}],
      [{ evidence: 'sni' }, {}],
    ],
    [
      [{ rule: 'a' }, {}],
      [{ rule: 'b' }, {}],
    ],
    [
      [{ rule: 'a' }, {}],
      [{ rule: null }, {}],
    ],
    [
      [{}, { planRule: 'a' }],
      [{}, { planRule: 'b' }],
    ],
    [
      [{}, { planRule: 'a' }],
      [{}, { planRule: null }],
    ],
    [
      [{}, { reason: 'cap_exceeded' }],
      [{}, { reason: 'no_rule' }],
    ],
    // What comes first in the order decides before what comes later.
    [
      [{ rule: 'z' }, { segment: 0 }],
      [{ rule: 'a' }, { segment: 1 }],
    ],
    [
      [{ serviceCode: 'z' }, {}],
      [{ serviceCode: 'a' }, { treatment: 'billed' }],
    ],
    [
      [{ serviceVersionId: 9, serviceCode: 'a' }, {}],
      [{ serviceVersionId: 1, serviceCode: 'b' }, {}],
    ],
    [
      [{ serviceVersionId: 1, evidence: 'z' }, {}],
      [{ serviceVersionId: 2, evidence: 'a' }, {}],
    ],
    [
      [{ evidence: 'a', rule: 'z' }, {}],
      [{ evidence: 'b', rule: 'a' }, {}],
    ],
    [
      [{ rule: 'a' }, { planRule: 'z' }],
      [{ rule: 'b' }, { planRule: 'a' }],
    ],
    [
      [{}, { planRule: 'a', reason: 'roaming' }],
      [{}, { planRule: 'b', reason: 'cap_exceeded' }],
    ],
  ])('are apart, and in order: %j, %j', (first, second) => {
    const inOrder = lines(first, second);
    expect(inOrder).toHaveLength(2);
    expect(inOrder[0]).toMatchObject({ ...first[0], ...first[1] });
    expect(inOrder[1]).toMatchObject({ ...second[0], ...second[1] });
    expect(lines(second, first)).toEqual(inOrder);
  });

  it('are apart by who pays', () => {
    const sponsor = { kind: 'sponsor' as const, sponsorId: 's' };
    expect(lines([{}, {}], [{}, { payer: sponsor }])).toHaveLength(2);
  });
});
