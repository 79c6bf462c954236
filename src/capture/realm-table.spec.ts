import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Refusal,
  formatPrefix,
  maskAddress,
  parsePrefix,
  prefixContains,
  type Address,
} from '../shared/index.js';
import { MIRROR_ENTRY_BYTES, compileRealms } from './realm-table.js';
import type { RealmConfig } from './types.js';

const realm = (changes: Partial<RealmConfig> = {}): RealmConfig => ({
  index: 1,
  name: 'r',
  mirror: { type: 'gre' },
  subscriberPrefixes: ['10.128.0.0/9'],
  ...changes,
});

function faults(realms: RealmConfig[]): string[] {
  try {
    compileRealms(realms);
  } catch (error) {
    if (error instanceof Refusal) return error.fields.map((field) => field.pointer);
    throw error;
  }
  return [];
}

/** Addresses of few values, so that prefixes meet, overlap and hold each other. */
const address = (family: 4 | 6) =>
  fc
    .array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: family * 2 - 4, maxLength: 16 })
    .map((few): Address => {
      const bytes = new Uint8Array(16);
      if (family === 4) bytes.set([0xff, 0xff], 10);
      const own = family === 4 ? 4 : 16;
      for (let index = 0; index < own; index += 1) bytes[16 - own + index] = few[index % few.length] ?? 0;
      return { family, bytes };
    });
const prefix = (family: 4 | 6) =>
  fc
    .tuple(address(family), fc.integer({ min: 0, max: family === 4 ? 32 : 128 }))
    .map(([given, length]) => formatPrefix({ family, length, bytes: maskAddress(given, length) }));

/** What the engines' binary search finds, by reading every range. */
function inRanges(compiled: ReturnType<typeof compileRealms>, { family, bytes }: Address): boolean {
  const value = BigInt(`0x${Buffer.from(family === 4 ? bytes.subarray(12) : bytes).toString('hex')}`);
  const ranges: [bigint, bigint][] = [];
  for (let at = 0; family === 4 && at < compiled.ranges4.length; at += 8)
    ranges.push([BigInt(compiled.ranges4.readUInt32LE(at)), BigInt(compiled.ranges4.readUInt32LE(at + 4))]);
  const wide = (at: number) =>
    (compiled.ranges6.readBigUInt64LE(at) << 64n) | compiled.ranges6.readBigUInt64LE(at + 8);
  for (let at = 0; family === 6 && at < compiled.ranges6.length; at += 32)
    ranges.push([wide(at), wide(at + 16)]);
  ranges.forEach(([first, last], index) => {
    expect(first).toBeLessThanOrEqual(last);
    if (index > 0) expect(first).toBeGreaterThan((ranges[index - 1]?.[1] ?? 0n) + 1n);
  });
  return ranges.some(([first, last]) => first <= value && value <= last);
}

describe('realm table', () => {
  it.each([4, 6] as const)('ranges hold just what the prefixes hold (IPv%d)', (family) => {
    fc.assert(
      fc.property(fc.array(prefix(family), { maxLength: 12 }), address(family), (prefixes, probe) => {
        const compiled = compileRealms([realm({ subscriberPrefixes: prefixes })]);
        const expected = prefixes.some((text) => prefixContains(parsePrefix(text), probe.bytes));
        expect(inRanges(compiled, probe)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('packs a mirror as the engines read it, with an entry for its later fragments', () => {
    const { mirrors } = compileRealms([
      realm({
        index: 7,
        mirror: { type: 'gre', outerSource: '192.0.2.1', key: 5 },
        subscriberPrefixes: ['10.0.0.0/8', '2001:db8::/32'],
      }),
    ]);
    expect(mirrors.length).toBe(2 * MIRROR_ENTRY_BYTES);
    const hex = (from: number, to: number) => mirrors.toString('hex', from, to);
    expect(hex(0, 8)).toBe('0105000005000000'); // GRE; source and key named
    expect(hex(8, 24)).toBe('00000000000000000000ffffc0000201');
    expect(hex(24, 40)).toBe('0'.repeat(32));
    expect([40, 44, 48, 52].map((at) => mirrors.readUInt32LE(at))).toEqual([0, 1, 0, 1]);
    expect(mirrors.readUInt16LE(56)).toBe(7);
    expect(hex(64, 72)).toBe('0501000000000000'); // its fragments: the source only
  });

  it('has no entry for fragments of UDP from anywhere: no port tells them from other traffic', () => {
    expect(compileRealms([realm({ mirror: { type: 'vxlan' } })]).mirrors.length).toBe(MIRROR_ENTRY_BYTES);
  });

  it('points at every bad field', () => {
    expect(
      faults([
        realm({ index: 0, subscriberPrefixes: ['10.0.0.0/8', '10.0.0.1/8', 'x'] }),
        realm({ index: 2, mirror: { type: 'ipip', key: 1 } }),
        realm({ index: 2, mirror: { type: 'vxlan', key: 0x1000000 } }),
        realm({ index: 3, mirror: { type: 'none', outerSource: '192.0.2.1' } }),
        realm({
          index: 4,
          mirror: { type: 'gre', outerSource: '192.0.2.1', outerDestination: '2001:db8::1' },
        }),
        realm({ index: 5, mirror: { type: 'gre', outerSource: 'nonsense' } }),
      ]),
    ).toEqual([
      '/0/index',
      '/0/subscriberPrefixes/1',
      '/0/subscriberPrefixes/2',
      '/1/mirror/key',
      '/2/index',
      '/2/mirror/key',
      '/3/mirror',
      '/4/mirror',
      '/5/mirror/outerSource',
    ]);
  });

  it('refuses two realms of one mirror, and takes two that differ in their key', () => {
    const keyed = (index: number, key: number) =>
      realm({ index, mirror: { type: 'gre', outerSource: '192.0.2.1', key } });
    expect(faults([keyed(1, 5), keyed(2, 5)])).toEqual(['/1/mirror']);
    expect(faults([keyed(1, 5), keyed(2, 6)])).toEqual([]);
  });

  it('takes no realms at all', () => {
    expect(compileRealms([])).toEqual({
      mirrors: Buffer.alloc(0),
      ranges4: Buffer.alloc(0),
      ranges6: Buffer.alloc(0),
    });
  });
});
