import type { RealmPolicy, Session, SessionChanges } from '../sims/index.js';
import { formatAddress, parseAddress, parsePrefix, Refusal, type Prefix } from '../shared/plain.js';
import { PrefixTable } from './prefix-table.js';
import type { UsageAccount } from './types.js';
import type { UsageCell } from './usage-cells.js';

/** Whom the octets of an address belong to during a time, as the hot path needs it. */
export interface Account {
  readonly usage: UsageAccount;
  /** Whose names are remembered: the SIM's key; 0 where nobody's are. */
  readonly simKey: number;
  readonly realmIndex: number;
  /** Names may be looked at and kept. */
  readonly nameConsent: boolean;
  /** Resolvers whose answers are believed ({@link addressId}); null = all. */
  readonly resolvers: ReadonlySet<string> | null;
  /** What resolved names are remembered for: the SIM, or the realm where it shares them. */
  readonly dnsScope: number;
  /** UNIX microseconds: the account holds the address from, until. Falls when the session ends or is replaced. */
  from: number;
  until: number;
  /** False where a session that becomes known later could be nearer to the address (LAN prefix, suspense). */
  readonly exclusive: boolean;
  /** Flows of this account in the flow memory. */
  flows: number;
  /** Sums per decision, made as they come up. */
  cells: Map<string, UsageCell> | undefined;
}

interface Known {
  session: Session;
  account: Account;
  prefix: Prefix;
}

interface Realm {
  policy: RealmPolicy;
  resolvers: ReadonlySet<string>;
  table: PrefixTable<Known[]>;
}

export interface SessionIndexOptions {
  /** Sessions that ended longer ago than this, seen from the newest record, are forgotten. Milliseconds. */
  historyMs: number;
  /** Addresses without session whose accounts are kept at a time. */
  maxSuspense: number;
  /** For capture files: every subscriber address stands for a SIM that consents; its resolvers, null = any. */
  anonymous: { resolvers: ReadonlySet<string> | null } | null;
}

const SWEEP_PER_UPDATE = 1_000;
const NO_RESOLVERS: ReadonlySet<string> = new Set();

/** Which SIM held an address when. Takes changes as they come; look-ups cost the same for one session or 100,000. */
export class SessionIndex {
  private readonly realms = new Map<number, Realm>();
  private readonly byId = new Map<number, Known>();
  private suspense = new Map<string, Account>();
  private readonly found: Known[][] = [];
  private sweeper: Iterator<Known> | undefined;
  private anonymousKeys = 0;
  /** Grows with each change: decisions for accounts that are not exclusive are looked up again. */
  changes = 0;
  revision = 0;
  /** Sessions whose prefix cannot be read: left out, since one bad row must not stop the rest. */
  skipped = 0;

  constructor(private readonly options: SessionIndexOptions) {}

  get size(): number {
    return this.byId.size;
  }

  /**
   * Takes changes. `now` is the newest time of a record, in UNIX microseconds.
   * @returns keys of SIMs whose names may not be looked at (any more)
   */
  update(changes: SessionChanges, now: number): Set<number> {
    for (const policy of changes.realms) this.setRealm(policy);
    for (const id of changes.deletedIds) this.remove(id);
    for (const session of changes.upserted) this.upsert(session);
    this.revision = changes.revision;
    this.changes += 1;
    if (this.options.anonymous === null) this.suspense.clear();
    this.sweep(now);
    return new Set(changes.upserted.filter((each) => !each.nameConsent).map((each) => each.simKey));
  }

  /** The account that holds an address of a realm at `time` (UNIX microseconds): the longest prefix with a session then. */
  find(realmIndex: number, bytes: Buffer, offset: number, ipv6: boolean, time: number): Account {
    const realm = this.realms.get(realmIndex);
    if (realm !== undefined) {
      realm.table.lookup(bytes, offset, ipv6, this.found);
      for (const list of this.found) {
        for (let i = list.length - 1; i >= 0; i -= 1) {
          const { account } = list[i] as Known;
          if (time >= account.until) break;
          if (time >= account.from) return account;
        }
      }
    }
    return this.suspenseOf(realmIndex, bytes, offset, ipv6);
  }

  /** Where nobody is known to hold the address: kept by address until a session is found to cover it. */
  suspenseOf(realmIndex: number, bytes: Buffer, offset: number, ipv6: boolean): Account {
    const key = `${realmIndex} ${addressId(bytes, offset, ipv6)}`;
    const known = this.suspense.get(key);
    if (known !== undefined) return known;
    const { anonymous } = this.options;
    // Hostile senders can invent addresses; forgetting these accounts costs a look-up, nothing else. Those of capture
    // files are kept, as names hang on them: they grow with the subscribers in the file.
    if (this.suspense.size >= this.options.maxSuspense && anonymous === null) this.suspense.clear();
    const simKey = anonymous === null ? 0 : (this.anonymousKeys += 1);
    const account: Account = {
      usage: { kind: 'suspense', realmIndex, address: formatAddress(bytes, offset, ipv6) },
      simKey,
      realmIndex,
      nameConsent: anonymous !== null,
      resolvers: anonymous === null ? NO_RESOLVERS : anonymous.resolvers,
      dnsScope: simKey,
      from: Number.NEGATIVE_INFINITY,
      until: Number.POSITIVE_INFINITY,
      exclusive: false,
      flows: 0,
      cells: undefined,
    };
    this.suspense.set(key, account);
    return account;
  }

