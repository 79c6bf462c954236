import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK, type Clock } from '../shared/index.js';
import { SessionsService, SimsModule, SimsService } from '../sims/index.js';
import { AccountingService } from './radius/accounting.service.js';
import { SoracomService } from './soracom/soracom.service.js';
import { LeasesRepository } from './radius/leases.repository.js';

/** Networks that tell which SIM holds which address. Needs DataSource and CLOCK from global modules. */
@Module({
  imports: [SimsModule],
  providers: [
    {
      provide: AccountingService,
      inject: [DataSource, SimsService, SessionsService, CLOCK],
      useFactory: (dataSource: DataSource, sims: SimsService, sessions: SessionsService, clock: Clock) =>
        new AccountingService(dataSource, new LeasesRepository(), sims, sessions, clock),
    },
    {
      provide: SoracomService,
      inject: [DataSource, SimsService, SessionsService, CLOCK],
      useFactory: (dataSource: DataSource, sims: SimsService, sessions: SessionsService, clock: Clock) =>
        new SoracomService(dataSource, sims, sessions, clock),
    },
  ],
  exports: [AccountingService, SoracomService],
})
export class IntegrationsModule {}
