import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MirrorWatch, WATCH_LIMITS, type MirrorObservation } from './mirror-watch.js';

const START = 1_700_000_000_000;
const MINUTE = 60_000;

/** An epoch that is well, at so many minutes. */
function epoch(minute: number, change: Partial<MirrorObservation> = {}): MirrorObservation {
  return {
    time: START + minute * MINUTE,
    packets: 1000,
    octets: 1_000_000,
    packetsUp: 400,
    packetsDown: 600,
    notSubscriberOctets: 0,
    numberedPackets: 0,
    missingPackets: 0,
    blurredOctets: 0,
    ...change,
  };
}
const SILENCE = { packets: 0, octets: 0, packetsUp: 0, packetsDown: 0 };
const kinds = (watch: MirrorWatch) => watch.warnings().map(({ kind }) => kind);

describe('MirrorWatch', () => {
  it('has nothing to say of a mirror that is well', () => {
    const watch = new MirrorWatch(START);
    for (let minute = 1; minute < 60; minute += 1) {
      watch.observe(epoch(minute));
      expect(watch.warnings()).toEqual([]);
    }
  });

  it('tells that the mirror went quiet, since when, and that it is back', () => {
    const watch = new MirrorWatch(START);
    watch.observe(epoch(1));
    for (const minute of [2, 3, 4, 5]) watch.observe(epoch(minute, SILENCE));
    expect(kinds(watch)).toEqual([]);
    watch.observe(epoch(6, SILENCE));
    watch.observe(epoch(9, SILENCE));
    expect(watch.warnings()).toEqual([
      { kind: 'quiet', since: START + 6 * MINUTE, detail: expect.stringContaining('for 8 minutes') },
    ]);
    watch.observe(epoch(10));
    expect(kinds(watch)).toEqual([]);
  });

  it('takes what is no subscriber for no mirror', () => {
    const watch = new MirrorWatch(START);
    watch.observe(epoch(6, { packetsUp: 0, packetsDown: 0, notSubscriberOctets: 1_000_000 }));
    expect(kinds(watch)).toEqual(['quiet', 'not_subscribers']);
  });

  it.each([
    ['uplink', { packetsUp: 0, packetsDown: 1000 }],
    ['downlink', { packetsUp: 1000, packetsDown: 0 }],
  ])('tells that the %s half is missing, and that it is back', (missing, half) => {
    const watch = new MirrorWatch(START);
    watch.observe(epoch(1, half));
    expect(watch.warnings()).toMatchObject([{ kind: 'one_sided', detail: expect.stringContaining(missing) }]);
    watch.observe(epoch(2));
    expect(kinds(watch)).toEqual([]);
  });

  it('judges shares by the window only, and not by a handful of packets', () => {
    const watch = new MirrorWatch(START);
    const few = { packets: 99, packetsUp: 99, packetsDown: 0 };
    for (let minute = 1; minute <= 20; minute += 1) watch.observe(epoch(minute, few));
    expect(kinds(watch)).toEqual([]);
    watch.observe(epoch(21, { packetsUp: 1000, packetsDown: 0 }));
    expect(kinds(watch)).toEqual(['one_sided']);
    // With too few packets to tell, what was found stays.
    for (let minute = 30; minute <= 40; minute += 1) watch.observe(epoch(minute, few));
    expect(kinds(watch)).toEqual(['one_sided']);
  });

  it('tells octets of no subscriber beyond the share', () => {
    const watch = new MirrorWatch(START);
    watch.observe(epoch(1, { notSubscriberOctets: 200_000 }));
    expect(kinds(watch)).toEqual([]);
    watch.observe(epoch(10, { notSubscriberOctets: 250_000 }));
    expect(watch.warnings()).toMatchObject([
      { kind: 'not_subscribers', detail: expect.stringContaining('25 %') },
    ]);
    watch.observe(epoch(20));
    expect(kinds(watch)).toEqual([]);
  });

  it('tells packets that the sequence numbers miss, but not those that only came late', () => {
    const watch = new MirrorWatch(START);
    watch.observe(epoch(1, { numberedPackets: 1000, missingPackets: 3 }));
    watch.observe(epoch(2, { numberedPackets: 1000, missingPackets: -3 }));
    expect(kinds(watch)).toEqual([]);
    watch.observe(epoch(3, { numberedPackets: 998, missingPackets: 2 }));
    expect(watch.warnings()).toMatchObject([
      { kind: 'sequence_gap', detail: expect.stringMatching(/^2 packets were lost .* 2998 arrived/) },
    ]);
    watch.observe(epoch(9));
    expect(kinds(watch)).toEqual([]);
  });

  it('tells octets that lie in two hours', () => {
    const watch = new MirrorWatch(START);
    watch.observe(epoch(1, { blurredOctets: 500 }));
    expect(watch.warnings()).toMatchObject([
      { kind: 'hour_blurred', detail: expect.stringContaining('500 octets') },
    ]);
    watch.observe(epoch(7));
    expect(kinds(watch)).toEqual([]);
  });

  it('is not confused by a clock that steps, and keeps a bounded window', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -10_000, max: 10_000 }), { maxLength: 50 }), (minutes) => {
        const watch = new MirrorWatch(START);
        for (const minute of minutes) {
          watch.observe(epoch(minute));
          expect(watch.warnings()).toEqual([]);
        }
        watch.observe(epoch(20_000, SILENCE));
        const last = minutes.at(-1) === undefined ? START : START + minutes.at(-1)! * MINUTE;
        expect(kinds(watch)).toEqual(START + 20_000 * MINUTE - last >= WATCH_LIMITS.quietMs ? ['quiet'] : []);
      }),
    );
  });
});
