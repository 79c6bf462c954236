import { describe, expect, it } from 'vitest';
import { dnsAnswer, dnsQuery } from './dns.js';
import { Random } from './random.js';
import { applicationData, clientHello } from './tls.js';
import { address } from './wire.js';

/** Extensions of a ClientHello by type, read back by the lengths of RFC 8446. */
function extensionsOf(record: Buffer): Map<number, Buffer> {
  expect([record[0], record[5]]).toEqual([22, 1]);
  expect(record.readUInt16BE(3)).toBe(record.length - 5);
  expect(record.readUIntBE(6, 3)).toBe(record.length - 9);
  let at = 9 + 2 + 32;
  at += 1 + record.readUInt8(at);
  at += 2 + record.readUInt16BE(at);
  at += 1 + record.readUInt8(at);
  expect(record.readUInt16BE(at)).toBe(record.length - at - 2);
  const found = new Map<number, Buffer>();
  for (at += 2; at < record.length;) {
    const length = record.readUInt16BE(at + 2);
    found.set(record.readUInt16BE(at), record.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

describe('clientHello', () => {
  it('names its server', () => {
    const serverName = extensionsOf(clientHello({ serverName: 'legy.line-apps.com' }, new Random(1))).get(0);
    expect(serverName?.subarray(5).toString('latin1')).toBe('legy.line-apps.com');
  });

  it('takes two segments with a post-quantum key share', () => {
    const small = clientHello({ serverName: 'line.me' }, new Random(1));
    const large = clientHello({ serverName: 'line.me', postQuantum: true }, new Random(1));
    expect(small.length).toBeLessThan(600);
    expect(large.length).toBeGreaterThan(1448);
    expect(extensionsOf(large).get(0)).toEqual(extensionsOf(small).get(0));
  });
});

describe('applicationData', () => {
  it.each([1, 22, 16_406, 16_407, 100_000])('makes about %i octets in whole records', (octets) => {
    const records = [...applicationData(octets, new Random(1))];
    for (const record of records) {
      expect(record.readUInt16BE(3)).toBe(record.length - 5);
      expect(record.readUInt16BE(3)).toBeLessThanOrEqual(16_384 + 256);
    }
    const total = records.reduce((sum, record) => sum + record.length, 0);
    expect(Math.abs(total - octets)).toBeLessThanOrEqual(22);
  });
});

describe('dns', () => {
  it('asks and answers in the form of RFC 1035', () => {
    expect(dnsQuery(0x1234, 'line.me', 4).toString('hex')).toBe(
      '123401000001000000000000046c696e65026d650000010001',
    );
    const answer = dnsAnswer(0x1234, 'line.me', address('147.92.191.70'), 300);
    expect(answer.toString('hex')).toBe(
      '123481800001000100000000046c696e65026d650000010001c00c000100010000012c0004935cbf46',
    );
  });

  it('can answer with an alias first', () => {
    const answer = dnsAnswer(1, 'a.example', address('2001:db8::1'), 60, 'b.example');
    expect(answer.readUInt16BE(6)).toBe(2);
    expect(answer.subarray(-16)).toEqual(Buffer.from(address('2001:db8::1').bytes));
  });
});
