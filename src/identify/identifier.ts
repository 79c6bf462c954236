import { randomInt } from 'node:crypto';
import {
  FLOW_KEY,
  FLOW_RECORD,
  FLOW_RECORD_BYTES,
  readHellos,
  SHAPE_IPV6,
  SHAPE_STEP_MASK,
} from '../capture/plain.js';
import type { CatalogueSnapshot } from '../catalogue/index.js';
import { atOnce, gently } from '../shared/plain.js';
import type { SessionChanges } from '../sims/index.js';
import { combine, decide, NO_SERVICE, type FlowFacts } from './decide.js';
import { DnsMemory } from './dns-memory.js';
import type { TakenClaim } from './flow-claims.js';
import { FlowMemory } from './flow-memory.js';
import { HelloReader } from './hello/hello-reader.js';
import { HelloLearner } from './hello-learner.js';
import { resolveOptions, type IdentifierOptions, type ResolvedOptions } from './options.js';
import { ServiceIndex } from './service-index.js';
import { addressId, SessionIndex, type Account } from './session-index.js';
import type { Decision, FlowVisitor, IdentifierStats, UsageEntry } from './types.js';
import { Reasons, UsageSums, type Reason, type Usage } from './usage-sums.js';

const WORDS = FLOW_RECORD_BYTES / 4;
const KEY_AT = FLOW_RECORD.key / 4;
const STEP_FLOW = 0;
const STEP_ADDRESS_PAIR = 1;
const STEP_GLOBAL = 3;
const PORT_DNS = 53;
/** Steps of long work (see `gently`): well under a millisecond, also where every record is new and every hello encrypted. */
export const RECORDS_PER_STEP = 128;
const ENTRIES_PER_STEP = 512;
export const HELLOS_PER_STEP = 8;
const NOTHING_RESOLVED: readonly string[] = [];
const NO_USAGE: Readonly<Usage> = {
  octetsUp: 0,
  octetsDown: 0,
  packetsUp: 0,
  packetsDown: 0,
  firstTime: 0,
  lastTime: 0,
};

/**
 * Says of every flow record whose it is, which service it is for, and on what evidence. It has no clock: time is that of
 * the records, so the same records in the same order give the same decisions. It holds no truth: all it remembers is
 * bounded and can be rebuilt (`recall`); what it forgets costs evidence, never octets.
 *
 * A record belongs to the session that holds its address at the record's first packet, as a whole: an epoch is seconds
 * long and its octets cannot be told apart. What a new session does within the rest of that epoch on other flows is
 * already its own. Where no session holds the address at the first packet, the record is in suspense.
 */
export class Identifier {
  private readonly options: ResolvedOptions;
  private readonly services = new ServiceIndex();
  private readonly sessions: SessionIndex;
  private readonly dns: DnsMemory;
  private readonly reader: HelloReader;
  private readonly learner: HelloLearner;
  private readonly flows: FlowMemory;
  private readonly reasons = new Reasons();
  /** Sums of batches that are not being walked. */
  private readonly spareSums: UsageSums[] = [];

