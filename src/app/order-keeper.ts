import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ClosingService, CorrectionsService, SimulationsService } from '../billing/index.js';
import { LOGGER, type Logger } from '../shared/index.js';

const INTERVAL_MS = 30_000;

/**
 * The worker's timer that puts what is ordered, and not carried out, into the queue again: Redis may have lost the job,
 * or have been away when it was ordered. A job that is there already stays the only one.
 */
@Injectable()
export class OrderKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly closing: ClosingService,
    private readonly corrections: CorrectionsService,
    private readonly simulations: SimulationsService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.look().finally(() => (this.running = undefined));
    }, INTERVAL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Never rejects. */
  async look(): Promise<void> {
    try {
      await this.closing.requeue();
      await this.corrections.requeue();
      await this.simulations.requeue();
      this.failing = false;
    } catch (error) {
      // While Redis is away each look fails: told once.
      if (!this.failing)
        this.logger.warn({ error }, 'what is ordered cannot be looked through now; it is tried again');
      this.failing = true;
    }
  }
}
