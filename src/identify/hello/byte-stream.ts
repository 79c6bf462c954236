/** Parts of a stream that may be out of order; more gaps than this is no client that wants to be understood. */
const MAX_GAPS = 32;

/**
 * Puts the parts of a stream's beginning together. Of bytes that come twice the first win, as most receivers do; that
 * they differed is kept, since a sender who does this wants to be read in two ways. Bounded by `limit`.
 */
export class ByteStream {
  private bytes: Buffer = Buffer.alloc(0);
  /** Filled ranges, sorted and apart: [start, end, start, end, ...]. */
  private ranges: number[] = [];
  /** Bytes were sent twice with different content. */
  conflict = false;

  constructor(private readonly limit: number) {}

  /** Bytes held in memory. */
  get held(): number {
    return this.bytes.length;
  }

  /** The stream from its first byte to the first gap. A view: valid until the next `add`. */
  get contiguous(): Buffer {
    return this.ranges[0] === 0 ? this.bytes.subarray(0, this.ranges[1]) : this.bytes.subarray(0, 0);
  }

  /** Adds what fits below the limit. Returns false, and keeps nothing, where there are too many gaps. */
  add(offset: number, part: Buffer): boolean {
    const from = offset < 0 ? -offset : 0;
    const start = offset + from;
    const end = Math.min(offset + part.length, this.limit);
    if (end <= start || from >= part.length) return true;
    this.reserve(end);
    this.compareKnown(start, end, part, offset);
    return this.fillGaps(start, end, part, offset);
  }

  private reserve(end: number): void {
    if (end <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.min(this.limit, Math.max(end, this.bytes.length * 2)));
    this.bytes.copy(grown);
    this.bytes = grown;
  }

  private compareKnown(start: number, end: number, part: Buffer, offset: number): void {
    for (let i = 0; i < this.ranges.length; i += 2) {
      const low = Math.max(start, this.ranges[i] as number);
      const high = Math.min(end, this.ranges[i + 1] as number);
      if (low >= high) continue;
      if (this.bytes.compare(part, low - offset, high - offset, low, high) !== 0) this.conflict = true;
    }
  }

  private fillGaps(start: number, end: number, part: Buffer, offset: number): boolean {
    const next: number[] = [];
    let low = start;
    let high = end;
    let at = start;
    for (let i = 0; i < this.ranges.length; i += 2) {
      const a = this.ranges[i] as number;
      const b = this.ranges[i + 1] as number;
      if (b < start || a > end) {
        next.push(a, b);
        continue;
      }
      if (at < a) part.copy(this.bytes, at, at - offset, Math.min(a, end) - offset);
      at = Math.max(at, b);
      low = Math.min(low, a);
      high = Math.max(high, b);
    }
    if (at < end) part.copy(this.bytes, at, at - offset, end - offset);
    let position = 0;
    while (position < next.length && (next[position] as number) < low) position += 2;
    next.splice(position, 0, low, high);
    if (next.length > 2 * MAX_GAPS) return false;
    this.ranges = next;
    return true;
  }
}
