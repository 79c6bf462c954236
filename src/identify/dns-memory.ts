import { Interner } from './interner.js';
import { KeyTable } from './key-table.js';

export interface DnsMemoryOptions {
  /** Addresses over all SIMs. */
  maxEntries: number;
  /** Addresses of one SIM, or of one realm that shares names times `sharedFactor`. */
  maxPerScope: number;
  sharedFactor: number;
  /** Microseconds that a name outlives its TTL: connections are made after the TTL too. */
  grace: number;
  /** Microseconds: TTLs are taken to be at least and at most this. */
  minTtl: number;
  maxTtl: number;
}

/** Names of one address; the newest last. */
const MAX_NAMES = 4;
const NOTHING: readonly string[] = [];
const KEPT_NAMES = 65_536;
const SECOND = 1_000_000;

/** Words of an entry's key: scope (low, high), address; of its line: the hash and the end of its newest name too. */
const KEY_WORDS = 6;
const LINE_WORDS = 8;
const UNTIL_AT = 7;
const NONE = -1;
/** Parts the families: an IPv6 address is never an IPv4 one. */
const FAMILY_6 = 1 << 30;

/** The names of an address that has several, each with its end (UNIX seconds). Never changed, as flows hold on to `list`. */
class Several {
  constructor(
    readonly list: readonly string[],
    readonly until: readonly number[],
  ) {}
}

/** Entries in the order in which they were last learnt. */
interface Chain {
  head: number;
  tail: number;
  size: number;
}

/** Doubly linked chains through slots. */
class Links {
  private readonly prev: Int32Array;
  private readonly next: Int32Array;

  constructor(capacity: number) {
    this.prev = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
  }

  append(chain: Chain, slot: number): void {
    this.prev[slot] = chain.tail;
    this.next[slot] = NONE;
    if (chain.tail === NONE) chain.head = slot;
    else this.next[chain.tail] = slot;
    chain.tail = slot;
    chain.size += 1;
  }

  remove(chain: Chain, slot: number): void {
    const prev = this.prev[slot] as number;
    const next = this.next[slot] as number;
    if (prev === NONE) chain.head = next;
    else this.next[prev] = next;
    if (next === NONE) chain.tail = prev;
    else this.prev[next] = prev;
    chain.size -= 1;
  }
}

const emptyChain = (): Chain => ({ head: NONE, tail: NONE, size: 0 });

/**
 * Which names an address was resolved from, per SIM (or realm). Bounded per SIM and over all: a SIM with too many addresses
 * loses its own that were resolved longest ago; when all together are too many, the one that was resolved longest ago goes.
 * No answer costs more than another, however hostile.
 */
export class DnsMemory {
  private readonly table: KeyTable;
  private readonly names: (readonly string[] | Several | undefined)[] = [];
  private readonly scopes = new Map<number, Chain>();
  private readonly inScope: Links;
  private readonly inAll: Links;
  private readonly all = emptyChain();
  private readonly key = new Int32Array(KEY_WORDS);
  private readonly interner = new Interner<readonly string[]>(KEPT_NAMES);
  evicted = 0;

  /** @param seed keeps hostile resolvers from choosing addresses that collide */
  constructor(
    private readonly options: DnsMemoryOptions,
    seed: number,
  ) {
    const { maxEntries } = options;
    this.table = new KeyTable(maxEntries, KEY_WORDS, LINE_WORDS, seed);
    this.inScope = new Links(maxEntries);
    this.inAll = new Links(maxEntries);
  }

  get size(): number {
    return this.table.size;
  }

  /**
   * Remembers one address of an answer.
   * @param scope SIM key, or the negative realm index of a realm that shares names
   * @param bytes 4 or 16 octets
   * @param ttl seconds
   * @param time UNIX microseconds of the answer
   */
  learn(scope: number, bytes: Buffer, name: string, ttl: number, time: number): void {
    const { grace, minTtl, maxTtl } = this.options;
    const until = Math.ceil((time + Math.min(Math.max(ttl * SECOND, minTtl), maxTtl) + grace) / SECOND);
    this.setKey(scope, bytes, bytes.length === 4 ? -12 : 0, bytes.length === 16);
    const hash = this.table.hash(this.key, 0);
    let slot = this.table.find(this.key, 0, hash);
    if (slot === NONE) slot = this.add(scope, hash);
    else {
      this.inScope.remove(this.scopes.get(scope) as Chain, slot);
      this.inAll.remove(this.all, slot);
    }
    this.inScope.append(this.scopes.get(scope) as Chain, slot);
    this.inAll.append(this.all, slot);
    this.setName(slot, name, until, time / SECOND);
  }

