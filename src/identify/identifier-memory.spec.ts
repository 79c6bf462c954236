import { beforeEach, describe, expect, it } from 'vitest';
import { packFlows, packHello, type RecordFields } from '../../test/support/capture-flows.js';
import { addressRecord, dnsAnswer, tlsHello } from '../../test/support/hellos.js';
import {
  Bench,
  EPOCH,
  FOREIGN,
  HOUR,
  http,
  key,
  LINE_ADDRESS,
  RESOLVER,
  session,
  T0,
  YOUTUBE_ADDRESS,
} from '../../test/support/identify.js';
import type { UsageEntry } from './index.js';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('a flow recognised late', () => {
  const flow = { peer: YOUTUBE_ADDRESS };
  const sums = (entries: UsageEntry[]): Record<string, number> => {
    const totals: Record<string, number> = {};
    for (const { decision, octetsUp, octetsDown } of entries)
      totals[decision.evidence] = (totals[decision.evidence] ?? 0) + octetsUp + octetsDown;
    return totals;
  };

  it('takes its earlier octets along, hour by hour, and the sum stays', () => {
    const start = 355; // epochs: 50 s before the next hour
    const before = [0, 1, 2].map((n) => bench.entries(bench.record(flow, start + n)));
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS, { epoch: start + 4 });
    const across = bench.entries(bench.record(flow, start + 5));
    bench.hello('tls', tlsHello('www.youtube.com'), flow, start + 5);
    const after = bench.entries(bench.record(flow, start + 5));
    expect(sums(before.flat())).toEqual({ none: 12_000 });
    expect(sums(across)).toEqual({ none: 4_000 });
    expect(sums(after)).toEqual({ none: -16_000, sni: 20_000 });
    const hours: Record<string, number> = {};
    for (const { decision, firstTime, octetsUp } of after) {
      const hour = `${decision.evidence} ${Math.floor((firstTime - T0) / HOUR)}`;
      hours[hour] = (hours[hour] ?? 0) + octetsUp;
    }
    expect(hours).toEqual({ 'none 0': -3000, 'none 1': -1000, 'sni 0': 3000, 'sni 1': 2000 });
  });

  it('does so within the window only', () => {
    bench.entries(bench.record(flow, 0));
    bench.entries(bench.record(flow, 7));
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS, { epoch: 8 });
    bench.hello('tls', tlsHello('www.youtube.com'), flow, 8);
    expect(sums(bench.entries(bench.record(flow, 8)))).toEqual({ sni: 4_000 });
  });

  it('leaves octets with the account that held the address then', () => {
    bench.entries(bench.record(flow, 0));
    bench.sessions([
      session({ endTime: T0 / 1000 + 10_000 }),
      session({ id: 2, simKey: 8, startTime: T0 / 1000 + 10_000 }),
    ]);
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS, { epoch: 1 });
    bench.hello('tls', tlsHello('www.youtube.com'), flow, 1);
    const byAccount = bench
      .entries(bench.record(flow, 1))
      .map(({ account, octetsUp }) => [account.kind === 'sim' && account.simKey, octetsUp]);
    expect(byAccount.sort()).toEqual([
      [7, -1000],
      [7, 1000],
      [8, 1000],
    ]);
  });
});

describe('consent', () => {
  it('withheld: names are neither looked at nor kept', () => {
    bench.sessions([session({ nameConsent: false })]);
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS);
    bench.hello('tls', tlsHello('www.example.com'));
    expect(bench.decision()).toMatchObject({ serviceCode: 'line', evidence: 'prefix', name: null });
    expect(bench.decision({ peer: YOUTUBE_ADDRESS })).toMatchObject({ evidence: 'none', name: null });
    expect(bench.identifier.stats()).toMatchObject({
      withoutConsent: 2,
      dnsEntries: 0,
      heldFlows: 0,
      helloReads: { read: 0 },
    });
  });

  it('withdrawn: what was known is forgotten, also for flows that go on', () => {
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS);
    bench.hello('tls', tlsHello('www.youtube.com'), { peer: YOUTUBE_ADDRESS });
    expect(bench.decision({ peer: YOUTUBE_ADDRESS })).toMatchObject({
      serviceCode: 'youtube',
      name: 'www.youtube.com',
    });
    bench.sessions([session({ nameConsent: false })]);
    expect(bench.identifier.stats().dnsEntries).toBe(0);
    expect(bench.decision({ peer: YOUTUBE_ADDRESS }, 1)).toMatchObject({ serviceCode: null, name: null });
    bench.sessions([session()]);
    expect(bench.decision({ peer: YOUTUBE_ADDRESS }, 2)).toMatchObject({ serviceCode: null, name: null });
  });
});

