import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { RetentionService } from '../meter/index.js';
import { CLOCK, LOGGER, type Clock, type Logger } from '../shared/index.js';
import { SessionFeed } from '../sims/index.js';

const FIRST_MS = 60_000;
const INTERVAL_MS = 6 * 3_600_000;
/** Every process that follows sessions has heard of a deletion by then, or has long been started anew. */
const TOMBSTONES_FOR_MS = 30 * 86_400_000;

/** The worker's timer that forgets what is no longer to be kept: names, names of batches, deletions of sessions. */
@Injectable()
export class RetentionRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly retention: RetentionService,
    private readonly sessions: SessionFeed,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const look = () => {
      this.running ??= this.forget().finally(() => (this.running = undefined));
    };
    this.timers.push(setTimeout(look, FIRST_MS), setInterval(look, INTERVAL_MS));
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    this.stopping.abort();
    await this.running;
  }

  /** Never rejects. */
  async forget(): Promise<void> {
    try {
      const result = await this.retention.run(this.stopping.signal);
      const tombstones = await this.sessions.pruneDeleted(this.clock.now() - TOMBSTONES_FOR_MS);
      if (result === undefined) return;
      const { octets, ...counts } = result;
      this.logger.info({ ...counts, octets: String(octets), tombstones }, 'forgot what is no longer kept');
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.logger.error({ error }, 'what is no longer to be kept cannot be forgotten now; it is tried again');
    }
  }
}
