/** Link layers and IP headers, and what is to be counted of them. */
import { SIM, SIM6, PEER, PEER6, payload, inner4, inner6, type Case, up4, one4, one6 } from './cases.js';
import {
  ETHERTYPE,
  PROTOCOL,
  ethernet,
  extension,
  fragmentHeader,
  ipv4,
  ipv6,
  mpls,
  pppoe,
  tcp,
  udp,
  vlan,
} from './frames.js';

export const links: Case[] = [
  { name: 'plain IPv4', frames: [ethernet(ETHERTYPE.ipv4, inner4)], ...one4 },
  { name: 'plain IPv6', frames: [ethernet(ETHERTYPE.ipv6, inner6)], ...one6 },
  { name: 'one VLAN tag', frames: [ethernet(ETHERTYPE.vlan, vlan(5, ETHERTYPE.ipv4, inner4))], ...one4 },
  {
    name: 'two VLAN tags',
    frames: [ethernet(ETHERTYPE.qinq, vlan(5, ETHERTYPE.vlan, vlan(6, ETHERTYPE.ipv6, inner6)))],
    ...one6,
  },
  {
    name: 'three VLAN tags are no IP',
    frames: [
      ethernet(
        ETHERTYPE.vlan,
        vlan(1, ETHERTYPE.vlan, vlan(2, ETHERTYPE.vlan, vlan(3, ETHERTYPE.ipv4, inner4))),
      ),
    ],
    tallies: { not_ip: [1, 4 + 128] },
  },
  { name: 'MPLS labels', frames: [ethernet(0x8847, mpls([16, 17, 18], inner4))], ...one4 },
  {
    name: 'MPLS in a VLAN',
    frames: [ethernet(ETHERTYPE.vlan, vlan(9, 0x8847, mpls([16], inner6)))],
    ...one6,
  },
  { name: 'PPPoE session', frames: [ethernet(0x8864, pppoe(0x21, inner4))], ...one4 },
  { name: 'PPPoE session, IPv6', frames: [ethernet(0x8864, pppoe(0x57, inner6))], ...one6 },
  {
    name: 'PPPoE control',
    frames: [ethernet(0x8864, pppoe(0xc021, Buffer.alloc(10)))],
    tallies: { not_ip: [1, 10] },
  },
  { name: 'ARP', frames: [ethernet(ETHERTYPE.arp, Buffer.alloc(28))], tallies: { not_ip: [1, 28] } },
  {
    name: 'Ethernet padding is not counted',
    frames: [
      ethernet(
        ETHERTYPE.ipv4,
        Buffer.concat([ipv4(SIM, PEER, PROTOCOL.tcp, tcp(1, 2, Buffer.alloc(0))), Buffer.alloc(6)]),
      ),
    ],
    flows: [`${SIM}:1 ${PEER}:2 6 1/40 0/0`],
    tallies: { counted: [1, 40] },
  },
  {
    name: 'a cut VLAN tag',
    frames: [ethernet(ETHERTYPE.vlan, Buffer.alloc(2))],
    tallies: { malformed: [1, 2] },
  },
  { name: 'less than an Ethernet header', frames: [Buffer.alloc(9)], tallies: { malformed: [1, 0] } },
  { name: 'an empty frame', frames: [Buffer.alloc(0)], tallies: { malformed: [1, 0] } },
];

