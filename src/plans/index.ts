export * from './calendar.js';
export { CatalogueReader, servicesNamed, unknownServices } from './catalogue.reader.js';
export { PlanEntity, PlanVersionEntity, SubscriptionEntity } from './entities.js';
export { plansEntities } from './all.entities.js';
export { GroupsService, MOST_MEMBERS } from './groups.service.js';
export { PacksRepository, type BoughtPack } from './packs.repository.js';
export { PacksService } from './packs.service.js';
export { PlansModule } from './plans.module.js';
export { PlansService } from './plans.service.js';
export * from './quantity.js';
export * from './schemas.js';
export {
  SegmentsReader,
  type BillingCalendar,
  type PlanSegment,
  type RatedVersion,
} from './segments.reader.js';
export type { SubscriptionFilter } from './subscriptions.repository.js';
export { FINAL_STATEMENT_SQLSTATE, SubscriptionsService } from './subscriptions.service.js';
export * from './terms.js';
