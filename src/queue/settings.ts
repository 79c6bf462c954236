import type { RedisServerSettings } from './redis-server.js';

export interface QueueSettings extends RedisServerSettings {
  /** Put before every Redis key, so that several installations can share a server. */
  prefix: string;
  /** True: this process runs jobs. False: it only queues them. */
  work: boolean;
}

/** Nest injection token for {@link QueueSettings}. */
export const QUEUE_SETTINGS = Symbol('QueueSettings');

export const DEFAULT_PREFIX = 'countfree';
