import type { RealmPolicy, Session, SessionChanges } from '../sims/index.js';
import { formatAddress, parseAddress, parsePrefix, Refusal, type Prefix } from '../shared/plain.js';
import { Interner } from './interner.js';
import { PrefixTable } from './prefix-table.js';
import type { UsageAccount } from './types.js';

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
  /** For hashing. */
  readonly serial: number;
}

/** A session as an account, with what is needed to tell what changed. A SIM costs some 400 octets. */
interface Known extends Account {
  readonly id: number;
  readonly prefix: string;
  /** Equal lists share one. */
  readonly dnsServers: string;
  /** UNIX milliseconds; null = open. */
  endTime: number | null;
}

interface Realm {
  policy: RealmPolicy;
  resolvers: ReadonlySet<string>;
  /** Mostly one session; several in the order of their times. */
  table: PrefixTable<Known | Known[]>;
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
/** Sessions taken over in a step of long work (see `gently`): well under a millisecond. */
export const SESSIONS_PER_STEP = 64;
const KEPT_RESOLVERS = 4_096;
const NO_RESOLVERS: ReadonlySet<string> = new Set();

/** Which SIM held an address when. Takes changes as they come; look-ups cost the same for one session or 100,000. */
export class SessionIndex {
  private readonly realms = new Map<number, Realm>();
  private readonly byId = new Map<number, Known>();
  private suspense = new Map<string, Account>();
  private readonly found: (Known | Known[])[] = [];
  private readonly resolverSets = new Interner<ReadonlySet<string>>(KEPT_RESOLVERS);
  private sweeper: Iterator<Known> | undefined;
  private anonymousKeys = 0;
  private serial = 0;
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
    const steps = this.updateSteps(changes, now);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** As {@link update}, in short steps; look-ups in between see what is taken over so far. */
  *updateSteps(changes: SessionChanges, now: number): Generator<void, Set<number>> {
    let work = 0;
    for (const policy of changes.realms)
      for (const known of this.setRealm(policy)) {
        if (this.byId.get(known.id) === known) this.replace(sessionOf(known));
        if ((work += 1) % SESSIONS_PER_STEP === 0) {
          this.changed();
          yield;
        }
      }
    for (const id of changes.deletedIds) {
      this.remove(id);
      if ((work += 1) % SESSIONS_PER_STEP === 0) {
        this.changed();
        yield;
      }
    }
    const withdrawn = new Set<number>();
    for (const session of changes.upserted) {
      this.upsert(session);
      if (!session.nameConsent) withdrawn.add(session.simKey);
      if ((work += 1) % SESSIONS_PER_STEP === 0) {
        this.changed();
        yield;
      }
    }
    this.revision = changes.revision;
    this.changed();
    if (this.options.anonymous === null) this.suspense.clear();
    this.sweep(now);
    return withdrawn;
  }

  private changed(): void {
    this.changes = (this.changes + 1) | 0;
  }

