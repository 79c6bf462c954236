import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  address,
  arpRequest,
  foldChecksum,
  ipHeaderBytes,
  macAddress,
  sum16,
  tcpPacket,
  udpPacket,
} from './wire.js';

const endpoints = fc.constantFrom(
  { from: '10.128.1.1', to: '147.92.146.242' },
  { from: '2001:db8:100::a1', to: '2400:dcc0:f0::11' },
);
const ports = fc.integer({ min: 1, max: 65_535 });

/** A receiver's check: the sum over pseudo header and segment, checksum included, folds to zero. */
function transportSum(packet: Buffer, from: string, to: string, protocol: number): number {
  const family = address(from).family;
  const start = ipHeaderBytes(family);
  const first = family === 4 ? 12 : 0;
  const pseudo = sum16(address(to).bytes, first, 16, sum16(address(from).bytes, first, 16, protocol));
  return foldChecksum(sum16(packet, start, packet.length, pseudo + packet.length - start));
}

describe('checksum', () => {
  it('is that of the example in RFC 1071, section 3', () => {
    const bytes = Buffer.from('0001f203f4f5f6f7', 'hex');
    expect(foldChecksum(sum16(bytes, 0, bytes.length))).toBe(~0xddf2 & 0xffff);
  });

  it('counts an odd last byte as the high half of a word', () => {
    expect(sum16(Buffer.of(1, 2, 3), 0, 3)).toBe(0x0102 + 0x0300);
  });
});

describe('packets', () => {
  it('have checksums that a receiver accepts', () => {
    fc.assert(
      fc.property(endpoints, ports, ports, fc.uint8Array({ maxLength: 1400 }), (ends, a, b, payload) => {
        const from = { address: address(ends.from), port: a };
        const to = { address: address(ends.to), port: b };
        const fields = {
          sequence: 0xffff_ffff,
          acknowledgement: 7,
          flags: 0x18,
          options: Buffer.alloc(12, 1),
        };
        const tcp = tcpPacket(from, to, fields, payload, 9);
        const udp = udpPacket(from, to, payload, 70_000);
        expect(transportSum(tcp, ends.from, ends.to, 6)).toBe(0);
        expect(transportSum(udp, ends.from, ends.to, 17)).toBe(0);
        if (from.address.family === 4) expect(foldChecksum(sum16(udp, 0, 20))).toBe(0);
      }),
    );
  });

  it('say their own length', () => {
    const from = { address: address('10.128.1.1'), port: 1 };
    const ipv4 = udpPacket(from, { address: address('10.0.0.1'), port: 2 }, Buffer.alloc(100), 1);
    expect([ipv4.length, ipv4.readUInt16BE(2)]).toEqual([128, 128]);
    const source = { address: address('2001:db8::1'), port: 1 };
    const ipv6 = udpPacket(source, { address: address('2001:db8::2'), port: 2 }, Buffer.alloc(100), 1);
    expect([ipv6.length, ipv6.readUInt16BE(4)]).toEqual([148, 108]);
  });

  it('never carry a UDP checksum of 0, which would mean none', () => {
    const from = { address: address('0.0.0.0'), port: 0 };
    // Port sum and lengths are chosen so that the ones' complement sum is 0xffff.
    const to = { address: address('0.0.0.0'), port: 0xffff - 17 - 8 - 8 };
    const packet = udpPacket(from, to, Buffer.alloc(0), 1);
    expect(packet.readUInt16BE(26)).toBe(0xffff);
  });

  it('pad an ARP request to the least frame', () => {
    const frame = arpRequest(macAddress(1), address('100.64.0.1'), address('100.64.0.2'));
    expect(frame).toHaveLength(60);
    expect(frame.subarray(14 + 24, 14 + 28)).toEqual(Buffer.of(100, 64, 0, 2));
  });
});
