import { isIPv4 } from 'node:net';
import { Refusal, parseAddress, parsePrefix, type FieldError, type Prefix } from '../shared/plain.js';
import type { MirrorType, RealmConfig } from './types.js';

/**
 * Realms as both engines take them (bpf/countfree_config.h): mirrors packed as struct cf_mirror_entry, and each realm's
 * subscriber prefixes merged into sorted, disjoint address ranges, which a binary search answers in a few steps.
 */
export interface CompiledRealms {
  /** struct cf_mirror_entry[] */
  mirrors: Buffer;
  /** struct cf_range4[]: first and last address, u32 in host order. */
  ranges4: Buffer;
  /** struct cf_range6[]: first and last address, each as two u64 in host order (high, low). */
  ranges6: Buffer;
}

/** enum cf_mirror_type */
const MIRROR_TYPES: Record<MirrorType, number> = { none: 0, gre: 1, vxlan: 2, gtpu: 3, ipip: 4 };
/** A later outer fragment, whose tunnel header is elsewhere, is found by its addresses alone. */
const FRAGMENT_TYPES: Record<MirrorType, number> = { none: 0, gre: 5, vxlan: 6, gtpu: 6, ipip: 7 };
const MASK = { source: 1, destination: 2, key: 4 } as const;
const KEY_LIMIT: Record<MirrorType, number> = {
  none: 0,
  gre: 0xffff_ffff,
  vxlan: 0xff_ffff,
  gtpu: 0xffff_ffff,
  ipip: 0,
};

export const MAX_REALMS = 256;
export const MAX_RANGES = 65_536;
export const MIRROR_ENTRY_BYTES = 64;

interface Interval {
  first: bigint;
  last: bigint;
}

/** Validates and packs realms. Throws a {@link Refusal} that points at every bad field. */
export function compileRealms(realms: readonly RealmConfig[]): CompiledRealms {
  const errors: FieldError[] = [];
  if (realms.length > MAX_REALMS) {
    errors.push({
      pointer: '',
      detail: `at most ${MAX_REALMS} realms fit one engine; ${realms.length} were given`,
    });
  }
  const entries = new Map<string, { realm: number; buffer: Buffer }>();
  const ranges4: Interval[] = [];
  const ranges6: Interval[] = [];
  const seen = new Set<number>();
  realms.forEach((realm, position) => {
    const pointer = `/${position}`;
    if (!Number.isInteger(realm.index) || realm.index < 1 || realm.index > 0xffff) {
      errors.push({ pointer: `${pointer}/index`, detail: 'must be a whole number from 1 to 65535' });
    } else if (seen.has(realm.index)) {
      errors.push({ pointer: `${pointer}/index`, detail: `${realm.index} is used by an earlier realm` });
    }
    seen.add(realm.index);
    const prefixes = parsePrefixes(realm.subscriberPrefixes, `${pointer}/subscriberPrefixes`, errors);
    const span4 = append(ranges4, prefixes, 4);
    const span6 = append(ranges6, prefixes, 6);
    for (const key of mirrorKeys(realm, `${pointer}/mirror`, errors)) {
      const id = key.toString('latin1');
      const other = entries.get(id);
      // Fragments cannot tell realms apart that differ in their key only; any of them names the mirror.
      if (other !== undefined && other.realm !== realm.index && (key[0] ?? 0) < FRAGMENT_TYPES.gre) {
        errors.push({ pointer: `${pointer}/mirror`, detail: `realm ${other.realm} names the same mirror` });
        continue;
      }
      if (other !== undefined) continue;
      const buffer = Buffer.alloc(MIRROR_ENTRY_BYTES);
      key.copy(buffer);
      buffer.writeUInt32LE(span4.start, 40);
      buffer.writeUInt32LE(span4.count, 44);
      buffer.writeUInt32LE(span6.start, 48);
      buffer.writeUInt32LE(span6.count, 52);
      buffer.writeUInt16LE(realm.index & 0xffff, 56);
      entries.set(id, { realm: realm.index, buffer });
    }
  });
  for (const [family, ranges] of [
    [4, ranges4],
    [6, ranges6],
  ] as const) {
    if (ranges.length > MAX_RANGES) {
      errors.push({
        pointer: '',
        detail: `${ranges.length} disjoint IPv${family} ranges are more than the ${MAX_RANGES} an engine holds; join prefixes`,
      });
    }
  }
  if (errors.length > 0) {
    throw new Refusal('invalid', `The realms cannot be used: ${errors[0]?.detail ?? ''}`, errors);
  }
  return {
    mirrors: Buffer.concat([...entries.values()].map((entry) => entry.buffer)),
    ranges4: packRanges4(ranges4),
    ranges6: packRanges6(ranges6),
  };
}

