import { setTimeout as delay } from 'node:timers/promises';

/** Told of a private server that ends although nobody stopped it, for the log; must not throw. */
export interface ReviverObserver {
  /** It is started again. */
  died?(detail: string): void;
  revived?(): void;
  /** It does not start, or dies again and again: without it the process cannot do its work. */
  lost?(error: Error): void;
}

/** More deaths than this within a minute are given up. */
const MOST_DEATHS = 5;
const WITHIN_MS = 60_000;
const TRIES = 5;
const PAUSE_MS = 200;

/** Starts a private server again that died. */
export class Reviver {
  private readonly deaths: number[] = [];
  private stopped = false;
  private work: Promise<void> = Promise.resolve();

  /** `start` rejects with what is to be said if the server does not come. */
  constructor(
    private readonly start: () => Promise<void>,
    private readonly observer: ReviverObserver = {},
  ) {}

  /** Call when the server ended; `detail` says how. */
  died(detail: string): void {
    if (this.stopped) return;
    const now = performance.now();
    this.deaths.push(now);
    while ((this.deaths[0] ?? now) < now - WITHIN_MS) this.deaths.shift();
    if (this.deaths.length > MOST_DEATHS) {
      this.observer.lost?.(
        new Error(`it ended ${this.deaths.length} times within a minute, last: ${detail}`),
      );
      return;
    }
    this.observer.died?.(detail);
    this.work = this.revive();
  }

  /** After this nothing is started; waits for a start under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
  }

  private async revive(): Promise<void> {
    let last: unknown;
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      await delay(PAUSE_MS * attempt);
      if (this.stopped) return;
      try {
        await this.start();
        this.observer.revived?.();
        return;
      } catch (error) {
        last = error;
      }
    }
    this.observer.lost?.(last instanceof Error ? last : new Error(String(last)));
  }
}
