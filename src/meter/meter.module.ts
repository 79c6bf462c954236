import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK, type Clock } from '../shared/index.js';
import { Outbox } from '../webhooks/index.js';
import { AccountsReader } from './accounts.reader.js';
import { CatalogueModule, CatalogueService } from '../catalogue/index.js';
import { DryRunService } from './dry-run.service.js';
import { FraudReader } from './fraud.reader.js';
import { ExplanationsReader } from './explanations.reader.js';
import { LedgerRepository } from './ledger.repository.js';
import { ReasonsRepository } from './reasons.repository.js';
import { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';
import { SimDaysReader } from './sim-days.reader.js';
import { SuspenseService } from './suspense.service.js';
import { TouchesRepository } from './touches.repository.js';
import { UsageReader } from './usage.reader.js';

const readers = [
  UsageReader,
  AccountsReader,
  ExplanationsReader,
  FraudReader,
  LedgerRepository,
  SimDaysReader,
].map((reader) => ({
  provide: reader,
  inject: [DataSource],
  useFactory: (dataSource: DataSource) => new reader(dataSource),
}));

/** Reading and binding usage. Needs DataSource and CLOCK from global modules; a capture process makes its own Meter. */
@Module({
  imports: [CatalogueModule],
  providers: [
    ...readers,
    {
      provide: DryRunService,
      inject: [DataSource, CatalogueService, CLOCK],
      useFactory: (dataSource: DataSource, catalogue: CatalogueService, clock: Clock) =>
        new DryRunService(dataSource, catalogue, clock),
    },
    TouchesRepository,
    // Stateless: it writes within the caller's transaction.
    Outbox,
    {
      provide: ReasonsRepository,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new ReasonsRepository(dataSource),
    },
    {
      provide: SuspenseService,
      inject: [DataSource, LedgerRepository, CLOCK, Outbox],
      useFactory: (dataSource: DataSource, ledger: LedgerRepository, clock: Clock, outbox: Outbox) =>
        new SuspenseService(dataSource, ledger, clock, outbox),
    },
    {
      provide: RetentionService,
      inject: [DataSource, CLOCK],
      useFactory: (dataSource: DataSource, clock: Clock) =>
        new RetentionService(dataSource, new RetentionRepository(), clock),
    },
  ],
  exports: [
    UsageReader,
    AccountsReader,
    ExplanationsReader,
    DryRunService,
    FraudReader,
    LedgerRepository,
    SimDaysReader,
    ReasonsRepository,
    SuspenseService,
    RetentionService,
    TouchesRepository,
  ],
})
export class MeterModule {}
