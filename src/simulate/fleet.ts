import { Random } from './random.js';
import { address } from './wire.js';
import type { Address } from '../shared/index.js';
import type { MirrorTunnel } from './junction.js';

/** What a SIM's owner does with it. */
export const PROFILES = [
  'chatter',
  'viewer',
  'reader',
  'mixed',
  'claimant',
  'newcomer',
  'dual_stack',
  'no_consent',
] as const;
export type Profile = (typeof PROFILES)[number];

/** A simulated SIM and the addresses it holds for the whole simulated time. */
export interface FleetSim {
  /** 19 digits, as an ICCID. */
  simId: string;
  /** 15 digits, of the test network 001/01. */
  imsi: string;
  profile: Profile;
  /** CIDR texts: an IPv4 host address; for `dual_stack` an IPv6 prefix too. */
  prefixes: string[];
  /** False for `no_consent`: its names are not looked at, so only addresses and ports tell a service. */
  nameConsent: boolean;
  /** True for `newcomer`: its session becomes known only after its traffic was counted. */
  sessionComesLater: boolean;
}

/** The address space that the fleet lives in, as one realm is configured. */
export interface FleetRealm {
  name: string;
  mirror: MirrorTunnel;
  subscriberPrefixes: string[];
  resolvers: string[];
}

export interface Fleet {
  realm: FleetRealm;
  sims: FleetSim[];
}

/** Who a simulated SIM is on the wire. */
export interface SimAddresses {
  ipv4: Address;
  ipv6: Address;
}

export const LARGEST_FLEET = 100_000;
const RESOLVERS = ['100.127.0.53', '100.127.1.53', '2001:db8:ffff::53'] as const;
export const RESOLVER_IPV4 = address(RESOLVERS[0]);
export const RESOLVER_IPV6 = address(RESOLVERS[2]);

/** A fleet of `count` SIMs (1..100,000): the profiles in turn, so a small fleet has one of each. */
export function makeFleet(count: number): Fleet {
  if (!Number.isInteger(count) || count < 1 || count > LARGEST_FLEET) {
    throw new RangeError(`a fleet has 1 to ${LARGEST_FLEET} SIMs, not ${count}`);
  }
  return {
    realm: {
      name: 'simulated-vpg',
      mirror: { source: '100.64.0.1', destination: '100.64.0.2' },
      subscriberPrefixes: ['10.128.0.0/9', '2001:db8:100::/40'],
      resolvers: [...RESOLVERS],
    },
    sims: Array.from({ length: count }, (_, index) => makeSim(index)),
  };
}

function makeSim(index: number): FleetSim {
  const profile = PROFILES[index % PROFILES.length] ?? 'mixed';
  const number = String(index + 1).padStart(6, '0');
  const prefixes = [`${ipv4Of(index)}/32`];
  if (profile === 'dual_stack') prefixes.push(`${ipv6NetworkOf(index)}::/64`);
  return {
    simId: `8981000000000${number}`,
    imsi: `001010000${number}`,
    profile,
    prefixes,
    nameConsent: profile !== 'no_consent',
    sessionComesLater: profile === 'newcomer',
  };
}

/** The addresses of the SIM at `index` of its fleet. */
export function simAddresses(index: number): SimAddresses {
  return { ipv4: address(ipv4Of(index)), ipv6: address(`${ipv6NetworkOf(index)}::a1`) };
}

function ipv4Of(index: number): string {
  const host = 0x0a80_0100 + index;
  return [24, 16, 8, 0].map((shift) => (host >>> shift) & 0xff).join('.');
}

function ipv6NetworkOf(index: number): string {
  return `2001:db8:1${(index >> 16).toString(16).padStart(2, '0')}:${(index & 0xffff).toString(16)}`;
}

/** Splits `octets` among `count` SIMs, each between half and one and a half of the mean. */
export function shareOctets(octets: number, count: number, random: Random): number[] {
  const weights = Array.from({ length: count }, () => random.integer(50, 150));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => Math.floor((octets / total) * weight));
}
