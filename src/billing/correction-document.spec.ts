import { describe, expect, it } from 'vitest';
import { loadScenario, scenarioNames } from '../../test/scenarios/scenario.js';
import { canonicalJson, ratedDocument, rateTogether, sumMoney } from '../rating/index.js';
import { correctionDocument, difference, directionOf, ratedOf, saysTheSame } from './correction-document.js';
import { statementDocument } from './statement-document.js';

type Rated = ReturnType<typeof ratedOf>;

const USAGE_LINE = {
  segment: 0,
  treatment: 'billed',
  reason: 'no_rule',
  planRule: null,
  serviceCode: 'line',
  serviceVersionId: 4,
  evidence: 'sni',
  rule: 'line.me',
};
const USAGE = { ...USAGE_LINE, octetsUp: '10', octetsDown: '90' };
const FEE = { kind: 'base_fee', segment: 0, rule: '/baseFee', amount: '9.80' };
const FEE_LINE = { kind: 'base_fee', segment: 0, rule: '/baseFee', taxPercent: null };
const OVERAGE = { kind: 'overage', segment: 0, rule: '/overage/tiers/0', octets: '100', amount: '1.00' };
const OVERAGE_LINE = { kind: 'overage', segment: 0, rule: '/overage/tiers/0', taxPercent: null };

const rated = (change: Partial<Rated> = {}): Rated => ({
  period: { month: '2026-10', from: 'a', to: 'b' },
  currency: { code: 'USD', exponent: 2 },
  usage: [USAGE],
  charges: [FEE],
  totals: { net: '8.91', tax: '0.89', amount: '9.80' },
  carriedOutOctets: '0',
  ...change,
});
const ofScenario = (sims: Parameters<typeof rateTogether>[0]): Rated =>
  ratedOf(JSON.parse(canonicalJson(ratedDocument(rateTogether(sims)[0]!))));

describe('what a correction compares', () => {
  it('is read as it is, with what else a document says', () => {
    expect(ratedOf({ ...rated(), simId: 'sim-1' })).toEqual({ ...rated(), simId: 'sim-1' });
  });

  it.each(['', '1.5', 'x1', '1x', '--1', '1 ', '1e3'])('is refused with %j for octets', (octets) => {
    expect(() => ratedOf(rated({ carriedOutOctets: octets }))).toThrow();
    expect(() => ratedOf(rated({ usage: [{ ...USAGE, octetsUp: octets }] }))).toThrow();
    expect(() => ratedOf(rated({ usage: [{ ...USAGE, octetsDown: octets }] }))).toThrow();
    expect(() => ratedOf(rated({ charges: [{ ...FEE, octets }] }))).toThrow();
  });

  it('may be below nothing, and past 2^53', () => {
    expect(ratedOf(rated({ carriedOutOctets: '-12' })).carriedOutOctets).toBe('-12');
    expect(ratedOf(rated({ carriedOutOctets: '9007199254740993' })).carriedOutOctets).toBe(
      '9007199254740993',
    );
  });

  it.each(['usage', 'charges', 'totals', 'currency', 'period', 'carriedOutOctets'])(
    'is refused without %s',
    (member) => expect(() => ratedOf({ ...rated(), [member]: undefined })).toThrow(),
  );

  it.each(Object.keys(USAGE))('is refused with usage without %s', (member) =>
    expect(() => ratedOf({ ...rated(), usage: [{ ...USAGE, [member]: undefined }] })).toThrow(),
  );

  it.each(Object.keys(FEE))('is refused with a charge without %s', (member) =>
    expect(() => ratedOf({ ...rated(), charges: [{ ...FEE, [member]: undefined }] })).toThrow(),
  );

  it.each([
    ['totals', 'net'],
    ['totals', 'tax'],
    ['totals', 'amount'],
    ['currency', 'code'],
    ['currency', 'exponent'],
    ['period', 'month'],
    ['period', 'from'],
    ['period', 'to'],
  ] as const)('is refused with %s without %s', (of, member) =>
    expect(() => ratedOf({ ...rated(), [of]: { ...rated()[of], [member]: undefined } })).toThrow(),
  );
});

