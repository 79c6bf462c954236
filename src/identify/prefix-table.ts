import type { Prefix } from '../shared/index.js';

interface Lengths<T> {
  /** Prefix lengths that occur, longest first. */
  order: number[];
  byLength: Map<number, Map<number | string, T>>;
}

/**
 * Values by IP prefix; a look-up walks the lengths that occur, so its cost does not depend on how many prefixes there
 * are. Addresses are 16 bytes as in flow records (IPv4 mapped), families apart.
 */
export class PrefixTable<T> {
  private readonly v4: Lengths<T> = { order: [], byLength: new Map() };
  private readonly v6: Lengths<T> = { order: [], byLength: new Map() };
  private readonly scratch = Buffer.alloc(16);
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(prefix: Prefix): T | undefined {
    return this.family(prefix.family === 6)
      .byLength.get(prefix.length)
      ?.get(this.keyOf(prefix));
  }

  set(prefix: Prefix, value: T): void {
    const lengths = this.family(prefix.family === 6);
    let table = lengths.byLength.get(prefix.length);
    if (table === undefined) {
      lengths.byLength.set(prefix.length, (table = new Map<number | string, T>()));
      lengths.order.push(prefix.length);
      lengths.order.sort((a, b) => b - a);
    }
    const key = this.keyOf(prefix);
    if (!table.has(key)) this.count += 1;
    table.set(key, value);
  }

  delete(prefix: Prefix): void {
    const lengths = this.family(prefix.family === 6);
    const table = lengths.byLength.get(prefix.length);
    if (table?.delete(this.keyOf(prefix)) !== true) return;
    this.count -= 1;
    if (table.size > 0) return;
    lengths.byLength.delete(prefix.length);
    lengths.order = lengths.order.filter((length) => length !== prefix.length);
  }

  /** The values of all prefixes that hold the address at `bytes[offset..offset+16]`, longest first, put into `into`. */
  lookup(bytes: Buffer, offset: number, ipv6: boolean, into: T[]): void {
    into.length = 0;
    const lengths = this.family(ipv6);
    const address = ipv6 ? 0 : bytes.readUInt32BE(offset + 12);
    for (const length of lengths.order) {
      const key = ipv6 ? this.key6(bytes, offset, length) : key4(address, length);
      const value = lengths.byLength.get(length)?.get(key);
      if (value !== undefined) into.push(value);
    }
  }

  forEach(visit: (value: T) => void): void {
    for (const { byLength } of [this.v4, this.v6])
      for (const table of byLength.values()) for (const value of table.values()) visit(value);
  }

  private family(ipv6: boolean): Lengths<T> {
    return ipv6 ? this.v6 : this.v4;
  }

  private keyOf(prefix: Prefix): number | string {
    const bytes = Buffer.from(prefix.bytes);
    return prefix.family === 4
      ? key4(bytes.readUInt32BE(12), prefix.length)
      : this.key6(bytes, 0, prefix.length);
  }

  private key6(bytes: Buffer, offset: number, length: number): string {
    const whole = length >> 3;
    const rest = length & 7;
    if (rest === 0) return bytes.toString('latin1', offset, offset + whole);
    bytes.copy(this.scratch, 0, offset, offset + whole + 1);
    this.scratch[whole] = (this.scratch[whole] as number) & (0xff00 >> rest);
    return this.scratch.toString('latin1', 0, whole + 1);
  }
}

function key4(address: number, length: number): number {
  return length === 0 ? 0 : (address & (0xffff_ffff << (32 - length))) >>> 0;
}
