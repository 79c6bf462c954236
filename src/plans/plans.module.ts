import { Module } from '@nestjs/common';
import { Outbox } from '../webhooks/index.js';
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
  ],
  exports: [PlansService, SubscriptionsService, SegmentsReader, CatalogueReader],
})
export class PlansModule {}
