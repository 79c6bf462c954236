import { Buffer } from 'node:buffer';

export const REALM = {
  name: 'soak',
  mirror: { source: '192.0.2.1', destination: '192.0.2.2' },
  subscriberPrefixes: ['10.128.0.0/16'],
  resolvers: [],
};
const SIMS = 24;
/** Addresses of the realm that no session names: their octets stand in suspense. */
const STRANGERS = 4;
const PORTS = 4000;
const TUNNEL = 14 + 20 + 4 + 14;
const SHORTEST = 28;
const LONGEST = 1400;
const TLS = Buffer.from('16030100c8010000c40303', 'hex');
const HTTP = Buffer.from('GET / HTTP/1.1\r\nHost: soak.example\r\n\r\n');

/** A small seeded generator (mulberry32): what a seed names can be sent again. */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { below: (limit) => Math.floor(next() * limit), chance: (share) => next() < share };
}

const simId = (number) => `soak-${number}`;
const simAddress = (number) => [10, 128, 0, number + 1];
const text = (address) => address.join('.');

export const FLEET = Array.from({ length: SIMS }, (_, number) => ({
  simId: simId(number),
  nameConsent: number % 3 !== 0,
  prefixes: [`${text(simAddress(number))}/32`],
}));

/** Random mirrored packets: subscribers known and unknown, others' packets, what is no IP; more flows than a tiny table holds. */
export class Traffic {
  constructor(seed) {
    this.random = randomOf(seed);
  }

  /** One frame, and where its octets must be found. */
  next() {
    const { random } = this;
    const kind = random.below(100);
    if (kind < 2) return this.noIp();
    const octets = SHORTEST + random.below(LONGEST - SHORTEST);
    if (kind < 6)
      return this.ip('not_subscriber', octets, [198, 51, 100, 7], [203, 0, 113, random.below(250)]);
    const number = random.below(SIMS);
    if (kind < 9) return this.between(octets, number, (number + 1 + random.below(SIMS - 1)) % SIMS);
    const stranger = kind < 14;
    const subscriber = simAddress(stranger ? SIMS + random.below(STRANGERS) : number);
    const peer = [203, 0, random.below(4), random.below(250)];
    const up = random.chance(0.3);
    const frame = up
      ? this.ip('counted', octets, subscriber, peer)
      : this.ip('counted', octets, peer, subscriber);
    frame.shares = [{ sim: stranger ? undefined : simId(number), up, octets }];
    return frame;
  }

  /** Both ends are subscribers: once on each one's account. */
  between(octets, from, to) {
    const frame = this.ip('counted', octets, simAddress(from), simAddress(to));
    frame.shares = [
      { sim: simId(from), up: true, octets },
      { sim: simId(to), up: false, octets },
    ];
    return frame;
  }

  noIp() {
    const octets = 28 + this.random.below(200);
    const bytes = this.mirrored(octets, 0x88b5);
    return { bytes, octets, outcome: 'not_ip', shares: [] };
  }

  ip(outcome, octets, from, to) {
    const { random } = this;
    const bytes = this.mirrored(octets, 0x0800);
    const packet = bytes.subarray(TUNNEL);
    const isTcp = octets >= 60 && random.chance(0.6);
    packet.set([0x45, 0, octets >> 8, octets & 255, 0, 0, 0, 0, 64, isTcp ? 6 : 17]);
    packet.set(from, 12);
    packet.set(to, 16);
    packet.writeUInt16BE(random.chance(0.05) ? 53 : 1024 + random.below(PORTS), 20);
    packet.writeUInt16BE(random.chance(0.5) ? 443 : 80, 22);
    if (!isTcp) packet.writeUInt16BE(octets - 20, 24);
    else {
      packet.writeUInt32BE(random.below(0xffff_ffff), 24);
      packet.set([0x50, 0x18], 32);
      // Some look like hellos, far more than their ring takes.
      const hello = random.below(10);
      if (hello < 2) (hello === 0 ? TLS : HTTP).copy(packet, 40);
    }
    return { bytes, octets, outcome, shares: [] };
  }

  /** Zeros behind Ethernet, IPv4, GRE (RFC 2784) and the inner Ethernet header. */
  mirrored(octets, etherType) {
    const bytes = Buffer.alloc(TUNNEL + octets);
    bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
    const outer = TUNNEL - 14 + octets;
    bytes.set([0x45, 0, outer >> 8, outer & 255, 0, 0, 0, 0, 64, 47], 14);
    bytes.set([192, 0, 2, 1, 192, 0, 2, 2], 26);
    bytes.writeUInt16BE(0x6558, 36);
    bytes.writeUInt16BE(etherType, TUNNEL - 2);
    return bytes;
  }
}

/** What was put on the wire, by where it must be found. */
export class Sent {
  packets = 0;
  octets = 0;
  suspense = 0;
  both = 0;
  outcomes = { not_subscriber: 0, not_ip: 0 };
  sims = new Map(FLEET.map((sim) => [sim.simId, { up: 0, down: 0 }]));

  add({ octets, outcome, shares }) {
    this.packets += 1;
    this.octets += octets;
    if (outcome !== 'counted') this.outcomes[outcome] += octets;
    if (shares.length === 2) this.both += octets;
    for (const { sim, up, octets: share } of shares) {
      if (sim === undefined) this.suspense += share;
      else this.sims.get(sim)[up ? 'up' : 'down'] += share;
    }
  }
}
