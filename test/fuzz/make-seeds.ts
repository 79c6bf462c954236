/**
 * Writes inputs for a corpus to begin with: the frames of the encapsulation tests, hellos, and capture files of every shape.
 * `node --import ./test/support/typescript.mjs test/fuzz/make-seeds.ts FOLDER`
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pcap, Pcapng, udp4, udp6, ethernet as linkLayer, type TestPacket } from '../bpf/capture-files.js';
import { PEER, SIM, type Case } from '../bpf/support/cases.js';
import { headers, links } from '../bpf/support/cases-headers.js';
import { fragmented, mirrors } from '../bpf/support/cases-mirrors.js';
import { ethernet, ETHERTYPE, ipv4, PROTOCOL, tcp, udp } from '../bpf/support/frames.js';
import { addressRecord, dnsAnswer, quicHello, tlsHello } from '../support/hellos.js';

const MIRROR_TYPES = ['none', 'gre', 'vxlan', 'gtpu', 'ipip'];

/** As user_engine_fuzz.cc reads it. */
function engineInput(choice: number, frames: readonly Buffer[]): Buffer {
  const parts = frames.map((frame) => {
    const head = Buffer.from([frame.length >> 8, frame.length & 0xff, 0]);
    return Buffer.concat([head, frame]);
  });
  return Buffer.concat([Buffer.from([choice]), ...parts]);
}

function engineInputs(): Buffer[] {
  const cases: Case[] = [...links, ...headers, ...mirrors, ...fragmented];
  const inside = (protocol: number, body: Buffer) =>
    ethernet(ETHERTYPE.ipv4, ipv4(SIM, PEER, protocol, body));
  const answer = dnsAnswer('example.com', [addressRecord('example.com', '198.51.100.7')]);
  const hellos = [
    inside(PROTOCOL.tcp, tcp(40_000, 443, tlsHello('example.com'))),
    inside(PROTOCOL.tcp, tcp(40_000, 80, Buffer.from('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'))),
    inside(PROTOCOL.udp, udp(40_000, 443, quicHello('example.com', Buffer.alloc(8, 7)))),
    ethernet(ETHERTYPE.ipv4, ipv4(PEER, SIM, PROTOCOL.udp, udp(53, 40_000, answer))),
  ];
  return [
    ...cases.map(({ mirror, frames }) => engineInput(MIRROR_TYPES.indexOf(mirror?.type ?? 'none'), frames)),
    engineInput(0, hellos),
    engineInput(0xf0, hellos),
  ];
}

function captureInputs(): Buffer[] {
  const time = 1_700_000_000_123_456_789n;
  const packets: TestPacket[] = [
    { time, data: linkLayer(udp4(1000)) },
    { time: time + 5_000_000n, data: linkLayer(udp6(1001)), wireLength: 1500 },
  ];
  const files = [false, true].flatMap((bigEndian) =>
    [false, true].map((nanoseconds) => pcap(packets, { bigEndian, nanoseconds })),
  );
  const raw = [101, 113, 276, 0, 9].map((linkType) => pcap([{ time, data: udp4(1002) }], { linkType }));
  const blocks = [false, true].map((bigEndian) =>
    new Pcapng(bigEndian)
      .section()
      .describe({ resolution: 9, offsetSeconds: 3n })
      .describe({ linkType: 101, snapLength: 40, resolution: 0x8a })
      .packet(time, linkLayer(udp4(1003)))
      .packet(1n << 40n, udp6(1004), { index: 1, wireLength: 2000 })
      .oldPacket(7n, linkLayer(udp4(1005)))
      .simplePacket(linkLayer(udp4(1006)))
      .block(0x0bad, Buffer.alloc(9))
      .bytes(),
  );
  return [...files, ...raw, ...blocks];
}

const SEEDS: Record<string, () => Buffer[]> = {
  user_engine: engineInputs,
  capture_parser: captureInputs,
};

const folder = process.argv[2];
if (folder === undefined) throw new Error('Say into which folder: make-seeds.ts FOLDER');
for (const [target, make] of Object.entries(SEEDS)) {
  mkdirSync(join(folder, target), { recursive: true });
  for (const input of make()) {
    const name = createHash('sha1').update(input).digest('hex');
    writeFileSync(join(folder, target, name), input);
  }
}
