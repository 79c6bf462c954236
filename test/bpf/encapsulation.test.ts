/** Every encapsulation and outcome through the XDP program and the user-space engine, to the octet. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKET_RESULT, type RealmConfig } from '../../src/capture/index.js';
import {
  PrivateNetwork,
  conservation,
  openReplay,
  openUser,
  readEpoch,
  realm,
  tallies,
  type TestEngine,
} from './support/engines.js';
import {
  ETHERTYPE,
  PROTOCOL,
  ethernet,
  extension,
  fragmentHeader,
  gre,
  gtpu,
  ipv4,
  ipv6,
  mpls,
  pppoe,
  tcp,
  udp,
  vlan,
  vxlan,
  type Ipv4Fields,
} from './support/frames.js';

const SIM = '10.128.0.5';
const SIM6 = '2001:db8:1::5';
const PEER = '198.51.100.7';
const PEER6 = '2001:db8:ffff::7';
const MIRROR = '192.0.2.1';
const RECEIVER = '192.0.2.2';
const SUBSCRIBERS = ['10.128.0.0/9', '2001:db8:1::/48'];

const payload = Buffer.alloc(100, 0xee);
const inner4 = ipv4(SIM, PEER, PROTOCOL.udp, udp(4000, 5000, payload)); // 128 octets
const inner6 = ipv6(SIM6, PEER6, PROTOCOL.udp, udp(4000, 5000, payload)); // 148 octets
const outer4 = (protocol: number, inside: Buffer, fields: Ipv4Fields = {}) =>
  ethernet(ETHERTYPE.ipv4, ipv4(MIRROR, RECEIVER, protocol, inside, fields));
const greTo = { type: 'gre', outerSource: MIRROR } as const;

interface Case {
  name: string;
  mirror?: RealmConfig['mirror'];
  frames: Buffer[];
  /** subscriber | peer | protocol | up packets/octets | down packets/octets */
  flows?: string[];
  tallies: Record<string, [packets: number, octets: number]>;
  wireLength?: number;
}

const up4 = `${SIM}:4000 ${PEER}:5000 17 1/128 0/0`;
const up6 = `[${SIM6}]:4000 [${PEER6}]:5000 17 1/148 0/0`;
const one4 = { flows: [up4], tallies: { counted: [1, 128] } } satisfies Partial<Case>;
const one6 = { flows: [up6], tallies: { counted: [1, 148] } } satisfies Partial<Case>;

const links: Case[] = [
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

const headers: Case[] = [
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

const mirrors: Case[] = [
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
    tallies: { not_subscriber: [1, 20 + 8 + 14 + 128] },
  },
  {
    name: 'GRE of another source is ordinary traffic',
    mirror: { type: 'gre', outerSource: '192.0.2.9' },
    frames: [outer4(47, gre(ETHERTYPE.ipv4, inner4))],
    tallies: { not_subscriber: [1, 152] },
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
    tallies: { not_subscriber: [1, 20 + 16 + 14 + 128] },
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

const fragmented: Case[] = [
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

let network: PrivateNetwork;
const engines: Record<string, () => TestEngine> = {};
let xdp: ReturnType<typeof openReplay>;

beforeAll(() => {
  network = new PrivateNetwork();
  xdp = openReplay(network);
  engines.xdp = () => xdp;
  engines.user = () => openUser();
});
afterAll(() => {
  xdp.close();
  network.dispose();
});

function run(engine: TestEngine, { mirror, frames, wireLength }: Case) {
  engine.configure([realm(mirror ?? { type: 'none' }, ...SUBSCRIBERS)]);
  frames.forEach((frame, index) => {
    const time = BigInt(index + 1) * 1_000_000_000n;
    const result = engine.testRun(frame, { time, ...(wireLength === undefined ? {} : { wireLength }) });
    expect(result).toBe(PACKET_RESULT.taken);
  });
  const epoch = readEpoch(engine);
  const kept = conservation(epoch);
  expect(kept.outcomes).toEqual(kept.seen);
  expect(kept.onRecords).toBe(kept.counted);
  return {
    flows: epoch.flows
      .map(
        (flow) =>
          `${flow.subscriber} ${flow.peer} ${flow.protocol} ${flow.up.join('/')} ${flow.down.join('/')}`,
      )
      .sort(),
    tallies: tallies(epoch.end.counters),
  };
}

for (const name of ['xdp', 'user']) {
  for (const [group, cases] of Object.entries({ links, headers, mirrors, fragmented })) {
    describe(`${name}: ${group}`, () => {
      it.each(cases)('$name', (given) => {
        expect(run(engines[name]!(), given)).toEqual({
          flows: [...(given.flows ?? [])].sort(),
          tallies: given.tallies,
        });
      });
    });
  }
}

describe('several realms at once', () => {
  it.each(['xdp', 'user'])('%s: the most specific mirror wins, and the same address counts apart', (name) => {
    const engine = engines[name]!();
    const config = (index: number, mirror: RealmConfig['mirror']): RealmConfig => ({
      index,
      name: `realm ${index}`,
      mirror,
      subscriberPrefixes: [`${SIM}/32`],
    });
    engine.configure([
      config(1, { type: 'gre' }),
      config(2, { type: 'gre', outerSource: MIRROR }),
      config(3, { type: 'gre', outerSource: MIRROR, outerDestination: RECEIVER, key: 5 }),
      config(4, { type: 'none' }),
    ]);
    const send = (source: string, key?: number) =>
      engine.testRun(
        ethernet(
          ETHERTYPE.ipv4,
          ipv4(source, RECEIVER, 47, gre(ETHERTYPE.ipv4, inner4, key === undefined ? {} : { key })),
        ),
        { time: 1n },
      );
    send('203.0.113.9');
    send(MIRROR);
    send(MIRROR, 6);
    send(MIRROR, 5);
    engine.testRun(ethernet(ETHERTYPE.ipv4, inner4), { time: 1n });
    const { flows } = readEpoch(engine);
    expect(flows.map((flow) => [flow.realm, flow.up[0]])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
      [4, 1],
    ]);
  });

  it.each(['xdp', 'user'])('%s: many prefixes, each found', (name) => {
    const engine = engines[name]!();
    const prefixes = Array.from({ length: 256 }, (_, index) => `10.${index}.${(index * 7) & 255}.0/24`);
    engine.configure([{ index: 9, name: 'many', mirror: { type: 'none' }, subscriberPrefixes: prefixes }]);
    for (let index = 0; index < 256; index += 1) {
      const inside = `10.${index}.${(index * 7) & 255}.255`;
      const outside = `10.${index}.${((index * 7) & 255) ^ 1}.0`;
      for (const source of [inside, outside]) {
        engine.testRun(ethernet(ETHERTYPE.ipv4, ipv4(source, PEER, PROTOCOL.icmp, payload)), { time: 1n });
      }
    }
    const { flows, end } = readEpoch(engine);
    expect(flows).toHaveLength(256);
    expect(tallies(end.counters)).toEqual({ counted: [256, 256 * 120], not_subscriber: [256, 256 * 120] });
  });
});
