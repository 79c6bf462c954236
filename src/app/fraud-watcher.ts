import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { FraudService } from '../billing/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { LOGGER, type Logger } from '../shared/index.js';

const FIRST_MS = 60_000;
/** A look reads a day's usage of all SIMs. */
const INTERVAL_MS = 3_600_000;

/** The worker's timer that tells of large findings of the fraud report. */
@Injectable()
export class FraudWatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly timers: NodeJS.Timeout[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly fraud: FraudService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const look = () => {
      this.running ??= this.look().finally(() => (this.running = undefined));
    };
    this.timers.push(setTimeout(look, FIRST_MS), setInterval(look, INTERVAL_MS));
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    await this.running;
  }

  private async look(): Promise<void> {
    try {
      const findings = await this.fraud.watch(this.config.fraudAlertOctets);
      if (findings > 0) this.logger.warn({ findings }, 'fraud suspected: see GET /v1/reports/fraud');
    } catch (error) {
      this.logger.warn({ error }, 'the fraud report cannot be looked at now; it is tried again');
    }
  }
}
