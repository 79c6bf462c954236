import { FLOW_KEY_BYTES } from '../capture/plain.js';

export const KEY_WORDS = FLOW_KEY_BYTES / 4;
/** Neighbours looked at for the one to give up when the table is full. */
const VICTIMS = 16;
const SWEEP_PER_INSERT = 2;

/** What the table asks its owner about an entry. */
export interface FlowTableOwner {
  /** How dear an entry is: of those looked at, the one with the lowest value is given up first. */
  worth(slot: number): number;
  /** Called before an entry goes. */
  released(slot: number): void;
}

/**
 * A bounded hash table from 40-byte flow keys to slot numbers. Keys stand in typed arrays: a million flows cost 60 MB and
 * no garbage, and a look-up makes no string. Entries not seen for `idle` go by and by; when the table is full, one of a
 * few neighbours goes at once.
 */
export class FlowTable {
  private readonly keys: Int32Array;
  private readonly hashes: Int32Array;
  /** Hash index, open addressing: slot + 1, or 0. */
  private readonly index: Int32Array;
  private readonly mask: number;
  /** UNIX microseconds of the flow's last packet; NaN in a free slot. */
  readonly lastSeen: Float64Array;
  private readonly free: Int32Array;
  private freeCount = 0;
  private used = 0;
  private hand = 0;
  private readonly seed: number;
  evicted = 0;
  expired = 0;

  /**
   * @param capacity most flows
   * @param idle microseconds without a packet after which a flow may go
   * @param seed keeps hostile senders from choosing ports that collide
   */
  constructor(
    readonly capacity: number,
    private readonly idle: number,
    seed: number,
    private readonly owner: FlowTableOwner,
  ) {
    let size = 16;
    while (size < capacity * 2) size *= 2;
    this.mask = size - 1;
    this.index = new Int32Array(size);
    this.keys = new Int32Array(capacity * KEY_WORDS);
    this.hashes = new Int32Array(capacity);
    this.lastSeen = new Float64Array(capacity);
    this.free = new Int32Array(capacity);
    this.seed = seed | 0;
  }

  get size(): number {
    return this.used - this.freeCount;
  }

  hash(words: Int32Array, at: number): number {
    let h = this.seed;
    for (let i = 0; i < KEY_WORDS; i += 1) {
      h = Math.imul(h ^ (words[at + i] as number), 0x9e37_79b1);
      h ^= h >>> 15;
    }
    h = Math.imul(h ^ (h >>> 13), 0x85eb_ca6b);
    return h ^ (h >>> 16);
  }

  /** The slot of a key, or -1. */
  find(words: Int32Array, at: number, hash: number): number {
    const { index, keys, hashes, mask } = this;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const slot = (index[i] as number) - 1;
      if (slot < 0) return -1;
      if (hashes[slot] !== hash) continue;
      const base = slot * KEY_WORDS;
      let k = 0;
      while (k < KEY_WORDS && keys[base + k] === words[at + k]) k += 1;
      if (k === KEY_WORDS) return slot;
    }
  }

  /** Makes an entry for a key that is not in the table. `time` is that of the packet, in UNIX microseconds. */
  insert(words: Int32Array, at: number, hash: number, time: number): number {
    this.sweep(time);
    if (this.freeCount === 0 && this.used === this.capacity) this.evict();
    const slot = this.freeCount > 0 ? (this.free[(this.freeCount -= 1)] as number) : this.used++;
    const base = slot * KEY_WORDS;
    for (let k = 0; k < KEY_WORDS; k += 1) this.keys[base + k] = words[at + k] as number;
    this.hashes[slot] = hash;
    this.lastSeen[slot] = time;
    let i = hash & this.mask;
    while (this.index[i] !== 0) i = (i + 1) & this.mask;
    this.index[i] = slot + 1;
    return slot;
  }

  /** Once the table fills, looks at the next few entries and lets those go that were not seen for long. */
  private sweep(time: number): void {
    if (this.size * 4 < this.capacity) return;
    for (let i = 0; i < SWEEP_PER_INSERT && this.used > 0; i += 1) {
      this.hand = this.hand + 1 < this.used ? this.hand + 1 : 0;
      if (time - (this.lastSeen[this.hand] as number) > this.idle) {
        this.expired += 1;
        this.remove(this.hand);
      }
    }
  }

  private evict(): void {
    let victim = this.hand;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < Math.min(VICTIMS, this.capacity); i += 1) {
      this.hand = this.hand + 1 < this.used ? this.hand + 1 : 0;
      const worth = this.owner.worth(this.hand);
      if (worth < least) {
        least = worth;
        victim = this.hand;
      }
    }
    this.evicted += 1;
    this.remove(victim);
  }

  private remove(slot: number): void {
    this.owner.released(slot);
    const { index, hashes, mask } = this;
    let hole = (hashes[slot] as number) & mask;
    while (index[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Entries behind that were pushed on by this one move up, so that no look-up ends early.
    for (let i = (hole + 1) & mask; index[i] !== 0; i = (i + 1) & mask) {
      const home = (hashes[(index[i] as number) - 1] as number) & mask;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        index[hole] = index[i] as number;
        hole = i;
      }
    }
    index[hole] = 0;
    this.lastSeen[slot] = Number.NaN;
    this.free[this.freeCount] = slot;
    this.freeCount += 1;
  }
}
