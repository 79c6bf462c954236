import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureReader, FlowRecords, UserEngine, type CaptureReaderStatus } from '../../src/capture/index.js';
import { ethernet, pcap, Pcapng, udp4, udp6, type TestPacket } from './capture-files.js';

const NOON = 1_700_000_000_000_000_000n;
const REALMS = [
  {
    index: 1,
    name: 'test',
    mirror: { type: 'none' as const },
    subscriberPrefixes: ['10.128.0.0/9', '2001:db8:1::/48'],
  },
];

function newEngine(): UserEngine {
  const engine = new UserEngine({ sizes: { flows: 4096, flowRingBytes: 1 << 20, helloRingBytes: 1 << 16 } });
  engine.configure(REALMS);
  return engine;
}

interface Seen {
  port: number;
  octets: number;
  packets: number;
  /** Microseconds. */
  time: number;
  address: string;
}

/** Reads a whole file from memory in chunks and tells the flows, in order of their ports. */
function read(bytes: Buffer, chunkBytes = bytes.length): { status: CaptureReaderStatus; seen: Seen[] } {
  const engine = newEngine();
  try {
    const reader = new CaptureReader();
    for (let start = 0; start < bytes.length && reader.status().state === 'more'; start += chunkBytes) {
      const chunk = bytes.subarray(start, start + chunkBytes);
      const { taken, state } = reader.feed(chunk, 0, engine.sink);
      if (state === 'more') expect(taken).toBe(chunk.length);
    }
    const status = reader.finish();
    engine.closeEpoch();
    const seen: Seen[] = [];
    for (let ended = false; !ended;) {
      if (engine.draining) engine.drain(10_000);
      const peek = engine.peekFlows(1 << 20);
      if (peek === null) break;
      const flows = new FlowRecords(peek.records);
      for (let i = 0; i < flows.length; i += 1) {
        const key = flows.key(i);
        seen.push({
          port: key.subscriberPort,
          octets: flows.octetsUp(i),
          packets: flows.packetsUp(i),
          time: flows.firstTime(i),
          address: key.subscriberAddress,
        });
      }
      ended = peek.epochEnd !== null;
      engine.releaseFlows(peek.end);
    }
    return { status, seen: seen.sort((a, b) => a.port - b.port) };
  } finally {
    engine.close();
  }
}

const packets = (frames: Buffer[]): TestPacket[] =>
  frames.map((data, index) => ({ time: NOON + BigInt(index) * 1_000_000n, data }));

const three = [ethernet(udp4(1001, 100)), ethernet(udp6(1002, 200)), ethernet(udp4(1003, 1500))];
const threeSeen = [
  { port: 1001, octets: 100, packets: 1, time: Number(NOON / 1000n), address: '10.128.0.1' },
  { port: 1002, octets: 200, packets: 1, time: Number(NOON / 1000n) + 1000, address: '2001:db8:1::1' },
  { port: 1003, octets: 1500, packets: 1, time: Number(NOON / 1000n) + 2000, address: '10.128.0.1' },
];

describe('pcap', () => {
  for (const bigEndian of [false, true])
    for (const nanoseconds of [false, true])
      it(`is read ${bigEndian ? 'big' : 'little'}-endian in ${nanoseconds ? 'ns' : 'µs'}, by chunks of any size`, () => {
        const bytes = pcap(packets(three), { bigEndian, nanoseconds });
        for (const chunk of [1, 2, 7, 16, 100, bytes.length]) {
          const { status, seen } = read(bytes, chunk);
          expect(seen).toEqual(threeSeen);
          expect(status).toMatchObject({ state: 'more', format: 'pcap', packets: 3, position: bytes.length });
        }
      });

  it('counts snapped packets by what the IP header says, within the wire length', () => {
    const whole = ethernet(udp4(1001, 1000));
    const bytes = pcap([{ time: NOON, data: whole.subarray(0, 60), wireLength: whole.length }]);
    expect(read(bytes).seen[0]?.octets).toBe(1000);
  });

  it('leaves the frame check sequence out where the file says that packets end with one', () => {
    // IPv4 length 0: what is there counts, so it shows whether the 4 bytes were taken off.
    const frame = ethernet(udp4(1001, 100));
    frame.writeUInt16BE(0, 16);
    const bytes = pcap([{ time: NOON, data: Buffer.concat([frame, Buffer.alloc(4)]) }]);
    bytes.writeUInt32LE((1 | 0x04000000 | (2 << 28)) >>> 0, 20);
    expect(read(bytes).seen[0]?.octets).toBe(100);
  });
});

