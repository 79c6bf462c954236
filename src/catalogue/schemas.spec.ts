import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOrRefuse, Refusal } from '../shared/index.js';
import { normaliseName } from './names.js';
import { destinationRulesSchema, serviceInputSchema, serviceVersionInputSchema } from './schemas.js';
import { SEED_SERVICES, seedSnapshot } from './seed.js';

function pointersOf(input: unknown): string[] {
  try {
    parseOrRefuse(destinationRulesSchema, input);
  } catch (error) {
    if (error instanceof Refusal) return error.fields.map((field) => field.pointer);
    throw error;
  }
  return [];
}

describe('domain names', () => {
  it.each([
    ['LINE.me', 'line.me'],
    ['line.me.', 'line.me'],
    ['日本語.jp', 'xn--wgv71a119e.jp'],
    ['www.ＬＩＮＥ.me', 'www.line.me'],
    ['_dmarc.example.com', '_dmarc.example.com'],
  ])('%s is stored as %s', (text, name) => expect(normaliseName(text)).toEqual({ name }));

  it.each([
    'co.jp',
    'jp',
    'com',
    'github.io',
    'localhost',
    '*.line.me',
    '.line.me',
    'https://line.me',
    'line.me/x',
    'line.me:443',
    '192.0.2.1',
    '3221225985',
    '0x7f.1',
    '[::1]',
    'a..b.com',
    '-a.com',
    'a b.com',
    '',
    `${'a'.repeat(64)}.com`,
    'line%2eme',
    'xn--a.com',
  ])('%j is refused', (text) => expect(normaliseName(text)).toHaveProperty('fault'));

  it('never throws, and what it accepts it keeps', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain(), fc.string({ unit: 'grapheme' })), (text) => {
        const result = normaliseName(text);
        if ('name' in result) expect(normaliseName(result.name)).toEqual(result);
      }),
    );
  });
});

describe('destination rules', () => {
  it('names every fault with its pointer', () => {
    expect(
      pointersOf({
        domainNames: ['line.me', 'co.jp'],
        prefixes: [
          { prefix: '10.0.0.1/8' },
          { prefix: '10.0.0.0/33' },
          { prefix: '0.0.0.0/0' },
          { prefix: '192.0.2.0/24', protocol: 17, ports: [2, 1] },
          { prefix: '192.0.2.0/24', protocol: 300 },
          { prefix: '192.0.2.0/24', protocol: 6, ports: [0, 65536] },
          { prefix: '192.0.2.0/24', ports: [1, 2] },
          { prefix: '192.0.2.0/24', protocol: 1, ports: [1, 2] },
          { prefix: '192.0.2.0/24', port: 1 },
        ],
        exclude: [],
      }),
    ).toEqual(
      expect.arrayContaining([
        '/domainNames/1',
        '/prefixes/0/prefix',
        '/prefixes/1/prefix',
        '/prefixes/2/prefix',
        '/prefixes/3/ports',
        '/prefixes/4/protocol',
        '/prefixes/5/ports/1',
        '/prefixes/6/protocol',
        '/prefixes/7/ports',
        '/prefixes/8/port',
        '/exclude',
      ]),
    );
  });

  it('wants an exclude to lie under an include, on a label boundary', () => {
    const rules = { domainNames: ['line.me'], prefixes: [] };
    expect(pointersOf({ ...rules, excludeDomainNames: ['news.line.me'] })).toEqual([]);
    expect(pointersOf({ ...rules, excludeDomainNames: ['newsline.me'] })).toEqual(['/excludeDomainNames/0']);
    expect(pointersOf({ ...rules, excludeDomainNames: ['line.me'] })).toEqual(['/excludeDomainNames/0']);
    const exact = { ...rules, exactDomainNames: ['a.line.me', 'co.jp'], excludeDomainNames: ['a.line.me'] };
    expect(pointersOf(exact)).toEqual(['/exactDomainNames/1']);
    expect(pointersOf({ ...exact, exactDomainNames: ['a.line.me'] })).toEqual(['/excludeDomainNames/0']);
  });

  it('refuses the same prefix twice', () => {
    expect(pointersOf({ prefixes: [{ prefix: '192.0.2.0/24' }, { prefix: '192.0.2.0/24' }] })).toEqual([
      '/prefixes/1',
    ]);
  });

  it('sorts names and drops repeats, so that equal rules are equal', () => {
    const rules = parseOrRefuse(destinationRulesSchema, {
      domainNames: ['b.example.com', 'A.example.com', 'a.example.com'],
    });
    expect(rules.domainNames).toEqual(['a.example.com', 'b.example.com']);
  });
});

describe('the seed', () => {
  it('passes its own schemas unchanged but for the order of names', () => {
    for (const { policy, rules, ...service } of SEED_SERVICES) {
      expect(parseOrRefuse(serviceInputSchema, service)).toEqual(service);
      const version = { effectiveFrom: '1970-01-01T00:00:00Z', policy, rules };
      const sorted = { exactDomainNames: [], ...rules, domainNames: [...rules.domainNames].sort() };
      expect(parseOrRefuse(serviceVersionInputSchema, version)).toEqual({
        effectiveFrom: 0,
        policy,
        rules: sorted,
      });
    }
  });

  it('has one version for each service, of parents that are there', () => {
    const { services, versions } = seedSnapshot();
    const codes = new Set(services.map((service) => service.code));
    expect(codes.size).toBe(services.length);
    expect(versions.map((version) => version.serviceCode)).toEqual([...codes]);
    for (const { parentCode } of services) if (parentCode !== null) expect(codes).toContain(parentCode);
    expect(new Set(services.map((service) => service.ratingGroup)).size).toBe(services.length);
  });
});
