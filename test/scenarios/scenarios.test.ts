import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { difference, ratedOf, type Difference } from '../../src/billing/correction-document.js';
import { canonicalJson, ratedDocument, rateTogether } from '../../src/rating/index.js';
import { checkLaws, loadScenario, scenarioNames } from './scenario.js';

/**
 * `byHand` was worked out on paper and is never written by a program; `document` is the whole statement, and is
 * rewritten by UPDATE_SCENARIOS=1 after `byHand` has been found to hold.
 */
const expectedSchema = z.strictObject({
  byHand: z.strictObject({
    amount: z.string(),
    freeOctets: z.string(),
    billedOctets: z.string(),
    charges: z.array(z.string()).describe('kind and amount of each charge, in order'),
  }),
  /** Of each correction in turn. */
  corrections: z
    .array(
      z.strictObject({
        amount: z.string(),
        tax: z.string(),
        lines: z.array(z.string()).describe('what each line is about, and what changed of it'),
      }),
    )
    .optional(),
  document: z.unknown().optional(),
});

/** A correction in a few words. */
function inBrief({ amount, tax, lines }: Difference): unknown {
  return {
    amount,
    tax,
    lines: lines.map(({ section, line, difference: { octetsUp, octetsDown, octets, amount: money } }) =>
      section === 'usage'
        ? `${String(line.serviceCode)} ${String(line.treatment)} ${octetsUp}/${octetsDown}`
        : `${String(line.kind)} ${octets} octets ${money}`,
    ),
  };
}

describe('golden scenarios', () => {
  it('are there, each named beside the rule that it shows', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    const named = new Set([...readme.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name));
    expect(scenarioNames()).toEqual([...named].sort());
    expect(named.size).toBeGreaterThan(40);
  });

  it.each(scenarioNames())('%s', (name) => {
    const { input, together, later, folder } = loadScenario(name);
    const file = new URL('expected.json', folder);
    const expected = expectedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const rated = rateTogether(together)[0]!;

    expect({
      amount: rated.totals.amount,
      freeOctets: String(rated.totals.freeOctets),
      billedOctets: String(rated.totals.billedOctets),
      charges: rated.charges.map(({ kind, amount }) => `${kind} ${amount}`),
    }).toEqual(expected.byHand);
    checkLaws(input, rated);

    const document: unknown = JSON.parse(canonicalJson(ratedDocument(rated)));
    let told = ratedOf(document);
    const corrections = later.map((sims) => {
      const now = ratedOf(JSON.parse(canonicalJson(ratedDocument(rateTogether(sims)[0]!))));
      const change = difference(told, now);
      told = now;
      // Found again it is no news.
      expect(difference(told, now).lines).toEqual([]);
      return inBrief(change);
    });
    expect(corrections).toEqual(expected.corrections ?? []);
    if (process.env.UPDATE_SCENARIOS === '1' && existsSync(file))
      writeFileSync(file, `${JSON.stringify({ ...expected, document }, null, 2)}\n`);
    else expect(document).toEqual(expected.document);

    const turned = together
      .map(({ simKey, input: one }) => ({ simKey, input: { ...one, usage: [...one.usage].reverse() } }))
      .reverse();
    const shuffled = rateTogether(turned).at(-1)!;
    expect(canonicalJson(ratedDocument(shuffled))).toBe(canonicalJson(ratedDocument(rated)));
  });
});
