import type { Clock } from '../shared/index.js';
import { metrics } from '../shared/index.js';
import type { ClaimedDelivery, DeliveryRepository, Outcome } from './delivery.repository.js';
import type { Recorder } from './recorder.js';
import { DEFAULT_PAUSE_MS, nextAttemptAt } from './schedule.js';
import type { Attempt, Sender } from './sender.js';
import { signedHeaders, type SigningKey } from './signing.js';

/** Where and how to send, looked up again this often, so that a change is soon obeyed. */
const TARGET_MAX_AGE_MS = 1_000;
/** Deliveries that wait here, claimed, for a free place: as many as are sent in this time, and never more than that. */
const AHEAD_MS = 1_000;
const MOST_AHEAD = 512;
/** A SIM's next event waits no longer than this for tries of others to end, before it is looked for by itself. */
const SOON_MS = 250;
/** Messages under way or taken by the receiver and not yet recorded, for each place: a crash sends so many again. */
const UNRECORDED_PER_PLACE = 3;

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
  /** How much of it may be waited before a try begins: the rest is for the try and its record. */
  claimWaitMs: number;
  /** Tries at once. */
  inFlight: number;
  /** Undefined: the endpoint is gone or disabled. */
  target: (endpointId: string) => Promise<Target | undefined>;
  /** The receiver at `url` answered 410. */
  onGone: (endpointId: string, url: string) => Promise<void>;
  /** The receiver at `url` asked to slow down. UNIX milliseconds. */
  onPause: (endpointId: string, url: string, until: number) => Promise<void>;
  /** Something is to be sent at that time. UNIX milliseconds. */
  onWake: (endpointId: string, at: number) => Promise<void>;
}

interface Ready {
  delivery: ClaimedDelivery;
  /** UNIX milliseconds. */
  launchBefore: number;
}

/**
 * Sends what is due to one endpoint until nothing is, with a bounded number of tries at once. A slow receiver so holds
 * up its own lane and no other's; for a fast one, deliveries are claimed ahead, many in one round trip.
 */
export class Lane {
  /** Tries under way or not yet recorded. */
  private readonly flying = new Set<Promise<void>>();
  /** Places taken. */
  private sending = 0;
  private ready: Ready[] = [];
  private claiming: Promise<void> | undefined;
  private current: Target | undefined;
  private lookedUpAt = -Infinity;
  private failure: unknown;
  /** Tries that have ended, ever; at the last claim; and at which a SIM's next event may be due that was not then. */
  private ended = 0;
  private endedAtClaim = 0;
  private claimAgainAt = 0;
  /** The last claim left nothing that was due. */
  private tookAll = false;
  /** Something has come since the last claim began. */
  private called = false;
  private claimedAt = performance.now();
  /** Wakes the loop: something has ended. */
  private pulse = () => {};
  private soon: NodeJS.Timeout | undefined;

  constructor(
    private readonly endpointId: string,
    private readonly with_: LaneDependencies,
  ) {}

  /** True: {@link Lane.call} came too late for {@link Lane.drain}, which has looked for the last time already. */
  get isCalled(): boolean {
    return this.called;
  }

  /** Something new is due: it does not wait for answers to what is under way, as long as there is a place. */
  call(): void {
    this.called = true;
    this.pulse();
  }

  /** Resolves when nothing is due any more, or after an abort when what was under way has ended. */
  async drain(signal: AbortSignal): Promise<void> {
    try {
      await this.sendAll(signal);
    } finally {
      await Promise.all([...this.flying, this.claiming]);
      clearTimeout(this.soon);
      await this.giveBack();
    }
    if (this.failure !== undefined) throw this.failure as Error;
  }

