import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../shared/index.js';
import type { DeliveryRepository, Outcome } from './delivery.repository.js';

const MAX_BATCH = 500;
/** A blip of Postgres costs a wait here rather than a second delivery of what was delivered. */
const RETRY_WAITS_MS = [200, 1_000, 3_000];

interface Waiting {
  outcome: Outcome;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Writes outcomes of tries in groups: while one transaction commits, the next group gathers. A promise resolves when
 * its outcome is committed.
 */
export class Recorder {
  private waiting: Waiting[] = [];
  private running = false;

  constructor(
    private readonly deliveries: Pick<DeliveryRepository, 'record'>,
    private readonly clock: Clock,
  ) {}

  record(outcome: Outcome): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ outcome, resolve, reject });
      if (this.running) return;
      this.running = true;
      // Results that arrive in the same turn of the event loop share the first transaction too.
      setImmediate(() => void this.flush());
    });
  }

  private async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, MAX_BATCH);
      try {
        await this.write(group.map(({ outcome }) => outcome));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.running = false;
  }

  private async write(outcomes: Outcome[]): Promise<void> {
    for (const wait of [...RETRY_WAITS_MS, null]) {
      try {
        await this.deliveries.record(outcomes, this.clock.now());
        return;
      } catch (error) {
        if (wait === null) throw error;
        await delay(wait);
      }
    }
  }
}
