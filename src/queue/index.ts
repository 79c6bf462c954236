export { EmbeddedRedis, type EmbeddedRedisOptions } from './embedded-redis.js';
