/** What the numbers on mirrored packets (GRE with the S bit) tell of packets lost on the way. */
import { describe, expect, it } from 'vitest';
import { readEpoch, realm, type TestEngine } from './support/engines.js';
import { bothEngines } from './support/both-engines.js';
import { ETHERTYPE, ethernet, gre, ipv4, udp } from './support/frames.js';

const inside = ethernet(ETHERTYPE.ipv4, ipv4('10.0.0.1', '198.51.100.7', 17, udp(1, 2, Buffer.alloc(10))));
const mirrored = (sequence?: number, source = '192.0.2.1', key?: number) =>
  ethernet(
    ETHERTYPE.ipv4,
    ipv4(
      source,
      '192.0.2.9',
      47,
      gre(ETHERTYPE.teb, inside, {
        ...(sequence === undefined ? {} : { sequence: sequence >>> 0 }),
        ...(key === undefined ? {} : { key }),
      }),
    ),
  );

const { openers } = bothEngines();

describe.each(openers)('%s: sequence numbers', (_name, opener) => {
  const open = () => {
    const engine = opener();
    engine.configure([realm({ type: 'gre' }, '10.0.0.0/8')]);
    return engine;
  };
  const told = (engine: TestEngine, frames: readonly Buffer[]) => {
    for (const frame of frames) expect(engine.testRun(frame, { time: 1_000_000n })).toBe(0);
    const { end } = readEpoch(engine);
    expect(end.counters.seen.packets).toBe(frames.length);
    return end.sequences;
  };
  const numbers = (...list: number[]) => list.map((number) => mirrored(number));

  it('a gap is missed, also where it lies between two epochs', () => {
    const engine = open();
    expect(told(engine, numbers(7, 8, 9, 13))).toEqual({ numbered: 4, missed: 3, late: 0 });
    expect(told(engine, numbers(14))).toEqual({ numbered: 1, missed: 0, late: 0 });
    expect(told(engine, numbers(17, 18))).toEqual({ numbered: 2, missed: 2, late: 0 });
  });

  it('what is only out of order is no loss', () => {
    const engine = open();
    const sums = told(engine, numbers(1, 3, 2, 6, 5, 4, 7));
    expect(sums).toEqual({ numbered: 7, missed: 3, late: 3 });
  });

  it('goes on over the end of the numbers, and over a sender that starts anew', () => {
    const engine = open();
    expect(told(engine, numbers(-2, -1, 0, 1))).toEqual({ numbered: 4, missed: 0, late: 0 });
    expect(told(engine, numbers(1_000_000, 1_000_001, 5, 6))).toEqual({ numbered: 4, missed: 0, late: 0 });
  });

  it('keeps senders and keys apart, and says nothing of packets without a number', () => {
    const engine = open();
    const frames = [1, 2, 3, 4].flatMap((number) => [
      mirrored(number),
      mirrored(number + 500, '192.0.2.2'),
      mirrored(number + 900, '192.0.2.1', 77),
      mirrored(),
    ]);
    expect(told(engine, frames)).toEqual({ numbered: 12, missed: 0, late: 0 });
    expect(told(engine, [mirrored(), mirrored()])).toEqual({ numbered: 0, missed: 0, late: 0 });
  });
});
