import { beforeEach, describe, expect, it } from 'vitest';
import { ECH, gquicHello, quicHello, tlsHello } from '../../test/support/hellos.js';
import {
  Bench,
  catalogue,
  FOREIGN,
  http,
  LINE_ADDRESS,
  RESOLVER,
  SERVICES,
  session,
  T0,
  YOUTUBE_ADDRESS,
  type ServiceFields,
} from '../../test/support/identify.js';
import type { Decision } from './index.js';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('the auditors’ test: genuine, right name with wrong address, right address with wrong name', () => {
  const quicId = Buffer.from('0011223344556677', 'hex');
  const protocols = [
    { kind: 'tls', evidence: 'sni', protocol: 6, make: (name: string) => tlsHello(name) },
    { kind: 'quic', evidence: 'quic_sni', protocol: 17, make: (name: string) => quicHello(name, quicId) },
    { kind: 'quic', evidence: 'quic_sni', protocol: 17, make: (name: string) => gquicHello(name) },
    { kind: 'http', evidence: 'http_host', protocol: 6, make: (name: string) => http(name) },
  ] as const;
  const cases = [
    { name: 'obs.line.me', peer: LINE_ADDRESS, service: 'line', claimed: null, agreed: true },
    { name: 'obs.line.me', peer: FOREIGN, service: null, claimed: 'line', agreed: false },
    { name: 'www.example.com', peer: LINE_ADDRESS, service: null, claimed: null, agreed: false },
    { name: 'www.youtube.com', peer: YOUTUBE_ADDRESS, service: 'youtube', claimed: null, agreed: true }, // resolved
    { name: 'www.youtube.com', peer: FOREIGN, service: null, claimed: 'youtube', agreed: false },
    { name: 'mail.google.com', peer: YOUTUBE_ADDRESS, service: null, claimed: null, agreed: null },
    { name: 'news.line.me', peer: LINE_ADDRESS, service: null, claimed: null, agreed: false }, // excluded
    { name: 'line.me.evil.example', peer: FOREIGN, service: null, claimed: null, agreed: null },
    { name: 'a.trusting.example', peer: FOREIGN, service: 'trusting', claimed: null, agreed: false },
    { name: 'www.example.com', peer: '198.51.100.7', service: 'placed', claimed: null, agreed: null },
    { name: 'placed.example', peer: FOREIGN, service: null, claimed: 'placed', agreed: false },
  ];

  it.each(protocols)(
    '$kind: the bill equals the prediction to the octet',
    ({ kind, evidence, protocol, make }) => {
      bench.dns('www.youtube.com', YOUTUBE_ADDRESS);
      const records = cases.map(({ name, peer }, n) => {
        const flow = { peer, protocol, subscriberPort: 50_000 + n };
        bench.hello(kind, make(name), flow);
        return bench.record(flow, 0, 1000 * 2 ** n);
      });
      // Payloads of base × 2^n octets: the sum tells which were taken for which.
      const billed = new Map<string, number>();
      for (const { decision, octetsUp } of bench.entries(...records))
        billed.set(describeDecision(decision), (billed.get(describeDecision(decision)) ?? 0) + octetsUp);
      const predicted = new Map<string, number>();
      cases.forEach(({ name, service, claimed, agreed }, n) => {
        const reason =
          service === 'placed' ? 'prefix' : service ? evidence : claimed ? 'sni_unverified' : 'none';
        const text = `${service} ${reason} ${claimed} ${agreed} ${name}`;
        predicted.set(text, (predicted.get(text) ?? 0) + 1000 * 2 ** n);
      });
      expect([...billed].sort()).toEqual([...predicted].sort());
    },
  );

  function describeDecision(each: Decision): string {
    return `${each.serviceCode} ${each.evidence} ${each.claimedServiceCode} ${each.agreed} ${each.name}`;
  }
});

