// One piece of work of test/bench/closing.ts in a process of its own that runs what was built, so that its memory is its own:
//   billing-child.mjs DATABASE_URL closing|simulation MONTH NOW TERMS
// closes the month at NOW (UNIX milliseconds), or simulates it under TERMS (JSON); prints a JSON line.
import 'reflect-metadata';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import {
  BillingModule,
  ClosingService,
  SimulationsService,
  simulationInputSchema,
} from '../../dist/src/billing/index.js';
import { createDataSource } from '../../dist/src/database/index.js';
import { JobQueue } from '../../dist/src/queue/index.js';
import { CLOCK } from '../../dist/src/shared/index.js';

const [url = '', work, month = '', now = '', terms = ''] = process.argv.slice(2);

/** Billing over a database, its jobs carried out by whoever calls. */
async function billing() {
  const dataSource = await createDataSource({ url }).initialize();
  class Surroundings {}
  Global()(Surroundings);
  Module({
    providers: [
      { provide: DataSource, useValue: dataSource },
      { provide: CLOCK, useValue: { now: () => Number(now) } },
      { provide: JobQueue, useValue: { add: () => Promise.resolve() } },
    ],
    exports: [DataSource, CLOCK, JobQueue],
  })(Surroundings);
  class Billing {}
  Module({ imports: [Surroundings, BillingModule] })(Billing);
  return NestFactory.createApplicationContext(Billing, { logger: ['error'] });
}

const context = await billing();

/** Resolves to the number of SIMs. */
async function close() {
  const closing = context.get(ClosingService, { strict: false });
  return (await closing.closeNow({ month, force: false })).statements;
}

async function simulate() {
  const simulations = context.get(SimulationsService, { strict: false });
  const input = simulationInputSchema.parse({ month, planCode: 'light', terms: JSON.parse(terms) });
  const { id } = await simulations.start(input);
  await simulations.carryOut(id);
  return (await simulations.get(id)).done;
}

const before = process.resourceUsage();
const started = performance.now();
const sims = await (work === 'closing' ? close() : simulate());
const seconds = (performance.now() - started) / 1000;
const after = process.resourceUsage();
const cpu = (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6;
const memory = { bytes: after.maxRSS * 1024, bytesBefore: before.maxRSS * 1024 };
process.stdout.write(`${JSON.stringify({ sims, seconds, cpu, ...memory })}\n`);
process.exit(0);
