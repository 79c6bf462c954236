import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import { DeliverHandler } from './deliver.handler.js';
import { WebhookDeliveries } from './deliveries.service.js';
import { OutboxDispatcher } from './dispatcher.js';
import { EndpointKeys } from './endpoint-keys.js';
import { WebhookEndpoints } from './endpoints.service.js';
import { Outbox } from './outbox.js';
import { DEFAULT_WEBHOOK_SETTINGS, WEBHOOK_SETTINGS, type WebhookSettings } from './settings.js';
import { WakeUps } from './wake-ups.js';

/** Outbox, endpoints and deliveries. Needs CONFIG, CLOCK, DataSource and the QueueModule from the application. */
@Module({
  providers: [
    {
      provide: WEBHOOK_SETTINGS,
      inject: [CONFIG],
      useFactory: ({ webhooks, secretKey, roles }: Config): WebhookSettings => ({
        ...DEFAULT_WEBHOOK_SETTINGS,
        ...webhooks,
        secretKey,
        work: roles.includes('worker'),
      }),
    },
    Outbox,
    WakeUps,
    EndpointKeys,
    WebhookEndpoints,
    WebhookDeliveries,
    OutboxDispatcher,
    DeliverHandler,
  ],
  exports: [Outbox, WebhookEndpoints, WebhookDeliveries, OutboxDispatcher],
})
export class WebhooksModule {}
