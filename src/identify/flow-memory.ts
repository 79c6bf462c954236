import { randomInt } from 'node:crypto';
import { FlowClaims, type HeldClaim, type TakenClaim } from './flow-claims.js';
import { FLOW_WORDS, FlowTable, OWN_AT } from './flow-table.js';
import { LateWindow, type Rebill } from './late-window.js';
import type { ResolvedOptions } from './options.js';
import type { Account } from './session-index.js';
import type { FlowName } from './types.js';
import type { Reason, Usage } from './usage-sums.js';

/** Own words of a flow: the catalogue state and the session changes that its reason was decided under, and flags. */
const STAMP_AT = OWN_AT;
const CHANGES_AT = OWN_AT + 1;
const FLAGS_AT = OWN_AT + 2;
/** Never a stamp: to be decided. */
const UNDECIDED = -1;
/** Octets of the flow are still remembered, in case its hello comes late. */
const IN_WINDOW = 1;
const NO_NAMES: readonly FlowName[] = [];

/**
 * What is remembered of flows, by slot: whose they are and why, what they claim and what their peer was resolved from, and
 * what they were billed as while they are young. A flow costs some 150 octets, whatever it claims.
 */
export class FlowMemory {
  readonly table: FlowTable;
  private readonly claims: FlowClaims;
  private readonly late: LateWindow;
  private readonly accounts: (Account | undefined)[];
  private readonly reasons: (Reason | undefined)[];
  /** Names of the peer when the flow was first looked at: a TTL that runs out does not change a flow that goes on. */
  private readonly resolved: (readonly string[] | undefined)[];
  private readonly maxFlowsPerSim: number;

  constructor(options: ResolvedOptions) {
    const { maxFlows } = options;
    this.maxFlowsPerSim = options.maxFlowsPerSim;
    this.table = new FlowTable(maxFlows, options.flowIdle, randomInt(0x7fff_ffff), {
      worth: (slot) => this.worth(slot),
      released: (slot) => this.release(slot),
    });
    // Made at once, as arrays that grow leave half as much again behind.
    this.accounts = slots<Account>(maxFlows);
    this.reasons = slots<Reason>(maxFlows);
    this.resolved = slots<readonly string[]>(maxFlows);
    this.claims = new FlowClaims(maxFlows, options.keepNames);
    this.late = new LateWindow(options.lateWindow, options.maxLateFlows, maxFlows);
  }

  /** The slot of a flow's key, or -1. */
  find(words: Int32Array, at: number): number {
    return this.table.find(words, at, this.table.hash(words, at));
  }

  /** The slot of a flow's key, made where there is none. `time`: UNIX microseconds. */
  slotOf(words: Int32Array, at: number, time: number): number {
    const hash = this.table.hash(words, at);
    const known = this.table.find(words, at, hash);
    if (known >= 0) return known;
    const slot = this.table.add(words, at, hash, time);
    this.setWord(slot, STAMP_AT, UNDECIDED);
    this.setWord(slot, FLAGS_AT, IN_WINDOW);
    return slot;
  }

  accountOf(slot: number): Account | undefined {
    return this.accounts[slot];
  }

  reasonOf(slot: number): Reason | undefined {
    return this.reasons[slot];
  }

  isDecided(slot: number, stamp: number): boolean {
    return this.word(slot, STAMP_AT) === stamp;
  }

  decidedChanges(slot: number): number {
    return this.word(slot, CHANGES_AT);
  }

  setDecided(slot: number, stamp: number | undefined, changes: number): void {
    this.setWord(slot, STAMP_AT, stamp ?? UNDECIDED);
    this.setWord(slot, CHANGES_AT, changes);
  }

  setAccount(slot: number, account: Account): void {
    const old = this.accounts[slot];
    if (old === account) return;
    if (old !== undefined) old.flows -= 1;
    account.flows += 1;
    if (old?.dnsScope !== account.dnsScope) this.resolved[slot] = undefined;
    this.accounts[slot] = account;
  }