  private setRealm(policy: RealmPolicy): void {
    const resolvers = resolverSet(policy.resolvers);
    const known = this.realms.get(policy.index);
    if (known === undefined) {
      this.realms.set(policy.index, { policy, resolvers, table: new PrefixTable() });
      return;
    }
    const same = JSON.stringify(known.policy) === JSON.stringify(policy);
    known.policy = policy;
    known.resolvers = resolvers;
    if (same) return;
    for (const { session } of [...this.byId.values()])
      if (session.realmIndex === policy.index) this.replace(session);
  }

  private realmOf(index: number): Realm {
    let realm = this.realms.get(index);
    if (realm === undefined) {
      const policy: RealmPolicy = { index, name: '', resolvers: [] };
      this.realms.set(index, (realm = { policy, resolvers: NO_RESOLVERS, table: new PrefixTable() }));
    }
    return realm;
  }

  private upsert(session: Session): void {
    const known = this.byId.get(session.id);
    if (known !== undefined && onlyEndDiffers(known.session, session)) {
      known.session = session;
      const list = this.realmOf(session.realmIndex).table.get(known.prefix);
      if (list !== undefined) setTimes(list);
      return;
    }
    this.replace(session);
  }

  private replace(session: Session): void {
    this.remove(session.id);
    let prefix: Prefix;
    try {
      prefix = parsePrefix(session.prefix);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.skipped += 1;
      return;
    }
    const realm = this.realmOf(session.realmIndex);
    const known: Known = { session, prefix, account: accountOf(session, prefix, realm) };
    this.byId.set(session.id, known);
    const list = realm.table.get(prefix);
    if (list === undefined) realm.table.set(prefix, [known]);
    else list.push(known);
    setTimes(list ?? [known]);
  }

  private remove(id: number): void {
    const known = this.byId.get(id);
    if (known === undefined) return;
    this.byId.delete(id);
    known.account.until = Number.NEGATIVE_INFINITY;
    const { table } = this.realmOf(known.session.realmIndex);
    const list = table.get(known.prefix);
    if (list === undefined) return;
    list.splice(list.indexOf(known), 1);
    if (list.length === 0) table.delete(known.prefix);
    else setTimes(list);
  }

  /** Forgets some of the sessions that ended long ago: a few at each update, so that none takes long. */
  private sweep(now: number): void {
    const before = now / 1000 - this.options.historyMs;
    if (!Number.isFinite(before)) return;
    for (let i = 0; i < SWEEP_PER_UPDATE; i += 1) {
      const next = (this.sweeper ??= this.byId.values()).next();
      if (next.done === true) {
        this.sweeper = undefined;
        return;
      }
      const { endTime, id } = next.value.session;
      if (endTime !== null && endTime < before) this.remove(id);
    }
  }
}

/**
 * An address is held by one SIM at a time: of two sessions of one prefix the one that starts later ends the earlier, also
 * where the end of the earlier never became known.
 */
function setTimes(list: Known[]): void {
  list.sort((a, b) => a.session.startTime - b.session.startTime || a.session.id - b.session.id);
  list.forEach(({ session, account }, index) => {
    const next = list[index + 1];
    account.from = session.startTime * 1000;
    account.until = Math.min(
      session.endTime === null ? Number.POSITIVE_INFINITY : session.endTime * 1000,
      next === undefined ? Number.POSITIVE_INFINITY : next.session.startTime * 1000,
    );
  });
}

function accountOf(session: Session, prefix: Prefix, realm: Realm): Account {
  return {
    usage: {
      kind: 'sim',
      simKey: session.simKey,
      sessionId: session.id,
      ...(session.mcc != null && { mcc: session.mcc }),
    },
    simKey: session.simKey,
    realmIndex: session.realmIndex,
    nameConsent: session.nameConsent,
    resolvers: session.dnsServers.length > 0 ? resolverSet(session.dnsServers) : realm.resolvers,
    dnsScope: realm.policy.shareNames === true ? -session.realmIndex : session.simKey,
    from: 0,
    until: 0,
    exclusive: prefix.length === (prefix.family === 4 ? 32 : 128),
    flows: 0,
    cells: undefined,
  };
}

function onlyEndDiffers(a: Session, b: Session): boolean {
  return JSON.stringify({ ...a, endTime: null }) === JSON.stringify({ ...b, endTime: null });
}

function resolverSet(texts: readonly string[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const text of texts) {
    const address = parseAddress(text);
    if (address) ids.add(addressId(Buffer.from(address.bytes), 0, address.family === 6));
  }
  return ids;
}

/** A key for an address and its family. */
export function addressId(bytes: Buffer, offset: number, ipv6: boolean): string {
  return ipv6
    ? bytes.toString('latin1', offset, offset + 16)
    : bytes.toString('latin1', offset + 12, offset + 16);
}