describe('the difference of two ratings', () => {
  it('of one and the same is nothing', () => {
    expect(difference(rated(), rated())).toEqual({ lines: [], amount: '0.00', net: '0.00', tax: '0.00' });
  });

  it('shows a changed line before, after and between; octets whole, money to the cent', () => {
    const now = rated({
      usage: [{ ...USAGE, octetsUp: '7', octetsDown: '9007199254741083' }],
      charges: [{ ...FEE, amount: '9.75' }],
      totals: { net: '8.86', tax: '0.89', amount: '9.75' },
    });
    expect(difference(rated(), now)).toEqual({
      lines: [
        {
          section: 'usage',
          line: USAGE_LINE,
          before: { octetsUp: '10', octetsDown: '90' },
          after: { octetsUp: '7', octetsDown: '9007199254741083' },
          difference: { octetsUp: '-3', octetsDown: '9007199254740993' },
        },
        {
          section: 'charge',
          line: FEE_LINE,
          before: { octets: '0', amount: '9.80' },
          after: { octets: '0', amount: '9.75' },
          difference: { octets: '0', amount: '-0.05' },
        },
      ],
      amount: '-0.05',
      net: '-0.05',
      tax: '0.00',
    });
  });

  it('tells amount, net and tax apart', () => {
    const now = rated({ totals: { net: '10.00', tax: '1.00', amount: '11.00' } });
    expect(difference(rated(), now)).toEqual({ lines: [], amount: '1.20', net: '1.09', tax: '0.11' });
  });

  it('takes a line that was not there, or is there no more, for nothing', () => {
    const more = rated({ charges: [FEE, OVERAGE] });
    const line = {
      section: 'charge',
      line: OVERAGE_LINE,
      before: { octets: '0', amount: '0.00' },
      after: { octets: '100', amount: '1.00' },
      difference: { octets: '100', amount: '1.00' },
    };
    expect(difference(rated(), more).lines).toEqual([line]);
    expect(difference(more, rated()).lines).toEqual([
      {
        ...line,
        before: line.after,
        after: line.before,
        difference: { octets: '-100', amount: '-1.00' },
      },
    ]);
    expect(difference(rated({ usage: [] }), rated()).lines).toEqual([
      {
        section: 'usage',
        line: USAGE_LINE,
        before: { octetsUp: '0', octetsDown: '0' },
        after: { octetsUp: '10', octetsDown: '90' },
        difference: { octetsUp: '10', octetsDown: '90' },
      },
    ]);
  });

  it('shows a line of which only one value changed', () => {
    const of = (change: object) => difference(rated(), rated({ usage: [{ ...USAGE, ...change }] })).lines;
    expect(of({ octetsUp: '11' }).map((one) => one.difference)).toEqual([{ octetsUp: '1', octetsDown: '0' }]);
    expect(of({ octetsDown: '100' }).map((one) => one.difference)).toEqual([
      { octetsUp: '0', octetsDown: '10' },
    ]);
  });

  it('adds up lines that have one name', () => {
    const twice = rated({ charges: [FEE, OVERAGE, { ...OVERAGE, octets: '5', amount: '0.05' }] });
    const once = rated({ charges: [FEE, { ...OVERAGE, octets: '105', amount: '1.05' }] });
    expect(difference(twice, once).lines).toEqual([]);
    expect(difference(rated(), twice).lines[0]!.after).toEqual({ octets: '105', amount: '1.05' });
  });

  it.each<['usage' | 'charge', Record<string, string | number | null>]>([
    ['usage', { segment: 1 }],
    ['usage', { treatment: 'free' }],
    ['usage', { reason: 'free_rule' }],
    ['usage', { planRule: 'a' }],
    ['usage', { serviceCode: 'x' }],
    ['usage', { serviceVersionId: 5 }],
    ['usage', { evidence: 'prefix' }],
    ['usage', { rule: null }],
    ['charge', { kind: 'pack' }],
    ['charge', { segment: null }],
    ['charge', { rule: '/packs/1' }],
    ['charge', { taxPercent: '8' }],
    ['charge', { pack: '7' }],
    ['charge', { group: 'family' }],
  ])('tells lines of %s apart by %j', (section, change) => {
    const now =
      section === 'usage'
        ? ratedOf({ ...rated(), usage: [{ ...USAGE, ...change }] })
        : ratedOf({ ...rated(), charges: [{ ...FEE, ...change }] });
    const { lines } = difference(rated(), now);
    const name = section === 'usage' ? USAGE_LINE : FEE_LINE;
    expect(lines).toHaveLength(2);
    expect(lines.map(({ line }) => line)).toEqual(expect.arrayContaining([name, { ...name, ...change }]));
  });

  it('has usage before charges, each in the order of their names, whichever came first', () => {
    const codes = ['b', 'a', 'c'];
    const kinds = ['tax', 'base_fee', 'overage'];
    const none = rated({ usage: [], charges: [] });
    const all = rated({
      usage: codes.map((serviceCode) => ({ ...USAGE, serviceCode })),
      charges: kinds.map((kind) => ({ ...FEE, kind })),
    });
    const names = (lines: ReturnType<typeof difference>['lines']) =>
      lines.map(({ section, line }) => `${section} ${String(line.serviceCode ?? line.kind)}`);
    const order = ['usage a', 'usage b', 'usage c', 'charge base_fee', 'charge overage', 'charge tax'];
    expect(names(difference(none, all).lines)).toEqual(order);
    expect(names(difference(all, none).lines)).toEqual(order);
  });

  it.each(scenarioNames())(
    'comes to what is due, line by line, and there and back to nothing: %s',
    (name) => {
      const { together, later } = loadScenario(name);
      const now = ofScenario(later.at(-1) ?? together);
      const was =
        later.length > 0
          ? ofScenario(together)
          : { ...now, usage: [], charges: [], totals: { net: '0', tax: '0', amount: '0' } };
      const { exponent } = now.currency;
      const there = difference(was, now);
      const back = difference(now, was);
      const charged = there.lines.filter(({ section }) => section === 'charge');
      expect(
        sumMoney(
          charged.map((one) => one.difference.amount!),
          exponent,
        ),
      ).toBe(there.amount);
      expect(sumMoney([there.net, there.tax], exponent)).toBe(there.amount);
      expect(sumMoney([there.amount, back.amount], exponent)).toBe(sumMoney([], exponent));
      expect(back.lines.map(({ line, before, after }) => ({ line, before: after, after: before }))).toEqual(
        there.lines.map(({ line, before, after }) => ({ line, before, after })),
      );
      expect(difference(now, now).lines).toEqual([]);
    },
  );
});

