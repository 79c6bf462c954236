import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { BillingModule } from '../billing/index.js';
import { CatalogueModule } from '../catalogue/index.js';
import { IntegrationsModule } from '../integrations/index.js';
import { MeterModule } from '../meter/index.js';
import { PlansModule } from '../plans/index.js';
import { SimsModule } from '../sims/index.js';
import { WebhooksModule } from '../webhooks/index.js';
import { AuditLog } from './audit/audit-log.service.js';
import { controllers } from './controllers.js';
import { READINESS_PROBES, type ReadinessProbe } from './health/readiness.js';
import { ApiKeysRepository } from './keys/api-keys.repository.js';
import { ApiKeysService } from './keys/api-keys.service.js';
import { AuthGuard } from './kit/auth.guard.js';
import { IdempotencyService } from './kit/idempotency.js';
import { API_OPTIONS, defaultApiOptions, type ApiOptions } from './kit/options.js';
import { RouteInterceptor } from './kit/route.interceptor.js';
import { CAPTURE_REPORT, type CaptureReporter } from './resources/capture.controller.js';

/** Making and checking API keys, audited: all that the command line needs of the API. Needs DataSource, CLOCK and LOGGER. */
@Module({ providers: [ApiKeysRepository, ApiKeysService, AuditLog], exports: [ApiKeysService, AuditLog] })
export class ApiKeysModule {}

export interface ApiModuleSettings {
  options?: Partial<ApiOptions>;
  /** What /readyz asks. */
  probes?: readonly ReadinessProbe[];
  /** What /v1/capture shows of this process; undefined without the capture role. */
  capture?: CaptureReporter;
}

/** Everything that speaks HTTP. Needs DataSource, CLOCK, LOGGER and the job queue from global modules. */
@Module({})
export class ApiModule {
  static register({ options, probes = [], capture = () => undefined }: ApiModuleSettings): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        ApiKeysModule,
        SimsModule,
        IntegrationsModule,
        CatalogueModule,
        MeterModule,
        PlansModule,
        BillingModule,
        WebhooksModule,
      ],
      controllers,
      providers: [
        IdempotencyService,
        { provide: API_OPTIONS, useValue: { ...defaultApiOptions, ...options } },
        { provide: READINESS_PROBES, useValue: probes },
        { provide: CAPTURE_REPORT, useValue: capture },
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_INTERCEPTOR, useClass: RouteInterceptor },
      ],
    };
  }
}
