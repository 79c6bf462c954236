import { describe, expect, it } from 'vitest';
import { tlsHello } from '../../test/support/hellos.js';
import { Bench, session, T0, YOUTUBE_ADDRESS } from '../../test/support/identify.js';
import type { UsageEntry } from './types.js';

const networks = (entries: UsageEntry[]) =>
  entries.map(({ account, decision, octetsUp }) => [
    account.kind === 'sim' ? (account.mcc ?? null) : account.kind,
    decision.evidence,
    octetsUp,
  ]);

describe('the visited network', () => {
  it('is that of the session, also if it becomes known while the session lasts', () => {
    const bench = new Bench();
    expect(networks(bench.entries(bench.record()))).toEqual([[null, 'prefix', 1000]]);
    bench.sessions([session({ mcc: '310' })]);
    expect(networks(bench.entries(bench.record({}, 1)))).toEqual([['310', 'prefix', 1000]]);
    bench.sessions([session({ mcc: '440' })]);
    expect(networks(bench.entries(bench.record({}, 2)))).toEqual([['440', 'prefix', 1000]]);
  });

  it('stays with octets of before, when their flow is recognised late in another network', () => {
    const bench = new Bench();
    const flow = { peer: YOUTUBE_ADDRESS };
    const border = T0 / 1000 + 10_000;
    bench.sessions([
      session({ endTime: border, mcc: '440' }),
      session({ id: 2, startTime: border, mcc: '310' }),
    ]);
    bench.entries(bench.record(flow, 0));
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS, { epoch: 1 });
    bench.hello('tls', tlsHello('www.youtube.com'), flow, 1);
    expect(networks(bench.entries(bench.record(flow, 1))).sort()).toEqual([
      ['310', 'sni', 1000],
      ['440', 'none', -1000],
      ['440', 'sni', 1000],
    ]);
  });
});
