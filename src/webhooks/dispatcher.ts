import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK, type Clock } from '../shared/index.js';
import { DeliveryRepository } from './delivery.repository.js';
import { Repeater } from './repeater.js';
import { WEBHOOK_SETTINGS, type WebhookSettings } from './settings.js';
import { WakeUps } from './wake-ups.js';

/** Events per transaction. */
const BATCH = 1000;
/** Due for this long and still not taken on: its wake-up is lost. */
const OVERDUE_MS = 2_000;
const PRUNE_EVERY_MS = 3600_000;
const PRUNE_BATCH = 5_000;
const DAY_MS = 24 * 3600_000;

/**
 * Moves events from the outbox to deliveries and calls workers to them; finds deliveries whose call Redis lost; forgets
 * what is older than the retention. Several processes may do it at once.
 */
@Injectable()
export class OutboxDispatcher implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Webhooks');
  private readonly deliveries: DeliveryRepository;
  private readonly repeaters: Repeater[];
  private prunedAt = -Infinity;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(WEBHOOK_SETTINGS) private readonly settings: WebhookSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WakeUps) private readonly wakeUps: WakeUps,
  ) {
    this.deliveries = new DeliveryRepository(dataSource);
    this.repeaters = [
      new Repeater('Moving events from the outbox', () => this.dispatch(), settings.pollMs, this.logger),
      new Repeater(
        'Looking for forgotten deliveries',
        () => this.reconcile(),
        settings.reconcileMs,
        this.logger,
      ),
    ];
  }

  onApplicationBootstrap(): void {
    if (this.settings.work) for (const repeater of this.repeaters) repeater.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.repeaters.map((repeater) => repeater.stop()));
  }

  /** Makes deliveries of every event that waits. */
  async dispatch(): Promise<void> {
    for (;;) {
      const { events, endpointIds } = await this.deliveries.dispatch(this.clock.now(), BATCH);
      // A call that fails, with Redis away, is made up for by `reconcile`.
      if (endpointIds.length > 0) await this.wakeUps.now(endpointIds).catch(() => undefined);
      if (events < BATCH) return;
    }
  }

  /** Calls workers to every endpoint that has been left waiting. */
  async reconcile(): Promise<void> {
    const now = this.clock.now();
    await this.deliveries.unpark();
    await this.wakeUps.now(await this.deliveries.overdueEndpoints(now, now - OVERDUE_MS));
    await this.prune();
  }

  private async prune(): Promise<void> {
    if (performance.now() - this.prunedAt < PRUNE_EVERY_MS) return;
    const before = this.clock.now() - this.settings.retentionDays * DAY_MS;
    while ((await this.deliveries.prune(before, PRUNE_BATCH)) === PRUNE_BATCH);
    this.prunedAt = performance.now();
  }
}
