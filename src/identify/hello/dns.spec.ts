import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressRecord,
  aliasRecord,
  dnsAnswer,
  dnsName,
  dnsOverTcp,
  httpsRecord,
} from '../../../test/support/hellos.js';
import { parseDnsAnswer, splitTcpMessages } from './dns.js';

function read(message: Buffer): string[] | undefined {
  const answer = parseDnsAnswer(message);
  return (
    answer && [answer.name, ...answer.addresses.map(({ bytes, ttl }) => `${[...bytes].join('.')} ${ttl}`)]
  );
}

describe('DNS answers', () => {
  it('give the addresses of the name that was asked', () => {
    const message = dnsAnswer('LINE.me', [
      addressRecord('line.me', '192.0.2.1', 60),
      addressRecord('line.me', '192.0.2.2', 90),
    ]);
    expect(read(message)).toEqual(['line.me', '192.0.2.1 60', '192.0.2.2 90']);
  });

  it('give IPv6 addresses', () => {
    expect(read(dnsAnswer('line.me', [addressRecord('line.me', '2400:dcc0::1')]))?.[1]).toBe(
      '36.0.220.192.0.0.0.0.0.0.0.0.0.0.0.1 300',
    );
  });

  it('follow aliases in any order, with the least TTL on the way', () => {
    const message = dnsAnswer('www.line.me', [
      addressRecord('edge.cdn.example', '192.0.2.7', 500),
      aliasRecord('a.cdn.example', 'edge.cdn.example', 20),
      aliasRecord('www.line.me', 'a.cdn.example', 900),
    ]);
    expect(read(message)).toEqual(['www.line.me', '192.0.2.7 20']);
  });

  it('name nothing by records that do not hang together with the question', () => {
    const message = dnsAnswer('evil.example', [addressRecord('line.me', '203.0.113.9')], {
      additional: [addressRecord('news.line.me', '203.0.113.9')],
    });
    expect(read(message)).toEqual(['evil.example']);
  });

  it('take address hints of service records, and aliases in alias mode', () => {
    const hints: [number, Buffer][] = [
      [1, Buffer.from('\x02h3')],
      [4, Buffer.from([192, 0, 2, 1, 192, 0, 2, 2])],
      [6, Buffer.alloc(16, 0x20)],
    ];
    const service = dnsAnswer('line.me', [httpsRecord('line.me', 1, '', hints)], { type: 65 });
    expect(read(service)?.slice(1, 3)).toEqual(['192.0.2.1 300', '192.0.2.2 300']);
    expect(read(service)).toHaveLength(4);
    const alias = dnsAnswer('line.me', [httpsRecord('line.me', 0, 'svc.example')], {
      type: 65,
      additional: [addressRecord('svc.example', '192.0.2.9')],
    });
    expect(read(alias)).toEqual(['line.me', '192.0.2.9 300']);
  });

  it('read compressed names, and stop at loops', () => {
    const pointer = Buffer.from([0xc0, 12]);
    expect(read(dnsAnswer('line.me', [addressRecord(pointer, '192.0.2.1')]))).toEqual([
      'line.me',
      '192.0.2.1 300',
    ]);
    const loop = Buffer.from([0xc0, 12 + dnsName('line.me').length + 4]); // points to itself
    expect(read(dnsAnswer('line.me', [addressRecord(loop, '192.0.2.1')]))).toEqual(['line.me']);
    const alias = { owner: 'line.me', type: 5, data: Buffer.from([0xc0, 12]) };
    expect(read(dnsAnswer('line.me', [alias, addressRecord('line.me', '192.0.2.1')]))).toEqual([
      'line.me',
      '192.0.2.1 300',
    ]);
  });

  it('are not taken from queries, errors, other opcodes, or several questions', () => {
    const answers = [addressRecord('line.me', '192.0.2.1')];
    for (const flags of [0x0100, 0x8183, 0x8182, 0xa180])
      expect(read(dnsAnswer('line.me', answers, { flags }))).toBeUndefined();
    const two = dnsAnswer('line.me', answers);
    two.writeUInt16BE(2, 4);
    expect(read(two)).toBeUndefined();
  });

  it('are taken from a message cut by a fragment, as far as it goes', () => {
    const message = dnsAnswer('line.me', [
      addressRecord('line.me', '192.0.2.1'),
      addressRecord('line.me', '192.0.2.2'),
    ]);
    expect(read(message.subarray(0, message.length - 3))).toEqual(['line.me', '192.0.2.1 300']);
  });

  it('do not mistake a label with a dot in it for two labels', () => {
    const odd = Buffer.concat([Buffer.from([7]), Buffer.from('line.me'), Buffer.from([0])]);
    const message = dnsAnswer('x', []);
    expect(read(Buffer.concat([message.subarray(0, 12), odd, Buffer.from([0, 1, 0, 1])]))).toBeUndefined();
  });

  it('are bounded in addresses', () => {
    const many = Array.from({ length: 300 }, (_, i) =>
      addressRecord('line.me', `192.0.${i >> 8}.${i & 255}`),
    );
    expect(parseDnsAnswer(dnsAnswer('line.me', many))?.addresses).toHaveLength(64);
  });

  it('never throw, whatever comes', () => {
    const valid = dnsAnswer('www.line.me', [
      aliasRecord('www.line.me', 'a.example'),
      addressRecord('a.example', '192.0.2.1'),
      httpsRecord('a.example', 1, 'b.example', [[4, Buffer.from([1, 2, 3, 4])]]),
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 10 }),
        fc.nat(valid.length),
        (changes, cut) => {
          const bytes = Buffer.from(valid.subarray(0, cut));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          for (const { bytes: address } of parseDnsAnswer(bytes)?.addresses ?? [])
            expect([4, 16]).toContain(address.length);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('over TCP are told apart by their lengths', () => {
    const one = dnsAnswer('a.example', []);
    const two = dnsAnswer('b.example', []);
    const stream = Buffer.concat([dnsOverTcp(one), dnsOverTcp(two)]);
    expect(splitTcpMessages(stream)).toEqual({ messages: [one, two], used: stream.length });
    expect(splitTcpMessages(stream.subarray(0, stream.length - 1)).messages).toEqual([one]);
  });
});
