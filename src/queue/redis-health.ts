import type { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** An outage is told once and then this often. */
const REMIND_MS = 60_000;

/** Tells of a Redis that went away and came back, in two lines rather than one for every failed try. */
export class RedisHealth {
  private awaySince: number | undefined;
  private toldAt = 0;
  private readonly told = new Map<string, number>();

  constructor(
    private readonly place: string,
    private readonly logger: Pick<Logger, 'warn' | 'error'>,
    /** Monotonic enough for a reminder: not the injected clock, which a test may hold. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** False from the moment a connection is lost until one is ready again. */
  get available(): boolean {
    return this.awaySince === undefined;
  }

  watch(client: Redis): void {
    let reason = '';
    client.on('error', (error) => (reason = describeError(error)));
    // ioredis says `close` also for a connection that never came about, and before it tries again.
    client.on('reconnecting', () => this.away(reason || 'the connection was closed'));
    client.on('ready', () => this.back());
  }

  away(reason: string): void {
    const now = this.now();
    this.awaySince ??= now;
    if (this.toldAt !== 0 && now - this.toldAt < REMIND_MS) return;
    this.toldAt = now;
    const seconds = Math.round((now - this.awaySince) / 1000);
    const since = seconds === 0 ? '' : ` for ${seconds} s`;
    this.logger.error(`Redis at ${this.place} is away${since} (${reason}). Jobs wait until it is back.`);
  }

  back(): void {
    if (this.awaySince === undefined) return;
    const seconds = ((this.now() - this.awaySince) / 1000).toFixed(1);
    this.awaySince = undefined;
    this.toldAt = 0;
    this.logger.warn(`Redis at ${this.place} is back after ${seconds} s.`);
  }

  /** Any other failure of the queue: each text once a minute. */
  trouble(where: string, error: unknown): void {
    if (!this.available) return;
    const text = `${where}: ${describeError(error)}`;
    const now = this.now();
    if (now - (this.told.get(text) ?? -Infinity) < REMIND_MS) return;
    if (this.told.size > 100) this.told.clear();
    this.told.set(text, now);
    this.logger.warn(text);
  }
}

/** ioredis and Node report a refused connection to several addresses without a message of its own. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describeError).join(', ');
  if (!(error instanceof Error)) return String(error);
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
