import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Queue, type Job } from 'bullmq';
import { Refusal, parseOrRefuse } from '../shared/index.js';
import { JOBS, JOB_NAMES, type JobInput, type JobName } from './jobs.js';
import { RedisServer } from './redis-server.js';
import { QUEUE_SETTINGS, type QueueSettings } from './settings.js';

/** How long a command may take before the caller is told that the queue is away. */
const COMMAND_TIMEOUT_MS = 5_000;
/** Finished jobs are kept for whoever asks how they ended. */
const KEEP_FINISHED = { age: 7 * 24 * 3600, count: 1000 };

export interface AddOptions {
  /** Milliseconds from now; default 0. */
  delayMs?: number;
  /** While a job with this key waits or runs, adding another gives that one. */
  key?: string;
  /** False: nobody asks how it ended, so it leaves no trace. Default true. */
  keep?: boolean;
}

export interface JobStatus {
  id: string;
  state: 'waiting' | 'active' | 'completed' | 'failed';
  /** As its handler last reported. */
  progress: unknown;
  /** What the handler returned; null unless completed. */
  result: unknown;
  /** Why the last try failed; null if none did. */
  error: string | null;
  /** UNIX milliseconds. */
  createdAt: number;
  finishedAt: number | null;
}

/** Puts jobs into the queue. Every method throws a {@link Refusal} (`unavailable`) at once while Redis is away. */
@Injectable()
export class JobQueue implements OnModuleDestroy {
  private readonly queues: ReadonlyMap<JobName, Queue>;

  constructor(
    @Inject(RedisServer) private readonly server: RedisServer,
    @Inject(QUEUE_SETTINGS) { prefix }: QueueSettings,
  ) {
    const connection = server.connectImpatiently();
    this.queues = new Map(
      JOB_NAMES.map((name) => {
        const queue = new Queue(name, { connection, prefix });
        queue.on('error', (error) => server.health.trouble(`Queue ${name}`, error));
        return [name, queue];
      }),
    );
  }

  /** Returns the job's id. Throws a {@link Refusal} (`invalid`) for data that the job does not take. */
  async add<Name extends JobName>(
    name: Name,
    data: JobInput<Name>,
    options: AddOptions = {},
  ): Promise<string> {
    const { attempts, backoffMs } = JOBS[name];
    const parsed: unknown = parseOrRefuse(JOBS[name].data, data);
    const job = await this.command(
      this.queue(name).add(name, parsed, {
        attempts,
        backoff: { type: 'exponential', delay: backoffMs },
        delay: options.delayMs ?? 0,
        removeOnComplete: options.keep === false ? true : KEEP_FINISHED,
        removeOnFail: options.keep === false ? true : KEEP_FINISHED,
        ...(options.key !== undefined && { deduplication: { id: options.key } }),
      }),
    );
    return job.id ?? '';
  }

  /** Undefined for an id that is unknown or forgotten. */
  async status(name: JobName, id: string): Promise<JobStatus | undefined> {
    const job = (await this.command(this.queue(name).getJob(id))) as Job | undefined;
    if (job === undefined) return undefined;
    const state = await this.command(job.getState());
    return {
      id,
      state: state === 'completed' || state === 'failed' || state === 'active' ? state : 'waiting',
      progress: job.progress,
      result: state === 'completed' ? (job.returnvalue as unknown) : null,
      error: job.failedReason || null,
      createdAt: job.timestamp,
      finishedAt: job.finishedOn ?? null,
    };
  }

  /** Resolves if Redis takes commands: for a readiness probe. */
  async ping(): Promise<void> {
    await this.command(this.queue('webhooks.deliver').getBackend().waitUntilReady());
    if (!this.server.health.available) throw this.unavailable('the connection was lost');
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.allSettled([...this.queues.values()].map((queue) => queue.close()));
  }

  private queue(name: JobName): Queue {
    const queue = this.queues.get(name);
    if (queue === undefined) throw new Error(`There is no job ${name}`);
    return queue;
  }

  private async command<T>(command: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.unavailable('no answer')), COMMAND_TIMEOUT_MS);
    });
    try {
      return await Promise.race([command, late]);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw this.unavailable(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
    }
  }

  private unavailable(reason: string): Refusal {
    return new Refusal(
      'unavailable',
      `The job queue is away (Redis at ${this.server.place}: ${reason}). Try again when /readyz says that it is back.`,
    );
  }
}
