import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { testRedisUrl } from '../../../test/support/database.js';
import { RateLimiter, RedisWindowCounter } from './rate-limit.js';

const clients: Redis[] = [];
function connect(url = testRedisUrl(), options = {}): Redis {
  const client = new Redis(url, options);
  // Told by ioredis of a server that is away: the commands say it too.
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}
afterAll(() => clients.forEach((client) => client.disconnect()));

describe('the rate of a key', () => {
  it('holds over processes: of requests that come to three of them at once the quota passes', async () => {
    const prefix = `test-${randomUUID()}`;
    const limiters = [1, 2, 3].map(() => new RateLimiter(50, 60, new RedisWindowCounter(connect(), prefix)));
    const take = (caller: string) =>
      Promise.all(Array.from({ length: 90 }, (_, index) => limiters[index % 3]!.takeShared(caller, 120_000)));
    const taken = await take('a');
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(50);
    expect(Math.min(...taken.map(({ remaining }) => remaining))).toBe(0);
    expect((await take('b')).filter(({ allowed }) => allowed)).toHaveLength(50);
    const [client] = clients;
    const keys = await client!.keys(`${prefix}:rate:*`);
    expect(keys.sort()).toEqual([`${prefix}:rate:a:2`, `${prefix}:rate:b:2`]);
    const left = await client!.pttl(keys[0]!);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(120_000);
  });

  it('holds in each process while Redis is away', async () => {
    const options = { maxRetriesPerRequest: 1, enableOfflineQueue: false };
    const away = new RedisWindowCounter(connect('redis://127.0.0.1:1', options), 'test');
    const limiter = new RateLimiter(2, 60, away);
    const taken = [1, 2, 3].map(() => limiter.takeShared('a', 0));
    expect((await Promise.all(taken)).map(({ allowed }) => allowed)).toEqual([true, true, false]);
  });
});
