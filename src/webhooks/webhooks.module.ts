import { Module, type DynamicModule, type InjectionToken, type ModuleMetadata } from '@nestjs/common';
import { DeliverHandler } from './deliver.handler.js';
import { WebhookDeliveries } from './deliveries.service.js';
import { OutboxDispatcher } from './dispatcher.js';
import { EndpointKeys } from './endpoint-keys.js';
import { WebhookEndpoints } from './endpoints.service.js';
import { Outbox } from './outbox.js';
import { DEFAULT_WEBHOOK_SETTINGS, WEBHOOK_SETTINGS, type WebhookSettings } from './settings.js';
import { WakeUps } from './wake-ups.js';

export interface WebhooksModuleOptions extends Pick<ModuleMetadata, 'imports'> {
  inject?: InjectionToken[];
  /** What is left out is as in DEFAULT_WEBHOOK_SETTINGS. */
  useFactory: (...dependencies: never[]) => Partial<WebhookSettings> | Promise<Partial<WebhookSettings>>;
}

/** Outbox, endpoints and deliveries. Needs DataSource, CLOCK and the QueueModule from the application. */
@Module({})
export class WebhooksModule {
  static forRootAsync(options: WebhooksModuleOptions): DynamicModule {
    return {
      module: WebhooksModule,
      global: true,
      imports: options.imports ?? [],
      providers: [
        {
          provide: WEBHOOK_SETTINGS,
          inject: options.inject ?? [],
          useFactory: async (...dependencies: never[]): Promise<WebhookSettings> => ({
            ...DEFAULT_WEBHOOK_SETTINGS,
            ...(await options.useFactory(...dependencies)),
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
    };
  }
}
