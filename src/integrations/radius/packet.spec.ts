import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountingRequest,
  attribute,
  imsiAttribute,
  isResponseTo,
  SECRET,
} from '../../../test/support/radius-packets.js';
import { parsePrefix } from '../../shared/index.js';
import { readAccounting } from './accounting.js';
import { isAuthentic, parsePacket, responseTo } from './packet.js';

const secret = Buffer.from(SECRET);
const parsed = (bytes: Buffer) => {
  const packet = parsePacket(bytes);
  if (packet === undefined) throw new Error('not a packet');
  return packet;
};

describe('authenticity', () => {
  it('is the request authenticator, and the message authenticator where there is one', () => {
    for (const signed of [false, true]) {
      const request = accountingRequest([attribute(40, 1), attribute(44, 's')], { signed });
      expect(isAuthentic(parsed(request), secret)).toBe(true);
      expect(isAuthentic(parsed(request), Buffer.from('another secret'))).toBe(false);
    }
  });

  it('fails for every byte that is changed on the way', () => {
    const request = accountingRequest([attribute(40, 1), attribute(44, 'abc')], { signed: true });
    for (let at = 0; at < request.length; at += 1) {
      const forged = Buffer.from(request);
      forged.writeUInt8(forged.readUInt8(at) ^ 1, at);
      const packet = parsePacket(forged);
      expect(packet !== undefined && packet.code === 4 && isAuthentic(packet, secret), `byte ${at}`).toBe(
        false,
      );
    }
  });

  it('asks a status request, whose authenticator is random, for a message authenticator', () => {
    const bare = accountingRequest([], { code: 12 });
    expect(isAuthentic(parsed(bare), secret)).toBe(false);
    const signed = Buffer.concat([Buffer.from([12, 1, 0, 38]), Buffer.alloc(16, 0xa5), Buffer.alloc(18)]);
    signed.set([80, 18], 20);
    createHmac('md5', SECRET).update(signed).digest().copy(signed, 22);
    expect(isAuthentic(parsed(signed), secret)).toBe(true);
    signed.writeUInt8(0, 10);
    expect(isAuthentic(parsed(signed), secret)).toBe(false);
  });

  it('is refused to a packet with two message authenticators, or one of a wrong size', () => {
    const twice = accountingRequest([attribute(80, Buffer.alloc(16))], { signed: true });
    expect(isAuthentic(parsed(twice), secret)).toBe(false);
    expect(isAuthentic(parsed(accountingRequest([attribute(80, Buffer.alloc(15))])), secret)).toBe(false);
  });
});

describe('answers', () => {
  it('carry every proxy state in its order, and are signed over the request', () => {
    const request = accountingRequest([attribute(33, 'one'), attribute(40, 1), attribute(33, 'two')]);
    const answer = responseTo(parsed(request), secret);
    expect(isResponseTo(answer, request)).toBe(true);
    expect(parsed(answer).attributes.map(({ type, value }) => [type, value.toString()])).toEqual([
      [33, 'one'],
      [33, 'two'],
    ]);
  });
});

describe('hostile packets', () => {
  // Near to what is read, so that the fuzz gets past the first look.
  const routes = fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), fc.nat(300), fc.string({ maxLength: 20 }))
    .map(([network, length, rest]) => Buffer.from(`${network}/${length} ${rest}`).subarray(0, 253));
  const vendor = fc
    .array(fc.tuple(fc.constantFrom(1, 18, 22, 7), fc.uint8Array({ maxLength: 20 })), { maxLength: 10 })
    .map((subs) =>
      Buffer.concat([
        Buffer.from([0, 0, 0x28, 0xaf]),
        ...subs.map(([type, value]) => attribute(type, Buffer.from(value))),
      ]),
    );
  const attributes = fc.array(
    fc
      .tuple(
        fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(8, 22, 26, 97, 99, 123, 168)),
        fc.oneof(fc.uint8Array({ maxLength: 253 }), routes, vendor),
      )
      .map(([type, value]) => attribute(type, Buffer.from(value))),
    { maxLength: 40 },
  );

  it('of any bytes never throw, and give nothing that lies outside of the packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const packet = parsePacket(Buffer.from(bytes));
        if (packet === undefined) return;
        isAuthentic(packet, secret);
        readAccounting(packet, '192.0.2.1', Date.UTC(2026, 3, 1));
        expect(packet.bytes.length).toBeLessThanOrEqual(Math.min(bytes.length, 4096));
        const size = packet.attributes.reduce((sum, { value }) => sum + value.length + 2, 20);
        expect(size).toBe(packet.bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('that are well formed but of any attributes give an event of bounded size, and an answer', () => {
    fc.assert(
      fc.property(attributes, fc.constantFrom(1, 2, 3, 7, 8, 15, 4_294_967_295), (any, status) => {
        const bytes = accountingRequest([attribute(40, status), attribute(44, 'x'), ...any.slice(0, 14)]);
        const packet = parsePacket(bytes);
        if (packet === undefined) return;
        const now = Date.UTC(2026, 3, 1);
        const event = readAccounting(packet, '192.0.2.1', now);
        if (typeof event !== 'string') {
          expect(event.prefixes.length).toBeLessThanOrEqual(16);
          for (const prefix of event.prefixes) expect(parsePrefix(prefix).length).toBeGreaterThan(0);
          expect(event.mcc ?? '000').toMatch(/^\d{3}$/);
          expect(event.imsi ?? '00000').toMatch(/^\d{5,15}$/);
          expect(event.time).toBeLessThanOrEqual(now);
          expect(event.nas.length + event.acctSessionId.length).toBeLessThan(1100);
          // eslint-disable-next-line no-control-regex
          expect(JSON.stringify(Object.values(event))).not.toMatch(/[\u0000-\u001f]/);
        }
        expect(parsePacket(responseTo(packet, secret))).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['short', Buffer.alloc(19)],
    ['a length below the header', Buffer.from([4, 1, 0, 19, ...Buffer.alloc(16)])],
    ['a length beyond the datagram', Buffer.from([4, 1, 0, 21, ...Buffer.alloc(16)])],
    ['an attribute of length 0', Buffer.from([4, 1, 0, 22, ...Buffer.alloc(16), 1, 0])],
    ['an attribute beyond the packet', Buffer.from([4, 1, 0, 22, ...Buffer.alloc(16), 1, 3])],
    ['half an attribute', Buffer.from([4, 1, 0, 21, ...Buffer.alloc(16), 1])],
  ])('%s is no packet', (_what, bytes) => {
    expect(parsePacket(bytes)).toBeUndefined();
  });

  it('a datagram may be padded', () => {
    const request = accountingRequest([attribute(40, 1), imsiAttribute('440101234567890')]);
    expect(isAuthentic(parsed(Buffer.concat([request, Buffer.alloc(9, 0xff)])), secret)).toBe(true);
  });
});
