import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { AddressGuard } from './special-ranges.js';

const guard = new AddressGuard();

/** First and last address of each special range, and the neighbours outside of it that are public. */
const RANGES: [string, string, string, string | null, string | null][] = [
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255', null, '1.0.0.0'],
  ['10.0.0.0/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['100.64.0.0/10', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['127.0.0.0/8', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ['169.254.0.0/16', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['172.16.0.0/12', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['192.0.0.0/24', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['192.31.196.0/24', '192.31.196.0', '192.31.196.255', '192.31.195.255', '192.31.197.0'],
  ['192.52.193.0/24', '192.52.193.0', '192.52.193.255', '192.52.192.255', '192.52.194.0'],
  ['192.88.99.0/24', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
  ['192.168.0.0/16', '192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['192.175.48.0/24', '192.175.48.0', '192.175.48.255', '192.175.47.255', '192.175.49.0'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['198.51.100.0/24', '198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['203.0.113.0/24', '203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['224.0.0.0/4', '224.0.0.0', '239.255.255.255', '223.255.255.255', null],
  ['240.0.0.0/4', '240.0.0.0', '255.255.255.255', null, null],
  ['::/128', '::', '::', null, null],
  ['::1/128', '::1', '::1', null, null],
  ['64:ff9b:1::/48', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', null, null],
  ['100::/64', '100::', '100::ffff:ffff:ffff:ffff', null, null],
  ['2001::/32 (Teredo)', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff', '2000:ffff::1', null],
  ['2001::/23', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', null, '2001:200::'],
  ['2001:db8::/32', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db7:ffff::', '2001:db9::'],
  ['2002::/16 (6to4)', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:ffff::', '2003::'],
  ['2620:4f:8000::/48', '2620:4f:8000::', '2620:4f:8000:ffff::', '2620:4f:7fff::', '2620:4f:8001::'],
  ['3fff::/20', '3fff::', '3fff:fff:ffff::', '3ffe:ffff::', '3fff:1000::'],
  ['5f00::/16', '5f00::', '5f00:ffff::', null, null],
  ['fc00::/7', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['fe80::/10', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['fec0::/10', 'fec0::', 'feff:ffff::', null, null],
  ['ff00::/8', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
];

describe('AddressGuard', () => {
  it.each(RANGES)('refuses %s to its edges, and no further', (_range, first, last, before, after) => {
    expect(guard.refusal(first)).toBeDefined();
    expect(guard.refusal(last)).toBeDefined();
    if (before !== null) expect(guard.refusal(before)).toBeUndefined();
    if (after !== null) expect(guard.refusal(after)).toBeUndefined();
  });

  it.each([
    ['::ffff:127.0.0.1', '127.0.0.0/8'],
    ['::ffff:7f00:1', '127.0.0.0/8'],
    ['::ffff:169.254.169.254', '169.254.0.0/16'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['64:ff9b::10.0.0.1', 'NAT64 of 10.0.0.1'],
    ['64:ff9b::7f00:1', 'NAT64 of 127.0.0.1'],
    ['64:ff9b:1::8.8.8.8', 'local-use NAT64'],
    ['64:ff9b:0:1::808:808', 'not global unicast'],
    ['2002:7f00:1::', '6to4'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'Teredo'],
    ['fe80::1%eth0', 'link-local'],
    ['fd00:ec2::254', 'unique local'],
  ])('sees through the form of %s', (address, why) => {
    expect(guard.refusal(address)).toContain(why);
  });

  it.each(['8.8.8.8', '2404:6800:4004:80a::200e', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'])(
    'lets %s pass',
    (address) => {
      expect(guard.refusal(address)).toBeUndefined();
    },
  );

  it.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '010.0.0.1', '1.2.3.4/32', ':::'])(
    'refuses %j, which is no address',
    (text) => {
      expect(guard.refusal(text)).toBe('is no IP address');
    },
  );

  it('lets the operator allow ranges of his own, in every form of the address, and nothing beside them', () => {
    const own = new AddressGuard(['10.20.0.0/16', 'fd00:1::/32']);
    expect(own.refusal('10.20.255.255')).toBeUndefined();
    expect(own.refusal('::ffff:10.20.0.1')).toBeUndefined();
    expect(own.refusal('fd00:1::1')).toBeUndefined();
    expect(own.refusal('10.21.0.0')).toContain('10.0.0.0/8');
    expect(own.refusal('fd00:2::1')).toContain('unique local');
    // Leave for an address is no leave for the ways around it.
    expect(own.refusal('64:ff9b::10.20.0.1')).toContain('NAT64');
    expect(own.refusal('2002:a14:1::')).toContain('6to4');
  });

  it('refuses whatever another implementation of the registries does not call unicast', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(fc.oneof(bytes(4), bytes(16)), (raw) => {
        const address = ipaddr.fromByteArray([...raw]);
        const other = address.range();
        if (other === 'unicast' || other === 'rfc6052' || other === 'ipv4Mapped') return;
        expect(guard.refusal(address.toString())).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('judges a mapped or NAT64 address as it judges the IPv4 address within', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ipv4) => {
        const refused = guard.refusal(ipv4) !== undefined;
        expect(guard.refusal(`::ffff:${ipv4}`) !== undefined).toBe(refused);
        expect(guard.refusal(`64:ff9b::${ipv4}`) !== undefined).toBe(refused);
      }),
    );
  });
});
