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
import type { SessionChanges } from '../sims/index.js';
import { combine, decide, NO_SERVICE, type FlowFacts } from './decide.js';
import { DnsMemory } from './dns-memory.js';
import { FlowClaims } from './flow-claims.js';
import { FlowTable } from './flow-table.js';
import { HelloReader, type PlacedClaim } from './hello/hello-reader.js';
import { HelloLearner } from './hello-learner.js';
import { LateWindow } from './late-window.js';
import { resolveOptions, type IdentifierOptions, type ResolvedOptions } from './options.js';
import { ServiceIndex } from './service-index.js';
import { addressId, SessionIndex, type Account } from './session-index.js';
import type { Decision, FlowName, FlowVisitor, IdentifierStats, UsageEntry } from './types.js';
import { EntryCollector, UsageCells, type UsageCell } from './usage-cells.js';

const WORDS = FLOW_RECORD_BYTES / 4;
const KEY_AT = FLOW_RECORD.key / 4;
const STEP_FLOW = 0;
const STEP_ADDRESS_PAIR = 1;
const STEP_GLOBAL = 3;
const PORT_DNS = 53;
const NO_NAMES: readonly FlowName[] = [];
/** Bits of `state`: octets of the flow are still remembered, in case its hello comes late. */
const IN_WINDOW = 1;

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
  private readonly cellStore = new UsageCells();
  private readonly table: FlowTable;
  private readonly late: LateWindow;

  // Per slot of the flow table.
  private readonly cells: (UsageCell | undefined)[] = [];
  private readonly claims: (FlowClaims | undefined)[] = [];
  /** The catalogue state that the cell's decision was made under; -1 = to be decided. */
  private readonly stamps: Int32Array;
  private readonly sessionChanges: Int32Array;
  private readonly state: Uint8Array;

  private interval = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };
  private stamp = 0;
  private batch = 0;
  /** Time of the newest record that was decided: UNIX microseconds. */
  private now = Number.NaN;
  private readonly counts = { records: 0, decided: 0, movedOctets: 0 };

  constructor(options: IdentifierOptions = {}) {
    this.options = resolveOptions(options);
    const { maxFlows } = this.options;
    this.sessions = new SessionIndex(this.options);
    this.dns = new DnsMemory(this.options.dns);
    this.reader = new HelloReader(this.options.hellos);
    this.learner = new HelloLearner(
      this.options,
      this.sessions,
      this.dns,
      this.reader,
      this.takeClaim.bind(this),
    );
    this.table = new FlowTable(maxFlows, this.options.flowIdle, randomInt(0x7fff_ffff), {
      worth: (slot) => this.worth(slot),
      released: (slot) => this.release(slot),
    });
    this.late = new LateWindow(this.options.lateWindow, this.options.maxLateFlows);
    this.stamps = new Int32Array(maxFlows);
    this.sessionChanges = new Int32Array(maxFlows);
    this.state = new Uint8Array(maxFlows);
  }

  /** Brings the service rules to a revision. Holds from the next record on. */
  updateCatalogue(snapshot: CatalogueSnapshot): void {
    this.services.update(snapshot);
    this.restamp();
  }

  /**
   * As {@link updateCatalogue}, giving the event loop a turn every millisecond or so: for catalogues of hundreds of
   * thousands of names. Until it resolves the old rules hold. Calls must not overlap.
   */
  async updateCatalogueGently(snapshot: CatalogueSnapshot): Promise<void> {
    const steps = this.services.updateSteps(snapshot);
    while (steps.next().done !== true) await new Promise(setImmediate);
    this.restamp();
  }

  /** Takes changes of realms and sessions. Holds from the next record on. */
  updateSessions(changes: SessionChanges): void {
    const withdrawn = this.sessions.update(changes, this.now);
    for (const simKey of withdrawn) this.dns.forget(simKey);
    if (withdrawn.size > 0) this.reader.forget(withdrawn);
    if (changes.upserted.length > 0) this.learner.readWaiting();
  }

  /** Learns names from hellos (packed, see `readHellos`) that were seen before the flow records that come next. */
  observe(hellos: Buffer): void {
    for (const hello of readHellos(hellos)) this.learner.learn(hello);
  }

  /** Rebuilds what was known of names from hellos that were observed before a restart. Sessions come first. */
  recall(hellos: Buffer): void {
    this.observe(hellos);
  }

  /**
   * Identifies the flow records of a batch, once per batch: keep the entries when a commit is tried again. Entries are
   * summed per account, decision and hour (now and then one comes in two parts); a flow recognised late gives negative ones too (see {@link UsageEntry}).
   */
  identify(batch: { flows: Buffer }): UsageEntry[] {
    return this.walk(batch.flows, undefined);
  }

  /** As {@link identify}, and calls `visit` for each record, in order, with its own decision and the names seen. */
  identifyFlows(batch: { flows: Buffer }, visit: FlowVisitor): UsageEntry[] {
    return this.walk(batch.flows, visit);
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
      flows: this.table.size,
      flowsEvicted: this.table.evicted,
      flowsExpired: this.table.expired,
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
  private takeClaim(
    words: Int32Array,
    account: Account,
    placed: PlacedClaim,
    time: number,
    own: boolean,
  ): void {
    const hash = this.table.hash(words, 0);
    let slot = this.table.find(words, 0, hash);
    if (slot < 0) slot = this.newSlot(words, 0, hash, time);
    const flow = (this.claims[slot] ??= new FlowClaims(this.options.keepNames));
    const { kind, name, standing, literal } = placed.claim;
    if (!own) {
      flow.show(placed.claim);
      return;
    }
    const { place, whole } = placed;
    if (flow.take({ kind, name, standing, literal, time, place, whole, simKey: account.simKey }))
      this.stamps[slot] = -1;
  }

  private walk(flows: Buffer, visit: FlowVisitor | undefined): UsageEntry[] {
    if (flows.length % FLOW_RECORD_BYTES !== 0)
      throw new RangeError(
        `${flows.length} bytes are no whole number of ${FLOW_RECORD_BYTES}-byte flow records`,
      );
    const bytes = flows.byteOffset % 4 === 0 ? flows : Buffer.from(new Uint8Array(flows));
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.batch += 1;
    const collector = new EntryCollector(this.batch);
    const count = bytes.length / FLOW_RECORD_BYTES;
    for (let i = 0; i < count; i += 1) {
      const at = i * WORDS;
      const firstTime = integerAt(words, at + FLOW_RECORD.first_time / 4);
      const lastTime = integerAt(words, at + FLOW_RECORD.last_time / 4);
      const octetsUp = integerAt(words, at + FLOW_RECORD.octets_up / 4);
      const octetsDown = integerAt(words, at + FLOW_RECORD.octets_down / 4);
      const packetsUp = integerAt(words, at + FLOW_RECORD.packets_up / 4);
      const packetsDown = integerAt(words, at + FLOW_RECORD.packets_down / 4);
      const hash = this.table.hash(words, at + KEY_AT);
      let slot = this.table.find(words, at + KEY_AT, hash);
      let cell = slot < 0 ? undefined : this.cells[slot];
      if (cell === undefined || !this.isWarm(slot, cell, firstTime)) {
        if (slot < 0) slot = this.newSlot(words, at + KEY_AT, hash, firstTime);
        cell = this.decideRecord(
          bytes,
          i * FLOW_RECORD_BYTES + FLOW_RECORD.key,
          slot,
          firstTime,
          lastTime,
          collector,
        );
      }
      this.table.lastSeen[slot] = lastTime;
      collector.add(cell, 1, octetsUp, octetsDown, packetsUp, packetsDown, firstTime, lastTime);
      if ((this.state[slot] as number) & IN_WINDOW)
        if (!this.late.note(slot, cell, octetsUp, octetsDown, packetsUp, packetsDown, firstTime, lastTime))
          this.state[slot] = 0;
      if (visit !== undefined) visit(i, cell.account.usage, cell.decision, this.namesOf(slot, cell));
    }
    this.counts.records += count;
    return collector.entries;
  }

  private isWarm(slot: number, cell: UsageCell, firstTime: number): boolean {
    const { account } = cell;
    return (
      this.stamps[slot] === this.stamp &&
      firstTime >= this.interval.from &&
      firstTime < this.interval.until &&
      firstTime >= account.from &&
      firstTime < account.until &&
      (account.exclusive || this.sessionChanges[slot] === this.sessions.changes)
    );
  }

  /** The slow way: finds the account and decides. */
  private decideRecord(
    bytes: Buffer,
    key: number,
    slot: number,
    firstTime: number,
    lastTime: number,
    collector: EntryCollector,
  ): UsageCell {
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
    const { decision, settled } =
      step > STEP_ADDRESS_PAIR
        ? { decision: NO_SERVICE, settled: true }
        : this.decideFlow(bytes, key, ipv6, step === STEP_FLOW, account, slot, firstTime, lastTime);
    const cell = this.cellStore.cellOf(account, decision);
    this.replaceCell(slot, cell, firstTime, collector);
    this.stamps[slot] = settled ? this.stamp : -1;
    this.sessionChanges[slot] = this.sessions.changes;
    return cell;
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
      resolved: [],
    };
    if (facts.peerPort === PORT_DNS) facts.foreignDns = isForeignResolver(account, facts);
    if (!account.nameConsent) {
      this.claims[slot] = undefined;
      this.state[slot] = 0;
      this.late.forget(slot);
      return { decision: decide(this.services, facts), settled: true };
    }
    let flow = this.claims[slot];
    if (flow?.dns === undefined || flow.dnsScope !== account.dnsScope) {
      const resolved = this.dns.find(account.dnsScope, bytes, facts.peerOffset, ipv6, firstTime);
      if (flow !== undefined || resolved.length > 0)
        flow = this.claims[slot] ??= new FlowClaims(this.options.keepNames);
      flow?.setDns(account.dnsScope, resolved);
    }
    facts.resolved = flow?.dns ?? [];
    const claims = flow?.within(firstTime, lastTime, account.simKey) ?? [];
    if (claims.length < 2) {
      facts.claim = claims[0];
      return { decision: decide(this.services, facts), settled: flow?.settle(lastTime) !== true };
    }
    const decisions = claims.map((claim) => decide(this.services, { ...facts, claim }));
    flow?.settle(lastTime);
    return { decision: combine(decisions), settled: false };
  }

  /** Puts a new decision on a flow; where it rests on a claim that came late, the flow's earlier octets go with it. */
  private replaceCell(slot: number, cell: UsageCell, firstTime: number, collector: EntryCollector): void {
    this.setCell(slot, cell);
    const claim = this.claims[slot]?.last;
    if (claim === undefined || ((this.state[slot] as number) & IN_WINDOW) === 0) return;
    for (let past = this.late.of(slot, firstTime); past !== undefined; past = past.earlier) {
      if (past.cell.decision === cell.decision) continue;
      // The octets stay with the account that held the address then.
      const to = this.cellStore.cellOf(past.cell.account, cell.decision);
      collector.move(past, to);
      past.cell = to;
      this.counts.movedOctets += past.octetsUp + past.octetsDown;
    }
    // A hello that is not whole may still turn out to be a front.
    if (!claim.whole) return;
    this.state[slot] = 0;
    this.late.forget(slot);
  }

  private setCell(slot: number, cell: UsageCell): void {
    const old = this.cells[slot];
    if (old?.account !== cell.account) {
      if (old !== undefined) old.account.flows -= 1;
      cell.account.flows += 1;
    }
    this.cells[slot] = cell;
  }

  private newSlot(words: Int32Array, at: number, hash: number, time: number): number {
    const slot = this.table.insert(words, at, hash, time);
    this.stamps[slot] = -1;
    this.state[slot] = IN_WINDOW;
    this.cells[slot] = undefined;
    this.claims[slot] = undefined;
    return slot;
  }

  private release(slot: number): void {
    const cell = this.cells[slot];
    if (cell !== undefined) cell.account.flows -= 1;
    this.cells[slot] = undefined;
    this.claims[slot] = undefined;
    this.late.forget(slot);
    this.state[slot] = 0;
  }

  /** Flows without claims are decided alike when they come up again, so they go first; then those of a SIM with very many. */
  private worth(slot: number): number {
    const seen = this.table.lastSeen[slot] as number;
    if (this.claims[slot] === undefined) return seen - 1e15;
    const crowded = (this.cells[slot]?.account.flows ?? 0) > this.options.maxFlowsPerSim;
    return crowded ? seen - 1e14 : seen;
  }

  private enterInterval(time: number): void {
    if (time >= this.interval.from && time < this.interval.until) return;
    this.interval = this.services.intervalAt(time);
    this.stamp += 1;
  }

  private namesOf(slot: number, cell: UsageCell): readonly FlowName[] {
    const flow = this.claims[slot];
    if (flow === undefined) return NO_NAMES;
    const names: FlowName[] = (flow.all ?? flow.current).flatMap(({ name, literal, kind, standing }) => {
      const text = name ?? literal;
      return text === null ? [] : [{ name: text, evidence: kind, standing }];
    });
    const resolved = flow.dns?.at(-1);
    if (resolved !== undefined && cell.account.nameConsent)
      names.push({ name: resolved.name, evidence: 'dns', standing: 'plain' });
    return names;
  }
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