describe('accounts', () => {
  it('are those of the session at the record’s first packet', () => {
    const end = T0 / 1000 + 5_000;
    bench.sessions([session({ endTime: end }), session({ id: 2, simKey: 8, startTime: end })]);
    const accounts = [0, 1].map((epoch) => bench.entries(bench.record({}, epoch))[0]?.account);
    expect(accounts).toEqual([
      { kind: 'sim', simKey: 7, sessionId: 1 },
      { kind: 'sim', simKey: 8, sessionId: 2 },
    ]);
  });

  it('do not hand a name from one SIM to the next on the same address', () => {
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS);
    bench.hello('tls', tlsHello('www.youtube.com'), { peer: YOUTUBE_ADDRESS });
    expect(bench.decision({ peer: YOUTUBE_ADDRESS }).serviceCode).toBe('youtube');
    const end = T0 / 1000 + 10_000;
    bench.sessions([session({ endTime: end }), session({ id: 2, simKey: 8, startTime: end })]);
    expect(bench.decision({ peer: YOUTUBE_ADDRESS }, 1)).toMatchObject({ evidence: 'none', name: null });
  });

  it('of addresses without session are in suspense, judged by prefix, until the session is known', () => {
    const flow = { subscriber: '10.0.0.9', peer: YOUTUBE_ADDRESS };
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS, { subscriber: '10.0.0.9' });
    bench.hello('tls', tlsHello('www.youtube.com'), flow);
    const [suspended] = bench.entries(bench.record(flow));
    expect(suspended).toMatchObject({
      account: { kind: 'suspense', realmIndex: 1, address: '10.0.0.9' },
      decision: { evidence: 'none' },
    });
    expect(bench.decision({ subscriber: '10.0.0.9', subscriberPort: 3 })).toMatchObject({
      serviceCode: 'line',
      evidence: 'prefix',
    });
    expect(bench.identifier.stats()).toMatchObject({ withoutSession: 2, helloReads: { read: 0 } });
    // Hellos that waited are read now. What is in suspense stays as it was judged: it may have been bound meanwhile.
    bench.sessions([session({ id: 3, simKey: 9, prefix: '10.0.0.9/32' })]);
    expect(bench.entries(bench.record(flow, 1))).toMatchObject([
      { account: { kind: 'sim', simKey: 9 }, decision: { serviceCode: 'youtube' }, octetsUp: 1000 },
    ]);
    expect(bench.identifier.stats().octetsWaiting).toBe(0);
  });

  it('of a LAN prefix give way to a nearer session that becomes known', () => {
    bench.sessions([session({ id: 3, simKey: 9, prefix: '10.9.0.0/24' })]);
    const flow = { subscriber: '10.9.0.5' };
    const simKey = (epoch: number): unknown =>
      (bench.entries(bench.record(flow, epoch))[0]?.account as { simKey: number }).simKey;
    expect([simKey(0), simKey(1)]).toEqual([9, 9]);
    bench.sessions([session({ id: 4, simKey: 10, prefix: '10.9.0.5/32' })]);
    expect(simKey(2)).toBe(10);
  });
});

