import { AuditLogController } from './audit/audit-log.controller.js';
import { HealthController } from './health/health.controller.js';
import { ApiKeysController } from './keys/api-keys.controller.js';
import { routesOf } from './kit/route.js';
import { DocsController } from './openapi/docs.controller.js';
import { AccountsController } from './resources/accounts.controller.js';
import { CaptureController } from './resources/capture.controller.js';
import { CorrectionsController } from './resources/corrections.controller.js';
import { DeliveriesController } from './resources/deliveries.controller.js';
import { IntegrationsController } from './resources/integrations.controller.js';
import { ExplanationsController } from './resources/explanations.controller.js';
import { GroupsController } from './resources/groups.controller.js';
import { PacksController } from './resources/packs.controller.js';
import { PeriodsController } from './resources/periods.controller.js';
import { PlansController } from './resources/plans.controller.js';
import { RealmsController } from './resources/realms.controller.js';
import { ReconciliationsController } from './resources/reconciliations.controller.js';
import { ReportsController } from './resources/reports.controller.js';
import { ServiceExchangeController } from './resources/service-exchange.controller.js';
import { ServicesController } from './resources/services.controller.js';
import { SessionsController } from './resources/sessions.controller.js';
import { SimulationsController } from './resources/simulations.controller.js';
import { SimsController } from './resources/sims.controller.js';
import { SponsorsController } from './resources/sponsors.controller.js';
import { StatementsController } from './resources/statements.controller.js';
import { SubscriptionsController } from './resources/subscriptions.controller.js';
import { ThresholdsController } from './resources/thresholds.controller.js';
import { UsageController } from './resources/usage.controller.js';
import { WebhookEndpointsController } from './resources/webhook-endpoints.controller.js';

/** Every controller of the API: the router and the OpenAPI document are made from this one list, in this order. */
export const controllers = [
  RealmsController,
  SimsController,
  SessionsController,
  IntegrationsController,
  ReconciliationsController,
  ServicesController,
  ServiceExchangeController,
  PlansController,
  SubscriptionsController,
  GroupsController,
  PacksController,
  UsageController,
  ReportsController,
  ExplanationsController,
  ThresholdsController,
  AccountsController,
  StatementsController,
  CorrectionsController,
  SimulationsController,
  SponsorsController,
  PeriodsController,
  WebhookEndpointsController,
  DeliveriesController,
  CaptureController,
  ApiKeysController,
  AuditLogController,
  HealthController,
  DocsController,
];

export const routes = routesOf(controllers);
