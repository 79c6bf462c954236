import type { DataSource } from 'typeorm';
import { inTransaction } from '../database/index.js';
import type { Clock } from '../shared/index.js';
import type { TouchesRepository } from './touches.repository.js';

const LOOK_EVERY_MS = 60_000;
/** A worker leaves some hundreds behind while it rates; more than this waits only where none works. */
const MOST_WAITING = 4000;

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

  /** About how many rows wait if there are too many, those that were merged just now included; else undefined. */
  async look(): Promise<number | undefined> {
    const now = this.clock.now();
    if (now - this.lookedAt < LOOK_EVERY_MS) return undefined;
    this.lookedAt = now;
    const waiting = await this.touches.backlog(this.dataSource.manager);
    if (waiting <= this.most) return undefined;
    // Each row once: what was merged stands behind what was not.
    for (let seen = 0; seen < waiting;) {
      const merged = await inTransaction(this.dataSource, (manager) => this.touches.merge(manager));
      if (merged === 0) break;
      seen += merged;
    }
    return waiting;
  }
}