describe('evidence without a name in the flow', () => {
  it('is the name that the SIM resolved, else the prefix with its ports', () => {
    bench.dns('r1.googlevideo.com', YOUTUBE_ADDRESS);
    expect(bench.decision({ peer: YOUTUBE_ADDRESS })).toMatchObject({
      serviceCode: 'youtube',
      evidence: 'dns',
      rule: 'googlevideo.com',
      name: 'r1.googlevideo.com',
      agreed: null,
    });
    expect(bench.decision({ protocol: 17, peerPort: 20_000 })).toMatchObject({
      serviceCode: 'line-calls',
      evidence: 'prefix',
      rule: '147.92.128.0/17 udp/10001-30000',
    });
    expect(bench.decision({ protocol: 17, peerPort: 443 })).toMatchObject({
      serviceCode: 'line',
      evidence: 'prefix',
    });
    expect(bench.decision({ peer: FOREIGN })).toMatchObject({
      serviceCode: null,
      evidence: 'none',
      name: null,
    });
  });

  it('believes only the session’s resolvers, else the realm’s; with none, none', () => {
    bench.dns('www.youtube.com', FOREIGN, { from: '203.0.113.53' });
    expect(bench.decision({ peer: FOREIGN }).evidence).toBe('none');
    bench.hello('tls', tlsHello('www.youtube.com'), { peer: FOREIGN, subscriberPort: 2 });
    expect(bench.decision({ peer: FOREIGN, subscriberPort: 2 }).evidence).toBe('sni_unverified');
    bench.sessions([session({ dnsServers: [] })], ['203.0.113.53']);
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS, { from: '203.0.113.53' });
    expect(bench.decision({ peer: YOUTUBE_ADDRESS }).evidence).toBe('dns');
    bench.sessions([session({ dnsServers: [] })], []);
    bench.dns('www.youtube.com', '142.250.9.9', { from: RESOLVER });
    expect(bench.decision({ peer: '142.250.9.9' }).evidence).toBe('none');
    expect(bench.identifier.stats().untrustedAnswers).toBe(2);
  });

  it('is of this SIM alone, unless the realm shares names', () => {
    const other = session({ id: 2, simKey: 8, prefix: '10.0.0.2/32' });
    for (const [share, evidence] of [
      [false, 'none'],
      [true, 'dns'],
    ] as const) {
      const shared = new Bench();
      shared.sessions([session(), other], [], share);
      shared.dns('www.youtube.com', YOUTUBE_ADDRESS);
      expect(shared.decision({ subscriber: '10.0.0.2', peer: YOUTUBE_ADDRESS }).evidence).toBe(evidence);
    }
  });

  it('ends with TTL and grace, but not for a flow that goes on', () => {
    bench.dns('www.youtube.com', YOUTUBE_ADDRESS, { ttl: 60 });
    expect(bench.decision({ peer: YOUTUBE_ADDRESS }).evidence).toBe('dns');
    bench.identifier.updateCatalogue(catalogue(SERVICES, 2)); // has every flow decided again
    expect(bench.decision({ peer: YOUTUBE_ADDRESS }, 120).evidence).toBe('dns');
    expect(bench.decision({ peer: YOUTUBE_ADDRESS, subscriberPort: 1 }, 120).evidence).toBe('none');
  });

  it('an encrypted hello’s front is never matched', () => {
    bench.hello('tls', tlsHello('obs.line.me', ECH), { peer: FOREIGN });
    expect(bench.decision({ peer: FOREIGN })).toMatchObject({ evidence: 'none', name: null });
    bench.hello('tls', tlsHello('cover.example', ECH), { subscriberPort: 2 });
    expect(bench.decision({ subscriberPort: 2 })).toMatchObject({ serviceCode: 'line', evidence: 'prefix' });
  });

  it('of coarser records is prefix or DNS for address pairs, nothing beyond', () => {
    expect(bench.decision({ step: 1, subscriberPort: 0, peerPort: 0, protocol: 0 })).toMatchObject({
      serviceCode: 'line',
      evidence: 'prefix',
    });
    expect(
      bench.decision({ step: 2, peer: '0.0.0.0', subscriberPort: 0, peerPort: 0, protocol: 0 }).evidence,
    ).toBe('none');
    const [entry] = bench.entries(
      bench.record({
        step: 3,
        subscriber: '0.0.0.0',
        peer: '0.0.0.0',
        subscriberPort: 0,
        peerPort: 0,
        protocol: 0,
      }),
    );
    expect(entry?.account).toEqual({ kind: 'suspense', realmIndex: 1, address: '0.0.0.0' });
  });
});