  private interval = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };
  private stamp = 0;
  /** Time of the newest record that was decided: UNIX microseconds. */
  private now = Number.NaN;
  private readonly counts = { records: 0, decided: 0, movedOctets: 0 };

  constructor(options: IdentifierOptions = {}) {
    this.options = resolveOptions(options);
    this.sessions = new SessionIndex(this.options);
    this.dns = new DnsMemory(this.options.dns, randomInt(0x7fff_ffff));
    this.reader = new HelloReader(this.options.hellos);
    this.learner = new HelloLearner(
      this.options,
      this.sessions,
      this.dns,
      this.reader,
      this.takeClaim.bind(this),
    );
    this.flows = new FlowMemory(this.options);
  }

  /** Brings the service rules to a revision. Holds from the next record on. */
  updateCatalogue(snapshot: CatalogueSnapshot): void {
    this.services.update(snapshot);
    this.restamp();
  }

  /**
   * As {@link updateCatalogue}, giving the event loop a turn every few milliseconds: for catalogues of hundreds of
   * thousands of names. Until it resolves the old rules hold. Calls must not overlap.
   */
  async updateCatalogueGently(snapshot: CatalogueSnapshot): Promise<void> {
    await gently(this.services.updateSteps(snapshot));
    this.restamp();
  }

  /** Takes changes of realms and sessions. Holds from the next record on. */
  updateSessions(changes: SessionChanges): void {
    atOnce(this.sessionSteps(changes));
  }

  /**
   * As {@link updateSessions}, giving the event loop a turn every few milliseconds: for the first load of all sessions. What
   * is identified meanwhile sees what is taken over so far. Calls must not overlap.
   */
  updateSessionsGently(changes: SessionChanges): Promise<void> {
    return gently(this.sessionSteps(changes));
  }

  private *sessionSteps(changes: SessionChanges): Generator<void, void> {
    const withdrawn = yield* this.sessions.updateSteps(changes, this.now);
    for (const simKey of withdrawn) this.dns.forget(simKey);
    if (withdrawn.size > 0) this.reader.forget(withdrawn);
    if (changes.upserted.length > 0) yield* this.learner.readWaiting(HELLOS_PER_STEP);
  }

  /** Learns names from hellos (packed, see `readHellos`) that were seen before the flow records that come next. */
  observe(hellos: Buffer): void {
    atOnce(this.observeSteps(hellos));
  }

  /** As {@link observe}, giving the event loop a turn every few milliseconds. `hellos` must not change until it resolves. */
  observeGently(hellos: Buffer): Promise<void> {
    return gently(this.observeSteps(hellos));
  }

  private *observeSteps(hellos: Buffer): Generator<void, void> {
    let read = 0;
    for (const hello of readHellos(hellos)) {
      this.learner.learn(hello);
      if ((read += 1) % HELLOS_PER_STEP === 0) yield;
    }
  }

  /** Rebuilds what was known of names from hellos that were observed before a restart. Sessions come first. */
  recall(hellos: Buffer): Promise<void> {
    return this.observeGently(hellos);
  }

  /**
   * Identifies the flow records of a batch, once per batch: keep the entries when a commit is tried again. Entries are
   * summed per account, decision and hour; a flow recognised late gives negative ones too (see {@link UsageEntry}).
   */
  identify(batch: { flows: Buffer }): UsageEntry[] {
    return atOnce(this.walk(batch.flows, undefined));
  }

  /**
   * As {@link identify}, giving the event loop a turn every few milliseconds. `flows` must not change until it resolves.
   */
  identifyGently(batch: { flows: Buffer }): Promise<UsageEntry[]> {
    return gently(this.walk(batch.flows, undefined));
  }

  /** As {@link identify}, and calls `visit` for each record, in order, with its own decision and the names seen. */
  identifyFlows(batch: { flows: Buffer }, visit: FlowVisitor): UsageEntry[] {
    return atOnce(this.walk(batch.flows, visit));
  }

  stats(): IdentifierStats {
    return {
      ...this.counts,
      ...this.learner.counts,
      octetsWaiting: this.learner.octetsWaiting,
      catalogueRevision: this.services.revision,
      skippedRules: this.services.skippedRules,
      sessions: this.sessions.size,
      sessionRevision: this.sessions.revision,
      skippedSessions: this.sessions.skipped,
      flows: this.flows.table.size,
      flowsEvicted: this.flows.table.evicted,
      flowsExpired: this.flows.table.expired,
      dnsEntries: this.dns.size,
      dnsEvicted: this.dns.evicted,
      helloReads: { ...this.reader.counts },
      heldFlows: this.reader.held.flows,
      heldOctets: this.reader.held.octets,
      heldDropped: this.reader.held.dropped,
    };
  }

  private restamp(): void {
    this.interval = { from: Number.NaN, until: Number.NaN };
  }

  /** A name that the peer sends names the subscriber's end: shown, but no claim of the subscriber's. */
  private takeClaim(words: Int32Array, taken: TakenClaim, own: boolean): void {
    const slot = this.flows.slotOf(words, 0, taken.time);
    if (own) this.flows.takeClaim(slot, taken);
    else this.flows.showClaim(slot, taken);
  }

  private *walk(flows: Buffer, visit: FlowVisitor | undefined): Generator<void, UsageEntry[]> {
    if (flows.length % FLOW_RECORD_BYTES !== 0)
      throw new RangeError(
        `${flows.length} bytes are no whole number of ${FLOW_RECORD_BYTES}-byte flow records`,
      );
    const bytes = flows.byteOffset % 4 === 0 ? flows : Buffer.from(new Uint8Array(flows));
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const sums = this.spareSums.pop() ?? new UsageSums();
    const count = bytes.length / FLOW_RECORD_BYTES;
    for (let from = 0; from < count; from += RECORDS_PER_STEP) {
      if (from > 0) yield;
      this.walkPart(bytes, words, from, Math.min(count, from + RECORDS_PER_STEP), sums, visit);
    }
    this.counts.records += count;
    const entries = yield* sums.take(ENTRIES_PER_STEP);
    this.spareSums.push(sums);
    return entries;
  }

  private walkPart(
    bytes: Buffer,
    words: Int32Array,
    from: number,
    to: number,
    sums: UsageSums,
    visit: FlowVisitor | undefined,
  ): void {
    const { flows } = this;
    const usage: Usage = { ...NO_USAGE };
    for (let i = from; i < to; i += 1) {
      const at = i * WORDS;
      readUsage(words, at, usage);
      let slot = flows.find(words, at + KEY_AT);
      if (slot < 0 || !this.isWarm(slot, usage.firstTime)) {
        if (slot < 0) slot = flows.slotOf(words, at + KEY_AT, usage.firstTime);
        this.decideRecord(bytes, i * FLOW_RECORD_BYTES + FLOW_RECORD.key, slot, usage, sums);
      }
      const account = flows.accountOf(slot) as Account;
      const reason = flows.reasonOf(slot) as Reason;
      flows.table.see(slot, usage.lastTime);
      sums.add(account, reason, 1, usage);
      flows.noteUsage(slot, account, reason, usage);
      if (visit !== undefined) visit(i, account.usage, reason.decision, flows.namesOf(slot));
    }
  }

  private isWarm(slot: number, firstTime: number): boolean {
    const { flows } = this;
    if (!flows.isDecided(slot, this.stamp)) return false;
    const account = flows.accountOf(slot) as Account;
    return (
      firstTime >= this.interval.from &&
      firstTime < this.interval.until &&
      firstTime >= account.from &&
      firstTime < account.until &&
      (account.exclusive || flows.decidedChanges(slot) === this.sessions.changes)
    );
  }

  /** The slow way: finds the account and decides. */
  private decideRecord(
    bytes: Buffer,
    key: number,
    slot: number,
    usage: Readonly<Usage>,
    sums: UsageSums,
  ): void {
    const { firstTime, lastTime } = usage;
    this.counts.decided += 1;
    this.now = lastTime;
    this.enterInterval(firstTime);
    const shape = bytes[key + FLOW_KEY.shape] as number;
    const step = shape & SHAPE_STEP_MASK;
    const ipv6 = (shape & SHAPE_IPV6) !== 0;
    const realm = bytes.readUInt16LE(key + FLOW_KEY.realm);
    const account =
      step === STEP_GLOBAL
        ? this.sessions.suspenseOf(realm, bytes, key + FLOW_KEY.subscriber, ipv6)
        : this.sessions.find(realm, bytes, key + FLOW_KEY.subscriber, ipv6, firstTime);
    this.flows.setAccount(slot, account);
    const { decision, settled } =
      step > STEP_ADDRESS_PAIR
        ? { decision: NO_SERVICE, settled: true }
        : this.decideFlow(bytes, key, ipv6, step === STEP_FLOW, account, slot, firstTime, lastTime);
    const reason = this.reasons.of(decision);
    this.flows.setReason(slot, reason);
    this.flows.rebill(slot, firstTime, (then, was, past) => {
      if (was === reason) return was;
      // The octets stay with the account that held the address then, in the hour in which they were used.
      sums.add(then, was, -1, past);
      sums.add(then, reason, 1, past);
      this.counts.movedOctets += past.octetsUp + past.octetsDown;
      return reason;
    });
    this.flows.setDecided(slot, settled ? this.stamp : undefined, this.sessions.changes);
  }

  private decideFlow(
    bytes: Buffer,
    key: number,
    ipv6: boolean,
    wholeKey: boolean,
    account: Account,
    slot: number,
    firstTime: number,
    lastTime: number,
  ): { decision: Decision; settled: boolean } {
    const facts: FlowFacts = {
      peer: bytes,
      peerOffset: key + FLOW_KEY.peer,
      ipv6,
      protocol: wholeKey ? (bytes[key + FLOW_KEY.protocol] as number) : 0,
      peerPort: wholeKey ? bytes.readUInt16LE(key + FLOW_KEY.peer_port) : 0,
      time: firstTime,
      claim: undefined,
      resolved: NOTHING_RESOLVED,
    };
    if (facts.peerPort === PORT_DNS) facts.foreignDns = isForeignResolver(account, facts);
    if (!account.nameConsent) {
      this.flows.forgetNames(slot);
      return { decision: decide(this.services, facts), settled: true };
    }
    facts.resolved = this.resolvedOf(slot, account, facts);
    const claims = this.flows.claimsWithin(slot, firstTime, lastTime, account.simKey);
    if (claims.length < 2) {
      facts.claim = claims[0]?.claim;
      const decision = decide(this.services, facts);
      return { decision, settled: !this.flows.settleClaims(slot, lastTime) };
    }
    const decisions = claims.map(({ claim }) => decide(this.services, { ...facts, claim }));
    this.flows.settleClaims(slot, lastTime);
    return { decision: combine(decisions), settled: false };
  }

  /** What the SIM resolved to the peer when the flow was first looked at. */
  private resolvedOf(slot: number, account: Account, facts: FlowFacts): readonly string[] {
    const known = this.flows.resolvedOf(slot);
    if (known !== undefined) return known;
    const { peer, peerOffset, ipv6, time } = facts;
    const names = this.dns.find(account.dnsScope, peer, peerOffset, ipv6, time);
    if (names.length > 0 || this.flows.hasClaim(slot)) this.flows.setResolved(slot, names);
    return names;
  }

  private enterInterval(time: number): void {
    if (time >= this.interval.from && time < this.interval.until) return;
    this.interval = this.services.intervalAt(time);
    this.stamp = nextStamp(this.stamp);
  }
}

