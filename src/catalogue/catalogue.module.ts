import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK, type Clock } from '../shared/index.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { CatalogueService } from './catalogue.service.js';
import { RuleExchange } from './exchange/rule-exchange.js';

/** Needs DataSource and CLOCK from global modules. */
@Module({
  providers: [
    {
      provide: CatalogueService,
      inject: [DataSource, CLOCK],
      useFactory: (dataSource: DataSource, clock: Clock) =>
        new CatalogueService(dataSource, new CatalogueRepository(), clock),
    },
    {
      provide: RuleExchange,
      inject: [CatalogueService],
      useFactory: (catalogue: CatalogueService) => new RuleExchange(catalogue),
    },
  ],
  exports: [CatalogueService, RuleExchange],
})
export class CatalogueModule {}
