/** Mirrors and their fragments, and what is to be counted of them. */
import {
  SIM,
  PEER,
  MIRROR,
  RECEIVER,
  payload,
  inner4,
  inner6,
  outer4,
  greTo,
  type Case,
  one4,
  one6,
} from './cases.js';
import { ETHERTYPE, PROTOCOL, ethernet, gre, gtpu, ipv4, ipv6, udp, vlan, vxlan } from './frames.js';

export const mirrors: Case[] = [
  {
    name: 'GRE with Ethernet inside',
    mirror: greTo,
    frames: [outer4(47, gre(ETHERTYPE.teb, ethernet(ETHERTYPE.ipv4, inner4)))],
    ...one4,
  },
  {
    name: 'GRE with all its fields and VLAN inside',
    mirror: { ...greTo, key: 77 },
    frames: [
      outer4(
        47,
        gre(ETHERTYPE.teb, ethernet(ETHERTYPE.vlan, vlan(3, ETHERTYPE.ipv6, inner6)), {
          checksum: true,
          key: 77,
          sequence: 1,
        }),
      ),
    ],
    ...one6,
  },
  {
    name: 'GRE with IPv4 inside',
    mirror: greTo,
    frames: [outer4(47, gre(ETHERTYPE.ipv4, inner4, { sequence: 5 }))],
    ...one4,
  },
  {
    name: 'GRE with IPv6 inside',
    mirror: greTo,
    frames: [outer4(47, gre(ETHERTYPE.ipv6, inner6, { checksum: true }))],
    ...one6,
  },
  {
    name: 'GRE over IPv6',
    mirror: { type: 'gre', outerSource: '2001:db8::1', outerDestination: '2001:db8::2' },
    frames: [
      ethernet(
        ETHERTYPE.ipv6,
        ipv6('2001:db8::1', '2001:db8::2', 47, gre(ETHERTYPE.teb, ethernet(ETHERTYPE.ipv4, inner4))),
      ),
    ],
    ...one4,
  },
  {
    name: 'GRE of another key is ordinary traffic',
    mirror: { ...greTo, key: 77 },
    frames: [outer4(47, gre(ETHERTYPE.teb, ethernet(ETHERTYPE.ipv4, inner4), { key: 78 }))],
    tallies: { not_subscriber: [1, 20 + 8 + 14 + 128], no_mirror: [1, 20 + 8 + 14 + 128] },
  },
  {
    name: 'GRE of another source is ordinary traffic',
    mirror: { type: 'gre', outerSource: '192.0.2.9' },
    frames: [outer4(47, gre(ETHERTYPE.ipv4, inner4))],
    tallies: { not_subscriber: [1, 152], no_mirror: [1, 152] },
  },
  {
    name: 'GRE with something else inside',
    mirror: greTo,
    frames: [outer4(47, gre(0x88be, payload))],
    tallies: { unsupported: [1, 124] },
  },
  {
    name: 'GRE of another version',
    mirror: greTo,
    frames: [outer4(47, gre(ETHERTYPE.ipv4, inner4, { flags: 1 }))],
    tallies: { unsupported: [1, 152] },
  },
  {
    name: 'GRE cut short',
    mirror: greTo,
    frames: [outer4(47, Buffer.alloc(3))],
    tallies: { malformed: [1, 23] },
  },
  {
    name: 'ARP inside GRE',
    mirror: greTo,
    frames: [outer4(47, gre(ETHERTYPE.teb, ethernet(ETHERTYPE.arp, Buffer.alloc(28))))],
    tallies: { not_ip: [1, 28] },
  },
  {
    name: 'what a subscriber tunnels is his own: it is not opened',
    mirror: greTo,
    frames: [
      outer4(
        47,
        gre(
          ETHERTYPE.teb,
          ethernet(
            ETHERTYPE.ipv4,
            ipv4(SIM, PEER, 47, gre(ETHERTYPE.ipv4, ipv4('10.128.0.6', PEER, 17, udp(1, 2, payload)))),
          ),
        ),
      ),
    ],
    flows: [`${SIM}:0 ${PEER}:0 47 1/152 0/0`],
    tallies: { counted: [1, 152] },
  },
  {
    name: 'a tunnel that no realm claims is ordinary traffic',
    frames: [ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, 47, gre(ETHERTYPE.ipv4, inner4)))],
    flows: [`${SIM}:0 ${PEER}:0 47 1/152 0/0`],
    tallies: { counted: [1, 152] },
  },
  {
    name: 'VXLAN',
    mirror: { type: 'vxlan', outerSource: MIRROR, key: 4711 },
    frames: [outer4(17, vxlan(4711, ethernet(ETHERTYPE.ipv4, inner4)))],
    ...one4,
  },
  {
    name: 'VXLAN of another network',
    mirror: { type: 'vxlan', key: 4711 },
    frames: [outer4(17, vxlan(4712, ethernet(ETHERTYPE.ipv4, inner4)))],
    tallies: { not_subscriber: [1, 20 + 16 + 14 + 128], no_mirror: [1, 20 + 16 + 14 + 128] },
  },
  { name: 'GTP-U', mirror: { type: 'gtpu' }, frames: [outer4(17, gtpu(9, inner4))], ...one4 },
  {
    name: 'GTP-U with sequence number and extension headers',
    mirror: { type: 'gtpu', key: 9, outerDestination: RECEIVER },
    frames: [
      outer4(
        17,
        gtpu(9, inner6, {
          sequence: true,
          extensions: [
            [0x85, 4],
            [0x84, 8],
          ],
        }),
      ),
    ],
    ...one6,
  },
  {
    name: 'GTP-U echo',
    mirror: { type: 'gtpu' },
    frames: [outer4(17, gtpu(0, Buffer.alloc(4), { messageType: 1 }))],
    tallies: { unsupported: [1, 40] },
  },
  {
    name: 'GTP-U with an extension header of length 0',
    mirror: { type: 'gtpu' },
    frames: [
      outer4(
        17,
        Buffer.concat([
          gtpu(9, Buffer.alloc(0), { extensions: [[0x85, 4]] }).subarray(0, 20),
          Buffer.alloc(40),
        ]),
      ),
    ],
    tallies: { malformed: [1, 80] },
  },
  { name: 'IP in IP', mirror: { type: 'ipip', outerSource: MIRROR }, frames: [outer4(4, inner4)], ...one4 },
  { name: 'IPv6 in IPv4', mirror: { type: 'ipip' }, frames: [outer4(41, inner6)], ...one6 },
  {
    name: 'IPv4 in IPv6',
    mirror: { type: 'ipip' },
    frames: [ethernet(ETHERTYPE.ipv6, ipv6('2001:db8::1', '2001:db8::2', 4, inner4))],
    ...one4,
  },
  {
    name: 'IPv6 in IPv6',
    mirror: { type: 'ipip' },
    frames: [ethernet(ETHERTYPE.ipv6, ipv6('2001:db8::1', '2001:db8::2', 41, inner6))],
    ...one6,
  },
];

