import { join } from 'node:path';
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { ApiModule, type CaptureReporter, type ReadinessProbe } from '../api/index.js';
import { BillingModule } from '../billing/index.js';
import { CatalogueModule } from '../catalogue/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { DatabaseModule, type DatabaseSettings } from '../database/index.js';
import { IntegrationsModule } from '../integrations/index.js';
import { MeterModule } from '../meter/index.js';
import { PlansModule } from '../plans/index.js';
import { DEFAULT_PREFIX, QueueModule, type QueueSettings } from '../queue/index.js';
import type { Clock, Logger } from '../shared/index.js';
import { SimsModule } from '../sims/index.js';
import { Outbox, WebhooksModule } from '../webhooks/index.js';
import { CaptureAlarm } from './capture-alarm.js';
import { CaptureRunner } from './capture-runner.js';
import { CatalogueSeeder } from './catalogue-seeder.js';
import { CoreModule } from './core.module.js';
import { entities } from './entities.js';
import { FraudWatcher } from './fraud-watcher.js';
import { OrderKeeper } from './order-keeper.js';
import { PeriodCloser } from './period-closer.js';
import { RadiusRunner } from './radius-runner.js';
import { RetentionRunner } from './retention-runner.js';
import { SoracomRunner } from './soracom-runner.js';
import { SuspenseBinder } from './suspense-binder.js';
import { ThresholdWatcher } from './threshold-watcher.js';

export interface AppSettings {
  config: Config;
  logger: Logger;
  clock?: Clock;
  /** Asked by /readyz; the caller may add to the list after the application was made. */
  probes: readonly ReadinessProbe[];
  /** Told in one sentence when a private server died and cannot be started again: the process is of no use without it. */
  serverLost?: (message: string) => void;
  /** What /v1/capture shows of this process. */
  capture?: CaptureReporter;
}

/** One program; the roles of the configuration say what this process does. */
@Module({})
export class AppModule {
  static forRoot(settings: AppSettings): DynamicModule {
    const { config, logger } = settings;
    const { roles } = config;
    const domains: NonNullable<ModuleMetadata['imports']> = [
      SimsModule,
      IntegrationsModule,
      CatalogueModule,
      MeterModule,
      PlansModule,
      BillingModule,
      WebhooksModule,
    ];
    return {
      module: AppModule,
      imports: [
        CoreModule.forRoot(settings),
        DatabaseModule.forRootAsync({
          inject: [CONFIG],
          useFactory: (given: Config) => databaseSettings(given, logger, settings.serverLost),
        }),
        QueueModule.forRootAsync({
          inject: [CONFIG],
          useFactory: (given: Config): QueueSettings => ({
            url: given.redisUrl ?? undefined,
            folder: join(given.dataDir, 'redis'),
            prefix: DEFAULT_PREFIX,
            work: roles.includes('worker'),
            onLost: settings.serverLost,
          }),
        }),
        ...domains,
        ApiModule.register({
          probes: settings.probes,
          ...(settings.capture && { capture: settings.capture }),
          options: {
            rateLimit: { requests: config.requestsPerMinute, windowSeconds: 60 },
            ...(config.metricsToken !== null && { metricsToken: config.metricsToken }),
          },
        }),
      ],
      providers: [
        CatalogueSeeder,
        ...(config.radius === null ? [] : [RadiusRunner]),
        ...(config.soracomFile !== null && roles.includes('worker') ? [SoracomRunner] : []),
        ...(roles.includes('capture') ? [Outbox, CaptureAlarm, CaptureRunner] : []),
        ...(roles.includes('worker')
          ? [SuspenseBinder, RetentionRunner, PeriodCloser, OrderKeeper, ThresholdWatcher, FraudWatcher]
          : []),
      ],
    };
  }
}

export function databaseSettings(
  config: Config,
  logger: Logger,
  serverLost?: (message: string) => void,
): DatabaseSettings {
  return {
    url: config.databaseUrl,
    dataDir: config.dataDir,
    entities,
    poolSize: config.databasePoolSize,
    migrations: 'run',
    whenRunning: 'refuse',
    onMigrated: (migration) => logger.info({ migration }, 'migration applied'),
    observer: {
      died: (detail) => logger.error({ detail }, 'the private Postgres died; it is started again'),
      revived: () => logger.warn('the private Postgres runs again'),
      lost: (error) => serverLost?.(`The private Postgres cannot be kept running: ${error.message}`),
    },
  };
}
