import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, isOutside, lastSettledDay, octetsByDay, ratioText } from './comparison.js';
import { parseSoracomSettings } from './settings.js';

const DAY = Date.UTC(2026, 3, 20);
const speed = (up: number, down: number) => ({ uploadByteSizeTotal: up, downloadByteSizeTotal: down });

function bandOf(compare: object) {
  const account = { authKeyId: 'keyId-x', authKey: 'secret-x', vpgs: { v: 'r' }, compare };
  const settings = parseSoracomSettings(JSON.stringify({ accounts: [account] }), 'x').accounts[0]?.compare;
  if (settings === undefined || settings === false) throw new Error('no band');
  return settings;
}

describe('a day', () => {
  it('is one of UTC, over all speed classes', () => {
    const stats = [
      { unixtime: DAY / 1000, dataTrafficStatsMap: { 's1.slow': speed(1, 2), 's1.fast': speed(30, 40) } },
      { unixtime: (DAY + DAY_MS) / 1000 - 1, dataTrafficStatsMap: { 's1.fast': speed(500, 0) } },
      { unixtime: (DAY + DAY_MS) / 1000, dataTrafficStatsMap: null },
    ];
    expect([...octetsByDay(stats)]).toEqual([
      [DAY, 573n],
      [DAY + DAY_MS, 0n],
    ]);
  });

  it('is settled three hours after it is over', () => {
    expect(lastSettledDay(DAY + 3 * 3_600_000 - 1)).toBe(DAY - 2 * DAY_MS);
    expect(lastSettledDay(DAY + 3 * 3_600_000)).toBe(DAY - DAY_MS);
  });
});

describe('the band', () => {
  const band = bandOf({ least: 0.98, most: 1.02, leastOctets: 1000 });

  it('holds its edges, and lets days of few octets be', () => {
    expect(isOutside(980_000n, 1_000_000n, band)).toBe(false);
    expect(isOutside(979_999n, 1_000_000n, band)).toBe(true);
    expect(isOutside(1_020_000n, 1_000_000n, band)).toBe(false);
    expect(isOutside(1_020_001n, 1_000_000n, band)).toBe(true);
    expect(isOutside(0n, 999n, band)).toBe(false);
    expect(isOutside(0n, 1000n, band)).toBe(true);
    expect(isOutside(1000n, 0n, band)).toBe(true);
  });

  it('is refused upside down', () => {
    expect(() => bandOf({ least: 1.1, most: 1 })).toThrow();
  });

  it('agrees with the ratio shown, but for its rounding', () => {
    const octets = fc.bigInt({ min: 1000n, max: 2n ** 53n });
    fc.assert(
      fc.property(octets, octets, (mirror, soracom) => {
        const shown = Number(ratioText(mirror, soracom));
        if (shown > 1.0201 || shown < 0.9799) expect(isOutside(mirror, soracom, band)).toBe(true);
        if (shown < 1.0199 && shown > 0.9801) expect(isOutside(mirror, soracom, band)).toBe(false);
      }),
    );
  });
});

describe('the ratio', () => {
  it('is decimal text of four places', () => {
    expect(ratioText(10_004n, 10_000n)).toBe('1.0004');
    expect(ratioText(2n, 3n)).toBe('0.6667');
    expect(ratioText(0n, 3n)).toBe('0.0000');
    expect(ratioText(5n, 0n)).toBeNull();
  });
});
