import type { Clock } from '../shared/index.js';
import { metrics } from '../shared/index.js';
import type { ClaimedDelivery, DeliveryRepository, Outcome } from './delivery.repository.js';
import type { Recorder } from './recorder.js';
import { DEFAULT_PAUSE_MS, nextAttemptAt } from './schedule.js';
import type { Attempt, Sender } from './sender.js';
import { signedHeaders, type SigningKey } from './signing.js';

/** Where and how to send, looked up again this often, so that a change is soon obeyed. */
const TARGET_MAX_AGE_MS = 1_000;

/** What a lane needs to know of its endpoint. */
export interface Target {
  url: string;
  keys: SigningKey[];
}

export interface LaneDependencies {
  deliveries: DeliveryRepository;
  sender: Sender;
  recorder: Recorder;
  clock: Clock;
  schedule: readonly number[];
  /** How long a claimed delivery is this lane's. */
  claimMs: number;
  /** Tries at once. */
  inFlight: number;
  /** Undefined: the endpoint is gone or disabled. */
  target: (endpointId: string) => Promise<Target | undefined>;
  /** The receiver answered 410. */
  onGone: (endpointId: string) => Promise<void>;
  /** The receiver asked to slow down. UNIX milliseconds. */
  onPause: (endpointId: string, until: number) => Promise<void>;
  /** Something is to be sent at that time. UNIX milliseconds. */
  onWake: (endpointId: string, at: number) => Promise<void>;
}

/**
 * Sends what is due to one endpoint until nothing is, with a bounded number of tries at once. A slow receiver so holds
 * up its own lane and no other's.
 */
export class Lane {
  private readonly flying = new Set<Promise<void>>();
  private current: Target | undefined;
  private lookedUpAt = -Infinity;
  private failure: unknown;

  constructor(
    private readonly endpointId: string,
    private readonly with_: LaneDependencies,
  ) {}

  /** Resolves when nothing is due any more, or after an abort when what was under way has ended. */
  async drain(signal: AbortSignal): Promise<void> {
    try {
      await this.sendAll(signal);
    } finally {
      await Promise.all(this.flying);
    }
    if (this.failure !== undefined) throw this.failure as Error;
  }

  private async sendAll(signal: AbortSignal): Promise<void> {
    const { inFlight } = this.with_;
    while (!signal.aborted && this.failure === undefined) {
      const free = inFlight - this.flying.size;
      // A claim is a round trip to Postgres: not for every single slot that comes free.
      if (free < inFlight / 4) {
        await Promise.race(this.flying);
        continue;
      }
      const target = await this.target();
      const claimed = target === undefined ? [] : await this.claim(free);
      if (target !== undefined) for (const delivery of claimed) this.launch(delivery, target);
      if (this.flying.size === 0) break;
      if (claimed.length < free) await Promise.race(this.flying);
    }
  }

  private claim(limit: number): Promise<ClaimedDelivery[]> {
    const { deliveries, clock, claimMs } = this.with_;
    const now = clock.now();
    return deliveries.claim(this.endpointId, now, now + claimMs, limit);
  }

  private async target(): Promise<Target | undefined> {
    const now = this.with_.clock.now();
    if (now - this.lookedUpAt > TARGET_MAX_AGE_MS) {
      this.current = await this.with_.target(this.endpointId);
      this.lookedUpAt = now;
    }
    return this.current;
  }

  private launch(delivery: ClaimedDelivery, target: Target): void {
    const flight = this.deliver(delivery, target)
      .catch((error: unknown) => {
        // Not recorded: the claim runs out and another lane sends it again, with the same id.
        this.failure ??= error;
      })
      .finally(() => this.flying.delete(flight));
    this.flying.add(flight);
  }

  private async deliver(delivery: ClaimedDelivery, target: Target): Promise<void> {
    const { sender, recorder, clock, schedule } = this.with_;
    const timestamp = Math.floor(clock.now() / 1000);
    const headers = signedHeaders(delivery.messageId, timestamp, delivery.payload, target.keys);
    const attempt = await sender.send({ url: target.url, headers, body: delivery.payload });
    metrics.add('countfree_webhook_attempts_total', 1, { result: attempt.result });
    const outcome = judge(delivery, attempt, clock.now(), schedule);
    await recorder.record(outcome);
    await this.follow(outcome);
  }

  /** What a failure means for the endpoint as a whole. */
  private async follow({ attempt, status, nextAttemptAt: at }: Outcome): Promise<void> {
    const { onGone, onPause, onWake, clock } = this.with_;
    if (status === 'dead') metrics.add('countfree_webhook_dead_total', 1);
    if (attempt.statusCode === 410) {
      // What is pending waits until the operator enables the endpoint again.
      await onGone(this.endpointId);
      this.lookedUpAt = -Infinity;
      return;
    }
    if (attempt.statusCode === 429 || attempt.statusCode === 503) {
      const until = clock.now() + (attempt.retryAfterMs ?? DEFAULT_PAUSE_MS);
      await onPause(this.endpointId, until);
      await onWake(this.endpointId, until);
    }
    if (at !== null) await onWake(this.endpointId, at);
  }
}

/** What becomes of a delivery after a try. */
export function judge(
  delivery: ClaimedDelivery,
  attempt: Attempt,
  now: number,
  schedule: readonly number[],
): Outcome {
  if (attempt.result === 'success') return { delivery, attempt, status: 'delivered', nextAttemptAt: null };
  const next = nextAttemptAt(delivery.tries + 1, now, schedule, attempt.retryAfterMs);
  return { delivery, attempt, status: next === null ? 'dead' : 'pending', nextAttemptAt: next };
}
