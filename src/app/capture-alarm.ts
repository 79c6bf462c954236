import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CaptureWarning } from '../capture/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { CLOCK, formatInstant, LOGGER, type Clock, type Logger } from '../shared/index.js';
import { Outbox, type OutboxEvent } from '../webhooks/index.js';

/** Between two tries to write while the database is away. */
const RETRY_MS = 2_000;
/** Events that wait for the database; what comes beyond it is in the log and the metrics alone. */
const MOST_WAITING = 100;

/**
 * Tells the operator's systems when a capture point begins to be degraded: an event for each warning that is raised,
 * once until it is withdrawn. What holds now is in `GET /v1/capture`.
 */
@Injectable()
export class CaptureAlarm implements BeforeApplicationShutdown {
  private readonly raised = new Map<string, Set<string>>();
  private waiting: OutboxEvent[] = [];
  private writing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Takes what holds at a point from now on. Returns at once: capture never waits for the database. */
  warningsChanged(point: string, warnings: readonly CaptureWarning[]): void {
    const before = this.raised.get(point) ?? new Set<string>();
    this.raised.set(point, new Set(warnings.map(({ kind }) => kind)));
    const now = this.clock.now();
    for (const { kind, since, detail } of warnings) {
      if (before.has(kind) || this.waiting.length >= MOST_WAITING) continue;
      this.waiting.push({
        type: 'capture.degraded',
        data: {
          node: this.config.capture.sourceName,
          point,
          warning: kind,
          since: formatInstant(since),
          detail,
        },
        occurredAt: now,
      });
    }
    this.flush();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.writing;
  }

  private flush(): void {
    if (this.waiting.length === 0 || this.writing !== undefined) return;
    this.writing = this.write().finally(() => (this.writing = undefined));
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const events = [...this.waiting];
      try {
        await inTransaction(this.dataSource, (manager) => this.outbox.appendMany(manager, events));
        this.waiting = this.waiting.slice(events.length);
      } catch (error) {
        this.logger.warn({ error, events: events.length }, 'degraded capture cannot be told of now');
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.flush(), RETRY_MS).unref();
        return;
      }
    }
  }
}