describe('pcapng', () => {
  for (const bigEndian of [false, true])
    it(`is read ${bigEndian ? 'big' : 'little'}-endian, with every kind of packet block and others between`, () => {
      const us = NOON / 1000n;
      const file = new Pcapng(bigEndian);
      const comment = file.option(1, Buffer.from('any comment'));
      const bytes = file
        .section(comment)
        .block(0x0bad, Buffer.alloc(100)) // unknown
        .describe()
        .packet(us, three[0]!, { options: [comment] })
        .block(4, Buffer.alloc(40)) // name resolution
        .oldPacket(us + 1000n, three[1]!)
        .packet(us + 2000n, three[2]!)
        .simplePacket(ethernet(udp4(1004, 64)))
        .block(5, Buffer.alloc(12)) // statistics
        .bytes();
      for (const chunk of [1, 3, 12, 50, bytes.length]) {
        const { status, seen } = read(bytes, chunk);
        // A simple packet has no time: that of the packet before it stands in.
        expect(seen).toEqual([
          ...threeSeen,
          { port: 1004, octets: 64, packets: 1, time: Number(us) + 2000, address: '10.128.0.1' },
        ]);
        expect(status).toMatchObject({ state: 'more', format: 'pcapng', packets: 4, skippedBlocks: 3 });
      }
    });

  it('knows sections of both byte orders in one file, each with its own interfaces', () => {
    const us = NOON / 1000n;
    const bytes = Buffer.concat([
      new Pcapng(false).section().describe().packet(us, three[0]!).bytes(),
      new Pcapng(true)
        .section()
        .describe({ linkType: 101 })
        .packet(us + 1000n, udp6(1002, 200))
        .bytes(),
    ]);
    expect(read(bytes).seen).toEqual(threeSeen.slice(0, 2));
  });

  it('knows several interfaces of different link types, time resolutions and offsets', () => {
    const second = NOON / 1_000_000_000n;
    const cases: { resolution?: number; offsetSeconds?: bigint; ticks: bigint }[] = [
      { ticks: second * 1_000_000n },
      { resolution: 9, ticks: second * 1_000_000_000n },
      { resolution: 3, ticks: second * 1000n },
      { resolution: 0, ticks: second },
      { resolution: 0x80 | 20, ticks: second << 20n },
      { resolution: 12, offsetSeconds: second, ticks: 0n },
      { resolution: 6, offsetSeconds: -100n, ticks: (second + 100n) * 1_000_000n },
    ];
    const file = new Pcapng().section();
    cases.forEach((one, index) => file.describe({ ...one, linkType: index % 2 === 0 ? 1 : 101 }));
    cases.forEach(({ ticks }, index) => {
      const ip = udp4(1000 + index, 60);
      file.packet(ticks, index % 2 === 0 ? ethernet(ip) : ip, { index });
    });
    const { seen } = read(file.bytes());
    expect(seen.map((one) => one.time)).toEqual(cases.map(() => Number(second) * 1_000_000));
  });

  it('takes the snap length for the captured length of a simple packet', () => {
    const whole = ethernet(udp4(1001, 1000));
    const bytes = new Pcapng()
      .section()
      .describe({ snapLength: 60 })
      .simplePacket(whole.subarray(0, 60), whole.length)
      .bytes();
    expect(read(bytes).seen[0]?.octets).toBe(1000);
  });

  it('moves impossible times to the edge and says how many', () => {
    const bytes = new Pcapng()
      .section()
      .describe({ resolution: 0 })
      .packet(2n ** 63n, three[0]!)
      .describe({ offsetSeconds: -1000n })
      .packet(0n, three[2]!, { index: 1 })
      .bytes();
    const { status, seen } = read(bytes);
    expect(status).toMatchObject({ packets: 2, clampedTimes: 2 });
    expect(seen.map((one) => one.octets)).toEqual([100, 1500]);
  });
});

