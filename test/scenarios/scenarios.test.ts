import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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
  document: z.unknown().optional(),
});

describe('golden scenarios', () => {
  it('are there', () => expect(scenarioNames().length).toBeGreaterThan(5));

  it.each(scenarioNames())('%s', (name) => {
    const { input, together, folder } = loadScenario(name);
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
    if (process.env.UPDATE_SCENARIOS === '1' && existsSync(file))
      writeFileSync(file, `${JSON.stringify({ byHand: expected.byHand, document }, null, 2)}\n`);
    else expect(document).toEqual(expected.document);

    const turned = together
      .map(({ simKey, input: one }) => ({ simKey, input: { ...one, usage: [...one.usage].reverse() } }))
      .reverse();
    const shuffled = rateTogether(turned).at(-1)!;
    expect(canonicalJson(ratedDocument(shuffled))).toBe(canonicalJson(ratedDocument(rated)));
  });
});
