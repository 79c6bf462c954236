export { integrationsEntities } from './entities.js';
export { IntegrationsModule } from './integrations.module.js';
export { AccountingService, type RealmEvent, type Recorded } from './radius/accounting.service.js';
export { readRadiusClients, type RadiusClient } from './radius/clients.js';
export type { Lease, LeaseProblem } from './radius/leases.js';
export { RadiusServer, type RadiusServerSettings } from './radius/server.js';
export type { SyncReport } from './soracom/account-sync.js';
export type { StoredDay } from './soracom/comparison.repository.js';
export {
  ComparisonService,
  reconciliationFields,
  type ComparisonReport,
} from './soracom/comparison.service.js';
export { readSoracomSettings, type SoracomAccount, type SoracomSettings } from './soracom/settings.js';
export { SoracomService, type SoracomEvent } from './soracom/soracom.service.js';
