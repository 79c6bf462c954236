import { Inject, Injectable } from '@nestjs/common';
import { JobQueue } from '../queue/index.js';
import { CLOCK, type Clock } from '../shared/index.js';

/** A wake-up that is further away is left to the reconciler, which comes by more often than that matters. */
const HORIZON_MS = 10 * 60_000;
const MOMENT_MS = 100;

/** Calls workers to an endpoint that has, or will have, something to do. */
@Injectable()
export class WakeUps {
  constructor(
    @Inject(JobQueue) private readonly queue: JobQueue,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Now. Throws a Refusal while Redis is away; the reconciler then finds what is due. */
  async now(endpointIds: readonly string[]): Promise<void> {
    await Promise.all(
      endpointIds.map((endpointId) => this.queue.add('webhooks.deliver', { endpointId }, { keep: false })),
    );
  }

  /** At `at` (UNIX milliseconds), or never if that cannot be queued. Wake-ups of one moment are one. */
  async later(endpointId: string, at: number): Promise<void> {
    const wait = at - this.clock.now();
    if (wait > HORIZON_MS) return;
    const moment = Math.ceil(at / MOMENT_MS) * MOMENT_MS;
    const delayMs = Math.max(0, moment - this.clock.now());
    try {
      await this.queue.add(
        'webhooks.deliver',
        { endpointId },
        { delayMs, key: `${endpointId}-${moment}`, keep: false },
      );
    } catch {
      // Redis is away, and has said so itself. The reconciler finds the delivery when it is due.
    }
  }
}
