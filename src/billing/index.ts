export { BillingModule } from './billing.module.js';
export { ClosingService } from './closing.service.js';
export { CorrectionsService, type CorrectionView } from './corrections.service.js';
export { DraftingService } from './drafting.service.js';
export { billingEntities } from './entities.js';
export { FRAUD_DEFAULTS, fraudFields, FraudService, type PricedFraudItem } from './fraud.service.js';
export { CDR_FORMATS, CDR_RECORDS, MonthExport } from './month-export.service.js';
export { correctionPdf } from './pdf/correction-pdf.js';
export { BillingReports, type LateUsage, type SimUsage } from './reports.service.js';
export * from './schemas.js';
export { BILLING_SETTINGS, DEFAULT_BILLING_SETTINGS, type BillingSettings } from './settings.js';
export { simulationInputSchema } from './simulation-input.js';
export { SimulationsService, type SimulationResultView, type SimulationView } from './simulations.service.js';
export type { SponsorSettlement } from './settlement.js';
export { SponsorsService } from './sponsors.service.js';
export { StatementsService } from './statements.service.js';
export { MOST_SIMS, UsageTreatments, type TreatedOctets } from './usage-treatment.service.js';
export { ThresholdsService, type ThresholdView } from './thresholds.service.js';
export { parseMark } from './verification.js';
export {
  createVerification,
  VerificationService,
  type ChainCheck,
  type Verification,
} from './verification.service.js';
