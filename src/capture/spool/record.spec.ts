import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { record } from '../../../test/support/spool.js';
import { FLOW_RECORD_BYTES, OUTCOMES } from '../layout.js';
import { noCounters } from '../source.js';
import { decodePayload, encodeRecord } from './record.js';

describe('spool record', () => {
  it('comes back as it was, with an epoch end and hellos', () => {
    const counters = noCounters();
    counters.seen = { packets: 7, octets: Number.MAX_SAFE_INTEGER };
    counters.notes.hello_dropped = { packets: 1, octets: 2 };
    counters.outcomes.outer_fragment = { packets: 3, octets: 4 };
    const epochEnd = {
      epoch: 9,
      openedTime: 1_700_000_000_000_000,
      closedTime: 1_700_000_010_000_000,
      counters,
    };
    const original = record(5, { hellos: Buffer.from('hello'), epochEnd, source: 'ノード:eth0' });
    const [, ...payload] = encodeRecord(original, 1, Buffer.alloc(8));
    expect(decodePayload(Buffer.concat(payload))).toEqual(original);
  });

  it.each([
    ['sequence counts', { sequences: { numbered: 8, missed: 3, late: Number.MAX_SAFE_INTEGER } }],
    ['drops', { socketDrops: 6 }],
    ['both', { sequences: { numbered: 0, missed: 0, late: 0 }, socketDrops: 6 }],
  ])('keeps what an epoch says of its losses: %s', (_name, losses) => {
    const epochEnd = { epoch: 9, openedTime: 1, closedTime: 2, counters: noCounters(), ...losses };
    const original = record(5, { hellos: Buffer.from('hello'), epochEnd });
    const [, meta, source, end, ...rest] = encodeRecord(original, 1, Buffer.alloc(8));
    expect(decodePayload(Buffer.concat([meta!, source!, end!, ...rest]))).toEqual(original);
    end!.writeUInt32LE(2, 4);
    expect(() => decodePayload(Buffer.concat([meta!, source!, end!, ...rest]))).toThrow(/do not fill it/);
  });

  it('of a build that noted less comes back with nothing noted for the rest', () => {
    const epochEnd = { epoch: 9, openedTime: 1, closedTime: 2, counters: noCounters() };
    epochEnd.counters.notes.hello_dropped = { packets: 1, octets: 2 };
    const original = record(5, { hellos: Buffer.from('hello'), epochEnd });
    const [, meta, source, end, ...rest] = encodeRecord(original, 1, Buffer.alloc(8));
    const withNotes = (notes: number) =>
      Buffer.concat([meta!, source!, end!.subarray(0, 24 + 16 * (1 + OUTCOMES.length + notes)), ...rest]);
    expect(decodePayload(withNotes(8))).toEqual(original);
    expect(() => decodePayload(withNotes(7))).toThrow(/do not fill it/);
    expect(() => decodePayload(Buffer.concat([meta!, source!, end!.subarray(1), ...rest]))).toThrow(
      /do not fill it/,
    );
  });

  it('keeps any batch as it was', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(4),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.string({ maxLength: 40 }).filter((text) => Buffer.from(text).toString() === text),
        (hellos, flows, sequence, source) => {
          const original = record(1, {
            source,
            sequence,
            hellos: Buffer.from(hellos),
            flows: Buffer.alloc(flows * FLOW_RECORD_BYTES, 7),
          });
          const [, ...payload] = encodeRecord(original, 1, Buffer.alloc(8));
          expect(decodePayload(Buffer.concat(payload))).toEqual(original);
        },
      ),
    );
  });
});
