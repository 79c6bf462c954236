import { describe, expect, it } from 'vitest';
import { parseAddress } from '../shared/index.js';
import type { Session } from '../sims/index.js';
import { addressId, SessionIndex } from './session-index.js';

const MS = 1000;

function session(
  id: number,
  prefix: string,
  startTime: number,
  endTime: number | null,
  more: Partial<Session> = {},
): Session {
  return {
    id,
    simKey: id * 10,
    realmIndex: 1,
    prefix,
    startTime,
    endTime,
    dnsServers: [],
    nameConsent: true,
    ...more,
  };
}

function indexOf(...sessions: Session[]): SessionIndex {
  const index = new SessionIndex({ historyMs: 1_000_000, maxSuspense: 10, anonymous: null });
  index.update(
    {
      revision: 1,
      realms: [{ index: 1, name: 'r', resolvers: ['192.0.2.53'] }],
      upserted: sessions,
      deletedIds: [],
    },
    NaN,
  );
  return index;
}

function change(index: SessionIndex, upserted: Session[], deletedIds: number[] = [], now = NaN): Set<number> {
  return index.update({ revision: 2, realms: [], upserted, deletedIds }, now);
}

function holder(index: SessionIndex, text: string, ms: number, realm = 1): number | string {
  const { family, bytes } = parseAddress(text)!;
  const { usage } = index.find(realm, Buffer.from(bytes), 0, family === 6, ms * MS);
  return usage.kind === 'sim' ? usage.sessionId : `${usage.realmIndex} ${usage.address}`;
}

describe('which session holds an address', () => {
  it('is decided to the millisecond', () => {
    const index = indexOf(session(1, '10.0.0.1/32', 100, 200), session(2, '10.0.0.1/32', 200, null));
    expect([99, 100, 199, 200, 5000].map((ms) => holder(index, '10.0.0.1', ms))).toEqual([
      '1 10.0.0.1',
      1,
      1,
      2,
      2,
    ]);
    expect(holder(index, '10.0.0.1', 150, 2)).toBe('2 10.0.0.1');
  });

  it('is the longest prefix that has a session then', () => {
    const index = indexOf(
      session(1, '10.0.0.0/24', 0, null),
      session(2, '10.0.0.7/32', 100, 200),
      session(3, '2001:db8:0:1::/64', 0, null),
    );
    expect([50, 150, 250].map((ms) => holder(index, '10.0.0.7', ms))).toEqual([1, 2, 1]);
    expect(holder(index, '10.0.0.8', 150)).toBe(1);
    expect(holder(index, '2001:db8:0:1:2::3', 0)).toBe(3);
    expect(holder(index, '2001:db8:0:2::3', 0)).toBe('1 2001:db8:0:2::3');
  });

  it('ends where the next begins, also if its end never became known', () => {
    const index = indexOf(session(1, '10.0.0.1/32', 100, null), session(2, '10.0.0.1/32', 200, 300));
    expect([150, 250, 350].map((ms) => holder(index, '10.0.0.1', ms))).toEqual([1, 2, '1 10.0.0.1']);
  });

  it('follows changes: an end, an end taken back, a removal, another prefix', () => {
    const index = indexOf(session(1, '10.0.0.1/32', 100, null));
    const account = index.find(1, Buffer.from(parseAddress('10.0.0.1')!.bytes), 0, false, 150 * MS);
    change(index, [session(1, '10.0.0.1/32', 100, 200)]);
    expect(account.until).toBe(200 * MS); // what flows hold on to ends with it
    expect(holder(index, '10.0.0.1', 250)).toBe('1 10.0.0.1');
    change(index, [session(1, '10.0.0.1/32', 100, null)]);
    expect(holder(index, '10.0.0.1', 250)).toBe(1);
    change(index, [session(1, '10.0.0.2/32', 100, null)]);
    expect([holder(index, '10.0.0.1', 250), holder(index, '10.0.0.2', 250)]).toEqual(['1 10.0.0.1', 1]);
    expect(account.until).toBe(Number.NEGATIVE_INFINITY);
    change(index, [], [1, 99]);
    expect(holder(index, '10.0.0.2', 250)).toBe('1 10.0.0.2');
    expect(index.size).toBe(0);
  });

  it('takes the resolvers of the session, else of the realm, also when those change', () => {
    const own = session(1, '10.0.0.1/32', 0, null, { dnsServers: ['198.51.100.53'] });
    const index = indexOf(own, session(2, '10.0.0.2/32', 0, null));
    const trusts = (address: string, resolver: string): boolean | undefined => {
      const found = index.find(1, Buffer.from(parseAddress(address)!.bytes), 0, false, 1);
      return found.resolvers?.has(addressId(Buffer.from(parseAddress(resolver)!.bytes), 0, false));
    };
    expect([trusts('10.0.0.1', '198.51.100.53'), trusts('10.0.0.1', '192.0.2.53')]).toEqual([true, false]);
    expect([trusts('10.0.0.2', '192.0.2.53'), trusts('10.0.0.3', '192.0.2.53')]).toEqual([true, false]);
    index.update(
      {
        revision: 3,
        realms: [{ index: 1, name: 'r', resolvers: ['192.0.2.54'] }],
        upserted: [],
        deletedIds: [],
      },
      NaN,
    );
    expect([trusts('10.0.0.2', '192.0.2.53'), trusts('10.0.0.2', '192.0.2.54')]).toEqual([false, true]);
  });

  it('tells SIMs that withdrew their consent', () => {
    const index = indexOf(session(1, '10.0.0.1/32', 0, null));
    expect(change(index, [session(1, '10.0.0.1/32', 0, null, { nameConsent: false })])).toEqual(
      new Set([10]),
    );
    expect(index.find(1, Buffer.from(parseAddress('10.0.0.1')!.bytes), 0, false, 1).nameConsent).toBe(false);
  });

  it('forgets sessions that ended long ago, not others', () => {
    const index = indexOf(session(1, '10.0.0.1/32', 0, 10), session(2, '10.0.0.2/32', 0, null));
    change(index, [], [], 2_000_000 * MS);
    expect(index.size).toBe(1);
    expect(holder(index, '10.0.0.2', 5)).toBe(2);
  });

  it('leaves out what it cannot read, and counts it', () => {
    const index = indexOf(session(1, 'nonsense', 0, null), session(2, '10.0.0.2/32', 0, null));
    expect([index.size, index.skipped]).toEqual([1, 1]);
  });

  it('keeps few accounts of addresses without session, however many there are', () => {
    const index = indexOf();
    for (let i = 0; i < 1000; i += 1)
      expect(holder(index, `10.0.${i >> 8}.${i & 255}`, 0)).toBe(`1 10.0.${i >> 8}.${i & 255}`);
  });
});