  /** The account that holds an address of a realm at `time` (UNIX microseconds): the longest prefix with a session then. */
  find(realmIndex: number, bytes: Buffer, offset: number, ipv6: boolean, time: number): Account {
    const realm = this.realms.get(realmIndex);
    if (realm !== undefined) {
      realm.table.lookup(bytes, offset, ipv6, this.found);
      for (const found of this.found) {
        const account = Array.isArray(found) ? holderAt(found, time) : found;
        if (account !== undefined && time >= account.from && time < account.until) return account;
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
      serial: this.nextSerial(),
    };
    this.suspense.set(key, account);
    return account;
  }

  private nextSerial(): number {
    return (this.serial = (this.serial + 1) | 0);
  }

  /** Returns the sessions that the new policy changes. */
  private setRealm(policy: RealmPolicy): readonly Known[] {
    const resolvers = resolverSet(policy.resolvers);
    const known = this.realms.get(policy.index);
    if (known === undefined) {
      this.realms.set(policy.index, { policy, resolvers, table: new PrefixTable() });
      return [];
    }
    const same = JSON.stringify(known.policy) === JSON.stringify(policy);
    known.policy = policy;
    known.resolvers = resolvers;
    return same ? [] : [...this.byId.values()].filter((each) => each.realmIndex === policy.index);
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
    if (known === undefined || !onlyEndDiffers(known, session)) {
      this.replace(session);
      return;
    }
    known.endTime = session.endTime;
    const held = this.realmOf(session.realmIndex).table.get(parsePrefix(known.prefix));
    if (held !== undefined) setTimes(held);
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
    const known = this.accountOf(session, prefix, realm);
    this.byId.set(session.id, known);
    const held = realm.table.get(prefix);
    const together = held === undefined ? known : Array.isArray(held) ? held : [held];
    if (Array.isArray(together)) together.push(known);
    if (together !== held) realm.table.set(prefix, together);
    setTimes(together);
  }

  private remove(id: number): void {
    const known = this.byId.get(id);
    if (known === undefined) return;
    this.byId.delete(id);
    known.until = Number.NEGATIVE_INFINITY;
    const { table } = this.realmOf(known.realmIndex);
    const prefix = parsePrefix(known.prefix);
    const held = table.get(prefix);
    const rest = Array.isArray(held) ? held.filter((each) => each !== known) : [];
    if (rest.length === 0) table.delete(prefix);
    else {
      table.set(prefix, rest.length === 1 ? (rest[0] as Known) : rest);
      setTimes(rest);
    }
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
      const { endTime, id } = next.value;
      if (endTime !== null && endTime < before) this.remove(id);
    }
  }

  private accountOf(session: Session, prefix: Prefix, realm: Realm): Known {
    const { id, simKey, realmIndex, nameConsent } = session;
    const dnsServers = session.dnsServers.join(' ');
    return {
      id,
      prefix: session.prefix,
      dnsServers,
      endTime: session.endTime,
      usage: { kind: 'sim', simKey, sessionId: id, ...(session.mcc != null && { mcc: session.mcc }) },
      simKey,
      realmIndex,
      nameConsent,
      resolvers:
        dnsServers === ''
          ? realm.resolvers
          : this.resolverSets.get(dnsServers, () => resolverSet(session.dnsServers)),
      dnsScope: realm.policy.shareNames === true ? -realmIndex : simKey,
      from: session.startTime * 1000,
      until: 0,
      exclusive: prefix.length === (prefix.family === 4 ? 32 : 128),
      flows: 0,
      serial: this.nextSerial(),
    };
  }
}

/** Of sessions of one prefix the last that had begun at `time`. */
function holderAt(list: readonly Known[], time: number): Known | undefined {
  for (let i = list.length - 1; i >= 0; i -= 1) if (time >= (list[i] as Known).from) return list[i];
  return undefined;
}

/**
 * An address is held by one SIM at a time: of two sessions of one prefix the one that starts later ends the earlier, also
 * where the end of the earlier never became known.
 */
function setTimes(held: Known | Known[]): void {
  const list = Array.isArray(held) ? held : [held];
  list.sort((a, b) => a.from - b.from || a.id - b.id);
  list.forEach((account, index) => {
    account.until = Math.min(
      account.endTime === null ? Number.POSITIVE_INFINITY : account.endTime * 1000,
      list[index + 1]?.from ?? Number.POSITIVE_INFINITY,
    );
  });
}

function sessionOf(known: Known): Session {
  const { id, simKey, realmIndex, prefix, endTime, nameConsent } = known;
  const dnsServers = known.dnsServers === '' ? [] : known.dnsServers.split(' ');
  return { id, simKey, realmIndex, prefix, startTime: known.from / 1000, endTime, dnsServers, nameConsent };
}

function onlyEndDiffers(known: Known, session: Session): boolean {
  return (
    known.simKey === session.simKey &&
    known.realmIndex === session.realmIndex &&
    known.prefix === session.prefix &&
    known.from === session.startTime * 1000 &&
    known.nameConsent === session.nameConsent &&
    (known.usage.kind !== 'sim' || (known.usage.mcc ?? null) === (session.mcc ?? null)) &&
    known.dnsServers === session.dnsServers.join(' ')
  );
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