export const headers: Case[] = [
  {
    name: 'downlink',
    frames: [ethernet(ETHERTYPE.ipv4, ipv4(PEER, SIM, PROTOCOL.udp, udp(5000, 4000, payload)))],
    flows: [`${SIM}:4000 ${PEER}:5000 17 0/0 1/128`],
    tallies: { counted: [1, 128] },
  },
  {
    name: 'both ends subscribers',
    frames: [ethernet(ETHERTYPE.ipv4, ipv4(SIM, '10.128.0.6', PROTOCOL.udp, udp(1, 2, payload)))],
    flows: [`${SIM}:1 10.128.0.6:2 17 1/128 0/0`, `10.128.0.6:2 ${SIM}:1 17 0/0 1/128`],
    tallies: { counted: [1, 128], both_subscribers: [1, 128] },
  },
  {
    name: 'a subscriber that talks to itself',
    frames: [ethernet(ETHERTYPE.ipv4, ipv4(SIM, SIM, PROTOCOL.udp, udp(1, 1, payload)))],
    flows: [`${SIM}:1 ${SIM}:1 17 1/128 1/128`],
    tallies: { counted: [1, 128], both_subscribers: [1, 128] },
  },
  {
    name: 'not a subscriber',
    frames: [ethernet(ETHERTYPE.ipv4, ipv4('203.0.113.1', PEER, PROTOCOL.udp, udp(1, 2, payload)))],
    tallies: { not_subscriber: [1, 128] },
  },
  {
    name: 'an IPv4 address mapped into IPv6 is no IPv4 subscriber',
    frames: [ethernet(ETHERTYPE.ipv6, ipv6(`::ffff:${SIM}`, PEER6, PROTOCOL.udp, udp(1, 2, payload)))],
    tallies: { not_subscriber: [1, 148] },
  },
  {
    name: 'IPv4 options',
    frames: [
      ethernet(
        ETHERTYPE.ipv4,
        ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, payload), { options: Buffer.alloc(40, 1) }),
      ),
    ],
    flows: [`${SIM}:4000 ${PEER}:5000 17 1/168 0/0`],
    tallies: { counted: [1, 168] },
  },
  {
    name: 'ICMP has no ports',
    frames: [ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, PROTOCOL.icmp, payload))],
    flows: [`${SIM}:0 ${PEER}:0 1 1/120 0/0`],
    tallies: { counted: [1, 120] },
  },
  {
    name: 'IPv6 extension headers',
    frames: [
      ethernet(
        ETHERTYPE.ipv6,
        ipv6(
          SIM6,
          PEER6,
          0,
          extension(43, extension(60, extension(PROTOCOL.udp, udp(4000, 5000, payload), 3), 2)),
        ),
      ),
    ],
    flows: [`[${SIM6}]:4000 [${PEER6}]:5000 17 1/196 0/0`],
    tallies: { counted: [1, 196] },
  },
  {
    name: 'a chain of extension headers without end is counted',
    frames: [
      ethernet(
        ETHERTYPE.ipv6,
        ipv6(
          SIM6,
          PEER6,
          60,
          Array.from({ length: 12 }).reduce<Buffer>((inside) => extension(60, inside), payload),
        ),
      ),
    ],
    flows: [`[${SIM6}]:0 [${PEER6}]:0 60 1/236 0/0`],
    tallies: { counted: [1, 236] },
  },
  {
    name: 'IPv4 length 0 counts what is there',
    frames: [
      ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, payload), { totalLength: 0 })),
    ],
    ...one4,
  },
  {
    name: 'a longer claim counts what is there',
    frames: [
      ethernet(
        ETHERTYPE.ipv4,
        ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, payload), { totalLength: 1400 }),
      ),
    ],
    flows: [up4],
    tallies: { counted: [1, 128], truncated: [1, 128] },
  },
  {
    name: 'a snapped packet counts its length on the wire',
    frames: [
      ethernet(
        ETHERTYPE.ipv4,
        ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, payload), { totalLength: 1400 }),
      ).subarray(0, 60),
    ],
    wireLength: 1414,
    flows: [`${SIM}:4000 ${PEER}:5000 17 1/1400 0/0`],
    tallies: { counted: [1, 1400] },
  },
  {
    name: 'a shorter claim counts the claim',
    frames: [
      ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, payload), { totalLength: 60 })),
    ],
    flows: [`${SIM}:4000 ${PEER}:5000 17 1/60 0/0`],
    tallies: { counted: [1, 60] },
  },
  {
    name: 'a claim below the header is malformed',
    frames: [
      ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, PROTOCOL.udp, udp(1, 2, payload), { totalLength: 19 })),
    ],
    tallies: { malformed: [1, 128] },
  },
  {
    name: 'IPv4 that says IPv6',
    frames: [ethernet(ETHERTYPE.ipv6, inner4)],
    tallies: { malformed: [1, 128] },
  },
  {
    name: 'a cut IPv4 header',
    frames: [ethernet(ETHERTYPE.ipv4, inner4.subarray(0, 19))],
    tallies: { malformed: [1, 19] },
  },
  {
    name: 'a cut IPv6 header',
    frames: [ethernet(ETHERTYPE.ipv6, inner6.subarray(0, 39))],
    tallies: { malformed: [1, 39] },
  },
  {
    name: 'IPv4 fragments take the ports of the first',
    frames: [
      ethernet(
        ETHERTYPE.ipv4,
        ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, payload), { id: 7, moreFragments: true }),
      ),
      ethernet(
        ETHERTYPE.ipv4,
        ipv4(SIM, PEER, PROTOCOL.udp, payload, { id: 7, offset: 108, moreFragments: true }),
      ),
      ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, PROTOCOL.udp, payload, { id: 7, offset: 208 })),
      ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, PROTOCOL.udp, payload, { id: 8, offset: 208 })),
    ],
    flows: [`${SIM}:0 ${PEER}:0 17 1/120 0/0`, `${SIM}:4000 ${PEER}:5000 17 3/368 0/0`],
    tallies: { counted: [4, 488], inner_fragment: [3, 360] },
  },
  {
    name: 'IPv6 fragments take ports and protocol of the first',
    frames: [
      ethernet(
        ETHERTYPE.ipv6,
        ipv6(
          SIM6,
          PEER6,
          44,
          fragmentHeader(60, 9, 0, true, extension(PROTOCOL.udp, udp(4000, 5000, payload))),
        ),
      ),
      ethernet(ETHERTYPE.ipv6, ipv6(SIM6, PEER6, 44, fragmentHeader(60, 9, 120, false, payload))),
    ],
    flows: [`[${SIM6}]:4000 [${PEER6}]:5000 17 2/312 0/0`],
    tallies: { counted: [2, 312], inner_fragment: [1, 148] },
  },
];