describe('memory', () => {
  it('is rebuilt from hellos after a restart', async () => {
    const hellos: Buffer[] = [];
    const answer = dnsAnswer('www.youtube.com', [addressRecord('www.youtube.com', YOUTUBE_ADDRESS)]);
    hellos.push(
      packHello({
        kind: 'dns',
        uplink: false,
        time: T0,
        key: key({ peer: RESOLVER, peerPort: 53, protocol: 17 }),
        payload: answer,
      }),
    );
    hellos.push(
      packHello({
        kind: 'tls',
        uplink: true,
        time: T0,
        key: key({ peer: YOUTUBE_ADDRESS }),
        sequence: 1,
        payload: tlsHello('www.youtube.com'),
      }),
    );
    await bench.identifier.recall(Buffer.concat(hellos));
    expect(bench.decision({ peer: YOUTUBE_ADDRESS }, 3)).toMatchObject({
      serviceCode: 'youtube',
      evidence: 'sni',
    });
  });

  it('stays within its bounds under floods, and no octet is lost', () => {
    const small = new Bench({
      maxFlows: 64,
      maxLateFlows: 32,
      maxDnsEntries: 100,
      maxDnsEntriesPerSim: 50,
      maxOpenHellos: 10,
    });
    let octets = 0;
    for (let round = 0; round < 20; round += 1) {
      const records: RecordFields[] = [];
      for (let i = 0; i < 200; i += 1) {
        const n = round * 200 + i;
        const flow = { subscriberPort: n, peer: `142.250.${n >> 8}.${n & 255}` };
        small.dns(`n${n}.youtube.com`, flow.peer, { epoch: round });
        small.hello(
          'tls',
          n % 3 ? tlsHello(`n${n}.youtube.com`) : tlsHello('x').subarray(0, 60),
          flow,
          round,
        );
        records.push(small.record(flow, round, 1));
      }
      for (const entry of small.entries(...records)) octets += entry.octetsUp + entry.octetsDown;
    }
    expect(octets).toBe(20 * 200 * 4);
    const stats = small.identifier.stats();
    expect(stats.flows).toBeLessThanOrEqual(64);
    expect(stats.dnsEntries).toBeLessThanOrEqual(101);
    expect(stats.heldFlows).toBeLessThanOrEqual(10);
  });

  it('of a scanning SIM does not cost another SIM its names', () => {
    const small = new Bench({ maxFlows: 256, maxFlowsPerSim: 100 });
    small.sessions([session(), session({ id: 2, simKey: 8, prefix: '10.0.0.2/32' })]);
    small.dns('www.youtube.com', YOUTUBE_ADDRESS, { subscriber: '10.0.0.2' });
    const victim = { subscriber: '10.0.0.2', peer: YOUTUBE_ADDRESS };
    small.hello('tls', tlsHello('www.youtube.com'), victim);
    expect(small.decision(victim).evidence).toBe('sni');
    for (let n = 0; n < 20_000; n += 1) {
      const flow = { subscriberPort: n % 60_000, peer: FOREIGN };
      if (n % 2) small.hello('tls', tlsHello(`n${n}.example`), flow, 1);
      small.entries(small.record(flow, 1, 1));
    }
    expect(small.decision(victim, 2).evidence).toBe('sni');
  });

  it('makes no difference to what a flow is: warm and cold agree', () => {
    const flows = Array.from({ length: 50 }, (_, n) => ({
      subscriberPort: n,
      peer: n % 2 ? LINE_ADDRESS : FOREIGN,
    }));
    const run = (fresh: boolean): string[] => {
      let each = new Bench();
      return flows.map((flow) => {
        if (fresh) each = new Bench();
        else each.decision(flow);
        return JSON.stringify(each.decision(flow, 1));
      });
    };
    expect(run(false)).toEqual(run(true));
  });
});

describe('records', () => {
  it('are summed per account, decision and hour', () => {
    const flows = [1, 2, 3].map((subscriberPort) => bench.record({ subscriberPort }));
    expect(bench.entries(...flows, bench.record({ subscriberPort: 1 }, 361))).toMatchObject([
      { octetsUp: 3000, octetsDown: 9000, packetsUp: 6, packetsDown: 9, firstTime: T0 },
      { octetsUp: 1000, firstTime: T0 + 361 * EPOCH },
    ]);
  });

  it('may stand anywhere in memory', () => {
    const packed = packFlows([bench.record()]);
    for (let shift = 0; shift < 9; shift += 1) {
      const moved = Buffer.concat([Buffer.alloc(shift), packed]).subarray(shift);
      expect(bench.identifier.identify({ flows: moved })).toMatchObject([
        { octetsUp: 1000, decision: { serviceCode: 'line' } },
      ]);
    }
  });

  it('that are cut, or count more than can be, are refused', () => {
    const packed = packFlows([bench.record()]);
    expect(() => bench.identifier.identify({ flows: packed.subarray(1) })).toThrow(RangeError);
    packed.writeUInt32LE(0xffff_ffff, 52);
    expect(() => bench.identifier.identify({ flows: packed })).toThrow(/2\^53/);
  });

  it('of capture files need no sessions: every address is a SIM, and its names are shown', () => {
    const file = new Bench({ captureFile: {} });
    file.dns('www.youtube.com', YOUTUBE_ADDRESS, { subscriber: '10.7.7.7', from: '203.0.113.53' });
    const flow = { subscriber: '10.7.7.7', peer: YOUTUBE_ADDRESS };
    file.hello('http', http('www.youtube.com'), flow, 0, 1);
    file.hello('http', http('192.0.2.1'), flow, 0, 2);
    const seen: unknown[] = [];
    file.identifier.identifyFlows(
      { flows: packFlows([file.record(flow)]) },
      (index, account, decision, names) => {
        seen.push([
          index,
          account.kind,
          decision.serviceCode,
          names.map(({ name, evidence }) => `${evidence} ${name}`),
        ]);
      },
    );
    expect(seen).toEqual([
      [0, 'suspense', 'youtube', ['http_host www.youtube.com', 'http_host 192.0.2.1', 'dns www.youtube.com']],
    ]);
  });
});
