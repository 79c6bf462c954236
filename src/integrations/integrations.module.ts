import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK, type Clock } from '../shared/index.js';
import { SessionsService, SimsModule, SimsService } from '../sims/index.js';
import { MeterModule, SimDaysReader } from '../meter/index.js';
import { Outbox, WebhooksModule } from '../webhooks/index.js';
import { AccountingService } from './radius/accounting.service.js';
import { SoracomClients } from './soracom/clients.js';
import { ComparisonService } from './soracom/comparison.service.js';
import { SoracomService } from './soracom/soracom.service.js';
import { LeasesRepository } from './radius/leases.repository.js';

/** Networks that tell which SIM holds which address. Needs DataSource and CLOCK from global modules. */
@Module({
  imports: [SimsModule, MeterModule, WebhooksModule],
  providers: [
    {
      provide: AccountingService,
      inject: [DataSource, SimsService, SessionsService, CLOCK],
      useFactory: (dataSource: DataSource, sims: SimsService, sessions: SessionsService, clock: Clock) =>
        new AccountingService(dataSource, new LeasesRepository(), sims, sessions, clock),
    },
    SoracomClients,
    {
      provide: SoracomService,
      inject: [DataSource, SimsService, SessionsService, CLOCK, SoracomClients],
      useFactory: (
        dataSource: DataSource,
        sims: SimsService,
        sessions: SessionsService,
        clock: Clock,
        clients: SoracomClients,
      ) => new SoracomService(dataSource, sims, sessions, clock, clients),
    },
    {
      provide: ComparisonService,
      inject: [DataSource, SoracomClients, SimsService, SimDaysReader, Outbox, CLOCK],
      useFactory: (
        dataSource: DataSource,
        clients: SoracomClients,
        sims: SimsService,
        days: SimDaysReader,
        outbox: Outbox,
        clock: Clock,
      ) => new ComparisonService(dataSource, clients, sims, days, outbox, clock),
    },
  ],
  exports: [AccountingService, SoracomService, ComparisonService],
})
export class IntegrationsModule {}
