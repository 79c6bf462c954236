import { HealthController } from './health/health.controller.js';
import { ApiKeysController } from './keys/api-keys.controller.js';
import { DocsController } from './openapi/docs.controller.js';
import { routesOf } from './kit/route.js';

/** Every controller of the API: the router and the OpenAPI document are made from this one list. */
export const controllers = [ApiKeysController, HealthController, DocsController];

export const routes = routesOf(controllers);
