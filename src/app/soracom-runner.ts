import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import {
  ComparisonService,
  readSoracomSettings,
  SoracomService,
  type ComparisonReport,
  type SoracomAccount,
  type SyncReport,
} from '../integrations/index.js';
import { LOGGER, metrics, type Logger } from '../shared/index.js';

const EVENTS_MS = 2_000;
/** What is not due is not asked for, so looking often is cheap; and a comparison that failed is soon tried again. */
const COMPARE_MS = 3_600_000;

/** The worker's timers that keep SIMs and sessions of SORACOM accounts up to date: all of them now and then, and at once those of an event. */
@Injectable()
export class SoracomRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  private readonly failing = new Set<string>();
  private timers: NodeJS.Timeout[] = [];

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly soracom: SoracomService,
    private readonly comparison: ComparisonService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.soracomFile === null) return;
    const { accounts, syncSeconds } = await readSoracomSettings(this.config.soracomFile);
    const syncAll = () => {
      for (const account of accounts) this.run(account.name, () => this.sync(account));
    };
    const events = () => this.run('events', () => this.lookAfterEvents(accounts));
    // One account after the other: each holds a connection to the database for as long as it takes.
    const compareAll = () => this.run('statistics', () => this.compareAll(accounts));
    const orders = () => this.run('orders', () => this.carryOutOrders(accounts));
    syncAll();
    compareAll();
    this.timers = [
      setInterval(syncAll, syncSeconds * 1000),
      setInterval(events, EVENTS_MS),
      setInterval(compareAll, COMPARE_MS),
      setInterval(orders, EVENTS_MS),
    ];
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.stopping.abort();
    await Promise.all(this.running.values());
  }

  /** A run that takes longer than the interval is not joined by another. */
  private run(name: string, work: () => Promise<void>): void {
    if (this.running.has(name)) return;
    const run = this.quietly(name, work).finally(() => this.running.delete(name));
    this.running.set(name, run);
  }

  private async quietly(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.failing.delete(name)) this.logger.info({ account: name }, 'SORACOM is read again');
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      // Told once, not with each try.
      if (!this.failing.has(name)) this.logger.warn({ account: name, reason }, 'SORACOM cannot be read now');
      this.failing.add(name);
    }
  }

  private async sync(account: SoracomAccount): Promise<void> {
    let report: SyncReport | undefined;
    try {
      report = await this.soracom.sync(account, { signal: this.stopping.signal });
    } catch (error) {
      if (!this.stopping.signal.aborted)
        metrics.add('countfree_soracom_syncs_total', 1, { result: 'failed' });
      throw error;
    }
    if (report === undefined) return;
    metrics.add('countfree_soracom_syncs_total', 1, { result: 'completed' });
    this.tell(report);
  }

  private async lookAfterEvents(accounts: readonly SoracomAccount[]): Promise<void> {
    const reports = await this.soracom.lookAfterEvents(accounts, { signal: this.stopping.signal });
    for (const report of reports) this.tell(report);
  }

  private async compareAll(accounts: readonly SoracomAccount[]): Promise<void> {
    const failures: unknown[] = [];
    for (const account of accounts) {
      await this.compare(account).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  private async compare(account: SoracomAccount): Promise<void> {
    try {
      const report = await this.comparison.compare(account, { signal: this.stopping.signal });
      if (report !== undefined) this.tellCompared(report);
    } finally {
      await this.measure(account);
    }
  }

  private async carryOutOrders(accounts: readonly SoracomAccount[]): Promise<void> {
    const reports = await this.comparison.carryOutOrders(accounts, { signal: this.stopping.signal });
    for (const report of reports) this.tellCompared(report);
    if (reports.length > 0) for (const account of accounts) await this.measure(account);
  }

  private async measure({ name, compare }: SoracomAccount): Promise<void> {
    const day = compare === false ? undefined : await this.comparison.lastDay(name);
    if (day === undefined) return;
    metrics.set('countfree_soracom_days_outside', day.outside, { account: name });
    if (day.ratio !== undefined) metrics.set('countfree_soracom_mirror_ratio', day.ratio, { account: name });
  }

  private tellCompared(report: ComparisonReport): void {
    if (report.outside > 0)
      this.logger.warn(report, 'the mirror differs from SORACOM: see GET /v1/reconciliations?outside=true');
    else if (report.sims > 0) this.logger.info(report, 'compared with SORACOM');
  }

  private tell({ faults: _faults, ...report }: SyncReport): void {
    const refused = report.sims.refused + report.sessions.refused;
    if (refused > 0)
      this.logger.warn(report, 'SORACOM sync: some rows were refused; countfree soracom sync shows why');
    else if (report.sims.changed > 0) this.logger.info(report, 'SORACOM sync');
  }
}
