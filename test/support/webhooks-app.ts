import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { Global, Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { CONFIG } from '../../src/config/index.js';
import {
  HandlesJob,
  JOB_NAMES,
  QueueModule,
  type JobHandler,
  type JobName,
  type QueueSettings,
} from '../../src/queue/index.js';
import { CLOCK, systemClock, type Clock } from '../../src/shared/index.js';
import {
  DEFAULT_WEBHOOK_SETTINGS,
  Outbox,
  OutboxDispatcher,
  WEBHOOK_SETTINGS,
  WebhookDeliveries,
  WebhookEndpoints,
  WebhooksModule,
  type WebhookSettings,
} from '../../src/webhooks/index.js';

/** Stand in for the rest of the application, so that every job has a handler. */
const otherHandlers = JOB_NAMES.filter((name) => name !== 'webhooks.deliver').map((name) => {
  class NoHandler implements JobHandler<typeof name> {
    handle(): Promise<undefined> {
      return Promise.resolve(undefined);
    }
  }
  HandlesJob(name)(NoHandler);
  return NoHandler;
});

@Global()
@Module({})
class Surroundings {
  static with(dataSource: DataSource, clock: Clock): DynamicModule {
    const providers = [
      { provide: DataSource, useValue: dataSource },
      { provide: CLOCK, useValue: clock },
      { provide: CONFIG, useValue: {} },
      ...otherHandlers,
    ];
    return { module: Surroundings, providers, exports: [DataSource, CLOCK, CONFIG] };
  }
}

export interface WebhooksAppOptions {
  dataSource: DataSource;
  redisUrl: string;
  settings?: Partial<WebhookSettings>;
  clock?: Clock;
  queue?: Partial<QueueSettings>;
}

export interface WebhooksApp {
  app: INestApplicationContext;
  endpoints: WebhookEndpoints;
  deliveries: WebhookDeliveries;
  outbox: Outbox;
  dispatcher: OutboxDispatcher;
  /** Jobs that are being carried out. */
  active(name: JobName): Promise<number>;
}

/** Queue and webhooks as the service runs them, over the given servers, allowed to send to this host over http. */
export async function startWebhooksApp(options: WebhooksAppOptions): Promise<WebhooksApp> {
  const settings: WebhookSettings = {
    ...DEFAULT_WEBHOOK_SETTINGS,
    allowPrivate: ['127.0.0.0/8', '::1/128'],
    allowHttp: true,
    pollMs: 20,
    reconcileMs: 500,
    ...options.settings,
  };
  const queue: QueueSettings = {
    url: options.redisUrl,
    folder: tmpdir(),
    prefix: `test-${randomUUID()}`,
    work: settings.work,
    ...options.queue,
  };
  const module = await Test.createTestingModule({
    imports: [
      Surroundings.with(options.dataSource, options.clock ?? systemClock),
      QueueModule.forRootAsync({ useFactory: () => queue }),
      WebhooksModule,
    ],
  })
    .overrideProvider(WEBHOOK_SETTINGS)
    .useValue(settings)
    .compile();
  const app = await module.init();
  return {
    app,
    endpoints: app.get(WebhookEndpoints),
    deliveries: app.get(WebhookDeliveries),
    outbox: app.get(Outbox),
    dispatcher: app.get(OutboxDispatcher),
    active: async (name) => {
      const redis = new Redis(options.redisUrl.replace('unix://', ''));
      try {
        return await redis.llen(`${queue.prefix}:${name}:active`);
      } finally {
        redis.disconnect();
      }
    },
  };
}
