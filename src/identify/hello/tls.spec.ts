import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clientHello,
  ECH,
  ESNI,
  GREASE,
  KEY_SHARE,
  PADDING,
  serverName,
  tlsHello,
  tlsRecords,
} from '../../../test/support/hellos.js';
import { parseClientHello, parseTlsStream, startsClientHello } from './tls.js';

const whole = (name: string | null, standing = 'plain', literal: string | null = null): unknown => ({
  state: 'whole',
  claim: { kind: 'sni', name, standing, literal },
});

describe('ClientHello', () => {
  it.each([
    ['a name', tlsHello('obs.line.me'), whole('obs.line.me')],
    ['upper case and a final dot', tlsHello('OBS.Line.ME.'), whole('obs.line.me')],
    [
      'GREASE, post-quantum size and padding',
      tlsHello('line.me', GREASE, KEY_SHARE, PADDING),
      whole('line.me'),
    ],
    ['a port, which some clients add', tlsHello('line.me:443'), whole('line.me')],
    ['no name', tlsHello(null), whole(null)],
    ['no extensions', tlsRecords(clientHello(null)), whole(null)],
    ['an encrypted hello behind a front', tlsHello('front.example', ECH), whole('front.example', 'front')],
    ['an encrypted name', tlsHello('front.example', ESNI), whole('front.example', 'front')],
    [
      'two names in one list',
      tlsRecords(clientHello([serverName('line.me', 'evil.example')])),
      whole('line.me', 'ambiguous'),
    ],
    [
      'two lists',
      tlsRecords(clientHello([serverName('line.me'), serverName('evil.example')])),
      whole('line.me', 'ambiguous'),
    ],
    ['an address in place of a name', tlsHello('192.0.2.1'), whole(null, 'plain', '192.0.2.1')],
    ['a blank in the name', tlsHello('line.me evil.example'), whole(null)],
    ['a zero octet in the name', tlsHello('line.me\0.evil.example'), whole(null)],
    ['an empty label', tlsHello('line..me'), whole(null)],
    ['a label that starts with a hyphen', tlsHello('-line.me'), whole(null)],
    ['a label of 64', tlsHello(`${'a'.repeat(64)}.me`), whole(null)],
    ['an empty name', tlsHello(''), whole(null)],
  ])('%s', (_, stream, expected) => {
    expect(parseTlsStream(stream)).toEqual(expected);
  });

  it('is read whatever version its record and message tell', () => {
    for (const record of [0x0300, 0x0301, 0x0302, 0x0303, 0x0304])
      for (const legacy of [0x0300, 0x0301, 0x0302, 0x0303, 0x7a7a]) {
        const stream = tlsHello('obs.line.me');
        stream.writeUInt16BE(record, 1);
        stream.writeUInt16BE(legacy, 9);
        expect(parseTlsStream(stream)).toEqual(whole('obs.line.me'));
      }
  });

  it('is read however it is split into records', () => {
    const message = clientHello([GREASE, KEY_SHARE, serverName('obs.line.me'), PADDING]);
    for (const size of [1, 2, 3, 4, 5, 50, 1000, message.length - 1, message.length])
      expect(parseTlsStream(tlsRecords(message, size))).toEqual(whole('obs.line.me'));
  });

  it('gives its name once the extension is there, and says that it is not whole', () => {
    const stream = tlsHello('obs.line.me', KEY_SHARE);
    expect(parseTlsStream(stream.subarray(0, 60))).toEqual({ state: 'more' });
    expect(parseTlsStream(stream.subarray(0, 300))).toEqual({
      ...(whole('obs.line.me') as object),
      state: 'partial',
    });
  });

  it('is not seen in other records and messages', () => {
    const stream = tlsHello('line.me');
    for (const [at, value] of [
      [0, 23],
      [1, 2],
      [5, 2],
    ] as const) {
      const other = Buffer.from(stream);
      other[at] = value;
      expect(startsClientHello(other)).toBe(false);
      expect(parseTlsStream(other)).toEqual({ state: 'none' });
    }
  });

  it('ends with the message: what another record says behind it counts for nothing', () => {
    const stream = Buffer.concat([tlsHello(null), tlsHello('line.me')]);
    expect(parseTlsStream(stream)).toEqual(whole(null));
  });

  it('is refused where lengths contradict each other', () => {
    const message = clientHello([serverName('line.me')]);
    const list = message.length - 'line.me'.length - 5;
    for (const [at, value] of [
      [message.length - 'line.me'.length - 2, 0xff], // name longer than its list
      [list, 0xff], // list longer than its extension
      [38, 33], // session id longer than the standard allows
    ] as const) {
      const broken = Buffer.from(message);
      broken[at] = value;
      expect(parseClientHello(broken, 'sni').state).toBe('none');
    }
  });

  it('never throws and never takes long, whatever comes', () => {
    const valid = tlsHello('obs.line.me', KEY_SHARE, ECH);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 12 }),
        fc.nat(valid.length),
        fc.uint8Array({ maxLength: 40 }),
        (changes, cut, tail) => {
          const bytes = Buffer.concat([valid.subarray(0, cut), tail]);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          expect(['whole', 'partial', 'more', 'none']).toContain(parseTlsStream(bytes).state);
        },
      ),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        parseTlsStream(Buffer.from(bytes));
        parseClientHello(Buffer.from(bytes), 'quic_sni');
      }),
    );
  });

  it('gives no name but the one that was sent, cut anywhere', () => {
    const stream = tlsHello('obs.line.me', KEY_SHARE);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const parsed = parseTlsStream(stream.subarray(0, cut));
      if ('claim' in parsed) expect(parsed.claim.name).toBe('obs.line.me');
      if (cut < stream.length) expect(parsed.state).not.toBe('whole');
    }
  });
});
