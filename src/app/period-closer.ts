import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ClosingService } from '../billing/index.js';
import { CLOCK, LOGGER, Refusal, type Clock, type Logger } from '../shared/index.js';

const INTERVAL_MS = 3_600_000;
/** Months that are looked at: a worker that was away for one month end still closes that month. */
const MONTHS_BACK = 3;

/**
 * The worker's timer that closes each month once its end and grace are over. Looking is harmless at any time and from
 * any number of processes: a month that is open or closed already is refused.
 */
@Injectable()
export class PeriodCloser implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly closing: ClosingService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const look = () => {
      this.running ??= this.look().finally(() => (this.running = undefined));
    };
    look();
    this.timer = setInterval(look, INTERVAL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Orders the closing of every month that is due. Never rejects. */
  async look(): Promise<void> {
    for (const month of monthsBefore(this.clock.now(), MONTHS_BACK)) {
      try {
        await this.closing.start({ month, force: false });
        this.logger.info({ month }, 'month is being closed');
      } catch (error) {
        // Not over yet, closed already, or nobody was on a plan: nothing to do.
        if (error instanceof Refusal && error.code !== 'unavailable') continue;
        this.logger.error({ month, error }, 'month cannot be closed now; it is tried again within the hour');
      }
    }
  }
}

/** The `count` months before the UTC month of `now`, oldest first, as YYYY-MM. */
export function monthsBefore(now: number, count: number): string[] {
  const date = new Date(now);
  return Array.from({ length: count }, (_unused, index) =>
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - count + index, 1))
      .toISOString()
      .slice(0, 7),
  );
}