function parsePrefixes(texts: readonly string[], pointer: string, errors: FieldError[]): Prefix[] {
  return texts.flatMap((text, position) => {
    try {
      return [parsePrefix(text, `${pointer}/${position}`)];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      errors.push(...error.fields);
      return [];
    }
  });
}

/** The 40-byte struct cf_mirror_key of the realm's mirror, and of its later outer fragments. */
function mirrorKeys(realm: RealmConfig, pointer: string, errors: FieldError[]): Buffer[] {
  const { type, outerSource, outerDestination, key } = realm.mirror;
  if (!Object.hasOwn(MIRROR_TYPES, type)) {
    errors.push({
      pointer: `${pointer}/type`,
      detail: `must be one of ${Object.keys(MIRROR_TYPES).join(', ')}`,
    });
    return [];
  }
  if (type === 'none' && (outerSource ?? outerDestination) !== undefined) {
    errors.push({ pointer, detail: 'a mirror of type none has no outer addresses: leave them out' });
    return [];
  }
  if (
    key !== undefined &&
    (!Number.isInteger(key) || key < 0 || key > KEY_LIMIT[type] || KEY_LIMIT[type] === 0)
  ) {
    const detail =
      KEY_LIMIT[type] === 0
        ? `a mirror of type ${type} has no key: leave it out`
        : `must be a whole number from 0 to ${KEY_LIMIT[type]}`;
    errors.push({ pointer: `${pointer}/key`, detail });
    return [];
  }
  const before = errors.length;
  const source = outerAddress(outerSource, `${pointer}/outerSource`, errors);
  const destination = outerAddress(outerDestination, `${pointer}/outerDestination`, errors);
  if (source && destination && source.family !== destination.family) {
    errors.push({ pointer, detail: 'outerSource and outerDestination must be of one address family' });
  }
  if (errors.length > before) return [];
  const addresses = (source ? MASK.source : 0) | (destination ? MASK.destination : 0);
  const pack = (mirrorType: number, mask: number, value: number): Buffer => {
    const buffer = Buffer.alloc(40);
    buffer[0] = mirrorType;
    buffer[1] = mask;
    buffer.writeUInt32LE(value, 4);
    if (source) buffer.set(source.bytes, 8);
    if (destination) buffer.set(destination.bytes, 24);
    return buffer;
  };
  const keys = [pack(MIRROR_TYPES[type], addresses | (key === undefined ? 0 : MASK.key), key ?? 0)];
  // A later fragment of a UDP datagram shows no port, so only named addresses can tell it from other traffic.
  const fragmentsKnown = type === 'gre' || type === 'ipip' || (type !== 'none' && addresses !== 0);
  if (fragmentsKnown) keys.push(pack(FRAGMENT_TYPES[type], addresses, 0));
  return keys;
}

function outerAddress(text: string | undefined, pointer: string, errors: FieldError[]) {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address === undefined) {
    errors.push({
      pointer,
      detail: `"${text}" is not an IP address; write one such as ${isIPv4(text) ? text : '192.0.2.1'}`,
    });
  }
  return address;
}

/** Adds the prefixes of one family as sorted, disjoint ranges; answers where they stand. */
function append(
  ranges: Interval[],
  prefixes: readonly Prefix[],
  family: 4 | 6,
): { start: number; count: number } {
  const start = ranges.length;
  const sorted = prefixes
    .filter((prefix) => prefix.family === family)
    .map((prefix) => toInterval(prefix))
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  for (const next of sorted) {
    const previous = ranges.length > start ? ranges[ranges.length - 1] : undefined;
    if (previous && next.first <= previous.last + 1n) {
      if (next.last > previous.last) previous.last = next.last;
    } else {
      ranges.push(next);
    }
  }
  return { start, count: ranges.length - start };
}

function toInterval(prefix: Prefix): Interval {
  const bytes = prefix.family === 4 ? prefix.bytes.subarray(12) : prefix.bytes;
  const first = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return { first, last: first + (1n << BigInt(bytes.length * 8 - prefix.length)) - 1n };
}

function packRanges4(ranges: readonly Interval[]): Buffer {
  const buffer = Buffer.alloc(ranges.length * 8);
  ranges.forEach(({ first, last }, index) => {
    buffer.writeUInt32LE(Number(first), index * 8);
    buffer.writeUInt32LE(Number(last), index * 8 + 4);
  });
  return buffer;
}

function packRanges6(ranges: readonly Interval[]): Buffer {
  const buffer = Buffer.alloc(ranges.length * 32);
  ranges.forEach(({ first, last }, index) => {
    [first, last].forEach((value, end) => {
      buffer.writeBigUInt64LE(value >> 64n, index * 32 + end * 16);
      buffer.writeBigUInt64LE(value & 0xffff_ffff_ffff_ffffn, index * 32 + end * 16 + 8);
    });
  });
  return buffer;
}
