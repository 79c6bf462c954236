import { PlanEntity, PlanVersionEntity, SubscriptionEntity } from './entities.js';
import { PackPurchaseEntity, SimGroupEntity, SimGroupMemberEntity } from './group.entities.js';

export const plansEntities = [
  PlanEntity,
  PlanVersionEntity,
  SubscriptionEntity,
  SimGroupEntity,
  SimGroupMemberEntity,
  PackPurchaseEntity,
];
