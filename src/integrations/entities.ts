import { RadiusLeaseEntity } from './radius/lease.entity.js';

export const integrationsEntities = [RadiusLeaseEntity];
