import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrefixRule } from '../types.js';
import { readDomainList, writeDomainList } from './domain-list.js';
import { readFlowDescription, writeFlowDescription } from './flow-description.js';
import { readPfd, suffixPattern, writePfd } from './pfd.js';
import { readPrefixList, writePrefixList } from './prefix-list.js';

const exact = { exactNames: 'exact' } as const;
const below = { exactNames: 'below' } as const;
const refuse = { exactNames: 'refuse' } as const;
const details = ({ faults }: { faults: { detail: string }[] }) => faults.map(({ detail }) => detail);

describe('a domain list', () => {
  const list = [
    '\uFEFF# LINE',
    'domain:line.me',
    'line-apps.com @cn # a bare name is a domain',
    '  full:Obs.Line-Scdn.net  @ads @cn &line',
    '',
    'full:www.line.me',
  ].join('\r\n');

  it('gives names with all below them, and says which it widens', () => {
    expect(readDomainList(list, below)).toEqual({
      domainNames: ['line-apps.com', 'line.me', 'obs.line-scdn.net', 'www.line.me'],
      exactDomainNames: [],
      widened: ['obs.line-scdn.net'],
      faults: [],
    });
  });

  it('gives names that match alone', () => {
    expect(readDomainList(list, exact)).toEqual({
      domainNames: ['line-apps.com', 'line.me'],
      exactDomainNames: ['obs.line-scdn.net', 'www.line.me'],
      widened: [],
      faults: [],
    });
  });

  it('gives lines with or without an attribute', () => {
    expect(readDomainList(list, { ...below, attribute: 'cn' }).domainNames).toEqual([
      'line-apps.com',
      'obs.line-scdn.net',
    ]);
    expect(readDomainList(list, { ...below, withoutAttributes: ['ads'] }).domainNames).toEqual([
      'line-apps.com',
      'line.me',
      'www.line.me',
    ]);
  });

  it('names each line that it cannot take', () => {
    const bad = [
      'ok.example.com',
      'regexp:^line',
      'keyword:line',
      'include:google',
      'domain:co.jp',
      'geosite:x',
    ];
    const found = details(readDomainList([...bad, 'a.example.com b.example.com'].join('\n'), below));
    expect(found.map((detail) => detail.split(':')[0])).toEqual([2, 3, 4, 5, 6, 7].map((n) => `line ${n}`));
    expect(found[0]).toMatch(/regexp: rules have no regular expressions/);
    expect(found[3]).toMatch(/public suffix/);
    expect(details(readDomainList(list, refuse))).toHaveLength(2);
  });

  it('takes or names every line of any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.domain(), fc.string(), fc.constant('full:a.example.com'))),
        (lines) => {
          const clean = lines.map((line) => line.replace(/[\r\n]/g, '')).filter((line) => line.trim() !== '');
          const said = clean.filter(
            (line) =>
              line
                .replace(/^\uFEFF/, '')
                .replace(/#.*$/, '')
                .trim() !== '',
          );
          for (const line of said) {
            const { domainNames = [], faults } = readDomainList(line, below);
            expect(domainNames.length + faults.length).toBe(1);
          }
        },
      ),
    );
  });

  it('reads what it writes', () => {
    const names = ['line.me', 'xn--fsq.com'];
    expect(readDomainList(writeDomainList('line version 1', names, ['a.lin.ee']), exact)).toEqual({
      domainNames: names,
      exactDomainNames: ['a.lin.ee'],
      widened: [],
      faults: [],
    });
  });
});

describe('a prefix list', () => {
  it('gives every prefix once, and names each line that is none', () => {
    const read = readPrefixList(
      '# AS38631\n147.92.128.0/17\n2400:DCC0::/32 ; v6\n192.0.2.1\n147.92.128.0/17\n',
    );
    expect(read.faults).toEqual([]);
    expect(read.prefixes?.map(({ prefix }) => prefix)).toEqual([
      '147.92.128.0/17',
      '2400:dcc0::/32',
      '192.0.2.1/32',
    ]);
    expect(details(readPrefixList('0.0.0.0/0\n10.0.0.1/8\nline.me'))).toEqual([
      expect.stringMatching(/^line 1: .*every address/),
      expect.stringMatching(/^line 2: .*did you mean 10.0.0.0\/8/),
      expect.stringMatching(/^line 3: /),
    ]);
  });

  it('reads what it writes', () => {
    const prefixes = [{ prefix: '147.92.128.0/17' }, { prefix: '2400:dcc0::/32' }];
    expect(readPrefixList(writePrefixList('x', prefixes)).prefixes).toEqual(prefixes);
  });
});

