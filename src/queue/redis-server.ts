import { Logger } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { Refusal } from '../shared/index.js';
import { EmbeddedRedis } from './embedded-redis.js';
import { RedisHealth, describeError } from './redis-health.js';

/** XADD … and the scripts of BullMQ need at least this. */
const OLDEST_SERVER: readonly [number, number] = [6, 2];

export interface RedisServerSettings {
  /** `redis://`, `rediss://` or `unix:///path`; absent = a private server in `folder`. */
  url?: string | undefined;
  /** For the private server, e.g. <data folder>/redis. */
  folder: string;
  /** Until a server at `url` must answer at start-up; default 10,000. */
  startTimeoutMs?: number | undefined;
  /** Told in one sentence when the private server died and cannot be started again. */
  onLost?: ((message: string) => void) | undefined;
}

/** Where the jobs are queued: the operator's server, or a private one that lives as long as this process. */
export class RedisServer {
  private readonly clients = new Set<Redis>();

  private constructor(
    /** For messages: host and port or socket, never a password. */
    readonly place: string,
    private readonly options: RedisOptions,
    private readonly embedded: EmbeddedRedis | undefined,
    readonly health: RedisHealth,
  ) {}

  /**
   * Resolves when the server answers and is fit. Throws a {@link Refusal} (`unavailable`) for one that does not
   * answer, is too old, or may evict: an evicted job would be lost without a trace.
   */
  static async open(settings: RedisServerSettings): Promise<RedisServer> {
    const logger = new Logger('Redis');
    const embedded =
      settings.url === undefined
        ? await EmbeddedRedis.start({
            folder: settings.folder,
            observer: {
              died: (detail) => logger.error(`The private Redis died: ${detail} It is started again.`),
              revived: () => logger.warn('The private Redis runs again.'),
              lost: (error) =>
                settings.onLost?.(`The private Redis cannot be kept running: ${error.message}`),
            },
          })
        : undefined;
    const { place, options } =
      embedded === undefined
        ? parseRedisUrl(settings.url ?? '')
        : { place: embedded.socketPath, options: { path: embedded.socketPath } };
    const server = new RedisServer(place, options, embedded, new RedisHealth(place, logger));
    try {
      await server.check(settings.startTimeoutMs ?? 10_000);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** A connection that waits for the server as long as it takes: for workers. */
  connectPatiently(): Redis {
    return this.connect({ maxRetriesPerRequest: null });
  }

  /** A connection whose commands fail at once while the server is away: for callers that can say so. */
  connectImpatiently(): Redis {
    return this.connect({ maxRetriesPerRequest: 1, enableOfflineQueue: false });
  }

  /** Ends every connection, then the private server if there is one. */
  async close(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    this.clients.clear();
    await this.embedded?.stop();
  }

  private connect(extra: RedisOptions): Redis {
    const client = new Redis({
      ...this.options,
      ...extra,
      retryStrategy: (times) => Math.min(2_000, 50 * 2 ** Math.min(times, 6)),
    });
    this.clients.add(client);
    this.health.watch(client);
    return client;
  }

  private async check(timeoutMs: number): Promise<void> {
    const client = new Redis({
      ...this.options,
      lazyConnect: true,
      connectTimeout: timeoutMs,
      retryStrategy: () => null,
    });
    let reason = '';
    client.on('error', (error) => (reason = describeError(error)));
    const deadline = Date.now() + timeoutMs;
    try {
      for (;;) {
        try {
          await client.connect();
          refuseUnfit(this.place, await client.info());
          return;
        } catch (error) {
          if (error instanceof Refusal) throw error;
          reason ||= describeError(error);
          // Wrong credentials do not mend themselves; a server that is still starting does.
          if (Date.now() > deadline || /NOAUTH|WRONGPASS|NOPERM/.test(reason)) throw this.unreachable(reason);
        }
        client.disconnect();
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    } finally {
      client.disconnect();
    }
  }

  private unreachable(reason: string): Refusal {
    return new Refusal(
      'unavailable',
      `Redis at ${this.place} cannot be used (${reason}). Start it, correct REDIS_URL, or unset REDIS_URL to use a private one.`,
    );
  }
}

/** Throws a {@link Refusal} that points at REDIS_URL for anything that is no URL of a Redis server. */
export function parseRedisUrl(text: string): { place: string; options: RedisOptions } {
  const refuse = (): never => {
    const detail = 'is redis://[user:password@]host:port[/database], rediss:// for TLS, or unix:///path';
    throw new Refusal('invalid', `REDIS_URL ${detail}.`, [{ pointer: '/REDIS_URL', detail }]);
  };
  if (!URL.canParse(text)) return refuse();
  const url = new URL(text);
  if (url.protocol === 'unix:') {
    const path = decodeURIComponent(url.pathname);
    return path.length > 1 ? { place: path, options: { path } } : refuse();
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') return refuse();
  const db = url.pathname.replace(/^\//, '');
  if (url.hostname === '' || !/^\d{0,3}$/.test(db)) return refuse();
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 6379);
  return {
    place: `${url.hostname}:${port}`,
    options: {
      host,
      port,
      ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
      ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
      ...(db !== '' && { db: Number(db) }),
      ...(url.protocol === 'rediss:' && { tls: { servername: host } }),
    },
  };
}

/** Reads the text of INFO. */
export function refuseUnfit(place: string, info: string): void {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const [major = 0, minor = 0] = (field('redis_version') ?? '').split('.').map(Number);
  if (major < OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor < OLDEST_SERVER[1])) {
    throw new Refusal(
      'unavailable',
      `Redis at ${place} is version ${field('redis_version') ?? 'unknown'}; Countfree needs ${OLDEST_SERVER.join('.')} or later. Upgrade it, or unset REDIS_URL to use a private one.`,
    );
  }
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    throw new Refusal(
      'unavailable',
      `Redis at ${place} may evict keys (maxmemory-policy ${policy}), and with them jobs. Set "maxmemory-policy noeviction" there, or use another server.`,
    );
  }
}
