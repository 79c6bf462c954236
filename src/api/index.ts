import { AuditLogEntity } from './audit/audit-log.entity.js';
import { ApiKeyEntity } from './keys/api-key.entity.js';
import { IdempotencyEntity } from './kit/idempotency.entity.js';

export { ApiKeysModule, ApiModule, type ApiModuleSettings } from './api.module.js';
export { AuditLog } from './audit/audit-log.service.js';
export { READINESS_PROBES, type ReadinessProbe } from './health/readiness.js';
export { configureHttp } from './http.js';
export { apiKeyInputSchema, ApiKeysService, type ApiKey, type ApiKeyInput } from './keys/api-keys.service.js';
export { API_OPTIONS, defaultApiOptions, type ApiOptions } from './kit/options.js';
export { openApiText } from './openapi/openapi.js';
export type { CaptureReport, CaptureReporter } from './resources/capture.controller.js';
export { SCOPES, type Scope } from './kit/scopes.js';

export const entities = [ApiKeyEntity, IdempotencyEntity, AuditLogEntity];