describe('link types', () => {
  const cooked = (protocol: number) =>
    Buffer.from([0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, protocol >> 8, protocol & 0xff]);
  const cooked2 = (protocol: number) =>
    Buffer.from([protocol >> 8, protocol & 0xff, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0]);
  const headers: [string, number, Buffer, Buffer][] = [
    ['raw IP (101)', 101, Buffer.alloc(0), Buffer.alloc(0)],
    ['raw IP (12)', 12, Buffer.alloc(0), Buffer.alloc(0)],
    ['raw IP (14)', 14, Buffer.alloc(0), Buffer.alloc(0)],
    ['raw IPv4 and IPv6 (228, by the version in the packet)', 228, Buffer.alloc(0), Buffer.alloc(0)],
    ['raw IPv6 (229)', 229, Buffer.alloc(0), Buffer.alloc(0)],
    ['Linux cooked v1', 113, cooked(0x0800), cooked(0x86dd)],
    ['Linux cooked v2', 276, cooked2(0x0800), cooked2(0x86dd)],
    ['BSD loopback, little-endian', 0, Buffer.from([2, 0, 0, 0]), Buffer.from([30, 0, 0, 0])],
    ['BSD loopback, big-endian', 0, Buffer.from([0, 0, 0, 2]), Buffer.from([0, 0, 0, 28])],
    ['OpenBSD loopback', 108, Buffer.from([0, 0, 0, 2]), Buffer.from([0, 0, 0, 24])],
    ['Linux loopback (AF_INET6 10)', 0, Buffer.from([2, 0, 0, 0]), Buffer.from([10, 0, 0, 0])],
    ['PPP', 9, Buffer.from([0x00, 0x21]), Buffer.from([0x00, 0x57])],
    ['PPP with address and control', 9, Buffer.from([0xff, 3, 0, 0x21]), Buffer.from([0xff, 3, 0, 0x57])],
    ['PPP with a short protocol field', 9, Buffer.from([0x21]), Buffer.from([0x57])],
    ['PPP in HDLC framing', 50, Buffer.from([0xff, 3, 0, 0x21]), Buffer.from([0xff, 3, 0, 0x57])],
    [
      'PPPoE session',
      51,
      Buffer.from([0x11, 0, 0, 1, 0, 102, 0, 0x21]),
      Buffer.from([0x11, 0, 0, 1, 0, 202, 0, 0x57]),
    ],
    ['Cisco HDLC', 104, Buffer.from([0x0f, 0, 8, 0]), Buffer.from([0x0f, 0, 0x86, 0xdd])],
  ];
  for (const [name, linkType, header4, header6] of headers)
    it(`${name} counts IPv4 and IPv6`, () => {
      const frames = [Buffer.concat([header4, udp4(1001, 100)]), Buffer.concat([header6, udp6(1002, 200)])];
      expect(read(pcap(packets(frames), { linkType })).seen).toEqual(threeSeen.slice(0, 2));
    });

  it('names a link type that cannot be read, at the file header of pcap', () => {
    const { status, seen } = read(pcap(packets(three), { linkType: 105 }));
    expect(seen).toEqual([]);
    expect(status.fault).toMatchObject({ kind: 'link_type', offset: 0 });
    expect(status.fault?.message).toContain('link type 105 (IEEE 802.11)');
  });

  it('names it at the first such packet of pcapng, and counts what came before', () => {
    const us = NOON / 1000n;
    const file = new Pcapng().section().describe().describe({ linkType: 127 }).packet(us, three[0]!);
    const offset = file.bytes().length;
    const { status, seen } = read(file.packet(us, three[1]!, { index: 1 }).bytes());
    expect(seen).toEqual(threeSeen.slice(0, 1));
    expect(status.fault).toMatchObject({ kind: 'link_type', offset });
    expect(status.fault?.message).toContain('link type 127 (IEEE 802.11 with radiotap header)');
  });

  it('counts a packet that is cut within its link header as malformed', () => {
    const { status, seen } = read(pcap(packets([Buffer.from([0, 4, 0, 1])]), { linkType: 113 }));
    expect(seen).toEqual([]);
    expect(status).toMatchObject({ state: 'more', packets: 1 });
  });
});

