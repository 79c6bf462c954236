const NONE = -1;

/**
 * A bounded hash table from keys of a fixed number of 32-bit words to slot numbers. Each entry is a line of words in one
 * typed array: key, hash, and words for the owner's use. A million entries make no garbage, a look-up makes no string.
 */
export class KeyTable {
  /** Line of `slot` from word `slot * lineWords` on; the owner's words follow {@link ownWords}. */
  readonly lines: Int32Array;
  /** Where in a line the owner's own words start. */
  readonly ownWords: number;
  /** Hash index, open addressing: slot + 1, or 0. */
  private readonly index: Int32Array;
  private readonly mask: number;
  /** Free slots hang together by their hash word. */
  private free = NONE;
  private freeCount = 0;
  private used = 0;
  private readonly seed: number;

  /**
   * @param capacity most entries
   * @param keyWords words of a key
   * @param lineWords words of an entry: the key, one for the hash, the rest for the owner
   * @param seed keeps hostile senders from choosing keys that collide
   */
  constructor(
    readonly capacity: number,
    readonly keyWords: number,
    readonly lineWords: number,
    seed: number,
  ) {
    let size = 16;
    while (size < capacity * 2) size *= 2;
    this.mask = size - 1;
    this.index = new Int32Array(size);
    this.lines = new Int32Array(capacity * lineWords);
    this.ownWords = keyWords + 1;
    this.seed = seed | 0;
  }

  get size(): number {
    return this.used - this.freeCount;
  }

  get full(): boolean {
    return this.freeCount === 0 && this.used === this.capacity;
  }

  /** Slots from 0 to this were used at some time. */
  get reach(): number {
    return this.used;
  }

  hash(words: Int32Array, at: number): number {
    let h = this.seed;
    for (let i = 0; i < this.keyWords; i += 1) {
      h = Math.imul(h ^ (words[at + i] as number), 0x9e37_79b1);
      h ^= h >>> 15;
    }
    h = Math.imul(h ^ (h >>> 13), 0x85eb_ca6b);
    return h ^ (h >>> 16);
  }

  /** The slot of a key, or -1. */
  find(words: Int32Array, at: number, hash: number): number {
    const { index, lines, mask, keyWords, lineWords } = this;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const slot = (index[i] as number) - 1;
      if (slot < 0) return NONE;
      const base = slot * lineWords;
      if (lines[base + keyWords] !== hash) continue;
      let k = 0;
      while (k < keyWords && lines[base + k] === words[at + k]) k += 1;
      if (k === keyWords) return slot;
    }
  }

  /** Makes an entry for a key that is not in the table, which must not be full. The owner's words are left as they were. */
  insert(words: Int32Array, at: number, hash: number): number {
    const { lines, keyWords, lineWords } = this;
    let slot = this.free;
    if (slot === NONE) slot = this.used++;
    else {
      this.free = lines[slot * lineWords + keyWords] as number;
      this.freeCount -= 1;
    }
    const base = slot * lineWords;
    for (let k = 0; k < keyWords; k += 1) lines[base + k] = words[at + k] as number;
    lines[base + keyWords] = hash;
    let i = hash & this.mask;
    while (this.index[i] !== 0) i = (i + 1) & this.mask;
    this.index[i] = slot + 1;
    return slot;
  }

  remove(slot: number): void {
    const { index, mask } = this;
    let hole = this.hashOf(slot) & mask;
    while (index[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Entries behind that were pushed on by this one move up, so that no look-up ends early.
    for (let i = (hole + 1) & mask; index[i] !== 0; i = (i + 1) & mask) {
      const home = this.hashOf((index[i] as number) - 1) & mask;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        index[hole] = index[i] as number;
        hole = i;
      }
    }
    index[hole] = 0;
    this.lines[slot * this.lineWords + this.keyWords] = this.free;
    this.free = slot;
    this.freeCount += 1;
  }

  private hashOf(slot: number): number {
    return this.lines[slot * this.lineWords + this.keyWords] as number;
  }
}
