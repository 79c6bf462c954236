import { basename } from 'node:path';
import { describeFault, fileGeneration, readFileBatches } from './file-batches.js';
import type { PacketEngine } from './native.js';
import type { EpochCounters, Tally } from './records.js';
import {
  addCounters,
  checkConservation,
  noCounters,
  noSequences,
  noSums,
  sumFlows,
  type PacketSource,
  type SourceObserver,
  type SourceState,
  type SourceStatus,
} from './source.js';
import { SpoolFullError, type Spool } from './spool/index.js';
import type { CaptureBatch } from './types.js';

export interface FileSourceOptions {
  path: string;
  /** Name in every batch; absent = `file:` and the first 16 digits of the content's SHA-256, whatever the file is called. */
  name?: string;
  /** From {@link fileGeneration}, where the caller has read the file for it already. */
  generation?: string;
  epochBytes?: number;
  observer?: SourceObserver;
}

const STALL_MS = 250;

/**
 * Reads a capture file into the spool, once. Read again, the same file gives the same (source, generation, sequence), so
 * nothing counts twice; batches that the spool already has are not appended again.
 */
export class FileSource implements PacketSource {
  private sourceName: string;
  private state: SourceState = 'idle';
  private error: string | undefined;
  private epochs = 0;
  private lastEpochTime: number | null = null;
  private conservationFailures = 0;
  private readonly totals: EpochCounters = noCounters();
  private readonly observer: SourceObserver;
  private stopping = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly engine: PacketEngine,
    private readonly spool: Spool,
    private readonly options: FileSourceOptions,
  ) {
    this.sourceName = options.name ?? `file:${basename(options.path)}`;
    this.observer = options.observer ?? {};
  }

  /** Known for good once `start` has resolved. */
  get name(): string {
    return this.sourceName;
  }

  /** Reads the file once to know it, then begins. Rejects with a Refusal if it cannot be read. */
  async start(): Promise<void> {
    if (this.running) return;
    const generation = this.options.generation ?? (await fileGeneration(this.options.path));
    this.sourceName = this.options.name ?? `file:${generation.slice(0, 16)}`;
    this.setState('running');
    this.running = this.run(generation);
  }

  /** Resolves once the file is read to its end (or `stop` was called, or it failed). */
  async finished(): Promise<void> {
    await this.running;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    if (this.state === 'running' || this.state === 'idle') this.setState('stopped');
  }

  status(): SourceStatus {
    return {
      state: this.state,
      ...(this.error === undefined ? {} : { error: this.error }),
      epochs: this.epochs,
      lastEpochTime: this.lastEpochTime,
      totals: structuredClone(this.totals),
      // An epoch of a file ends with its hour, and who writes files keeps no sequence numbers apart.
      blurredOctets: 0,
      sequences: noSequences(),
      conservationFailures: this.conservationFailures,
    };
  }

  private async run(generation: string): Promise<void> {
    const { path, epochBytes } = this.options;
    try {
      const batches = readFileBatches(this.engine, {
        path,
        source: this.sourceName,
        generation,
        ...(epochBytes === undefined ? {} : { epochBytes }),
      });
      for (let next = await batches.next(); ; next = await batches.next()) {
        if (next.done === true) {
          const { fault, packets } = next.value;
          if (fault) this.setState('failed', describeFault(path, fault, packets));
          else this.setState('finished');
          return;
        }
        await this.append(next.value);
        if (this.isStopping()) {
          await batches.return(undefined as never);
          return;
        }
      }
    } catch (error) {
      this.setState('failed', error instanceof Error ? error.message : String(error));
    }
  }

  private isStopping(): boolean {
    return this.stopping;
  }

  private async append(batch: CaptureBatch): Promise<void> {
    const onFlows = sumFlows(batch.flows);
    const known = this.spool.lastPosition(batch.generation);
    if (known === undefined || batch.sequence > known.sequence) {
      if (!(await this.appendUntilTaken(batch, onFlows))) return;
      this.observer.batch?.(batch);
    }
    if (batch.epochEnd === undefined) return;
    this.epochs += 1;
    this.lastEpochTime = batch.epochEnd.closedTime / 1000;
    addCounters(this.totals, batch.epochEnd.counters);
    this.observer.epochEnded?.(batch.epochEnd, {
      ...noSums(),
      packetsUp: onFlows.packetsUp,
      packetsDown: onFlows.packetsDown,
    });
    const failure = checkConservation(batch.epochEnd, onFlows);
    if (failure === undefined) return;
    this.conservationFailures += 1;
    this.observer.conservationFailed?.(failure);
  }

  private async appendUntilTaken(batch: CaptureBatch, epochFlows: Tally): Promise<boolean> {
    for (;;) {
      try {
        await this.spool.append({ batch, flowsEnd: 0n, hellosEnd: 0n, epochFlows });
        if (this.state === 'stalled') this.setState('running');
        return true;
      } catch (error) {
        if (!(error instanceof SpoolFullError)) throw error;
        this.observer.refused?.(error.reason);
        this.setState('stalled', error.message);
        if (this.isStopping()) return false;
        await new Promise((resolve) => setTimeout(resolve, STALL_MS));
      }
    }
  }

  private setState(state: SourceState, error?: string): void {
    const changed = this.state !== state;
    this.state = state;
    this.error = error;
    if (changed) this.observer.stateChanged?.(state, error);
  }
}
