import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatalogueSnapshot, PrefixRule, Service, ServiceVersion } from '../catalogue/index.js';
import { parseAddress } from '../shared/index.js';
import { normalizeDomainName, ServiceIndex } from './service-index.js';

let nextId = 1;
interface VersionFields {
  from?: number;
  version?: number;
  names?: string[];
  exact?: string[];
  not?: string[];
  prefixes?: PrefixRule[];
  policy?: ServiceVersion['policy'];
}

function version(serviceCode: string, fields: VersionFields): ServiceVersion {
  return {
    id: nextId++,
    serviceCode,
    version: fields.version ?? 1,
    effectiveFrom: fields.from ?? 0,
    policy: fields.policy ?? 'agree',
    rules: {
      domainNames: fields.names ?? [],
      ...(fields.exact && { exactDomainNames: fields.exact }),
      excludeDomainNames: fields.not ?? [],
      prefixes: fields.prefixes ?? [],
    },
  };
}

function snapshot(
  versions: ServiceVersion[],
  parents: Record<string, string> = {},
  revision = 1,
): CatalogueSnapshot {
  const codes = [...new Set([...versions.map((each) => each.serviceCode), ...Object.values(parents)])];
  const services: Service[] = codes.map((code) => ({
    code,
    name: code,
    parentCode: parents[code] ?? null,
    ratingGroup: 1,
    serviceIdentifier: 0,
  }));
  return { revision, services, versions };
}

function indexOf(versions: ServiceVersion[], parents: Record<string, string> = {}): ServiceIndex {
  const index = new ServiceIndex();
  index.update(snapshot(versions, parents));
  return index;
}

function nameMatch(index: ServiceIndex, name: string, ms = 1): string | undefined {
  const { match } = index.findName(name, ms * 1000);
  return match && `${match.version.serviceCode} ${match.domainName}`;
}

function prefixMatches(index: ServiceIndex, text: string, protocol = 6, port = 443, ms = 1): string[] {
  const { family, bytes } = parseAddress(text)!;
  return index
    .findPrefixes(Buffer.from(bytes), 0, family === 6, protocol, port, ms * 1000)
    .map((each) => `${each.version.serviceCode} ${each.rule}`);
}

describe('names', () => {
  it('match on label boundaries, the longest rule first', () => {
    const index = indexOf([
      version('line', { names: ['line.me'] }),
      version('live', { names: ['live.line.me'] }),
    ]);
    expect(nameMatch(index, 'line.me')).toBe('line line.me');
    expect(nameMatch(index, 'obs.line.me')).toBe('line line.me');
    expect(nameMatch(index, 'a.live.line.me')).toBe('live live.line.me');
    for (const name of ['online.me', 'line.me.evil.example', 'me', 'xline.me'])
      expect(nameMatch(index, name)).toBeUndefined();
  });

  it('that match alone cover nothing below them, and win over a rule for all below the same name', () => {
    const cdn = version('video', { names: ['video.example'], exact: ['video.akamaized.net', 'line.me'] });
    const line = version('line', { names: ['line.me'], exact: ['a.line.me'], not: ['news.line.me'] });
    const index = indexOf([cdn, line]);
    expect(nameMatch(index, 'video.akamaized.net')).toBe('video full:video.akamaized.net');
    expect(nameMatch(index, 'a.video.akamaized.net')).toBeUndefined();
    expect(nameMatch(index, 'akamaized.net')).toBeUndefined();
    expect(nameMatch(index, 'line.me')).toBe('video full:line.me');
    expect(nameMatch(index, 'b.line.me')).toBe('line line.me');
    expect(nameMatch(index, 'a.line.me')).toBe('line full:a.line.me');
    expect(nameMatch(index, 'b.a.line.me')).toBe('line line.me');
    expect(nameMatch(indexOf([line, cdn]), 'line.me')).toBe('video full:line.me');
    // Gone with their version.
    index.update(snapshot([line]));
    expect(nameMatch(index, 'video.akamaized.net')).toBeUndefined();
    expect(nameMatch(index, 'line.me')).toBe('line line.me');
  });

  it('that a service excludes are not its own, whatever it includes, but may be another’s', () => {
    const index = indexOf([
      version('line', { names: ['line.me', 'pay.news.line.me'], not: ['news.line.me'] }),
      version('portal', { names: ['me'] }),
    ]);
    expect(index.findName('pay.news.line.me', 1)).toMatchObject({
      match: { domainName: 'me' },
      excludedBy: ['line'],
    });
    expect(index.findName('obs.line.me', 1)).toMatchObject({
      match: { domainName: 'line.me' },
      excludedBy: [],
    });
  });

  it('of two services with one rule are the sub-service’s, else the first by code', () => {
    expect(
      nameMatch(
        indexOf([version('line', { names: ['line.me'] }), version('line-talk', { names: ['line.me'] })], {
          'line-talk': 'line',
        }),
        'line.me',
      ),
    ).toBe('line-talk line.me');
    expect(
      nameMatch(indexOf([version('b', { names: ['x.me'] }), version('a', { names: ['x.me'] })]), 'x.me'),
    ).toBe('a x.me');
  });

  it('are normalised as browsers do', () => {
    expect(normalizeDomainName('LINE.me.')).toBe('line.me');
    expect(normalizeDomainName('日本語.jp')).toBe('xn--wgv71a119e.jp');
    expect(normalizeDomainName('a b.example')).toBeUndefined();
    expect(normalizeDomainName('')).toBeUndefined();
    expect(nameMatch(indexOf([version('x', { names: ['例え.JP'] })]), 'www.xn--r8jz45g.jp')).toBe(
      'x xn--r8jz45g.jp',
    );
  });

  it('are those of a plain search over all rules', () => {
    const label = fc.constantFrom('a', 'b', 'c');
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    const rules = fc.record({
      names: fc.array(name, { maxLength: 4 }),
      not: fc.array(name, { maxLength: 2 }),
    });
    const under = (rule: string, each: string): boolean => each === rule || each.endsWith(`.${rule}`);
    fc.assert(
      fc.property(fc.array(rules, { maxLength: 4 }), name, (services, asked) => {
        const index = indexOf(services.map((each, i) => version(`s${i}`, each)));
        const open = services.flatMap(({ names, not }, i) =>
          not.some((rule) => under(rule, asked))
            ? []
            : names.filter((rule) => under(rule, asked)).map((rule) => ({ rule, code: `s${i}` })),
        );
        const best = open.sort((a, b) => b.rule.length - a.rule.length || (a.code < b.code ? -1 : 1))[0];
        expect(nameMatch(index, asked)).toBe(best && `${best.code} ${best.rule}`);
      }),
      { numRuns: 500 },
    );
  });
});