function nextStamp(stamp: number): number {
  return (stamp + 1) & 0x7fff_ffff;
}

/** Reads counters and times of the record at word `at`. */
function readUsage(words: Int32Array, at: number, into: Usage): void {
  into.octetsUp = integerAt(words, at + FLOW_RECORD.octets_up / 4);
  into.octetsDown = integerAt(words, at + FLOW_RECORD.octets_down / 4);
  into.packetsUp = integerAt(words, at + FLOW_RECORD.packets_up / 4);
  into.packetsDown = integerAt(words, at + FLOW_RECORD.packets_down / 4);
  into.firstTime = integerAt(words, at + FLOW_RECORD.first_time / 4);
  into.lastTime = integerAt(words, at + FLOW_RECORD.last_time / 4);
}

/** A little-endian u64 that must be a safe integer. */
function integerAt(words: Int32Array, at: number): number {
  const high = (words[at + 1] as number) >>> 0;
  if (high > 0x1f_ffff) throw new RangeError(`counter at byte ${at * 4} exceeds 2^53 - 1`);
  return high * 0x1_0000_0000 + ((words[at] as number) >>> 0);
}

/** Where a session's resolvers are not known, none is foreign. */
function isForeignResolver({ resolvers }: Account, { peer, peerOffset, ipv6 }: FlowFacts): boolean {
  return resolvers !== null && resolvers.size > 0 && !resolvers.has(addressId(peer, peerOffset, ipv6));
}
