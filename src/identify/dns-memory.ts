/** A name that a trusted resolver gave an address for. */
export interface ResolvedName {
  readonly name: string;
  /** UNIX microseconds: TTL and grace are over. */
  readonly until: number;
}

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
const NOTHING: readonly ResolvedName[] = [];

type AddressKey = number | string;
type Addresses = Map<AddressKey, readonly ResolvedName[]>;

/** The addresses of one SIM in two generations: when the young fill half of its share, the old are dropped at once. */
class ScopeNames {
  private young: Addresses = new Map();
  private old: Addresses = new Map();

  constructor(private readonly share: number) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: AddressKey): readonly ResolvedName[] | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  /** Returns how many addresses were dropped to make room. */
  set(key: AddressKey, names: readonly ResolvedName[]): number {
    this.old.delete(key);
    this.young.set(key, names);
    if (this.young.size * 2 <= this.share) return 0;
    const dropped = this.old.size;
    this.old = this.young;
    this.young = new Map();
    return dropped;
  }
}

/**
 * Which names an address was resolved from, per SIM (or realm). Bounded per SIM and over all: a SIM with too many addresses
 * loses its own old ones; when all together are too many, the SIMs that got no answer for longest lose theirs. Everything
 * is dropped by generations, so that no answer costs more than another, however hostile.
 */
export class DnsMemory {
  private active = new Map<number, ScopeNames>();
  private idle = new Map<number, ScopeNames>();
  private activeEntries = 0;
  private idleEntries = 0;
  evicted = 0;

  constructor(private readonly options: DnsMemoryOptions) {}

  get size(): number {
    return this.activeEntries + this.idleEntries;
  }

  /**
   * Remembers one address of an answer.
   * @param scope SIM key, or the negative realm index of a realm that shares names
   * @param bytes 4 or 16 octets
   * @param ttl seconds
   * @param time UNIX microseconds of the answer
   */
  learn(scope: number, bytes: Buffer, name: string, ttl: number, time: number): void {
    const { grace, minTtl, maxTtl, maxEntries } = this.options;
    const until = time + Math.min(Math.max(ttl * 1_000_000, minTtl), maxTtl) + grace;
    const key = bytes.length === 4 ? bytes.readUInt32BE(0) : bytes.toString('latin1', 0, 16);
    const addresses = this.activate(scope);
    const names = addresses.get(key)?.filter((each) => each.name !== name && each.until > time) ?? [];
    if (names.length >= MAX_NAMES) names.shift();
    names.push({ name, until });
    const before = addresses.size;
    this.evicted += addresses.set(key, names);
    this.activeEntries += addresses.size - before;
    if (this.activeEntries * 2 > maxEntries) this.rotate();
  }

  /** The names of a flow's peer that are alive at `time`, the newest last. */
  find(scope: number, bytes: Buffer, offset: number, ipv6: boolean, time: number): readonly ResolvedName[] {
    const addresses = this.active.get(scope) ?? this.idle.get(scope);
    if (addresses === undefined) return NOTHING;
    const key = ipv6 ? bytes.toString('latin1', offset, offset + 16) : bytes.readUInt32BE(offset + 12);
    const names = addresses.get(key);
    if (names === undefined) return NOTHING;
    return names.every((each) => each.until > time) ? names : names.filter((each) => each.until > time);
  }

  /** Forgets all names of a SIM: it has withdrawn its consent. */
  forget(scope: number): void {
    this.activeEntries -= this.active.get(scope)?.size ?? 0;
    this.active.delete(scope);
    this.idleEntries -= this.idle.get(scope)?.size ?? 0;
    this.idle.delete(scope);
  }

  private activate(scope: number): ScopeNames {
    const active = this.active.get(scope);
    if (active !== undefined) return active;
    const { maxPerScope, sharedFactor } = this.options;
    const idle = this.idle.get(scope);
    const names = idle ?? new ScopeNames(scope < 0 ? maxPerScope * sharedFactor : maxPerScope);
    if (idle !== undefined) {
      this.idle.delete(scope);
      this.idleEntries -= idle.size;
      this.activeEntries += idle.size;
    }
    this.active.set(scope, names);
    return names;
  }

  private rotate(): void {
    this.evicted += this.idleEntries;
    this.idle = this.active;
    this.idleEntries = this.activeEntries;
    this.active = new Map();
    this.activeEntries = 0;
  }
}
