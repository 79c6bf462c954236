import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import { Refusal, metrics } from '../shared/index.js';
import { matchHandlers, type AnyJobHandler, type JobContext } from './handlers.js';
import { JOBS, type JobName } from './jobs.js';
import { RedisServer } from './redis-server.js';
import { QUEUE_SETTINGS, type QueueSettings } from './settings.js';

/** How long running jobs may take to reach a safe point before the connection is cut. */
const CLOSE_TIMEOUT_MS = 20_000;
/** A worker that was killed costs its jobs a try; only a job that kills every worker is given up. */
const MAX_STALLED = 100;

/** Runs the jobs of this process: one worker per job name, each with the one handler that the modules provide. */
@Injectable()
export class JobWorkers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Jobs');
  private readonly stopping = new AbortController();
  private workers: Worker[] = [];

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(RedisServer) private readonly server: RedisServer,
    @Inject(QUEUE_SETTINGS) private readonly settings: QueueSettings,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.settings.work) return;
    const handlers = matchHandlers(this.discovery.getProviders());
    const connection = this.server.connectPatiently();
    this.workers = [...handlers].map(([name, handler]) => {
      const worker = new Worker(name, (job) => this.run(name, handler, job), {
        connection,
        prefix: this.settings.prefix,
        concurrency: JOBS[name].concurrency,
        maxStalledCount: MAX_STALLED,
        stalledInterval: 10_000,
        // After an outage the first look comes this soon.
        runRetryDelay: 1_000,
      });
      worker.on('error', (error) => this.server.health.trouble(`Worker ${name}`, error));
      return worker;
    });
  }

  /** Lets running jobs come to a safe point. What is not done by then is run again by the next process. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    const workers = this.workers.splice(0);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>(
      (resolve) => (timer = setTimeout(() => resolve('late'), CLOSE_TIMEOUT_MS)),
    );
    // A connection that is away has nothing to wait for.
    const force = !this.server.health.available;
    const closed = Promise.allSettled(workers.map((worker) => worker.close(force)));
    if ((await Promise.race([closed, late])) === 'late') {
      this.logger.warn('Some jobs did not come to a safe point in time; they will be run again.');
      await Promise.allSettled(workers.map((worker) => worker.disconnect()));
    }
    clearTimeout(timer);
  }

  private async run(name: JobName, handler: AnyJobHandler, job: Job): Promise<object | undefined> {
    const data = JOBS[name].data.safeParse(job.data);
    // Another version wrote it; trying again would not mend it.
    if (!data.success)
      throw new UnrecoverableError(`The data of job ${name} is not valid: ${data.error.message}`);
    const context: JobContext = {
      id: job.id ?? '',
      attempt: job.attemptsMade + 1,
      signal: this.stopping.signal,
      report: (progress) => job.updateProgress(progress),
    };
    try {
      const result = await handler.handle(data.data, context);
      metrics.add('countfree_jobs_total', 1, { job: name, result: 'completed' });
      return result;
    } catch (error) {
      if (this.stopping.signal.aborted) {
        // Stopped, not failed: the next process takes it up, and no try is spent.
        await job.moveToWait(job.token);
        throw new WaitingError();
      }
      metrics.add('countfree_jobs_total', 1, { job: name, result: 'failed' });
      this.tell(name, job, error);
      // What the caller must mend is not mended by trying again.
      if (error instanceof Refusal && error.code !== 'unavailable')
        throw new UnrecoverableError(error.message);
      throw error;
    }
  }

  private tell(name: JobName, job: Job, error: unknown): void {
    const tries = `try ${job.attemptsMade + 1} of ${job.opts.attempts ?? 1}`;
    const stack = error instanceof Error && !(error instanceof Refusal) ? error.stack : undefined;
    const reason = error instanceof Error ? error.message : String(error);
    this.logger.error(`Job ${name} ${job.id ?? ''} failed (${tries}): ${reason}`, stack);
  }
}
