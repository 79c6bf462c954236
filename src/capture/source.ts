import { NOTES, OUTCOMES } from './layout.js';
import { FlowRecords, type EpochCounters, type Tally } from './records.js';
import type { CaptureBatch, EpochEnd, SequenceCounts } from './types.js';

/**
 * `running`; `stalled`: the spool takes no more, so records wait in the kernel and epochs get longer; `finished`: a
 * file was read to its end; `failed`: see `error`; `stopped`.
 */
export type SourceState = 'idle' | 'running' | 'stalled' | 'finished' | 'failed' | 'stopped';

export interface SourceStatus {
  state: SourceState;
  /** Why it is stalled or failed, and what to do. */
  error?: string;
  /** Epochs ended since the start of this process. */
  epochs: number;
  /** UNIX ms of the last epoch's end; null before the first. */
  lastEpochTime: number | null;
  /** Sums over the epochs ended since the start of this process. */
  totals: EpochCounters;
  /** Sum over those epochs; see {@link EpochSums}. */
  blurredOctets: number;
  /** Sums over those epochs; all 0 where the mirror has no sequence numbers. */
  sequences: SequenceCounts;
  /** Epochs whose flow records did not sum to what the program says it counted. Must stay 0. */
  conservationFailures: number;
}

/** Where packets come from: a live interface or a capture file. Everything after is the same for both. */
export interface PacketSource {
  readonly name: string;
  /** Begins; resolves once packets are being counted. */
  start(): Promise<void>;
  /** Ends the last epoch and hands it on. Idempotent. */
  stop(): Promise<void>;
  status(): SourceStatus;
}

/** Both sides of an epoch's balance: octets and packets on flow records, and what the program counted. */
export interface ConservationFailure {
  epoch: number;
  onFlows: Tally;
  counted: Tally;
}

/** Of the flow records of an epoch that this process moved; one that was half moved before it has fewer. */
export interface EpochSums {
  packetsUp: number;
  packetsDown: number;
  /** On records that go on for more than a second behind an hour edge (see docs/operations.md, "Hours"). */
  blurredOctets: number;
}

/** What a source tells as it happens, for logs and metrics. Every method is optional and must not throw. */
export interface SourceObserver {
  batch?(batch: CaptureBatch): void;
  epochEnded?(end: EpochEnd, sums: EpochSums): void;
  conservationFailed?(failure: ConservationFailure): void;
  /** The spool refused an append; called once for each attempt. */
  refused?(reason: string): void;
  stateChanged?(state: SourceState, error?: string): void;
}

export const noTally = (): Tally => ({ packets: 0, octets: 0 });

export function noCounters(): EpochCounters {
  return {
    seen: noTally(),
    outcomes: Object.fromEntries(OUTCOMES.map((name) => [name, noTally()])) as EpochCounters['outcomes'],
    notes: Object.fromEntries(NOTES.map((name) => [name, noTally()])) as EpochCounters['notes'],
  };
}

/** Adds `more` to `sum`, in place. */
export function addCounters(sum: EpochCounters, more: EpochCounters): void {
  addTally(sum.seen, more.seen);
  for (const name of OUTCOMES) addTally(sum.outcomes[name], more.outcomes[name]);
  for (const name of NOTES) addTally(sum.notes[name], more.notes[name]);
}

export function addTally(sum: Tally, more: Tally): void {
  sum.packets += more.packets;
  sum.octets += more.octets;
}

export const noSums = (): EpochSums => ({ packetsUp: 0, packetsDown: 0, blurredOctets: 0 });
export const noSequences = (): SequenceCounts => ({ numbered: 0, missed: 0, late: 0 });

const HOUR_US = 3_600_000_000;
/** An epoch is closed a moment behind the hour edge: timers are late, and a packet under way is waited for. */
const EDGE_US = 1_000_000;

/** True for a flow record whose octets lie in two hours, so that how many are in which is not known. */
export function isBlurred(flows: FlowRecords, index: number): boolean {
  const edge = (Math.floor(flows.firstTime(index) / HOUR_US) + 1) * HOUR_US;
  return flows.lastTime(index) >= edge + EDGE_US;
}

/** Octets on packed flow records that lie in two hours. */
export function sumBlurred(bytes: Buffer): number {
  const flows = new FlowRecords(bytes);
  let octets = 0;
  for (let index = 0; index < flows.length; index += 1)
    if (isBlurred(flows, index)) octets += flows.octetsUp(index) + flows.octetsDown(index);
  return octets;
}

export interface FlowSum extends Tally {
  packetsUp: number;
  packetsDown: number;
}

/** Packets and octets on packed flow records, of both directions together, and packets of each. */
export function sumFlows(bytes: Buffer): FlowSum {
  const flows = new FlowRecords(bytes);
  const sum: FlowSum = { ...noTally(), packetsUp: 0, packetsDown: 0 };
  for (let index = 0; index < flows.length; index += 1) {
    sum.octets += flows.octetsUp(index) + flows.octetsDown(index);
    sum.packetsUp += flows.packetsUp(index);
    sum.packetsDown += flows.packetsDown(index);
  }
  sum.packets = sum.packetsUp + sum.packetsDown;
  return sum;
}

/**
 * Holds the flow records of an epoch against the program's own counters: on flows = counted + counted for both ends.
 * Undefined if they balance.
 */
export function checkConservation(end: EpochEnd, onFlows: Tally): ConservationFailure | undefined {
  const counted = { ...end.counters.outcomes.counted };
  addTally(counted, end.counters.notes.both_subscribers);
  if (counted.octets === onFlows.octets && counted.packets === onFlows.packets) return undefined;
  return { epoch: end.epoch, onFlows: { ...onFlows }, counted };
}