  setReason(slot: number, reason: Reason): void {
    this.reasons[slot] = reason;
  }

  resolvedOf(slot: number): readonly string[] | undefined {
    return this.resolved[slot];
  }

  setResolved(slot: number, names: readonly string[]): void {
    this.resolved[slot] = names;
  }

  hasClaim(slot: number): boolean {
    return this.claims.has(slot);
  }

  /** Takes what a flow claims; where that changes, it will be decided anew. */
  takeClaim(slot: number, claim: TakenClaim): void {
    if (this.claims.take(slot, claim)) this.setWord(slot, STAMP_AT, UNDECIDED);
  }

  /** Keeps a name for showing only. */
  showClaim(slot: number, { claim }: TakenClaim): void {
    this.claims.show(slot, claim);
  }

  claimsWithin(slot: number, firstTime: number, lastTime: number, simKey: number): readonly HeldClaim[] {
    return this.claims.within(slot, firstTime, lastTime, simKey);
  }

  /** Drops claims that a record has left behind. True if the next record will be decided otherwise. */
  settleClaims(slot: number, lastTime: number): boolean {
    return this.claims.settle(slot, lastTime);
  }

  /** Forgets all names of a flow that may not be looked at. */
  forgetNames(slot: number): void {
    this.claims.forget(slot);
    this.resolved[slot] = undefined;
    this.closeWindow(slot);
  }

  /** Notes what a young flow was billed as. */
  noteUsage(slot: number, account: Account, reason: Reason, usage: Readonly<Usage>): void {
    if ((this.word(slot, FLAGS_AT) & IN_WINDOW) === 0) return;
    if (!this.late.note(slot, account, reason, usage)) this.setWord(slot, FLAGS_AT, 0);
  }

  /** Hands on what a young flow was billed as before it claimed a name: see {@link LateWindow.rebill}. */
  rebill(slot: number, time: number, rebill: Rebill): void {
    if (!this.claims.has(slot) || (this.word(slot, FLAGS_AT) & IN_WINDOW) === 0) return;
    this.late.rebill(slot, time, rebill);
    // A hello that is not whole may still turn out to be a front.
    if (this.claims.isWhole(slot)) this.closeWindow(slot);
  }

  /** Names seen for a flow, for showing. */
  namesOf(slot: number): readonly FlowName[] {
    const names: FlowName[] = this.claims.namesOf(slot).flatMap(({ name, literal, kind, standing }) => {
      const text = name ?? literal;
      return text === null ? [] : [{ name: text, evidence: kind, standing }];
    });
    const resolved = this.resolved[slot]?.at(-1);
    if (resolved !== undefined && this.accounts[slot]?.nameConsent === true)
      names.push({ name: resolved, evidence: 'dns', standing: 'plain' });
    return names.length === 0 ? NO_NAMES : names;
  }

  private closeWindow(slot: number): void {
    this.setWord(slot, FLAGS_AT, 0);
    this.late.forget(slot);
  }

  private release(slot: number): void {
    const account = this.accounts[slot];
    if (account !== undefined) account.flows -= 1;
    this.accounts[slot] = undefined;
    this.reasons[slot] = undefined;
    this.forgetNames(slot);
  }

  /** Flows without claims are decided alike when they come up again, so they go first; then those of a SIM with very many. */
  private worth(slot: number): number {
    const seen = this.table.lastSeen(slot);
    if (!this.claims.has(slot) && (this.resolved[slot]?.length ?? 0) === 0) return seen - 1e15;
    return (this.accounts[slot]?.flows ?? 0) > this.maxFlowsPerSim ? seen - 1e14 : seen;
  }

  private word(slot: number, at: number): number {
    return this.table.lines[slot * FLOW_WORDS + at] as number;
  }

  private setWord(slot: number, at: number, value: number): void {
    this.table.lines[slot * FLOW_WORDS + at] = value;
  }
}

function slots<T>(count: number): (T | undefined)[] {
  return new Array<T | undefined>(count).fill(undefined);
}
