import {
  callConversation,
  dnsConversation,
  resolverEndpoint,
  tlsConversation,
  type Packet,
  type Parties,
} from './conversations.js';
import { RESOLVER_IPV4, RESOLVER_IPV6, type Profile, type SimAddresses } from './fleet.js';
import type { Random } from './random.js';
import { address } from './wire.js';

/** Why the engine is expected to take an activity for its service; `none` and `sni_unverified` are billed. */
export type ExpectedEvidence = 'none' | 'prefix' | 'sni' | 'sni_unverified';

/** What an activity's octets are expected to be metered as. */
export interface Expectation {
  /** Service code of the seed catalogue; null = no service. */
  service: string | null;
  evidence: ExpectedEvidence;
}

export const ACTIVITIES = ['line_chat', 'line_call', 'youtube', 'browse', 'false_claim'] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** A packet and what its octets should count as. */
export interface LabelledPacket extends Packet {
  expectation: Expectation;
}

/** Shares of a SIM's octets, in hundredths. */
export const PROFILE_SHARES: Record<Profile, Partial<Record<Activity, number>>> = {
  chatter: { line_chat: 50, line_call: 35, browse: 15 },
  viewer: { youtube: 80, line_chat: 5, browse: 15 },
  reader: { browse: 90, line_chat: 10 },
  mixed: { line_chat: 20, line_call: 15, youtube: 35, browse: 30 },
  claimant: { false_claim: 60, line_chat: 20, browse: 20 },
  newcomer: { line_chat: 40, line_call: 20, browse: 40 },
  dual_stack: { line_chat: 30, line_call: 20, youtube: 25, browse: 25 },
  no_consent: { line_chat: 30, youtube: 40, browse: 30 },
};

interface Site {
  name: string;
  alias?: string;
  ipv4: string[];
  ipv6: string[];
}

/** Inside the published prefixes of LINE, so that name and address agree. */
const LINE_SITES: Site[] = [
  { name: 'legy.line-apps.com', ipv4: ['147.92.146.242', '203.104.153.1'], ipv6: ['2400:dcc0:f0::11'] },
  { name: 'obs.line-scdn.net', ipv4: ['147.92.249.2', '103.2.30.61'], ipv6: ['2400:dcc0:f0::22'] },
  { name: 'access.line.me', ipv4: ['147.92.191.70'], ipv6: ['2400:dcc0:f1::33'] },
];
const LINE_CALL_ADDRESSES = ['147.92.165.4', '147.92.169.82', '147.92.128.90'].map(address);

/** YouTube and the search engine stand on the same addresses: only a name tells them apart. */
const SHARED_IPV4 = ['142.250.196.110', '172.217.175.14'];
const SHARED_IPV6 = ['2404:6800:4004:80c::200e'];
const YOUTUBE_SITES: Site[] = [
  {
    name: 'rr3---sn-oguelnz7.googlevideo.com',
    alias: 'rr3.sn-oguelnz7.googlevideo.com',
    ipv4: SHARED_IPV4,
    ipv6: SHARED_IPV6,
  },
  { name: 'www.youtube.com', alias: 'youtube-ui.l.google.com', ipv4: SHARED_IPV4, ipv6: SHARED_IPV6 },
];
const WEB_SITES: Site[] = [
  { name: 'www.example.jp', ipv4: ['203.0.113.80'], ipv6: ['2001:db8:80::1'] },
  { name: 'shop.example.com', alias: 'edge.example.net', ipv4: ['198.51.100.7'], ipv6: ['2001:db8:81::7'] },
  { name: 'www.google.com', ipv4: SHARED_IPV4, ipv6: SHARED_IPV6 },
  { name: 'line.me.example.com', ipv4: ['203.0.113.99'], ipv6: ['2001:db8:80::99'] },
];
const FOREIGN_ADDRESS = address('198.51.100.66');

const NOT_MATCHED: Expectation = { service: null, evidence: 'none' };
const RESOLVE_TIME = 30_000;

