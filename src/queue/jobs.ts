import { z } from 'zod';

interface JobDefinition {
  /** What travels through Redis; validated on the way in and, as an older version may have written it, on the way out. */
  data: z.ZodType;
  /** Jobs of this name that one process runs at once. */
  concurrency: number;
  /** Tries before the job is set aside as failed. */
  attempts: number;
  /** Wait after the first failure; doubles with each further one. */
  backoffMs: number;
}

/**
 * Every background job of the program, in one table: a name that is not here cannot be queued, and a process that
 * works does not start unless each has exactly one handler. A job may run twice (a worker that dies or stalls), so
 * every handler is idempotent.
 */
export const JOBS = {
  /** Sends what is due to one webhook endpoint. What and when is in Postgres; this is only the call to look. */
  'webhooks.deliver': {
    data: z.strictObject({ endpointId: z.uuid() }),
    concurrency: 200,
    attempts: 1,
    backoffMs: 1_000,
  },
  /** Closes a month: drafts to final statements. Goes on where it was stopped. */
  'billing.close-period': {
    data: z.strictObject({
      /** YYYY-MM. */
      period: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'is a month such as 2026-03'),
      /** Close although period and grace are not over. */
      force: z.boolean().default(false),
    }),
    concurrency: 1,
    attempts: 10,
    backoffMs: 5_000,
  },
  /** Rates a closed month again, and writes what differs as corrections. */
  'billing.correct-period': {
    data: z.strictObject({
      /** YYYY-MM. */
      period: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'is a month such as 2026-03'),
    }),
    concurrency: 1,
    attempts: 10,
    backoffMs: 5_000,
  },
  /** Rates a stored month under draft terms. Goes on where it was stopped. */
  'billing.simulate': {
    data: z.strictObject({ simulationId: z.uuid() }),
    concurrency: 1,
    attempts: 10,
    backoffMs: 5_000,
  },
} as const satisfies Record<string, JobDefinition>;

export type JobName = keyof typeof JOBS;
export const JOB_NAMES = Object.keys(JOBS) as JobName[];

/** What a handler gets. */
export type JobData<Name extends JobName> = z.output<(typeof JOBS)[Name]['data']>;
/** What a caller gives: defaults may be left out. */
export type JobInput<Name extends JobName> = z.input<(typeof JOBS)[Name]['data']>;