describe('broken files', () => {
  const foreign: [string, Buffer, string][] = [
    ['an empty file', Buffer.alloc(0), 'the file is empty'],
    ['text', Buffer.from('#!/bin/sh\necho hello world\n'), 'found text'],
    [
      'an ELF program',
      Buffer.from('\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00', 'latin1'),
      'an ELF program',
    ],
    ['a snoop capture', Buffer.from('snoop\0\0\0\0\0\0\x02\0\0\0\x04'), 'snoop'],
    ['Zstandard data', Buffer.from('28b52ffd0000000000000000', 'hex'), 'Zstandard'],
    ['other bytes', Buffer.from('00010203040506070809101112', 'hex'), 'bytes 00 01 02 03'],
    ['a few bytes', Buffer.from('d4c3b2a1', 'hex'), 'ends after 4 bytes'],
  ];
  for (const [name, bytes, message] of foreign)
    it(`says what was found: ${name}`, () => {
      const { status } = read(bytes, Math.max(1, bytes.length));
      expect(status.fault?.kind).toBe('foreign');
      expect(status.fault?.message).toContain(message);
    });

  it('counts everything before the cut, wherever it is, and says at which byte', () => {
    for (const { bytes, edges, packetsFrom } of [threePackets('pcap'), threePackets('pcapng')]) {
      for (let size = 1; size < bytes.length; size += 1) {
        const { status, seen } = read(bytes.subarray(0, size));
        const whole = edges.filter((edge) => edge > packetsFrom && edge <= size).length;
        expect(seen).toEqual(threeSeen.slice(0, whole));
        if (edges.includes(size)) expect(status.fault).toBeUndefined();
        else expect(status.fault?.kind).toBe(size < edges[0]! ? 'foreign' : 'truncated');
        if (status.fault?.kind === 'truncated') {
          expect(status.fault.offset).toBe(size);
          expect(status.fault.message).toContain(`cut at byte ${size}`);
        }
      }
    }
  });

  it('refuses lengths that no packet has, and says where', () => {
    const bytes = pcap(packets(three));
    const second = 24 + 16 + three[0]!.length;
    bytes.writeUInt32LE(300_000, second + 8);
    const { status, seen } = read(bytes);
    expect(seen).toEqual(threeSeen.slice(0, 1));
    expect(status.fault).toMatchObject({ kind: 'corrupt', offset: second });
    expect(status.fault?.message).toContain(`byte ${second}`);
    expect(status.fault?.message).toContain('300000');
  });

  it('does not let a claimed wire length become octets', () => {
    const frame = ethernet(udp4(1001, 100));
    frame.writeUInt16BE(0, 16); // IPv4 length 0: what was on the wire counts
    const { status, seen } = read(pcap([{ time: NOON, data: frame, wireLength: 0xffff_fff0 }]));
    expect(seen[0]?.octets).toBe(262144 - 14);
    expect(status.clampedLengths).toBe(1);
  });

  it('refuses blocks that contradict themselves', () => {
    const us = NOON / 1000n;
    const good = () => new Pcapng().section().describe().packet(us, three[0]!);
    const start = good().bytes().length;
    const cases: [string, Buffer][] = [
      ['names interface 9', good().packet(us, three[0]!, { index: 9 }).bytes()],
      ['impossible length 7', Buffer.concat([good().bytes(), block(6, 7)])],
      ['impossible length 8', Buffer.concat([good().bytes(), block(6, 8)])],
      ['more than any packet needs', Buffer.concat([good().bytes(), block(6, 0x4000_0000)])],
      ['too short', good().block(6, Buffer.alloc(8)).bytes()],
      ['too short', good().block(1, Buffer.alloc(4)).bytes()],
      ['two lengths', broken(good().block(6, Buffer.alloc(64)).bytes())],
      ['two lengths', broken(good().block(0x77, Buffer.alloc(64)).bytes())],
    ];
    for (const [message, bytes] of cases) {
      const { status, seen } = read(bytes);
      expect(seen).toEqual(threeSeen.slice(0, 1));
      expect(status.fault?.kind).toBe('corrupt');
      expect(status.fault?.message).toContain(message);
      expect(status.fault?.offset).toBeGreaterThanOrEqual(start);
    }
  });

  it('never throws and never hangs, whatever the bytes', () => {
    const plain = threePackets('pcap').bytes;
    const blocks = threePackets('pcapng').bytes;
    fc.assert(
      fc.property(
        fc.constantFrom(plain, blocks),
        fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { maxLength: 8 }),
        fc.integer({ min: 1, max: 700 }),
        (file, damages, chunk) => {
          const bytes = Buffer.from(file);
          for (const [at, value] of damages) if (at < bytes.length) bytes[at] = value;
          const whole = read(bytes);
          expect(whole).toEqual(read(bytes, chunk));
          expect(whole.status.packets).toBeLessThanOrEqual(bytes.length / 16);
        },
      ),
      { numRuns: 300 },
    );
  });
});

interface FileWithEdges {
  bytes: Buffer;
  /** Where records end; the first is the file (or section) header. */
  edges: number[];
  /** Where the first packet starts. */
  packetsFrom: number;
}

function threePackets(kind: 'pcap' | 'pcapng'): FileWithEdges {
  if (kind === 'pcap') {
    const edges = [24];
    for (const frame of three) edges.push(edges.at(-1)! + 16 + frame.length);
    return { bytes: pcap(packets(three)), edges, packetsFrom: 24 };
  }
  const file = new Pcapng().section();
  const edges = [file.bytes().length];
  file.describe();
  edges.push(file.bytes().length);
  three.forEach((frame, index) => {
    file.packet(NOON / 1000n + BigInt(index) * 1000n, frame);
    edges.push(file.bytes().length);
  });
  return { bytes: file.bytes(), edges, packetsFrom: edges[1]! };
}

function block(type: number, length: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

function broken(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(bytes.readUInt32LE(bytes.length - 4) + 4, bytes.length - 4);
  return bytes;
}
