/** Billing's services over a database, put together by hand: nothing is queued, a test calls what a job would do. */
import type { DataSource } from 'typeorm';
import { ClosingBrake } from '../../src/billing/closing-brake.js';
import { ClosingRepository } from '../../src/billing/closing.repository.js';
import { ClosingService } from '../../src/billing/closing.service.js';
import { CorrectionsRepository } from '../../src/billing/corrections.repository.js';
import { CorrectionsService } from '../../src/billing/corrections.service.js';
import type { BillingSettings } from '../../src/billing/settings.js';
import { StatementWriter } from '../../src/billing/statement-writer.js';
import { StatementsRepository } from '../../src/billing/statements.repository.js';
import { StatementsService } from '../../src/billing/statements.service.js';
import { createVerification } from '../../src/billing/verification.service.js';
import { AccountsReader, UsageReader } from '../../src/meter/index.js';
import { CatalogueReader, SegmentsReader } from '../../src/plans/index.js';
import type { JobQueue } from '../../src/queue/index.js';
import type { Clock } from '../../src/shared/index.js';
import { Outbox } from '../../src/webhooks/index.js';

export function billingServices(dataSource: DataSource, clock: Clock, settings: BillingSettings) {
  const queue = { add: () => Promise.resolve('1') } as unknown as JobQueue;
  const [statements, corrections, outbox] = [
    new StatementsRepository(),
    new CorrectionsRepository(),
    new Outbox(),
  ];
  const [segments, catalogue] = [new SegmentsReader(), new CatalogueReader()];
  const [usage, accounts] = [new UsageReader(dataSource), new AccountsReader(dataSource)];
  const correcting = new CorrectionsService(
    dataSource,
    corrections,
    statements,
    segments,
    catalogue,
    usage,
    outbox,
    queue,
    clock,
    settings,
  );
  return {
    statements: new StatementsService(
      dataSource,
      statements,
      segments,
      catalogue,
      usage,
      accounts,
      corrections,
    ),
    corrections: correcting,
    verification: createVerification(dataSource),
    closing: new ClosingService(
      dataSource,
      new ClosingRepository(),
      statements,
      new StatementWriter(statements, corrections, outbox),
      new ClosingBrake(dataSource, statements, segments, settings),
      correcting,
      segments,
      catalogue,
      accounts,
      queue,
      clock,
      settings,
    ),
  };
}
