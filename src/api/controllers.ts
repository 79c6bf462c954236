import { HealthController } from './health/health.controller.js';
import { ApiKeysController } from './keys/api-keys.controller.js';
import { routesOf } from './kit/route.js';

/** Every controller of the API: the router and the OpenAPI document are made from this one list. */
export const controllers = [ApiKeysController, HealthController];

export const routes = routesOf(controllers);
