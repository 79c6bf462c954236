import type { Clock } from '../shared/index.js';
import type { FlowPeek, PacketEngine } from './native.js';
import type { EpochCounters, Tally } from './records.js';
import {
  addCounters,
  addTally,
  checkConservation,
  noCounters,
  noSequences,
  noSums,
  noTally,
  sumBlurred,
  sumFlows,
  type EpochSums,
  type PacketSource,
  type SourceObserver,
  type SourceState,
  type SourceStatus,
} from './source.js';
import { SpoolFullError, type Spool } from './spool/index.js';
import type { CaptureBatch } from './types.js';

export interface LiveSourceOptions {
  /** Name of the capture point in every batch, e.g. `tokyo-1:eth1`. */
  name: string;
  /** Seconds between closings of the flow table, 0.2 to 3600. A wall-clock hour edge always closes it too. */
  epochSeconds?: number;
  /** Pause between looks at the hello ring, ms. */
  pollMs?: number;
  /** Packets that the packet socket has dropped so far. */
  drops?: () => number;
  observer?: SourceObserver;
}

/** What one drain and one peek move at most: some 20 ms of work, so that the event loop stays responsive. */
const DRAIN_RECORDS = 16_384;
const PEEK_BYTES = 4 * 1024 * 1024;
const STALL_MS = 250;
const HOUR_MS = 3_600_000;

/**
 * Drives an engine that counts a live interface: moves hellos as they come, closes an epoch on time, and moves its flow
 * records to the spool. Every move is peek, append, release, and a start releases what the spool already has, so a
 * crash between any two steps neither loses nor doubles a record.
 */
