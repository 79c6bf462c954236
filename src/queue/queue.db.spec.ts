import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testRedisUrl } from '../../test/support/database.js';
import {
  EmbeddedRedis,
  HandlesJob,
  JOB_NAMES,
  JobQueue,
  QueueModule,
  RedisServer,
  type JobContext,
  type JobData,
  type JobHandler,
  type QueueSettings,
} from './index.js';

type Close = JobData<'billing.close-period'>;

@Injectable()
@HandlesJob('billing.close-period')
class CloseHandler implements JobHandler<'billing.close-period'> {
  readonly seen: Close[] = [];
  work: (data: Close, context: JobContext) => Promise<object | undefined> = () =>
    Promise.resolve({ done: true });

  handle(data: Close, context: JobContext): Promise<object | undefined> {
    this.seen.push(data);
    return this.work(data, context);
  }
}

@Injectable()
@HandlesJob('webhooks.deliver')
class DeliverHandler implements JobHandler<'webhooks.deliver'> {
  handle(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/** Of the jobs that these tests do not speak of. */
const otherHandlers = JOB_NAMES.filter(
  (name) => name !== 'billing.close-period' && name !== 'webhooks.deliver',
).map((name): Type => {
  class OtherHandler {
    handle(): Promise<undefined> {
      return Promise.resolve(undefined);
    }
  }
  HandlesJob(name)(OtherHandler);
  return OtherHandler;
});

@Module({ providers: [CloseHandler] })
class SecondModule {}

let folder: string;
const open: INestApplicationContext[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countfree-test-'));
});

afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(
  settings: Partial<QueueSettings> = {},
  providers: Type[] = [CloseHandler, DeliverHandler],
  imports: Type[] = [],
) {
  const all: QueueSettings = {
    url: testRedisUrl(),
    folder,
    prefix: `test-${randomUUID()}`,
    work: true,
    ...settings,
  };
  const module = await Test.createTestingModule({
    imports: [QueueModule.forRootAsync({ useFactory: () => all }), ...imports],
    providers: [...providers, ...otherHandlers],
  }).compile();
  const app = await module.init();
  open.push(app);
  const handler = all.work ? app.get(CloseHandler, { strict: false }) : undefined;
  return { app, settings: all, queue: app.get(JobQueue), handler: handler as CloseHandler };
}

const settled = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

describe('the job queue', () => {
  it('carries a job to its handler and tells how it ended', async () => {
    const { queue, handler } = await start();
    handler.work = async (_data, context) => {
      await context.report({ sims: 5 });
      return { statements: 5 };
    };
    const id = await queue.add('billing.close-period', { period: '2026-03' });
    await settled(async () => {
      expect(await queue.status('billing.close-period', id)).toMatchObject({
        state: 'completed',
        progress: { sims: 5 },
        result: { statements: 5 },
        error: null,
      });
    });
    expect(handler.seen).toEqual([{ period: '2026-03', force: false }]);
    expect(await queue.status('billing.close-period', 'unknown')).toBeUndefined();
  });

  it('refuses data that the job does not take', async () => {
    const { queue } = await start({ work: false }, []);
    const bad = queue.add('billing.close-period', { period: '2026-13', extra: 1 } as never);
    await expect(bad).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ pointer: '/period' }, { pointer: '/extra' }],
    });
  });

  it('takes a second job with the same key for the first while that one waits', async () => {
    const { queue } = await start({ work: false }, []);
    const add = () => queue.add('billing.close-period', { period: '2026-03' }, { key: '2026-03' });
    expect(await add()).toBe(await add());
  });

  it('does not try again what the caller must mend', async () => {
    const { queue, handler } = await start();
    const { Refusal } = await import('../shared/index.js');
    handler.work = () => Promise.reject(new Refusal('conflict', 'The month is not over.'));
    const id = await queue.add('billing.close-period', { period: '2026-03' });
    await settled(async () => {
      const status = await queue.status('billing.close-period', id);
      expect(status).toMatchObject({ state: 'failed', error: 'The month is not over.' });
    });
    expect(handler.seen).toHaveLength(1);
  });

  it('tells a running job to stop and lets the next process run it again', async () => {
    const { app, queue, handler, settings } = await start();
    handler.work = (_data, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped at a safe point')));
      });
    await queue.add('billing.close-period', { period: '2026-03' });
    await settled(() => expect(handler.seen).toHaveLength(1));
    await app.close();
    const next = await start({ prefix: settings.prefix });
    await settled(() => expect(next.handler.seen).toEqual([{ period: '2026-03', force: false }]));
  });

  it('does not start when a job has no handler or two', async () => {
    await expect(start({}, [CloseHandler])).rejects.toThrow(/webhooks\.deliver has no handler/);
    await expect(start({}, [CloseHandler, DeliverHandler], [SecondModule])).rejects.toThrow(
      /billing\.close-period has 2 handlers/,
    );
  });
});

describe('a Redis that is away', () => {
  it('lets jobs wait, refuses new ones at once, and goes on when it is back', async () => {
    let redis = await EmbeddedRedis.start({ folder });
    const url = `unix://${redis.socketPath}`;
    try {
      const producer = await start({ url, prefix: 'x', work: false }, []);
      await producer.queue.add('billing.close-period', { period: '2026-03' });
      const { queue, handler } = await start({ url, prefix: 'x' });
      await settled(() => expect(handler.seen).toHaveLength(1));
      await producer.queue.add('billing.close-period', { period: '2026-04' }, { delayMs: 1_000 });
      await redis.stop();
      await settled(() =>
        expect(open.map((app) => app.get(RedisServer).health.available)).toEqual([false, false]),
      );
      await expect(queue.add('billing.close-period', { period: '2026-05' })).rejects.toMatchObject({
        code: 'unavailable',
      });
      await expect(queue.ping()).rejects.toMatchObject({ code: 'unavailable' });
      redis = await EmbeddedRedis.start({ folder });
      await settled(() => expect(handler.seen.map((data) => data.period)).toEqual(['2026-03', '2026-04']));
      await queue.ping();
      await queue.add('billing.close-period', { period: '2026-05' });
      await settled(() => expect(handler.seen.at(-1)?.period).toBe('2026-05'));
    } finally {
      for (const app of open.splice(0)) await app.close();
      await redis.stop();
    }
  });

  it('says so at start-up, with the place and without the password', async () => {
    const url = `redis://:secret@127.0.0.1:1/`;
    const failure = start({ url, startTimeoutMs: 300 });
    await expect(failure).rejects.toThrow(
      /Redis at 127\.0\.0\.1:1 cannot be used \(.*ECONNREFUSED.*REDIS_URL/,
    );
    await expect(failure).rejects.not.toThrow(/secret/);
  });

  it('refuses a server that may evict jobs', async () => {
    const redis = await EmbeddedRedis.start({ folder });
    const client = new Redis({ path: redis.socketPath });
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    client.disconnect();
    try {
      await expect(start({ url: `unix://${redis.socketPath}` })).rejects.toThrow(/may evict keys/);
    } finally {
      await redis.stop();
    }
  });

  it('runs on a private server when no URL is given, and ends it with the application', async () => {
    const { app, queue, handler } = await start({ url: undefined });
    await queue.add('billing.close-period', { period: '2026-03' });
    await settled(() => expect(handler.seen).toHaveLength(1));
    await app.close();
    const next = await EmbeddedRedis.start({ folder, lockWaitMs: 0 });
    await next.stop();
  });
});
