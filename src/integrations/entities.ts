import { RadiusLeaseEntity } from './radius/lease.entity.js';
import { SoracomDayEntity, SoracomSimEntity, SoracomWishEntity } from './soracom/soracom.entities.js';

export const integrationsEntities = [
  RadiusLeaseEntity,
  SoracomSimEntity,
  SoracomWishEntity,
  SoracomDayEntity,
];
