import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ThresholdsService } from '../billing/index.js';
import { LOGGER, type Logger } from '../shared/index.js';

/** Short enough that an event is on its way well within 3 s of the commit that caused it. */
const INTERVAL_MS = 500;

/** The worker's loop that looks whether committed usage has reached a threshold. */
@Injectable()
export class ThresholdWatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failing = false;
  private readonly stop = new AbortController();

  constructor(
    private readonly thresholds: ThresholdsService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    // A check that takes longer than the interval is not joined by another.
    this.timer = setInterval(() => {
      this.running ??= this.check().finally(() => (this.running = undefined));
    }, INTERVAL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stop.abort();
    await this.running;
  }

  private async check(): Promise<void> {
    try {
      await this.thresholds.check(this.stop.signal);
      this.failing = false;
    } catch (error) {
      // Told once: a database that is away is reported by whoever needs it.
      if (!this.failing) this.logger.warn({ error }, 'thresholds cannot be checked now; it is tried again');
      this.failing = true;
    }
  }
}
