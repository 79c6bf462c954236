import { join } from 'node:path';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  CaptureService,
  type BatchConsumer,
  type CaptureBatch,
  type PointObserver,
  type PointStatus,
} from '../capture/index.js';
import { CatalogueService, followCatalogue } from '../catalogue/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { ChangeFeed } from '../database/index.js';
import { diagnose, formatFindings } from '../doctor/index.js';
import { Identifier } from '../identify/index.js';
import { LedgerRepository, Meter, ReasonsRepository } from '../meter/index.js';
import { CLOCK, LOGGER, metrics, type Clock, type Logger } from '../shared/index.js';
import { RealmsService, SessionFeed } from '../sims/index.js';
import { CaptureAlarm } from './capture-alarm.js';
import { captureObserver, meterObserver } from './capture-observers.js';
import { feedObserver } from './feed-observer.js';

/** Time that a stop gives the ledger to take what is spooled; the rest waits on disk for the next start. */
const DELIVER_MS = 5_000;
const SPOOL_METRIC_MS = 5_000;
const DAY_MS = 86_400_000;

/**
 * The capture role: opens the configured interfaces and files, identifies and meters what they count, and follows
 * changes of realms, sessions and catalogue. Identification's memory is this process's own, so a capture node meters
 * what it captures.
 */
@Injectable()
export class CaptureRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly service: CaptureService;
  private readonly identifier = new Identifier();
  private readonly stopping = new AbortController();
  private readonly unfollow: (() => void)[] = [];
  private spoolTimer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DataSource) private readonly dataSource: DataSource,
    private readonly feed: ChangeFeed,
    private readonly catalogue: CatalogueService,
    private readonly realms: RealmsService,
    private readonly sessions: SessionFeed,
    private readonly ledger: LedgerRepository,
    private readonly reasons: ReasonsRepository,
    alarm: CaptureAlarm,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { capture, dataDir } = config;
    this.service = new CaptureService(
      {
        nodeName: capture.sourceName,
        interfaces: capture.interfaces,
        files: capture.files,
        mode: capture.mode,
        pinPath: capture.pinPath,
        spoolFolder: join(dataDir, 'spool'),
        spoolMaxBytes: capture.spoolMaxBytes,
        epochSeconds: capture.epochSeconds,
        sizes: { flows: capture.flowTableEntries },
        verdict: capture.verdict === 'drop' ? 'drop-mirrored' : 'pass',
      },
      clock,
      (name): PointObserver => {
        const feed = feedObserver(name, logger);
        return {
          ...captureObserver(name, logger),
          ...feed,
          warningsChanged: (warnings) => {
            feed.warningsChanged?.(warnings);
            alarm.warningsChanged(name, warnings);
          },
        };
      },
    );
  }

  /** What is captured where, and how it goes. */
  status(): PointStatus[] {
    return this.service.status();
  }

  /** Points that could not be opened, one sentence each. */
  failures(): string[] {
    return this.service.failures.map((failure) => `${failure.name}: ${failure.error.message}`);
  }

  async onApplicationBootstrap(): Promise<void> {
    const { interfaces, files } = this.config.capture;
    if (interfaces.length + files.length === 0) {
      this.logger.warn(
        'nothing is captured: set COUNTFREE_CAPTURE_INTERFACES to the interface that the mirror arrives at',
      );
      return;
    }
    this.unfollow.push(
      await followCatalogue(this.feed, this.catalogue, (snapshot) =>
        this.identifier.updateCatalogueGently(snapshot),
      ),
      await this.sessions.follow(
        this.feed,
        (changes) => this.identifier.updateSessionsGently(changes),
        // A capture file may be of any time; what is live, or was spooled in an outage, is of the last day.
        files.length > 0 ? {} : { endedAfter: this.clock.now() - DAY_MS },
      ),
    );
    try {
      await this.service.start(await this.realms.captureConfigs());
    } finally {
      await this.reportFailures();
    }
    // Realms change with the topic of the sessions; subscribed after the start, so that there is something to configure.
    this.unfollow.push(
      this.feed.subscribe('sessions', 0, async () =>
        this.service.configure(await this.realms.captureConfigs()),
      ),
    );
    this.feed.start();
    await this.service.deliverTo(this.consumer());
    this.spoolTimer = setInterval(() => this.measureSpool(), SPOOL_METRIC_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.spoolTimer);
    for (const end of this.unfollow) end();
    const deadline = setTimeout(() => this.stopping.abort(), DELIVER_MS);
    await this.service.stop(DELIVER_MS);
    clearTimeout(deadline);
  }

  private consumer(): BatchConsumer {
    const meter = new Meter(
      this.dataSource,
      this.ledger,
      this.reasons,
      this.identifier,
      this.clock,
      meterObserver(this.logger),
    );
    return {
      committed: (source) => this.ledger.lastSequences(source),
      recall: (_source, hellos) => this.identifier.recall(hellos),
      commit: async (batch: CaptureBatch) => {
        const result = await meter.consume(batch, this.stopping.signal);
        // Not committed: the spool keeps it and gives it again at the next start.
        if (result === 'stopped') throw new Error('stopped before the ledger took the batch');
      },
      failed: (error, batch) => {
        if (this.stopping.signal.aborted) return;
        this.logger.error(
          { error, source: batch.source, sequence: String(batch.sequence) },
          'a batch failed',
        );
      },
    };
  }

  /** Says why a point did not open or what it waits for, in the doctor's words: what was found, what it means, what mends it. */
  private async reportFailures(): Promise<void> {
    for (const failure of this.service.failures) {
      this.logger.error({ point: failure.name, error: failure.error.message }, 'capture does not start');
      if (failure.kind === 'interface') await this.printFindings(failure.name);
    }
    for (const name of this.service.waitingFor) await this.printFindings(name);
  }

  private async printFindings(interfaceName: string): Promise<void> {
    const { capture, dataDir } = this.config;
    const found = await diagnose({
      interfaces: [interfaceName],
      mode: capture.mode,
      pinPath: capture.pinPath,
      spoolFolder: join(dataDir, 'spool'),
      spoolMaxBytes: capture.spoolMaxBytes,
    });
    const bad = found.filter((finding) => finding.status !== 'ok');
    if (bad.length > 0) process.stderr.write(`${formatFindings(bad)}\n`);
  }

  private measureSpool(): void {
    const waiting = this.service.status().reduce((sum, point) => sum + point.spool.bytes, 0);
    metrics.set('countfree_spool_bytes', waiting);
  }
}
