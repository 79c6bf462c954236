import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clientHello,
  cryptoFrame,
  gquicHello,
  KEY_SHARE,
  PADDING,
  QUIC_V2,
  quicHello,
  quicInitial,
  serverName,
} from '../../../test/support/hellos.js';
import { QuicFlow, startsQuic } from './quic.js';

const ID = Buffer.from('8394c8f03e515708', 'hex');
const OTHER_ID = Buffer.from('1122334455667788', 'hex');
const fill = (...frames: Buffer[]): Buffer => Buffer.concat([...frames, Buffer.alloc(400)]);
const name = (flow: QuicFlow, datagram: Buffer): string | null | undefined => flow.read(datagram)?.claim.name;

describe('QUIC Initials', () => {
  const drafts = Array.from({ length: 12 }, (_, i) => 0xff000017 + i); // 23 to 34
  it.each([1, QUIC_V2, ...drafts, 0xfaceb002])('are decrypted in version %s', (version) => {
    const datagram = quicHello('www.youtube.com', ID, version);
    expect(startsQuic(datagram)).toBe(true);
    expect(new QuicFlow().read(datagram)).toEqual({
      claim: { kind: 'quic_sni', name: 'www.youtube.com', literal: null, standing: 'plain' },
      connection: 0,
      whole: true,
    });
  });

  const message = clientHello([KEY_SHARE, serverName('www.youtube.com'), PADDING]);
  const cuts = [0, 5, 300, 1250, 1400, message.length];
  const parts = cuts.slice(1).map((end, i) => cryptoFrame(cuts[i]!, message.subarray(cuts[i], end)));

  it('are put together from CRYPTO frames in any order, over packets', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (order) => {
        const flow = new QuicFlow();
        const found = order.map((frame, number) =>
          name(flow, quicInitial({ frames: fill(frame), destination: ID, number })),
        );
        expect(found.at(-1) ?? found.find((each) => each != null)).toBe('www.youtube.com');
      }),
      { numRuns: 20 },
    );
  });

  it('are put together over a change of connection id, and though the second comes first', () => {
    const first = quicInitial({ frames: fill(parts[0]!, parts[1]!, parts[2]!), destination: ID });
    const second = quicInitial({
      frames: fill(parts[3]!, parts[4]!),
      destination: OTHER_ID,
      keysOf: ID,
      number: 1,
    });
    const inOrder = new QuicFlow();
    expect(name(inOrder, first)).toBeUndefined();
    expect(name(inOrder, second)).toBe('www.youtube.com');
    const reversed = new QuicFlow();
    expect(name(reversed, second)).toBeUndefined();
    expect(name(reversed, first)).toBe('www.youtube.com');
  });

  it('are found behind acknowledgements, pings and in coalesced packets', () => {
    const ack = Buffer.from([2, 5, 0, 0, 5]);
    const hello = quicInitial({ frames: fill(Buffer.from([1]), ack, ...parts), destination: ID });
    const before = quicInitial({ frames: fill(Buffer.from([1])), destination: ID, number: 1 });
    expect(name(new QuicFlow(), Buffer.concat([before, hello]))).toBe('www.youtube.com');
  });

  it('are found before and behind 0-RTT packets, which tell nothing', () => {
    // RFC 9000, 17.2.3: as an Initial, but of type 1 and without a token.
    const early = Buffer.concat([
      Buffer.from('d300000001', 'hex'),
      Buffer.from([ID.length, ...ID, 0, 0x40, 100]),
      Buffer.alloc(100, 0x5a),
    ]);
    const initial = quicInitial({ frames: fill(cryptoFrame(0, message)), destination: ID });
    expect(name(new QuicFlow(), Buffer.concat([early, initial]))).toBe('www.youtube.com');
    const flow = new QuicFlow();
    expect(flow.read(early)).toBeUndefined();
    expect(name(flow, Buffer.concat([initial, early]))).toBe('www.youtube.com');
    expect(flow.read(early)).toBeUndefined();
  });

  it('come again after a Retry, with a token and new keys', () => {
    const flow = new QuicFlow();
    expect(name(flow, quicInitial({ frames: fill(parts[0]!), destination: ID }))).toBeUndefined();
    const again = { frames: fill(...parts), destination: OTHER_ID, token: Buffer.alloc(40, 1) };
    expect(name(flow, quicInitial(again))).toBe('www.youtube.com');
  });

  it('of a second connection on the same ports tell the new name', () => {
    const flow = new QuicFlow();
    flow.read(quicHello('www.youtube.com', ID));
    expect(flow.read(quicHello('www.youtube.com', ID))).toBeUndefined(); // retransmitted
    expect(flow.read(quicHello('evil.example', OTHER_ID))).toMatchObject({
      claim: { name: 'evil.example', standing: 'plain' },
      connection: 1,
    });
  });

  it('that say two things in one place are ambiguous, and the first is kept', () => {
    const flow = new QuicFlow();
    const other = clientHello([KEY_SHARE, serverName('evi.youtube.com'), PADDING]);
    const at = message.indexOf('www.youtube.com');
    const first = cryptoFrame(0, message.subarray(0, at + 20));
    flow.read(quicInitial({ frames: fill(first), destination: ID }));
    const rest = cryptoFrame(at, other.subarray(at));
    const reading = flow.read(quicInitial({ frames: fill(rest), destination: ID, number: 1 }));
    expect(reading?.claim).toMatchObject({ name: 'www.youtube.com', standing: 'ambiguous' });
  });

  it('that cannot be decrypted tell nothing, and cost little', () => {
    const flow = new QuicFlow();
    for (let i = 0; i < 1000; i += 1) {
      const id = Buffer.alloc(8, i);
      expect(
        flow.read(quicInitial({ frames: fill(parts[0]!), destination: id, keysOf: ID, number: i })),
      ).toBeUndefined();
    }
    expect(flow.held).toBeLessThan(10_000);
  });

  it('never throw, whatever comes', () => {
    const valid = quicHello('www.youtube.com', ID);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
        fc.nat(valid.length),
        fc.uint8Array({ maxLength: 300 }),
        (changes, cut, frames) => {
          const bytes = Buffer.from(valid.subarray(0, cut));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const flow = new QuicFlow();
          flow.read(bytes);
          // Well protected, but with frames of any kind.
          flow.read(
            quicInitial({ frames: Buffer.concat([Buffer.from(frames), Buffer.alloc(20)]), destination: ID }),
          );
          expect(flow.held).toBeLessThan(70_000);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('gQUIC', () => {
  it.each(['Q024', 'Q039', 'Q043'])('%s tells its name in the clear', (version) => {
    const datagram = gquicHello('www.youtube.com', version);
    expect(startsQuic(datagram)).toBe(true);
    expect(name(new QuicFlow(), datagram)).toBe('www.youtube.com');
  });

  it('never throws, whatever comes', () => {
    const valid = gquicHello('www.youtube.com');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
        fc.nat(valid.length),
        (changes, cut) => {
          const bytes = Buffer.from(valid.subarray(0, cut));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          new QuicFlow().read(bytes);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