/** What a conversation needs to know of the SIM that has it. */
export interface Actor {
  addresses: SimAddresses;
  profile: Profile;
  /** A subscriber port not used before. */
  nextPort: () => number;
}

/**
 * One conversation of `octets` or a little more, with the DNS exchange that goes before it.
 *
 * @param start UNIX microseconds
 */
export function playActivity(
  activity: Activity,
  actor: Actor,
  start: number,
  octets: number,
  postQuantum: boolean,
  random: Random,
): Generator<LabelledPacket> {
  const expectation = expectationOf(activity, actor.profile);
  if (activity === 'line_call') {
    const parties: Parties = {
      subscriber: { address: actor.addresses.ipv4, port: actor.nextPort() },
      peer: { address: random.pick(LINE_CALL_ADDRESSES), port: random.integer(10_001, 30_000) },
    };
    return label(callConversation(parties, start, octets, random), expectation);
  }
  return visit(activity, actor, start, octets, postQuantum, random, expectation);
}

/** How the engine should decide, from what it may know of the SIM when the packets pass. */
export function expectationOf(activity: Activity, profile: Profile): Expectation {
  const namesUsed = profile !== 'newcomer' && profile !== 'no_consent';
  switch (activity) {
    case 'line_chat':
      return { service: 'line', evidence: namesUsed ? 'sni' : 'prefix' };
    case 'line_call':
      return { service: 'line-calls', evidence: 'prefix' };
    case 'youtube':
      return namesUsed ? { service: 'youtube', evidence: 'sni' } : NOT_MATCHED;
    case 'browse':
      return NOT_MATCHED;
    case 'false_claim':
      return { service: null, evidence: namesUsed ? 'sni_unverified' : 'none' };
  }
}

function* visit(
  activity: Exclude<Activity, 'line_call'>,
  actor: Actor,
  start: number,
  octets: number,
  postQuantum: boolean,
  random: Random,
  expectation: Expectation,
): Generator<LabelledPacket> {
  const ipv6 = actor.profile === 'dual_stack' && activity !== 'false_claim' && random.integer(0, 1) === 1;
  const host = ipv6 ? actor.addresses.ipv6 : actor.addresses.ipv4;
  const site = chooseSite(activity, random);
  const peer = site === undefined ? FOREIGN_ADDRESS : address(random.pick(ipv6 ? site.ipv6 : site.ipv4));
  if (site !== undefined) {
    const parties: Parties = {
      subscriber: { address: host, port: actor.nextPort() },
      peer: resolverEndpoint(ipv6 ? RESOLVER_IPV6 : RESOLVER_IPV4),
    };
    const resolution = { name: site.name, address: peer, ...(site.alias && { alias: site.alias }) };
    yield* label(dnsConversation(parties, start, resolution, random), NOT_MATCHED);
  }
  const parties: Parties = {
    subscriber: { address: host, port: actor.nextPort() },
    peer: { address: peer, port: 443 },
  };
  const octetsUp = Math.floor(octets * (activity === 'line_chat' ? 0.4 : 0.06));
  const exchange = {
    serverName: site?.name ?? 'line.me',
    postQuantum,
    octetsUp,
    octetsDown: octets - octetsUp,
  };
  yield* label(tlsConversation(parties, start + RESOLVE_TIME, exchange, random), expectation);
}

/** Undefined: the SIM claims line.me and goes to an address that has nothing to do with it. */
function chooseSite(activity: Exclude<Activity, 'line_call'>, random: Random): Site | undefined {
  switch (activity) {
    case 'line_chat':
      return random.pick(LINE_SITES);
    case 'youtube':
      return random.pick(YOUTUBE_SITES);
    case 'browse':
      return random.pick(WEB_SITES);
    case 'false_claim':
      return undefined;
  }
}

function* label(packets: Iterable<Packet>, expectation: Expectation): Generator<LabelledPacket> {
  for (const packet of packets) yield { ...packet, expectation };
}