describe('hellos that can be read in two ways are billed', () => {
  it.each([
    ['two Hosts', http('', 'GET / HTTP/1.1\r\nHost: line.me\r\nHost: evil.example\r\n\r\n')],
    ['an absolute URI', http('', 'GET http://evil.example/ HTTP/1.1\r\nHost: line.me\r\n\r\n')],
    ['CONNECT', http('', 'CONNECT line.me:443 HTTP/1.1\r\nHost: line.me\r\n\r\n')],
  ])('%s', (_, head) => {
    bench.hello('http', head);
    expect(bench.decision()).toMatchObject({
      serviceCode: null,
      claimedServiceCode: 'line',
      evidence: 'sni_unverified',
      agreed: false,
    });
  });

  it('a hello that comes again with another name', () => {
    bench.hello('tls', tlsHello('obs.line.me'), {}, 0, 5000);
    bench.hello('tls', tlsHello('evi.line.me'), {}, 0, 5000);
    expect(bench.decision()).toMatchObject({ evidence: 'sni_unverified', name: 'obs.line.me' });
  });
});

describe('names that change within a connection', () => {
  it('split it from there; an epoch that saw both is the billed one’s', () => {
    bench.hello('http', http('obs.line.me'), {}, 0, 1);
    expect(bench.decision({}, 0)).toMatchObject({ evidence: 'http_host', serviceCode: 'line' });
    bench.hello('http', http('news.line.me'), {}, 1, 500);
    expect(bench.decision({}, 1)).toMatchObject({ serviceCode: null, name: 'news.line.me' });
    expect(bench.decision({}, 2)).toMatchObject({ serviceCode: null, name: 'news.line.me' });
    bench.hello('http', http('obs.line.me'), {}, 3, 900);
    expect(bench.decision({}, 3)).toMatchObject({ serviceCode: null, name: 'news.line.me' });
    expect(bench.decision({}, 4)).toMatchObject({ serviceCode: 'line', name: 'obs.line.me' });
  });

  it('hold from their hello on, in whatever batch it came', () => {
    bench.hello('http', http('obs.line.me'), {}, 0, 1);
    bench.hello('http', http('news.line.me'), {}, 2, 500);
    expect([0, 1, 2].map((epoch) => bench.decision({}, epoch).name)).toEqual([
      'obs.line.me',
      'obs.line.me',
      'news.line.me',
    ]);
  });

  it('of requests to the same host change nothing', () => {
    for (let epoch = 0; epoch < 3; epoch += 1) {
      bench.hello('http', http('obs.line.me'), {}, epoch, 1 + epoch * 100);
      expect(bench.decision({}, epoch).serviceCode).toBe('line');
    }
    expect(bench.identifier.stats().decided).toBe(1);
  });
});

describe('the catalogue', () => {
  it('is that of the flow’s time, and a change holds from the next record on', () => {
    const later = T0 / 1000 + 20_000;
    const versions = [
      { code: 'line', prefixes: [{ prefix: '147.92.128.0/17' }] },
      { code: 'line', from: later },
    ];
    bench.identifier.updateCatalogue(catalogue(versions, 2));
    expect([0, 1, 2, 3].map((epoch) => bench.decision({}, epoch).serviceCode)).toEqual([
      'line',
      'line',
      null,
      null,
    ]);
    expect(bench.decision({ subscriberPort: 1 }, 0).serviceCode).toBe('line');
    bench.identifier.updateCatalogue(catalogue(SERVICES, 3));
    expect(bench.decision({}, 4).serviceCode).toBe('line');
  });

  it('changes without holding up the process', async () => {
    // So many that they take far longer than twenty turns' worth of work, on a fast machine too.
    const many = Array.from({ length: 200_000 }, (_, i) => `n${i}.example`);
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    await bench.identifier.updateCatalogueGently(
      catalogue([...SERVICES, { code: 'big', names: many, policy: 'name' }], 2),
    );
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(20);
    bench.hello('tls', tlsHello('www.n777.example'));
    expect(bench.decision().serviceCode).toBe('big');
  });

  it('lets the prefixes of a service bear out the names of its parts', () => {
    const parts: ServiceFields[] = [
      ...SERVICES,
      { code: 'line-news', parent: 'line', names: ['news.line.me'] },
    ];
    bench.identifier.updateCatalogue(catalogue(parts, 2));
    bench.hello('tls', tlsHello('news.line.me'));
    expect(bench.decision()).toMatchObject({ serviceCode: 'line-news', evidence: 'sni', agreed: true });
  });
});