describe('the document of a correction', () => {
  it('says what it corrects, what changed and the whole period as it is now', () => {
    const head = {
      simId: 'sim-1',
      statement: 7,
      statementHash: 'aa',
      position: 1,
      previousHash: null,
      correctedAt: Date.UTC(2026, 10, 5),
    };
    const change = difference(
      rated(),
      rated({ charges: [], totals: { net: '0.00', tax: '0.00', amount: '0.00' } }),
    );
    expect(correctionDocument(head, change, { carriedOutOctets: 9007199254740993n })).toBe(
      '{"after":{"carriedOutOctets":"9007199254740993"},"amount":"-9.80","correctedAt":"2026-11-05T00:00:00.000Z",' +
        '"direction":"credit","lines":[{"after":{"amount":"0.00","octets":"0"},' +
        '"before":{"amount":"9.80","octets":"0"},"difference":{"amount":"-9.80","octets":"0"},' +
        '"line":{"kind":"base_fee","rule":"/baseFee","segment":0,"taxPercent":null},"section":"charge"}],' +
        '"net":"-8.91","position":1,"previousHash":null,"simId":"sim-1","statement":7,"statementHash":"aa",' +
        '"tax":"-0.89"}',
    );
  });

  it.each([
    ['0', 'none'],
    ['0.00', 'none'],
    ['-0', 'none'],
    ['-0.00', 'none'],
    ['0.01', 'debit'],
    ['10', 'debit'],
    ['-0.01', 'credit'],
    ['-10', 'credit'],
    ['-100.00', 'credit'],
    ['9007199254740993', 'debit'],
  ])('%s is %s', (amount, direction) => expect(directionOf(amount)).toBe(direction));
});

describe('lines that are the same to the byte', () => {
  const rateAll = (name: string) => {
    const { together, later } = loadScenario(name);
    return [together, ...later].flatMap((sims) => rateTogether(sims));
  };
  const every = scenarioNames().flatMap((name) =>
    rateAll(name).map((rated) => {
      const after = ratedDocument(rated);
      const head = { simId: 'sim-1', final: null, completeness: {} };
      return {
        after,
        parsed: ratedOf(JSON.parse(canonicalJson(after))),
        document: statementDocument(head, rated),
      };
    }),
  );

  it('are found in the statement and in the correction that they are of', () => {
    for (const { after, document, parsed } of every) {
      expect(saysTheSame(document, after)).toBe(true);
      const head = {
        simId: 's',
        statement: 1,
        statementHash: 'a',
        position: 1,
        previousHash: null,
        correctedAt: 0,
      };
      const corrected = correctionDocument(head, difference(parsed, parsed), after);
      expect(saysTheSame(corrected, after)).toBe(true);
    }
  });

  it('are never found where a line differs', () => {
    let differing = 0;
    for (const { document, parsed } of every)
      for (const other of every) {
        if (difference(parsed, other.parsed).lines.length === 0) continue;
        differing += 1;
        expect(saysTheSame(document, other.after)).toBe(false);
      }
    expect(differing).toBeGreaterThan(every.length);
  });

  it('are not found in text that only looks like them', () => {
    const lines = { usage: [], charges: [] };
    expect(
      saysTheSame(canonicalJson({ charges: [], simId: '"usage":[]', usage: [{ segment: 0 }] }), lines),
    ).toBe(false);
    expect(saysTheSame(canonicalJson({ charges: [], simId: '"usage":[]', usage: [] }), lines)).toBe(true);
  });
});