export class LiveSource implements PacketSource {
  readonly name: string;
  private readonly epochMs: number;
  private readonly pollMs: number;
  private readonly peekBytes: number;
  private readonly observer: SourceObserver;
  private readonly drops: () => number;
  /** Of them, those that an epoch's end in the spool tells of. */
  private dropsTold = 0;
  private state: SourceState = 'idle';
  private error: string | undefined;
  private epochs = 0;
  private lastEpochTime: number | null = null;
  private conservationFailures = 0;
  private readonly totals: EpochCounters = noCounters();
  private flowsEnd = 0n;
  private hellosEnd = 0n;
  private epochFlows: Tally = noTally();
  private sums: EpochSums = noSums();
  private blurredOctets = 0;
  private readonly sequences = noSequences();
  private openedAt = 0;
  /** The epoch whose records are moved was open over an hour edge, as far as is known. */
  private mayBlur = false;
  private stopping = false;
  private wake: (() => void) | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly engine: PacketEngine,
    private readonly spool: Spool,
    private readonly clock: Clock,
    options: LiveSourceOptions,
  ) {
    const epochSeconds = options.epochSeconds ?? 10;
    if (!(epochSeconds >= 0.2 && epochSeconds <= 3600))
      throw new RangeError(`an epoch lasts 0.2 to 3600 seconds, not ${epochSeconds}`);
    this.name = options.name;
    this.epochMs = epochSeconds * 1000;
    this.pollMs = options.pollMs ?? 200;
    this.peekBytes = Math.min(PEEK_BYTES, spool.comfortableBytes);
    this.observer = options.observer ?? {};
    this.drops = options.drops ?? (() => 0);
  }

  /** Releases what the spool already has, finishes an epoch that was being drained, then counts on. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.running) this.begin();
      resolve();
    });
  }

  private begin(): void {
    const last = this.spool.lastPosition(this.engine.generation);
    const status = this.engine.status();
    this.flowsEnd = last?.flowsEnd ?? status.flowRingPosition;
    this.hellosEnd = last?.hellosEnd ?? status.helloRingPosition;
    this.epochFlows = { ...(last?.epochFlows ?? noTally()) };
    this.engine.releaseFlows(this.flowsEnd);
    this.engine.releaseHellos(this.hellosEnd);
    // An epoch that filled while no process was there is as old as it is, so that it is closed at once if it is due.
    this.openedAt = status.openedTime === 0 ? this.clock.now() : Math.floor(status.openedTime / 1000);
    this.mayBlur = this.engine.draining;
    this.setState('running');
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.running;
  }

  status(): SourceStatus {
    return {
      state: this.state,
      ...(this.error === undefined ? {} : { error: this.error }),
      epochs: this.epochs,
      lastEpochTime: this.lastEpochTime,
      totals: structuredClone(this.totals),
      blurredOctets: this.blurredOctets,
      sequences: { ...this.sequences },
      conservationFailures: this.conservationFailures,
    };
  }

  private async run(): Promise<void> {
    try {
      // Adopted half-way: the closed epoch, and what waits in the ring, come before anything new.
      await this.moveHellos();
      await this.moveEpoch();
      while (!this.isStopping()) {
        await this.sleep(this.nextWait());
        await this.moveHellos();
        if (this.isDue()) await this.turnEpoch();
      }
      if (this.state === 'running') await this.turnEpoch();
      this.setState('stopped');
    } catch (error) {
      // What the kernel holds stays there; a restart goes on behind the last record in the spool.
      this.setState('failed', error instanceof Error ? error.message : String(error));
    }
  }

  private isStopping(): boolean {
    return this.stopping;
  }

  /** True when the epoch is old enough, or the wall clock is in another hour than at its opening, stepped or not. */
  private isDue(): boolean {
    const now = this.clock.now();
    if (hourOf(now) !== hourOf(this.openedAt)) return true;
    return now - this.openedAt >= this.epochMs || now < this.openedAt;
  }

  private nextWait(): number {
    const now = this.clock.now();
    const toEdge = HOUR_MS - (now % HOUR_MS);
    const toEnd = Math.max(0, this.openedAt + this.epochMs - now);
    return Math.max(1, Math.min(this.pollMs, toEdge, toEnd));
  }

  /** Closes the epoch and moves all of it: first the hellos that were seen before, then the flow records. */
  private async turnEpoch(): Promise<void> {
    const now = this.clock.now();
    this.mayBlur = hourOf(now) !== hourOf(this.openedAt);
    this.engine.closeEpoch();
    this.openedAt = now;
    await this.moveHellos();
    await this.moveEpoch();
  }

  /** Moves all that waits in the hello ring. Where the spool refuses, hellos stay; the ring drops and counts what is too much. */
  private async moveHellos(): Promise<void> {
    for (;;) {
      const peek = this.engine.peekHellos(this.peekBytes);
      if (peek === null) return;
      if (!(await this.append({ hellos: peek.records, hellosEnd: peek.end }))) return;
      this.hellosEnd = peek.end;
      this.engine.releaseHellos(peek.end);
    }
  }

  /** Moves flow records until the ring is empty and no closed epoch is left. Waits while the spool refuses. */
  private async moveEpoch(): Promise<void> {
    for (;;) {
      if (this.engine.draining) this.engine.drain(DRAIN_RECORDS);
      const peek = this.engine.peekFlows(this.peekBytes);
      if (peek === null) {
        if (!this.engine.draining) return;
        await yieldToOthers();
      } else if (!(await this.moveFlows(peek))) {
        if (this.isStopping()) return;
        await this.sleep(STALL_MS);
      }
    }
  }

  private async moveFlows(peek: FlowPeek): Promise<boolean> {
    const epochFlows = { ...this.epochFlows };
    const sum = sumFlows(peek.records);
    addTally(epochFlows, sum);
    if (!(await this.append({ flows: peek, epochFlows }))) return false;
    this.flowsEnd = peek.end;
    this.epochFlows = peek.epochEnd === null ? epochFlows : noTally();
    this.sums.packetsUp += sum.packetsUp;
    this.sums.packetsDown += sum.packetsDown;
    if (this.mayBlur) this.sums.blurredOctets += sumBlurred(peek.records);
    this.engine.releaseFlows(peek.end);
    if (peek.epochEnd !== null) this.noteEpochEnd(peek.epochEnd, epochFlows);
    return true;
  }

  private noteEpochEnd(end: NonNullable<FlowPeek['epochEnd']>, epochFlows: Tally): void {
    this.epochs += 1;
    this.lastEpochTime = this.clock.now();
    addCounters(this.totals, end.counters);
    this.blurredOctets += this.sums.blurredOctets;
    for (const count of ['numbered', 'missed', 'late'] as const)
      this.sequences[count] += end.sequences?.[count] ?? 0;
    this.observer.epochEnded?.(end, this.sums);
    this.sums = noSums();
    const failure = checkConservation(end, epochFlows);
    if (failure === undefined) return;
    this.conservationFailures += 1;
    this.observer.conservationFailed?.(failure);
  }

  /** False if the spool is full: the records stay where they are. */
  private async append(part: {
    hellos?: Buffer;
    hellosEnd?: bigint;
    flows?: FlowPeek;
    epochFlows?: Tally;
  }): Promise<boolean> {
    const flowsEnd = part.flows?.end ?? this.flowsEnd;
    const hellosEnd = part.hellosEnd ?? this.hellosEnd;
    const batch: CaptureBatch = {
      source: this.name,
      generation: this.engine.generation,
      // Ring positions only grow, and each batch moves one of them: their sum names the batch, also after a crash.
      sequence: flowsEnd + hellosEnd,
      hellos: part.hellos ?? Buffer.alloc(0),
      flows: part.flows?.records ?? Buffer.alloc(0),
    };
    const drops = this.drops();
    if (part.flows?.epochEnd)
      batch.epochEnd = {
        ...part.flows.epochEnd,
        ...(drops > this.dropsTold && { socketDrops: drops - this.dropsTold }),
      };
    try {
      await this.spool.append({ batch, flowsEnd, hellosEnd, epochFlows: part.epochFlows ?? this.epochFlows });
    } catch (error) {
      if (!(error instanceof SpoolFullError)) throw error;
      this.observer.refused?.(error.reason);
      // Hellos may wait or be dropped; only flow records that cannot move hold up the epochs.
      if (part.flows) this.setState('stalled', error.message);
      return false;
    }
    if (batch.epochEnd) this.dropsTold = drops;
    if (part.flows && this.state === 'stalled') this.setState('running');
    this.observer.batch?.(batch);
    return true;
  }

  private setState(state: SourceState, error?: string): void {
    const changed = this.state !== state;
    this.state = state;
    this.error = error;
    if (changed) this.observer.stateChanged?.(state, error);
  }

  private sleep(ms: number): Promise<void> {
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.wake = done;
    });
  }
}

function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS);
}

function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
