import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, LocalClock, isTimeZone, periodAt, periodOfMonth } from './calendar.js';

const iso = ({ from, to }: { from: number; to: number }) => [
  new Date(from).toISOString(),
  new Date(to).toISOString(),
];

describe('periods', () => {
  it.each([
    ['Asia/Tokyo', 1, '2026-10', '2026-09-30T15:00:00.000Z', '2026-10-31T15:00:00.000Z'],
    ['UTC', 1, '2028-02', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['America/New_York', 1, '2026-03', '2026-03-01T05:00:00.000Z', '2026-04-01T04:00:00.000Z'],
    ['America/New_York', 1, '2026-11', '2026-11-01T04:00:00.000Z', '2026-12-01T05:00:00.000Z'],
    ['Asia/Tokyo', 31, '2027-02', '2027-02-27T15:00:00.000Z', '2027-03-30T15:00:00.000Z'],
    ['Asia/Tokyo', 15, '2026-12', '2026-12-14T15:00:00.000Z', '2027-01-14T15:00:00.000Z'],
    // Midnight of the first day does not exist: clocks go from 24:00 to 01:00.
    ['America/Sao_Paulo', 4, '2018-11', '2018-11-04T03:00:00.000Z', '2018-12-04T02:00:00.000Z'],
  ])('of %s on the %i. in %s', (timeZone, anchorDay, month, from, to) => {
    expect(iso(periodOfMonth({ timeZone, anchorDay }, month))).toEqual([from, to]);
  });

  it('follow one another without gap or overlap, and hold each instant once', () => {
    const zone = fc.constantFrom(
      'Asia/Tokyo',
      'UTC',
      'America/New_York',
      'Europe/London',
      'Asia/Kolkata',
      'Pacific/Apia',
    );
    fc.assert(
      fc.property(
        zone,
        fc.integer({ min: 1, max: 31 }),
        fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2040, 0) }),
        (timeZone, anchorDay, instant) => {
          const calendar = { timeZone, anchorDay };
          const period = periodAt(calendar, instant);
          expect(instant >= period.from && instant < period.to).toBe(true);
          expect(periodAt(calendar, period.to).from).toBe(period.to);
          expect(periodAt(calendar, period.from - 1).to).toBe(period.from);
          expect(periodOfMonth(calendar, period.month)).toEqual(period);
        },
      ),
    );
  });

  it.each(['2026-13', '2026-1', 'October', '2026-10-01', ''])('refuse the month "%s"', (month) => {
    expect(() => periodOfMonth({ timeZone: 'UTC', anchorDay: 1 }, month)).toThrow(/YYYY-MM/);
  });
});

describe('time zones', () => {
  it.each(['Asia/Tokyo', 'UTC', 'America/Argentina/Ushuaia'])('know %s', (name) =>
    expect(isTimeZone(name)).toBe(true),
  );
  it.each(['', 'JST', '+09:00', 'Asia/Nowhere', '../etc', 'US/Pacific-New', 'SystemV/EST5'])(
    'do not know "%s"',
    (name) => expect(isTimeZone(name)).toBe(false),
  );
});

describe('local clock', () => {
  it('reads hour, weekday and day where a local hour comes twice', () => {
    const clock = new LocalClock('America/New_York');
    const first = Date.parse('2026-11-01T01:00:00-04:00');
    expect(clock.at(first)).toEqual({ day: 20758, hour: 1, weekday: 7 });
    expect(clock.at(first + HOUR_MS)).toEqual(clock.at(first));
    expect(clock.at(first + 2 * HOUR_MS).hour).toBe(2);
    expect(clock.date(first)).toBe('2026-11-01');
  });
});
