import {
  formatAddress,
  parseAddress,
  parsePrefix,
  prefixContains,
  type Address,
  type Prefix,
} from '../shared/index.js';

/**
 * Address blocks that are not, or need not be, somebody's public server: the IANA special-purpose registries (RFC 6890
 * and its updates), multicast (RFC 5771, RFC 4291) and the reserved class E. Blocks that IANA lists as globally
 * reachable but that only serve a protocol (AS112, AMT, the 6to4 relays) are refused too.
 */
const SPECIAL_IPV4: readonly [string, string][] = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private use'],
  ['100.64.0.0/10', 'carrier-grade NAT'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local, where clouds keep their metadata'],
  ['172.16.0.0/12', 'private use'],
  ['192.0.0.0/24', 'IETF protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.31.196.0/24', 'AS112'],
  ['192.52.193.0/24', 'AMT'],
  ['192.88.99.0/24', '6to4 relays'],
  ['192.168.0.0/16', 'private use'],
  ['192.175.48.0/24', 'AS112'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
];

/** Within 2000::/3; all that lies outside of it is refused as a whole. */
const SPECIAL_IPV6: readonly [string, string][] = [
  ['2001::/32', 'Teredo'],
  ['2001:2::/48', 'benchmarking'],
  ['2001::/23', 'IETF protocol assignments'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['2620:4f:8000::/48', 'AS112'],
  ['3fff::/20', 'documentation'],
];

/** Named only to say why. */
const OUTSIDE_IPV6: readonly [string, string][] = [
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::/96', 'IPv4-compatible'],
  ['64:ff9b:1::/48', 'local-use NAT64'],
  ['100::/64', 'discard only'],
  ['100:0:0:1::/64', 'dummy prefix'],
  ['5f00::/16', 'segment routing'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
];

const compile = (ranges: readonly [string, string][]) =>
  ranges.map(([text, why]) => ({ prefix: parsePrefix(text), text, why }));
const IPV4 = compile(SPECIAL_IPV4);
const IPV6 = compile(SPECIAL_IPV6);
const OUTSIDE = compile(OUTSIDE_IPV6);
const GLOBAL_UNICAST = parsePrefix('2000::/3');
const MAPPED = parsePrefix('::ffff:0:0/96');
/** RFC 6052: with DNS64, the only way from an IPv6-only host to a public IPv4 server. The last 32 bits count. */
const NAT64 = parsePrefix('64:ff9b::/96');

/** Says whether a webhook may be sent to an address. */
export class AddressGuard {
  private readonly allowed: readonly Prefix[];

  /** `allowed`: CIDR ranges of receivers on the operator's own premises. */
  constructor(allowed: readonly string[] = []) {
    this.allowed = allowed.map((text) => parsePrefix(text));
  }

  /** True if any special address may be sent to, and so an operator's own network. */
  get allowsPrivate(): boolean {
    return this.allowed.length > 0;
  }

  /** Why not; undefined = it may. Text that is no address is refused. */
  refusal(text: string): string | undefined {
    // A scoped address (fe80::1%eth0) is link-local whatever its scope.
    const parsed = parseAddress(text.replace(/%.*$/, ''));
    if (parsed === undefined) return 'is no IP address';
    const address = unmap(parsed);
    if (this.isAllowed(address)) return undefined;
    const why = specialUse(address);
    if (why === undefined) return undefined;
    return `lies in ${why}; COUNTFREE_WEBHOOK_ALLOW_PRIVATE can allow it`;
  }

  private isAllowed(address: Address): boolean {
    return this.allowed.some(
      (prefix) => prefix.family === address.family && prefixContains(prefix, address.bytes),
    );
  }
}

function unmap(address: Address): Address {
  return address.family === 6 && prefixContains(MAPPED, address.bytes)
    ? { family: 4, bytes: address.bytes }
    : address;
}

function specialUse(address: Address): string | undefined {
  if (address.family === 4) return describe(IPV4, address);
  if (prefixContains(NAT64, address.bytes)) {
    const embedded = new Uint8Array(16);
    embedded.set(MAPPED.bytes);
    embedded.set(address.bytes.subarray(12), 12);
    const why = describe(IPV4, { family: 4, bytes: embedded });
    return why === undefined ? undefined : `NAT64 of ${formatAddress(embedded, 0, false)}, ${why}`;
  }
  if (prefixContains(GLOBAL_UNICAST, address.bytes)) return describe(IPV6, address);
  return describe(OUTSIDE, address) ?? 'space that is not global unicast';
}

function describe(ranges: typeof IPV4, address: Address): string | undefined {
  const range = ranges.find(({ prefix }) => prefixContains(prefix, address.bytes));
  return range === undefined ? undefined : `${range.text} (${range.why})`;
}
