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

/**
 * Which names an address was resolved from, per SIM (or realm). Old entries go when a SIM has too many of its own; when
 * all together are too many, the SIM that got no answer for longest loses its names. So one SIM cannot push out another's
 * while it stays within its share.
 */
export class DnsMemory {
  private readonly scopes = new Map<number, Map<AddressKey, readonly ResolvedName[]>>();
  private entries = 0;
  evicted = 0;

  constructor(private readonly options: DnsMemoryOptions) {}

  get size(): number {
    return this.entries;
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
    const until = time + Math.min(Math.max(ttl * 1_000_000, minTtl), maxTtl) + grace;
    const key = bytes.length === 4 ? bytes.readUInt32BE(0) : bytes.toString('latin1', 0, 16);
    const addresses = this.touch(scope);
    const known = addresses.get(key);
    const names = known?.filter((each) => each.name !== name && each.until > time) ?? [];
    if (names.length >= MAX_NAMES) names.shift();
    names.push({ name, until });
    // Set anew, so that the map's order is that of the answers.
    if (known !== undefined) addresses.delete(key);
    else this.entries += 1;
    addresses.set(key, names);
    this.bound(scope, addresses);
  }

  /** The names of a flow's peer that are alive at `time`, the newest last. */
  find(scope: number, bytes: Buffer, offset: number, ipv6: boolean, time: number): readonly ResolvedName[] {
    const addresses = this.scopes.get(scope);
    if (addresses === undefined) return NOTHING;
    const key = ipv6 ? bytes.toString('latin1', offset, offset + 16) : bytes.readUInt32BE(offset + 12);
    const names = addresses.get(key);
    if (names === undefined) return NOTHING;
    return names.every((each) => each.until > time) ? names : names.filter((each) => each.until > time);
  }

  /** Forgets all names of a SIM: it has withdrawn its consent. */
  forget(scope: number): void {
    const addresses = this.scopes.get(scope);
    if (addresses === undefined) return;
    this.entries -= addresses.size;
    this.scopes.delete(scope);
  }

  /** The scope's addresses; the scope becomes the most recent. */
  private touch(scope: number): Map<AddressKey, readonly ResolvedName[]> {
    const addresses = this.scopes.get(scope) ?? new Map<AddressKey, readonly ResolvedName[]>();
    this.scopes.delete(scope);
    this.scopes.set(scope, addresses);
    return addresses;
  }

  private bound(scope: number, addresses: Map<AddressKey, readonly ResolvedName[]>): void {
    const { maxEntries, maxPerScope, sharedFactor } = this.options;
    const share = scope < 0 ? maxPerScope * sharedFactor : maxPerScope;
    if (addresses.size > share) this.dropOldest(addresses);
    while (this.entries > maxEntries) {
      const [idle, theirs] = this.scopes.entries().next().value as [number, typeof addresses];
      if (idle === scope) this.dropOldest(addresses);
      else {
        this.evicted += theirs.size;
        this.entries -= theirs.size;
        this.scopes.delete(idle);
      }
    }
  }

  private dropOldest(addresses: Map<AddressKey, readonly ResolvedName[]>): void {
    const oldest = addresses.keys().next().value;
    if (oldest === undefined) return;
    addresses.delete(oldest);
    this.entries -= 1;
    this.evicted += 1;
  }
}
