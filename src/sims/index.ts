export { sessionsFromCsv, simsFromCsv } from './csv.js';
export { simsEntities } from './entities.js';
export { RealmsService } from './realms.service.js';
export {
  addressSchema,
  realmInputSchema,
  realmPatchSchema,
  sessionInputSchema,
  sessionPatchSchema,
  simIdSchema,
  simInputSchema,
  simPatchSchema,
  type RealmInput,
  type RealmPatch,
  type SessionInput,
  type SessionPatch,
  type SimInput,
  type SimPatch,
} from './schemas.js';
export type { BatchPolicy } from './session-batch.js';
export { SessionFeed, type SessionFeedOptions } from './session-feed.js';
export type { SessionFilter } from './sessions.repository.js';
export { SessionsService } from './sessions.service.js';
export { createSimsServices, SimsModule, type SimsServices } from './sims.module.js';
export type { SimFilter, SimNumbers } from './sims.repository.js';
export { SimsService } from './sims.service.js';
export * from './types.js';
export * from './views.js';
