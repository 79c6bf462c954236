import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import { AccountingService, RadiusServer, readRadiusClients } from '../integrations/index.js';
import { CLOCK, LOGGER, type Clock, type Logger } from '../shared/index.js';

const RETRY_MS = 15_000;
const FORGET_MS = 3_600_000;

/** The RADIUS accounting server, in each process that is given an address for it. */
@Injectable()
export class RadiusRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private server: RadiusServer | undefined;
  private timers: NodeJS.Timeout[] = [];
  private running: Promise<void> | undefined;
  private failing = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly accounting: AccountingService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { radius } = this.config;
    if (radius === null) return;
    const clients = await readRadiusClients(radius.clientsFile);
    const server = new RadiusServer({ ...radius.listen, clients }, this.accounting, this.clock, this.logger);
    const port = await server.start();
    this.server = server;
    this.logger.info({ host: radius.listen.host, port, clients: clients.length }, 'RADIUS accounting');
    this.timers = [
      setInterval(() => this.run(() => this.retry()), RETRY_MS),
      setInterval(() => this.run(() => this.accounting.forgetOld()), FORGET_MS),
    ];
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.running;
    await this.server?.stop();
  }

  private run(work: () => Promise<unknown>): void {
    this.running ??= this.quietly(work).finally(() => (this.running = undefined));
  }

  private async quietly(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.failing = false;
    } catch (error) {
      // Told once: a database that is away is reported by whoever needs it.
      if (!this.failing)
        this.logger.warn({ error }, 'RADIUS sessions cannot be looked after now; it is tried again');
      this.failing = true;
    }
  }

  private async retry(): Promise<void> {
    const sessions = await this.accounting.retryUnresolved();
    if (sessions > 0) this.logger.info({ sessions }, 'accounting of SIMs that were unknown became sessions');
  }
}