describe('prefixes', () => {
  it('match with protocol and ports, most specific first', () => {
    const index = indexOf([
      version('line', { prefixes: [{ prefix: '147.92.128.0/17' }, { prefix: '147.92.0.0/16' }] }),
      version('calls', { prefixes: [{ prefix: '147.92.128.0/17', protocol: 17, ports: [10001, 30000] }] }),
      version('udp', { prefixes: [{ prefix: '147.92.128.0/17', protocol: 17 }] }),
    ]);
    expect(prefixMatches(index, '147.92.200.1', 17, 10001)).toEqual([
      'calls 147.92.128.0/17 udp/10001-30000',
      'udp 147.92.128.0/17 udp',
      'line 147.92.128.0/17',
      'line 147.92.0.0/16',
    ]);
    expect(prefixMatches(index, '147.92.200.1', 6, 10001)).toEqual([
      'line 147.92.128.0/17',
      'line 147.92.0.0/16',
    ]);
    expect(prefixMatches(index, '147.92.1.1', 17, 30001)).toEqual(['line 147.92.0.0/16']);
    expect(prefixMatches(index, '147.93.0.1')).toEqual([]);
  });

  it('with ports do not match where the ports are not known', () => {
    const index = indexOf([
      version('calls', { prefixes: [{ prefix: '10.0.0.0/8', protocol: 17, ports: [0, 65535] }] }),
    ]);
    expect(prefixMatches(index, '10.0.0.1', 0, 0)).toEqual([]);
  });

  it('of IPv6 match, and IPv4 ones never hold IPv6 addresses', () => {
    const index = indexOf([
      version('line', { prefixes: [{ prefix: '2400:dcc0::/32' }, { prefix: '0.0.0.0/0' }] }),
    ]);
    expect(prefixMatches(index, '2400:dcc0::7')).toEqual(['line 2400:dcc0::/32']);
    expect(prefixMatches(index, '2400:dcc1::7')).toEqual([]);
  });
});

describe('versions', () => {
  const old = version('line', { names: ['old.me'], prefixes: [{ prefix: '10.0.0.0/8' }] });
  const young = version('line', {
    version: 2,
    from: 1000,
    names: ['young.me'],
    prefixes: [{ prefix: '10.0.0.0/8', protocol: 6 }],
  });

  it('hold from their time until the next', () => {
    const index = indexOf([young, old]);
    expect([nameMatch(index, 'old.me', 999), nameMatch(index, 'old.me', 1000)]).toEqual([
      'line old.me',
      undefined,
    ]);
    expect([nameMatch(index, 'young.me', 999), nameMatch(index, 'young.me', 1000)]).toEqual([
      undefined,
      'line young.me',
    ]);
    expect(prefixMatches(index, '10.1.1.1', 6, 443, 1000)).toEqual(['line 10.0.0.0/8 tcp']);
    expect(index.intervalAt(999_999)).toEqual({ number: 1, from: 0, until: 1_000_000 });
    expect(index.intervalAt(1_000_000)).toEqual({ number: 2, from: 1_000_000, until: Infinity });
  });

  it('that go, come or change are taken over, and the old state holds until all is in place', () => {
    const index = indexOf([old]);
    const steps = index.updateSteps(
      snapshot([young, { ...old, rules: { ...old.rules, domainNames: ['other.me'] } }], {}, 2),
    );
    while (steps.next().done !== true) expect(nameMatch(index, 'old.me')).toBe('line old.me');
    expect([
      nameMatch(index, 'old.me'),
      nameMatch(index, 'other.me'),
      nameMatch(index, 'young.me', 2000),
    ]).toEqual([undefined, 'line other.me', 'line young.me']);
    index.update(snapshot([], {}, 3));
    expect([nameMatch(index, 'other.me'), prefixMatches(index, '10.0.0.1')]).toEqual([undefined, []]);
    expect(index.revision).toBe(3);
  });

  it('with rules that cannot be read keep the others', () => {
    const index = indexOf([
      version('x', { names: ['..', 'x.me'], prefixes: [{ prefix: '10.0.0.1/8' }, { prefix: 'x' }] }),
    ]);
    expect([nameMatch(index, 'x.me'), index.skippedRules]).toEqual(['x x.me', 3]);
  });
});
