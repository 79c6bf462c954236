import { FlowRecords, type CaptureBatch, type EpochEnd } from '../capture/index.js';
import { inTransaction } from '../database/index.js';
import type { UsageEntry } from '../identify/index.js';
import type { Clock } from '../shared/index.js';
import type { DataSource } from 'typeorm';
import { aggregate, hourOf, type BatchDeltas } from './aggregate.js';
import { hoursOf, type AccountDelta, type BatchRow, type LedgerRepository } from './ledger.repository.js';
import { NameBudget } from './name-budget.js';
import { Networks } from './networks.js';
import type { ReasonsRepository } from './reasons.repository.js';
import { TouchesRepository } from './touches.repository.js';

/** What the meter needs of identification. Both give the event loop its turn, however large the batch. */
export interface BatchIdentifier {
  observeGently(hellos: Buffer): Promise<void>;
  identifyGently(batch: Pick<CaptureBatch, 'flows'>): Promise<UsageEntry[]>;
}

/** Told of what happens, for log and metrics; must not throw. */
export interface MeterObserver {
  committed?(batch: CaptureBatch, commit: { entries: number; octets: number; seconds: number }): void;
  duplicate?(batch: CaptureBatch): void;
  /** The ledger did not take a batch; it is tried again after `delayMs`. */
  retry?(batch: CaptureBatch, error: unknown, attempt: number, delayMs: number): void;
  /** Identification gave more or fewer octets than the flow records hold: a fault of the program. */
  unbalanced?(batch: CaptureBatch, flowOctets: number, usageOctets: number): void;
}

export type CommitResult = 'committed' | 'duplicate' | 'stopped';

/**
 * Turns capture batches into ledger rows: identify, sum per hour bucket, commit in one transaction with the batch's
 * name. A batch is identified once per process, however often its commit has to be tried, because identification
 * remembers what it said of a flow.
 */
export class Meter {
  private readonly names = new NameBudget();
  private readonly networks = new Networks();
  private readonly touches = new TouchesRepository();

  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: LedgerRepository,
    private readonly reasons: ReasonsRepository,
    private readonly identifier: BatchIdentifier,
    private readonly clock: Clock,
    private readonly observer: MeterObserver = {},
  ) {}

  /** Commits one batch, waiting for the database as long as it takes or until `signal` says to stop. */
  async consume(batch: CaptureBatch, signal?: AbortSignal): Promise<CommitResult> {
    if (batch.hellos.length > 0) await this.identifier.observeGently(batch.hellos);
    // Hellos alone leave no trace in the ledger: after a crash they come again, and learning twice is learning once.
    if (batch.flows.length === 0 && batch.epochEnd === undefined) return 'committed';
    const identified = await this.identifier.identifyGently(batch);
    const entries = identified.map((entry) => this.networks.apply(this.names.apply(entry)));
    const flowOctets = totalOctets(batch.flows);
    const usageOctets = entries.reduce((sum, entry) => sum + entry.octetsUp + entry.octetsDown, 0);
    if (usageOctets !== flowOctets) this.observer.unbalanced?.(batch, flowOctets, usageOctets);
    for (let attempt = 1; ; attempt += 1) {
      if (signal?.aborted) return 'stopped';
      const started = performance.now();
      try {
        const result = await this.commit(batch, entries, flowOctets);
        const seconds = (performance.now() - started) / 1000;
        if (result === 'committed')
          this.observer.committed?.(batch, { entries: entries.length, octets: flowOctets, seconds });
        else this.observer.duplicate?.(batch);
        return result;
      } catch (error) {
        const delay = Math.min(10_000, 100 * 2 ** Math.min(attempt, 10));
        this.observer.retry?.(batch, error, attempt, delay);
        await pause(delay, signal);
      }
    }
  }

  private async commit(
    batch: CaptureBatch,
    entries: readonly UsageEntry[],
    flowOctets: number,
  ): Promise<CommitResult> {
    const decisions = [...new Set(entries.map((entry) => entry.decision))];
    const ids = await this.reasons.idsOf(decisions);
    const idOf = new Map(decisions.map((decision, index) => [decision, ids[index] ?? 0]));
    const deltas = aggregate(entries, (decision) => idOf.get(decision) ?? 0);
    await this.ledger.ensurePartitions(hoursOf(deltas));
    const row = this.batchRow(batch, entries, flowOctets);
    return inTransaction(this.dataSource, async (manager) => {
      const batchId = await this.ledger.insertBatch(manager, row);
      if (batchId === null) return 'duplicate';
      await this.ledger.addUsage(manager, batchId, deltas.sims);
      await this.touches.add(manager, deltas.sims);
      await this.ledger.addSuspense(manager, deltas.suspense);
      if (batch.epochEnd) {
        await this.ledger.addAccounts(manager, batch.source, accountsOf(batch.epochEnd));
      }
      return 'committed';
    });
  }

  private batchRow(batch: CaptureBatch, entries: readonly UsageEntry[], flowOctets: number): BatchRow {
    const span = timeSpan(entries);
    return {
      source: batch.source,
      generation: batch.generation,
      sequence: batch.sequence,
      epoch: batch.epochEnd?.epoch ?? null,
      flowOctets,
      usageEntries: entries.length,
      firstTime: span?.first ?? null,
      lastTime: span?.last ?? null,
      receivedAt: this.clock.now(),
    };
  }
}

export type { BatchDeltas };

/** The rows of the named accounts for an epoch: what was seen, each outcome, each note. Zeros are left out. */
export function accountsOf(end: EpochEnd): AccountDelta[] {
  const hour = hourOf(end.openedTime);
  const { seen, outcomes, notes } = end.counters;
  return Object.entries({ seen, ...outcomes, ...notes })
    .filter(([, tally]) => tally.packets !== 0 || tally.octets !== 0)
    .map(([account, tally]) => ({ hour, account, packets: tally.packets, octets: tally.octets }))
    .sort((a, b) => (a.account < b.account ? -1 : 1));
}

function totalOctets(flows: Buffer): number {
  const records = new FlowRecords(flows);
  let sum = 0;
  for (let i = 0; i < records.length; i += 1) sum += records.octetsUp(i) + records.octetsDown(i);
  return sum;
}

function timeSpan(entries: readonly UsageEntry[]): { first: number; last: number } | undefined {
  let span: { first: number; last: number } | undefined;
  for (const entry of entries) {
    span = {
      first: Math.min(span?.first ?? Infinity, entry.firstTime),
      last: Math.max(span?.last ?? -Infinity, entry.lastTime),
    };
  }
  return span;
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
  });
}
