import { expect, it } from 'vitest';
import { session } from '../../test/support/identify.js';
import { atOnce } from '../shared/plain.js';
import { NO_SERVICE } from './decide.js';
import { SessionIndex, type Account } from './session-index.js';
import { HOUR, Reasons, UsageSums, type Usage } from './usage-sums.js';

const ACCOUNTS = 5_000;

function accounts(): Account[] {
  const index = new SessionIndex({ historyMs: 1e9, maxSuspense: 10, anonymous: null });
  const prefixes = Array.from({ length: ACCOUNTS }, (_, n) => `10.0.${n >> 8}.${n & 255}/32`);
  const upserted = prefixes.map((prefix, n) => session({ id: n, simKey: n, prefix, startTime: 0 }));
  index.update({ revision: 1, realms: [], upserted, deletedIds: [] }, NaN);
  return prefixes.map((_, n) => {
    const bytes = Buffer.from([...Array<number>(12).fill(0), 10, 0, n >> 8, n & 255]);
    return index.find(1, bytes, 0, false, 1);
  });
}

function usage(octets: number, firstTime: number): Usage {
  return {
    octetsUp: octets,
    octetsDown: 2 * octets,
    packetsUp: 1,
    packetsDown: 2,
    firstTime,
    lastTime: firstTime + 5,
  };
}

it('sums by account, decision and hour, however many there are, batch after batch', () => {
  const sums = new UsageSums();
  const reasons = new Reasons();
  const decisions = ['a', 'b'].map((rule) => reasons.of({ ...NO_SERVICE, rule }));
  const all = accounts();
  for (const batch of [1, 2]) {
    const expected = new Map<string, number>();
    for (let n = 0; n < 40_000; n += 1) {
      const account = all[(n * 7) % ACCOUNTS]!;
      const reason = decisions[n % 2]!;
      const hour = n % 3;
      const sign = n % 5 === 0 ? -1 : 1;
      sums.add(account, reason, sign, usage(n * batch, hour * HOUR + n));
      const key = `${account.simKey} ${reason.decision.rule} ${hour}`;
      expected.set(key, (expected.get(key) ?? 0) + sign * n * batch);
    }
    const found = atOnce(sums.take(100)).map((entry) => {
      const hour = Math.floor(entry.firstTime / HOUR);
      expect(entry.octetsDown).toBe(2 * entry.octetsUp);
      expect(Math.floor((entry.lastTime - 5) / HOUR)).toBe(hour);
      const simKey = entry.account.kind === 'sim' ? entry.account.simKey : -1;
      return [`${simKey} ${entry.decision.rule} ${hour}`, entry.octetsUp] as const;
    });
    expect(found).toHaveLength(expected.size);
    expect(new Map(found)).toEqual(expected);
  }
  expect(atOnce(sums.take(100))).toEqual([]);
});

it('has one object for equal decisions', () => {
  const reasons = new Reasons();
  const one = reasons.of({ ...NO_SERVICE, name: 'a.example' });
  expect(reasons.of({ ...NO_SERVICE, name: 'a.example' })).toBe(one);
  expect(reasons.of({ ...NO_SERVICE, rule: 'a.example' })).not.toBe(one);
});
