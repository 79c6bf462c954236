export { EmbeddedRedis, type EmbeddedRedisOptions } from './embedded-redis.js';
export { HandlesJob, type JobContext, type JobHandler } from './handlers.js';
export { JobQueue, type AddOptions, type JobStatus } from './job-queue.js';
export { JOBS, JOB_NAMES, type JobData, type JobInput, type JobName } from './jobs.js';
export { QueueModule, type QueueModuleOptions } from './queue.module.js';
export { RedisServer, parseRedisUrl, type RedisServerSettings } from './redis-server.js';
export { DEFAULT_PREFIX, QUEUE_SETTINGS, type QueueSettings } from './settings.js';
