import type { DataSource } from 'typeorm';
import { inTransaction } from '../database/index.js';
import type { Clock } from '../shared/index.js';
import type { TouchesRepository } from './touches.repository.js';

const LOOK_EVERY_MS = 60_000;
/** A worker leaves some hundreds behind while it rates; more than this waits only where none works. */
const MOST_WAITING = 4000;

/** About how many rows wait, and how many of them were looked at to be merged: 0 unless there are too many. */
export interface Backlog {
  waiting: number;
  merged: number;
}

/**
 * Keeps bounded what waits for a worker that is not there: the process that writes touches looks once a minute, and
 * merges them while there are too many.
 */
export class TouchBacklog {
  private lookedAt = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly touches: TouchesRepository,
    private readonly clock: Clock,
    private readonly most: number = MOST_WAITING,
  ) {}

  /** Undefined: it was looked at less than a minute ago. */
  async look(): Promise<Backlog | undefined> {
    const now = this.clock.now();
    if (now - this.lookedAt < LOOK_EVERY_MS) return undefined;
    this.lookedAt = now;
    const waiting = await this.touches.backlog(this.dataSource.manager);
    let merged = 0;
    if (waiting <= this.most) return { waiting, merged };
    // Each row once: what was merged stands behind what was not.
    while (merged < waiting) {
      const some = await inTransaction(this.dataSource, (manager) => this.touches.merge(manager));
      if (some === 0) break;
      merged += some;
    }
    return { waiting, merged };
  }
}