/** A mirrored packet of 1,500 octets that a path of 1,500 makes two of. */
function outerFragments(protocol: number, tunnelled: Buffer): Buffer[] {
  const cut = 1480;
  return [
    outer4(protocol, tunnelled.subarray(0, cut), { id: 33, moreFragments: true }),
    outer4(protocol, tunnelled.subarray(cut), { id: 33, offset: cut }),
  ];
}
const large = ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, Buffer.alloc(1472))));

export const fragmented: Case[] = [
  {
    name: 'outer fragments of GRE',
    mirror: greTo,
    frames: outerFragments(47, gre(ETHERTYPE.teb, large)),
    flows: [`${SIM}:4000 ${PEER}:5000 17 1/1500 0/0`],
    tallies: { counted: [1, 1500], outer_fragment: [1, 0] },
  },
  {
    name: 'outer fragments of VXLAN from any source',
    mirror: { type: 'vxlan' },
    frames: outerFragments(17, vxlan(1, large)),
    flows: [`${SIM}:4000 ${PEER}:5000 17 1/1500 0/0`],
    tallies: { counted: [1, 1500], outer_fragment: [1, 0] },
  },
  {
    name: 'a later outer fragment before its first, from a known source',
    mirror: { type: 'vxlan', outerSource: MIRROR },
    frames: outerFragments(17, vxlan(1, large)).reverse(),
    flows: [`${SIM}:4000 ${PEER}:5000 17 1/1500 0/0`],
    tallies: { counted: [1, 1500], outer_fragment: [1, 0] },
  },
];