  /** The names of a flow's peer that are alive at `time`, the newest last. */
  find(scope: number, bytes: Buffer, offset: number, ipv6: boolean, time: number): readonly string[] {
    if (this.table.size === 0) return NOTHING;
    this.setKey(scope, bytes, offset, ipv6);
    const slot = this.table.find(this.key, 0, this.table.hash(this.key, 0));
    if (slot === NONE) return NOTHING;
    const names = this.names[slot] as readonly string[] | Several;
    const seconds = time / SECOND;
    if (!(names instanceof Several)) return this.untilOf(slot) > seconds ? names : NOTHING;
    if (names.until.every((until) => until > seconds)) return names.list;
    return names.list.filter((_, index) => (names.until[index] as number) > seconds);
  }

  /** Forgets all names of a SIM: it has withdrawn its consent. */
  forget(scope: number): void {
    const chain = this.scopes.get(scope);
    while (chain !== undefined && chain.size > 0) this.remove(chain.head);
  }

  private add(scope: number, hash: number): number {
    const { maxPerScope, sharedFactor } = this.options;
    const share = scope < 0 ? maxPerScope * sharedFactor : maxPerScope;
    const chain = this.scopes.get(scope);
    if (chain !== undefined && chain.size >= share) this.evict(chain.head);
    else if (this.table.full) this.evict(this.all.head);
    if (!this.scopes.has(scope)) this.scopes.set(scope, emptyChain());
    return this.table.insert(this.key, 0, hash);
  }

  private evict(slot: number): void {
    this.evicted += 1;
    this.remove(slot);
  }

  private remove(slot: number): void {
    const scope = this.scopeOf(slot);
    const chain = this.scopes.get(scope) as Chain;
    this.inScope.remove(chain, slot);
    this.inAll.remove(this.all, slot);
    if (chain.size === 0) this.scopes.delete(scope);
    this.names[slot] = undefined;
    this.table.remove(slot);
  }

  private setName(slot: number, name: string, until: number, now: number): void {
    const known = this.names[slot];
    const single = this.interner.get(name, (text) => Object.freeze([text]));
    const [list, ends] =
      known === undefined
        ? [NOTHING, []]
        : known instanceof Several
          ? [known.list, known.until]
          : [known, [this.untilOf(slot)]];
    const kept = list.flatMap((_, i) => (list[i] !== name && (ends[i] as number) > now ? [i] : []));
    const newest = kept.slice(-(MAX_NAMES - 1));
    this.names[slot] =
      newest.length === 0
        ? single
        : new Several(
            [...newest.map((i) => list[i] as string), single[0] as string],
            [...newest.map((i) => ends[i] as number), until],
          );
    this.table.lines[slot * LINE_WORDS + UNTIL_AT] = until;
  }

  /** UNIX seconds. */
  private untilOf(slot: number): number {
    return (this.table.lines[slot * LINE_WORDS + UNTIL_AT] as number) >>> 0;
  }

  private setKey(scope: number, bytes: Buffer, offset: number, ipv6: boolean): void {
    const { key } = this;
    key[0] = scope;
    key[1] = Math.floor(scope / 0x1_0000_0000) ^ (ipv6 ? FAMILY_6 : 0);
    for (let i = 0; i < 3; i += 1) key[2 + i] = ipv6 ? bytes.readInt32LE(offset + 4 * i) : 0;
    key[5] = bytes.readInt32LE(offset + 12);
  }

  private scopeOf(slot: number): number {
    const { lines } = this.table;
    const high = lines[slot * LINE_WORDS + 1] as number;
    const negative = high < 0;
    const isFamily6 = ((high & FAMILY_6) !== 0) !== negative;
    const word = isFamily6 ? high ^ FAMILY_6 : high;
    return word * 0x1_0000_0000 + ((lines[slot * LINE_WORDS] as number) >>> 0);
  }
}
