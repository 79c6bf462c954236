import { atOnce } from '../shared/plain.js';

const NAMES_PER_STEP = 4_096;

interface Entry<T> {
  name: string;
  value: T | undefined;
}

/**
 * Values by domain name, found for a name by all its suffixes on label boundaries in one pass over its letters, without
 * making strings. Half a million names cost about 70 MB.
 */
export class NameTable<T> {
  private index = new Int32Array(1024); // entry + 1, or 0
  private hashes = new Int32Array(512);
  private entries: Entry<T>[] = [];

  get(name: string): T | undefined {
    const place = this.placeOf(name);
    return place < 0 ? undefined : this.entries[place]?.value;
  }

  /** Sets or, with undefined, clears the value of a name. */
  set(name: string, value: T | undefined): void {
    const place = this.placeOf(name);
    const entry = this.entries[place];
    if (entry !== undefined) entry.value = value;
    else if (value !== undefined) this.add(name, value);
  }

  /** Makes room for `names` more, in short steps: look-ups in between are served, but nothing may be set. */
  *reserve(names: number): Generator<void, void> {
    if (this.entries.length + names > this.hashes.length) yield* this.rebuild(names);
  }

  /** Puts the values of `name` and of all that it is a subdomain of into `into`, shortest first. */
  suffixes(name: string, into: T[]): void {
    into.length = 0;
    let hash = 0;
    for (let i = name.length - 1; i >= 0; i -= 1) {
      const c = name.charCodeAt(i);
      if (c === 0x2e) this.collect(name, i + 1, hash, into);
      hash = step(hash, c);
    }
    this.collect(name, 0, hash, into);
  }

  private collect(name: string, from: number, hash: number, into: T[]): void {
    const place = this.find(name, from, finish(hash));
    const value = place < 0 ? undefined : (this.entries[place] as Entry<T>).value;
    if (value !== undefined) into.push(value);
  }

  private placeOf(name: string): number {
    return this.find(name, 0, finish(hashOf(name)));
  }

  private find(name: string, from: number, hash: number): number {
    const mask = this.index.length - 1;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const place = (this.index[i] as number) - 1;
      if (place < 0) return -1;
      if (this.hashes[place] !== hash) continue;
      const candidate = (this.entries[place] as Entry<T>).name;
      if (candidate.length === name.length - from && name.endsWith(candidate)) return place;
    }
  }

  private add(name: string, value: T): void {
    if (this.entries.length === this.hashes.length) this.grow();
    const hash = finish(hashOf(name));
    this.hashes[this.entries.length] = hash;
    this.entries.push({ name, value });
    put(this.index, this.entries.length, hash);
  }

  /** Doubles the table, or only drops what was cleared where that is much. */
  private grow(): void {
    atOnce(this.rebuild(1 + this.entries.length / 2));
  }

  /** Makes the table anew without what was cleared, and swaps it in when it is whole. */
  private *rebuild(room: number): Generator<void, void> {
    let live = 0;
    for (const { value } of this.entries) if (value !== undefined) live += 1;
    let size = this.hashes.length;
    while (size < live + room) size *= 2;
    const entries: Entry<T>[] = [];
    const hashes = new Int32Array(size);
    const index = new Int32Array(size * 2);
    for (const [from, entry] of this.entries.entries()) {
      if (from % NAMES_PER_STEP === NAMES_PER_STEP - 1) yield;
      if (entry.value === undefined) continue;
      const hash = this.hashes[from] as number;
      hashes[entries.length] = hash;
      entries.push(entry);
      put(index, entries.length, hash);
    }
    this.entries = entries;
    this.hashes = hashes;
    this.index = index;
  }
}

function put(index: Int32Array, number: number, hash: number): void {
  const mask = index.length - 1;
  let i = hash & mask;
  while (index[i] !== 0) i = (i + 1) & mask;
  index[i] = number;
}

function hashOf(name: string): number {
  let hash = 0;
  for (let i = name.length - 1; i >= 0; i -= 1) hash = step(hash, name.charCodeAt(i));
  return hash;
}

function step(hash: number, c: number): number {
  return Math.imul(hash ^ c, 0x0100_0193) ^ (hash >>> 15);
}

function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return mixed ^ (mixed >>> 13);
}
