import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { BillingModule } from '../../../src/billing/index.js';
import { createDataSource } from '../../../src/database/index.js';
import { JobQueue } from '../../../src/queue/index.js';
import { CLOCK } from '../../../src/shared/index.js';
import { CLOSING_TIME } from './fleet.js';

/** Billing over a database, its jobs carried out by whoever calls. */
export async function billingContext(url: string): Promise<INestApplicationContext> {
  const dataSource = await createDataSource({ url }).initialize();
  @Global()
  @Module({
    providers: [
      { provide: DataSource, useValue: dataSource },
      { provide: CLOCK, useValue: { now: () => CLOSING_TIME } },
      { provide: JobQueue, useValue: { add: () => Promise.resolve() } },
    ],
    exports: [DataSource, CLOCK, JobQueue],
  })
  class Surroundings {}
  @Module({ imports: [Surroundings, BillingModule] })
  class Billing {}
  return NestFactory.createApplicationContext(Billing, { logger: ['error'] });
}