  private async sendAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.failure === undefined) {
      const target = await this.target();
      if (target === undefined) return;
      const woken = new Promise<void>((resolve) => (this.pulse = resolve));
      await this.launchReady(target);
      this.claimAhead();
      if (this.flying.size === 0 && this.ready.length === 0 && this.claiming === undefined) return;
      await woken;
    }
  }

  private async launchReady(target: Target): Promise<void> {
    const now = this.with_.clock.now();
    const { inFlight } = this.with_;
    while (this.sending < inFlight && this.flying.size < inFlight * UNRECORDED_PER_PLACE) {
      const next = this.ready.shift();
      if (next === undefined) return;
      if (now <= next.launchBefore) {
        this.launch(next.delivery, target);
        continue;
      }
      // Held for too long by a receiver that has become slow: what waits would be claimed by others soon.
      this.ready.unshift(next);
      await this.giveBack();
      return;
    }
  }

  /** A claim is a round trip to Postgres: not for every single place that comes free. */
  private claimAhead(): void {
    const { inFlight } = this.with_;
    const rate = (this.ended - this.endedAtClaim) / (performance.now() - this.claimedAt);
    const room = inFlight + Math.min(MOST_AHEAD, Math.floor(rate * AHEAD_MS));
    const wanted = room - this.sending - this.ready.length;
    if (this.claiming !== undefined || wanted < 1) return;
    if (!this.mustLookNow() && (wanted < room / 4 || (this.tookAll && this.ended < this.claimAgainAt)))
      return;
    this.claiming = this.claim(wanted)
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.claiming = undefined;
        this.pulse();
      });
  }

  private pulseSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.pulse();
    }, SOON_MS);
  }

  /** Whether something may be due that must not wait for the receiver's answers to others. */
  private mustLookNow(): boolean {
    const since = performance.now() - this.claimedAt;
    return this.called || (this.ended > this.endedAtClaim && since >= SOON_MS);
  }

  private async claim(limit: number): Promise<void> {
    const { deliveries, clock, claimMs, claimWaitMs, inFlight } = this.with_;
    const now = clock.now();
    this.claimedAt = performance.now();
    this.endedAtClaim = this.ended;
    this.called = false;
    const claimed = await deliveries.claim(this.endpointId, now, now + claimMs, limit);
    for (const delivery of claimed) this.ready.push({ delivery, launchBefore: now + claimWaitMs });
    this.tookAll = claimed.length < limit;
    // Tries that end may make room for a SIM's next event: look again when some have.
    const under = this.flying.size + this.ready.length;
    this.claimAgainAt = this.ended + Math.max(1, Math.min(under, inFlight) >> 2);
  }

  /** What waits here is for whoever claims it next. */
  private async giveBack(): Promise<void> {
    const ids = this.ready.map(({ delivery }) => delivery.id);
    this.ready = [];
    if (ids.length > 0) await this.with_.deliveries.release(ids);
  }

  private async target(): Promise<Target | undefined> {
    const now = this.with_.clock.now();
    // Either way: were the clock set back, what the operator changes would not be obeyed until it has caught up.
    if (Math.abs(now - this.lookedUpAt) > TARGET_MAX_AGE_MS) {
      this.current = await this.with_.target(this.endpointId);
      this.lookedUpAt = now;
    }
    return this.current;
  }

  private launch(delivery: ClaimedDelivery, target: Target): void {
    let held = true;
    const free = (): void => {
      if (!held) return;
      held = false;
      this.sending -= 1;
      this.pulse();
    };
    this.sending += 1;
    const flight = this.deliver(delivery, target, free)
      .catch((error: unknown) => {
        // Not recorded: the claim runs out and another lane sends it again, with the same id.
        this.failure ??= error;
      })
      .finally(() => {
        this.flying.delete(flight);
        this.ended += 1;
        free();
        this.pulse();
        this.pulseSoon();
      });
    this.flying.add(flight);
  }

  /** Calls `free` as soon as the next message may go: after a failure that is when its consequences are drawn. */
  private async deliver(delivery: ClaimedDelivery, target: Target, free: () => void): Promise<void> {
    const { sender, recorder, clock, schedule } = this.with_;
    const timestamp = Math.floor(clock.now() / 1000);
    const headers = signedHeaders(delivery.messageId, timestamp, delivery.payload, target.keys);
    const attempt = await sender.send({ url: target.url, headers, body: delivery.payload });
    metrics.add('countfree_webhook_attempts_total', 1, { result: attempt.result });
    const outcome = judge(delivery, attempt, clock.now(), schedule);
    if (outcome.status === 'delivered') free();
    await recorder.record(outcome);
    await this.follow(outcome, target.url);
  }

  /** What a failure means for the endpoint as a whole. */
  private async follow({ attempt, status, nextAttemptAt: at }: Outcome, url: string): Promise<void> {
    const { onGone, onPause, onWake, clock } = this.with_;
    if (status === 'dead') metrics.add('countfree_webhook_dead_total', 1);
    if (attempt.statusCode === 410) {
      // What is pending waits until the operator enables the endpoint again.
      await onGone(this.endpointId, url);
      this.lookedUpAt = -Infinity;
      await this.giveBack();
      return;
    }
    if (attempt.statusCode === 429 || attempt.statusCode === 503) {
      const until = clock.now() + (attempt.retryAfterMs ?? DEFAULT_PAUSE_MS);
      await onPause(this.endpointId, url, until);
      await this.giveBack();
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
