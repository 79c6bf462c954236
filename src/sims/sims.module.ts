import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK, type Clock } from '../shared/index.js';
import { RealmsRepository } from './realms.repository.js';
import { RealmsService } from './realms.service.js';
import { SessionFeed } from './session-feed.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';
import { SimsRepository } from './sims.repository.js';
import { SimsService } from './sims.service.js';

export interface SimsServices {
  realms: RealmsService;
  sims: SimsService;
  sessions: SessionsService;
  feed: SessionFeed;
}

/** The services of this domain over one database, for those who do without Nest. */
export function createSimsServices(dataSource: DataSource, clock: Clock): SimsServices {
  const realms = new RealmsRepository();
  const sims = new SimsRepository();
  const sessions = new SessionsRepository();
  return {
    realms: new RealmsService(dataSource, realms, clock),
    sims: new SimsService(dataSource, sims, clock),
    sessions: new SessionsService(dataSource, sessions, sims, realms),
    feed: new SessionFeed(dataSource, sessions, realms),
  };
}

const SERVICES = Symbol('SimsServices');

/** Needs DataSource and CLOCK from global modules. */
@Module({
  providers: [
    { provide: SERVICES, inject: [DataSource, CLOCK], useFactory: createSimsServices },
    { provide: RealmsService, inject: [SERVICES], useFactory: (services: SimsServices) => services.realms },
    { provide: SimsService, inject: [SERVICES], useFactory: (services: SimsServices) => services.sims },
    {
      provide: SessionsService,
      inject: [SERVICES],
      useFactory: (services: SimsServices) => services.sessions,
    },
    { provide: SessionFeed, inject: [SERVICES], useFactory: (services: SimsServices) => services.feed },
  ],
  exports: [RealmsService, SimsService, SessionsService, SessionFeed],
})
export class SimsModule {}
