import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { JobQueue } from './job-queue.js';
import { JobWorkers } from './job-workers.js';
import { RedisServer } from './redis-server.js';
import { QUEUE_SETTINGS, type QueueSettings } from './settings.js';

export interface QueueModuleOptions extends Pick<ModuleMetadata, 'imports'> {
  inject?: InjectionToken[];
  useFactory: (...dependencies: never[]) => QueueSettings | Promise<QueueSettings>;
}

/** Ends Redis last: after the hooks in which workers and queues let go of it. */
@Injectable()
class RedisCloser implements OnApplicationShutdown {
  constructor(@Inject(RedisServer) private readonly server: RedisServer) {}

  onApplicationShutdown(): Promise<void> {
    return this.server.close();
  }
}

/** The job queue, for the whole application: `JobQueue` to add jobs, `@HandlesJob` to carry them out. */
@Module({})
export class QueueModule {
  static forRootAsync(options: QueueModuleOptions): DynamicModule {
    return {
      module: QueueModule,
      global: true,
      imports: [DiscoveryModule, ...(options.imports ?? [])],
      providers: [
        { provide: QUEUE_SETTINGS, inject: options.inject ?? [], useFactory: options.useFactory },
        {
          provide: RedisServer,
          inject: [QUEUE_SETTINGS],
          useFactory: (settings: QueueSettings) => RedisServer.open(settings),
        },
        RedisCloser,
        JobQueue,
        JobWorkers,
      ],
      exports: [JobQueue, RedisServer, QUEUE_SETTINGS],
    };
  }
}
