import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SuspenseService } from '../meter/index.js';
import { LOGGER, metrics, type Logger } from '../shared/index.js';

const INTERVAL_MS = 2_000;
const MEASURE_MS = 30_000;

/** The worker's loop that binds octets of unknown addresses once their session is known. */
@Injectable()
export class SuspenseBinder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failing = false;
  private measureAt = 0;

  constructor(
    private readonly suspense: SuspenseService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    // A run that takes longer than the interval is not joined by another.
    this.timer = setInterval(() => {
      this.running ??= this.bind().finally(() => (this.running = undefined));
    }, INTERVAL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async measure(): Promise<void> {
    if (performance.now() < this.measureAt) return;
    this.measureAt = performance.now() + MEASURE_MS;
    metrics.set('countfree_suspense_octets', Number(await this.suspense.waitingOctets()));
  }

  private async bind(): Promise<void> {
    try {
      const { rows, octets, simKeys } = await this.suspense.bind();
      if (rows > 0) {
        this.logger.info(
          { rows, octets: String(octets), sims: simKeys.length },
          'suspense bound to sessions',
        );
      }
      await this.measure();
      this.failing = false;
    } catch (error) {
      // Told once: a database that is away is reported by whoever needs it.
      if (!this.failing) this.logger.warn({ error }, 'suspense cannot be bound now; it is tried again');
      this.failing = true;
    }
  }
}
