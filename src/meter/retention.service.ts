import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from '../database/index.js';
import type { Clock } from '../shared/index.js';
import { RETIRED_FOR_MS } from './reasons.repository.js';
import type { Moved, RetentionRepository } from './retention.repository.js';

const DAY_MS = 86_400_000;
/** A capture node that was away for longer finds its spool's batches refused by the last of their generation. */
const BATCHES_FOR_MS = 60 * DAY_MS;
/** Only one process forgets at a time; the others skip their turn. */
const FORGET_LOCK = 0x666f7267;

export interface RetentionSettings {
  /** SIMs whose month is looked at in one transaction. */
  sims: number;
  /** Other rows of one transaction. */
  rows: number;
}

export interface RetentionResult {
  /** Buckets that lost their name, and the octets on them; the sums by SIM, hour, service and rule are as before. */
  buckets: number;
  octets: bigint;
  /** Names that nothing refers to any more. */
  reasons: number;
  batches: number;
}

/**
 * Forgets host names that are older than their realm keeps them: their octets move to the same reason without a name.
 * Also deletes the names of old ledger batches. Safe to run at any time and to stop anywhere: what is done stays done.
 */
export class RetentionService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: RetentionRepository,
    private readonly clock: Clock,
    private readonly settings: RetentionSettings = { sims: 50, rows: 5_000 },
  ) {}

  /** Undefined: another process is at it. `signal` stops between two transactions. */
  async run(signal?: AbortSignal): Promise<RetentionResult | undefined> {
    const connection = this.dataSource.createQueryRunner();
    try {
      const [row] = (await connection.query('SELECT pg_try_advisory_lock($1) AS free', [FORGET_LOCK])) as {
        free: boolean;
      }[];
      if (row?.free !== true) return undefined;
      try {
        return await this.forget(signal);
      } finally {
        await connection.query('SELECT pg_advisory_unlock($1)', [FORGET_LOCK]);
      }
    } finally {
      await connection.release();
    }
  }

  private async forget(signal?: AbortSignal): Promise<RetentionResult> {
    const result: RetentionResult = { buckets: 0, octets: 0n, reasons: 0, batches: 0 };
    const add = ({ rows, octets }: Moved) => {
      result.buckets += rows;
      result.octets += octets;
      return rows;
    };
    const now = this.clock.now();
    const shortest = await this.repository.shortestRetention(this.dataSource.manager);
    if (shortest !== undefined) {
      await this.step((manager) => this.repository.prepareNameless(manager));
      await this.forgetUsage(now, shortest, add, signal);
      await this.repeat(signal, async (manager) =>
        add(await this.repository.forgetSuspense(manager, now, this.settings.rows)),
      );
      await this.repeat(signal, async (manager) =>
        add(await this.repository.forgetBindings(manager, now, this.settings.rows)),
      );
      if (signal?.aborted !== true) result.reasons = await this.deleteReasons(now);
    }
    result.batches = await this.repeat(signal, (manager) =>
      this.repository.pruneBatches(manager, now - BATCHES_FOR_MS, this.settings.rows),
    );
    return result;
  }

  private async forgetUsage(
    now: number,
    shortest: number,
    add: (moved: Moved) => number,
    signal?: AbortSignal,
  ): Promise<void> {
    const months = await this.repository.monthsWithNames(this.dataSource.manager, now - shortest * DAY_MS);
    for (const month of months) {
      for (let after = '-1'; signal?.aborted !== true;) {
        const sims = await this.repository.simsOf(this.dataSource.manager, month, after, this.settings.sims);
        if (sims.length > 0) {
          add(await this.step((manager) => this.repository.forgetUsage(manager, sims, month, now, shortest)));
        }
        if (sims.length < this.settings.sims) break;
        after = sims.at(-1) ?? after;
      }
    }
  }

  private async deleteReasons(now: number): Promise<number> {
    const before = now - RETIRED_FOR_MS;
    await this.step((manager) => this.repository.retireReasons(manager, now));
    const ids = await this.repository.reasonsToDelete(this.dataSource.manager, before);
    let deleted = 0;
    for (let at = 0; at < ids.length; at += this.settings.rows) {
      const some = ids.slice(at, at + this.settings.rows);
      deleted += await this.step((manager) => this.repository.deleteReasons(manager, some, before));
    }
    return deleted;
  }

  /** Runs `work` until it finds less than a transaction's worth. Returns the rows of all. */
  private async repeat(
    signal: AbortSignal | undefined,
    work: (manager: EntityManager) => Promise<number>,
  ): Promise<number> {
    let total = 0;
    while (signal?.aborted !== true) {
      const rows = await this.step(work);
      total += rows;
      if (rows < this.settings.rows) break;
    }
    return total;
  }

  private step<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, work);
  }
}
