import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import { MeterModule } from '../meter/index.js';
import { PlansModule } from '../plans/index.js';
import { Outbox } from '../webhooks/index.js';
import { ClosePeriodJob } from './close-period.job.js';
import { ClosingBrake } from './closing-brake.js';
import { ClosingRepository } from './closing.repository.js';
import { ClosingService } from './closing.service.js';
import { CorrectPeriodJob } from './correct-period.job.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { CorrectionsService } from './corrections.service.js';
import { DraftingRepository } from './drafting.repository.js';
import { DraftingService } from './drafting.service.js';
import { FraudService } from './fraud.service.js';
import { MonthExport } from './month-export.service.js';
import { ReportsRepository } from './reports.repository.js';
import { BillingReports } from './reports.service.js';
import { BILLING_SETTINGS, DEFAULT_BILLING_SETTINGS, type BillingSettings } from './settings.js';
import { SimulateJob } from './simulate.job.js';
import { SimulationsRepository } from './simulations.repository.js';
import { SimulationsService } from './simulations.service.js';
import { SponsorsRepository } from './sponsors.repository.js';
import { SponsorsService } from './sponsors.service.js';
import { StatementWriter } from './statement-writer.js';
import { StatementsRepository } from './statements.repository.js';
import { StatementsService } from './statements.service.js';
import { ThresholdsRepository } from './thresholds.repository.js';
import { ThresholdsService } from './thresholds.service.js';
import { UsageTreatments } from './usage-treatment.service.js';
import { VerificationRepository } from './verification.repository.js';
import { VerificationService } from './verification.service.js';

/** Statements and the closing of periods. Needs DataSource, CLOCK and the job queue from global modules. */
@Module({
  imports: [MeterModule, PlansModule],
  providers: [
    {
      provide: BILLING_SETTINGS,
      inject: [{ token: CONFIG, optional: true }],
      useFactory: (config?: Config): BillingSettings => ({ ...DEFAULT_BILLING_SETTINGS, ...config?.closing }),
    },
    // Stateless: it writes within the caller's transaction.
    Outbox,
    StatementsRepository,
    ClosingRepository,
    ClosingBrake,
    ReportsRepository,
    StatementWriter,
    StatementsService,
    ClosingService,
    ClosePeriodJob,
    BillingReports,
    CorrectionsRepository,
    CorrectionsService,
    CorrectPeriodJob,
    SimulationsRepository,
    SimulationsService,
    SimulateJob,
    SponsorsRepository,
    SponsorsService,
    MonthExport,
    DraftingRepository,
    DraftingService,
    FraudService,
    ThresholdsRepository,
    ThresholdsService,
    UsageTreatments,
    VerificationRepository,
    VerificationService,
  ],
  exports: [
    StatementsService,
    ClosingService,
    BillingReports,
    CorrectionsService,
    DraftingService,
    FraudService,
    MonthExport,
    SimulationsService,
    SponsorsService,
    ThresholdsService,
    UsageTreatments,
    VerificationService,
  ],
})
export class BillingModule {}
