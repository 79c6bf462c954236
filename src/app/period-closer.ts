import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ClosingService, DraftingService } from '../billing/index.js';
import { CLOCK, LOGGER, Refusal, type Clock, type Logger } from '../shared/index.js';

const INTERVAL_MS = 3_600_000;
/** Months that are looked at: a worker that was away for one month end still closes that month. */
const MONTHS_BACK = 3;

/**
 * The worker's timer that tells of each month's drafts once it has ended, and closes it once its grace is over too.
 * Looking is harmless at any time and from any number of processes: a month that is open or closed already is refused.
 */
@Injectable()
export class PeriodCloser implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stop = new AbortController();

  constructor(
    private readonly closing: ClosingService,
    private readonly drafting: DraftingService,
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
    this.stop.abort();
    await this.running;
  }

  /** Tells of the drafts of every month that has ended, and orders the closing of what is due. Never rejects. */
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
      await this.tellDrafts(month);
    }
  }

  /** After the closing was ordered: what is being closed needs no draft. */
  private async tellDrafts(month: string): Promise<void> {
    try {
      const drafts = await this.drafting.tell(month, this.stop.signal);
      if (drafts > 0) this.logger.info({ month, drafts }, 'drafts of the month were told of');
    } catch (error) {
      this.logger.error({ month, error }, 'drafts cannot be told of now; it is tried again within the hour');
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
