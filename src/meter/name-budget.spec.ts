import { expect, it } from 'vitest';
import type { UsageEntry } from '../identify/index.js';
import { HOUR_MS } from './aggregate.js';
import { NameBudget } from './name-budget.js';

function claim(name: string, simKey = 1, hour = 0): UsageEntry {
  return {
    account: { kind: 'sim', simKey, sessionId: 1 },
    decision: {
      serviceVersionId: null,
      serviceCode: null,
      claimedServiceCode: null,
      evidence: 'none',
      rule: null,
      name,
      agreed: null,
    },
    octetsUp: 10,
    octetsDown: 20,
    packetsUp: 1,
    packetsDown: 1,
    firstTime: hour * HOUR_MS * 1000,
    lastTime: hour * HOUR_MS * 1000,
  };
}

it('keeps 200 names of a SIM and hour, then drops the name and keeps the octets', () => {
  const budget = new NameBudget();
  for (let i = 0; i < 200; i += 1)
    expect(budget.apply(claim(`n${i}.example`)).decision.name).toBe(`n${i}.example`);
  const over = budget.apply(claim('n200.example'));
  expect(over.decision.name).toBeNull();
  expect(over).toMatchObject({ octetsUp: 10, octetsDown: 20 });
  expect(budget.apply(claim('n7.example')).decision.name).toBe('n7.example');
});

it('counts each SIM and each hour by itself', () => {
  const budget = new NameBudget();
  for (let i = 0; i < 300; i += 1) budget.apply(claim(`n${i}.example`));
  expect(budget.apply(claim('other.example', 2)).decision.name).toBe('other.example');
  expect(budget.apply(claim('late.example', 1, 1)).decision.name).toBe('late.example');
});

it('shares one decision object among all that lost their name, so that they sum into one bucket', () => {
  const budget = new NameBudget();
  for (let i = 0; i < 200; i += 1) budget.apply(claim(`n${i}.example`));
  expect(budget.apply(claim('x.example')).decision).toBe(budget.apply(claim('y.example')).decision);
});
