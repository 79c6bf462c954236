import { FlowRecords, type CaptureBatch } from '../capture/index.js';
import { inTransaction } from '../database/index.js';
import type { Decision, UsageEntry } from '../identify/index.js';
import { gently, type Clock } from '../shared/index.js';
import type { DataSource } from 'typeorm';
import { aggregateSteps, hourOf, type BatchDeltas } from './aggregate.js';
import { accountsOf, blurredOf, inKeyOrder } from './epoch-accounts.js';
import { hoursOf, type AccountDelta, type BatchRow, type LedgerRepository } from './ledger.repository.js';
import { NameBudget } from './name-budget.js';
import { Networks } from './networks.js';
import type { ReasonsRepository } from './reasons.repository.js';
import { TouchBacklog, type Backlog } from './touch-backlog.js';
import { TouchesRepository } from './touches.repository.js';

/** A step of long work (see `gently`): a fraction of a millisecond. */
const ENTRIES_PER_STEP = 512;
/** Reasons asked for at a time: a few milliseconds where all are new. */
const DECISIONS_AT_ONCE = 1_000;

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
  /** Lists of changed usage that wait for a worker, about once a minute; too many of them are merged. */
  backlog?(backlog: Backlog): void;
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
  private readonly backlog: TouchBacklog;

  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: LedgerRepository,
    private readonly reasons: ReasonsRepository,
    private readonly identifier: BatchIdentifier,
    private readonly clock: Clock,
    private readonly observer: MeterObserver = {},
  ) {
    this.backlog = new TouchBacklog(dataSource, this.touches, clock);
  }

  /** Commits one batch, waiting for the database as long as it takes or until `signal` says to stop. */
  async consume(batch: CaptureBatch, signal?: AbortSignal): Promise<CommitResult> {
    if (batch.hellos.length > 0) await this.identifier.observeGently(batch.hellos);
    // Hellos alone leave no trace in the ledger: after a crash they come again, and learning twice is learning once.
    if (batch.flows.length === 0 && batch.epochEnd === undefined) return 'committed';
    const identified = await this.identifier.identifyGently(batch);
    const { entries, usageOctets, flowOctets } = await gently(this.balance(batch.flows, identified));
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
        await this.boundTouches();
        return result;
      } catch (error) {
        const delay = Math.min(10_000, 100 * 2 ** Math.min(attempt, 10));
        this.observer.retry?.(batch, error, attempt, delay);
        await pause(delay, signal);
      }
    }
  }

  /** The entries as the ledger takes them, and the octets on both sides. In steps: a batch can have 200,000 records. */
  private *balance(
    flows: Buffer,
    identified: readonly UsageEntry[],
  ): Generator<void, { entries: UsageEntry[]; usageOctets: number; flowOctets: number }> {
    const entries: UsageEntry[] = [];
    let usageOctets = 0;
    for (const entry of identified) {
      entries.push(this.networks.apply(this.names.apply(entry)));
      usageOctets += entry.octetsUp + entry.octetsDown;
      if (entries.length % ENTRIES_PER_STEP === 0) yield;
    }
    return { entries, usageOctets, flowOctets: yield* totalOctets(flows) };
  }

  /** The batch is committed whatever becomes of this, which comes again. */
  private async boundTouches(): Promise<void> {
    const backlog = await this.backlog.look().catch(() => undefined);
    if (backlog !== undefined) this.observer.backlog?.(backlog);
  }

  private async commit(
    batch: CaptureBatch,
    entries: readonly UsageEntry[],
    flowOctets: number,
  ): Promise<CommitResult> {
    const idOf = await this.reasonIds(entries);
    const deltas = await gently(aggregateSteps(entries, (decision) => idOf.get(decision) ?? 0));
    await this.ledger.ensurePartitions(hoursOf(deltas));
    const row = this.batchRow(batch, entries, flowOctets);
    const accounts = accountRows(batch, row);
    return inTransaction(this.dataSource, async (manager) => {
      const batchId = await this.ledger.insertBatch(manager, row);
      if (batchId === null) return 'duplicate';
      await this.ledger.addUsage(manager, batchId, deltas.sims);
      await this.touches.add(manager, deltas.sims);
      await this.ledger.addSuspense(manager, deltas.suspense);
      await this.ledger.addAccounts(manager, batch.source, accounts);
      return 'committed';
    });
  }

  private async reasonIds(entries: readonly UsageEntry[]): Promise<Map<Decision, number>> {
    const decisions = [...new Set(entries.map((entry) => entry.decision))];
    const idOf = new Map<Decision, number>();
    for (let from = 0; from < decisions.length; from += DECISIONS_AT_ONCE) {
      const some = decisions.slice(from, from + DECISIONS_AT_ONCE);
      const ids = await this.reasons.idsOf(some);
      some.forEach((decision, index) => idOf.set(decision, ids[index] ?? 0));
      // Ids that are known come without a turn of the event loop.
      await new Promise(setImmediate);
    }
    return idOf;
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

function accountRows({ flows, epochEnd }: CaptureBatch, { firstTime, lastTime }: BatchRow): AccountDelta[] {
  // Hardly any batch lies in two hours, and only these are searched for the records that do.
  const inTwoHours = firstTime !== null && lastTime !== null && hourOf(firstTime) !== hourOf(lastTime);
  return inKeyOrder([...(inTwoHours ? blurredOf(flows) : []), ...(epochEnd ? accountsOf(epochEnd) : [])]);
}

function* totalOctets(flows: Buffer): Generator<void, number> {
  const records = new FlowRecords(flows);
  let sum = 0;
  for (let i = 0; i < records.length; i += 1) {
    sum += records.octetsUp(i) + records.octetsDown(i);
    if (i % ENTRIES_PER_STEP === ENTRIES_PER_STEP - 1) yield;
  }
  return sum;
}

function timeSpan(entries: readonly UsageEntry[]): { first: number; last: number } | undefined {
  if (entries.length === 0) return undefined;
  let first = Infinity;
  let last = -Infinity;
  for (const { firstTime, lastTime } of entries) {
    if (firstTime < first) first = firstTime;
    if (lastTime > last) last = lastTime;
  }
  return { first, last };
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