describe('a flow description', () => {
  it.each<[string, PrefixRule[]]>([
    ['permit out ip from 147.92.128.0/17 to any', [{ prefix: '147.92.128.0/17' }]],
    ['permit in tcp from any to 192.0.2.1 443', [{ prefix: '192.0.2.1/32', protocol: 6, ports: [443, 443] }]],
    [
      'permit out 17 from 2400:dcc0::/32 80,10001-30000 to assigned',
      [
        { prefix: '2400:dcc0::/32', protocol: 17, ports: [80, 80] },
        { prefix: '2400:dcc0::/32', protocol: 17, ports: [10001, 30000] },
      ],
    ],
    [
      'permit out ip from 192.0.2.0/24 443 to any',
      [
        { prefix: '192.0.2.0/24', protocol: 6, ports: [443, 443] },
        { prefix: '192.0.2.0/24', protocol: 17, ports: [443, 443] },
      ],
    ],
  ])('%s', (text, rules) => {
    expect(readFlowDescription(text)).toEqual({ rules });
  });

  it.each([
    ['deny out ip from 192.0.2.0/24 to any', /deny/],
    ['permit out ip from any to assigned', /exactly one side/],
    ['permit out ip from 192.0.2.0/24 to 198.51.100.1', /exactly one side/],
    ['permit out ip from !192.0.2.0/24 to any', /address/],
    ['permit out ip from 0.0.0.0/0 to any', /every address/],
    ['permit out tcp from 192.0.2.0/24 70000 to any', /no ports/],
    ['permit out icmp from 192.0.2.0/24 8 to any', /has no ports/],
    ['permit out tcp from 192.0.2.0/24 to any 50000', /subscriber/],
    ['permit out tcp from 192.0.2.0/24 443 to any established', /at most|exactly|subscriber/],
    ['permit out xyz from 192.0.2.0/24 to any', /no protocol/],
    ['', /no IPFilterRule/],
  ])('refuses %s', (text, why) => {
    expect(readFlowDescription(text)).toEqual({ fault: expect.stringMatching(why) });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void readFlowDescription(`permit out ${text} to any`)));
  });

  it('is read as it was written', () => {
    for (const rule of [
      { prefix: '147.92.128.0/17' },
      { prefix: '147.92.128.0/17', protocol: 17, ports: [10001, 30000] as [number, number] },
      { prefix: '2400:dcc0::/32', protocol: 47 },
    ])
      expect(readFlowDescription(writeFlowDescription(rule))).toEqual({ rules: [rule] });
  });
});

describe('PFDs', () => {
  const of = (pfd: object) => ({ applicationId: 'line', pfds: [{ pfdId: '1', ...pfd }] });

  it('give names and prefixes', () => {
    const read = readPfd(
      {
        applicationId: 'line',
        pfds: [
          {
            pfdId: 'a',
            domainNames: ['^(.*\\.)?line\\.me$', '*.line-scdn.net', '.*\\.lin\\.ee', 'line.naver.jp'],
          },
          { pfdId: 'b', urls: ['https://linecorp.com/'] },
          { pfdId: 'c', flowDescriptions: ['permit out ip from 147.92.128.0/17 to any'] },
        ],
      },
      below,
    );
    expect(read).toEqual({
      domainNames: ['lin.ee', 'line-scdn.net', 'line.me', 'line.naver.jp', 'linecorp.com'],
      exactDomainNames: [],
      prefixes: [{ prefix: '147.92.128.0/17' }],
      widened: ['line.naver.jp', 'linecorp.com'],
      faults: [],
    });
  });

  it.each([
    [{ domainNames: ['line.*'] }, '/pfd/pfds/0/domainNames/0', /regular expressions/],
    [{ domainNames: ['.*line\\.me'] }, '/pfd/pfds/0/domainNames/0', /regular expressions/],
    [{ domainNames: ['co.jp'] }, '/pfd/pfds/0/domainNames/0', /public suffix/],
    [{ urls: ['https://line.me/news'] }, '/pfd/pfds/0/urls/0', /no path/],
    [{ urls: ['^http://line\\.me(/\\S*)?$'] }, '/pfd/pfds/0/urls/0', /no path/],
    [{ dnProtocol: 'TLS_SAN', domainNames: ['*.line.me'] }, '/pfd/pfds/0/dnProtocol', /leave it out/],
    [{}, '/pfd/pfds/0', /describes nothing/],
    [
      { domainNames: ['*.line.me'], flowDescriptions: ['permit out ip from 192.0.2.0/24 to any'] },
      '/pfd/pfds/0',
      /part it in two/,
    ],
  ])('refuse %j', (pfd, pointer, why) => {
    expect(readPfd(of(pfd), below).faults).toEqual([{ pointer, detail: expect.stringMatching(why) }]);
  });

  it('refuse names that mean themselves alone where asked to', () => {
    expect(readPfd(of({ domainNames: ['line.me', suffixPattern('lin.ee')] }), refuse)).toMatchObject({
      domainNames: ['lin.ee'],
      faults: [{ pointer: '/pfd/pfds/0/domainNames/0' }],
    });
  });

  it('are read as they were written', () => {
    const rules = {
      domainNames: ['line-apps.com', 'line.me'],
      exactDomainNames: ['a.lin.ee'],
      prefixes: [{ prefix: '147.92.128.0/17', protocol: 17, ports: [10001, 30000] as [number, number] }],
    };
    expect(readPfd(writePfd('line', rules), exact)).toEqual({ ...rules, widened: [], faults: [] });
  });
});
