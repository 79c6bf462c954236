import { Module } from '@nestjs/common';
import { Outbox } from '../webhooks/index.js';
import { GroupsRepository } from './groups.repository.js';
import { GroupsService } from './groups.service.js';
import { PacksRepository } from './packs.repository.js';
import { PacksService } from './packs.service.js';
import { CatalogueReader } from './catalogue.reader.js';
import { PlansRepository } from './plans.repository.js';
import { PlansService } from './plans.service.js';
import { SegmentsReader } from './segments.reader.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';
import { SubscriptionsService } from './subscriptions.service.js';

/** Plans and subscriptions. Needs DataSource and CLOCK from global modules. */
@Module({
  providers: [
    PlansRepository,
    SubscriptionsRepository,
    CatalogueReader,
    SegmentsReader,
    // Stateless: it writes within the caller's transaction.
    Outbox,
    PlansService,
    SubscriptionsService,
    GroupsRepository,
    GroupsService,
    PacksRepository,
    PacksService,
  ],
  exports: [PlansService, SubscriptionsService, GroupsService, PacksService, SegmentsReader, CatalogueReader],
})
export class PlansModule {}
