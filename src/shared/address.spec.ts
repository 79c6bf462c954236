import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  formatPrefix,
  maskAddress,
  parseAddress,
  parsePrefix,
  prefixContains,
} from './address.js';
import { Refusal } from './errors.js';

const ipv6 = fc.ipV6().filter((text) => !text.includes('%'));

describe('parseAddress', () => {
  it('reads IPv4 into the mapped 16 bytes of the flow records', () => {
    expect([...parseAddress('10.128.0.7')!.bytes]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 128, 0, 7,
    ]);
  });

  it('agrees with an independent parser on every IPv6 text', () => {
    fc.assert(
      // ipaddr.js reads ::a.b.c.d as a mapped address, which RFC 4291 does not say.
      fc.property(
        ipv6.filter((text) => !/^::\d+\./.test(text)),
        (text) => {
          expect([...parseAddress(text)!.bytes]).toEqual(ipaddr.IPv6.parse(text).toByteArray());
        },
      ),
    );
  });

  it.each(['', '10.0.0', '10.0.0.256', '010.0.0.1', 'fe80::1%eth0', '10.0.0.1/8', '::g', 'example'])(
    'takes %j for no address',
    (text) => expect(parseAddress(text)).toBeUndefined(),
  );
});

describe('formatAddress', () => {
  it('writes the canonical form of RFC 5952', () => {
    fc.assert(
      fc.property(ipv6, (text) => {
        const { bytes } = parseAddress(text)!;
        expect(formatAddress(bytes, 0, true)).toBe(new URL(`http://[${text}]`).hostname.slice(1, -1));
      }),
    );
  });

  it('gives back every IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(formatAddress(parseAddress(text)!.bytes, 0, false)).toBe(text);
      }),
    );
  });
});

describe('parsePrefix', () => {
  it('gives back what formatPrefix writes', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (text, length) => {
        const network = maskAddress(parseAddress(text)!, length);
        const written = formatPrefix({ family: 4, bytes: network, length });
        expect(formatPrefix(parsePrefix(written))).toBe(written);
      }),
    );
  });

  it.each([
    ['10.128.0.1/9', /did you mean 10\.128\.0\.0\/9/],
    ['10.0.0.0/33', /at most 32/],
    ['2400::/129', /at most 128/],
    ['10.0.0.0/x', /whole number/],
    ['10.0.0.0/8/8', /write an IPv4 or IPv6 address/],
    ['line.me', /write an IPv4 or IPv6 address/],
  ])('refuses %s and says how to mend it', (text, message) => {
    const refusal = (() => {
      try {
        parsePrefix(text, '/prefixes/3');
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).message).toMatch(message);
    expect((refusal as Refusal).fields[0]?.pointer).toBe('/prefixes/3');
  });
});

describe('prefixContains', () => {
  it('agrees with an independent implementation', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (a, b, length) => {
        const prefix = { family: 4 as const, bytes: maskAddress(parseAddress(a)!, length), length };
        const expected = ipaddr.IPv4.parse(b).match(ipaddr.IPv4.parse(a), length);
        expect(prefixContains(prefix, parseAddress(b)!.bytes)).toBe(expected);
      }),
    );
  });
});
