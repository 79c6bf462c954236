import { RadiusLeaseEntity } from './radius/lease.entity.js';
import { SoracomSimEntity, SoracomWishEntity } from './soracom/soracom.entities.js';

export const integrationsEntities = [RadiusLeaseEntity, SoracomSimEntity, SoracomWishEntity];
