export { AccountsReader, type SourceTotal, type SuspenseItem } from './accounts.reader.js';
export type { Certainty, Draft } from './dry-run.js';
export { DryRunService, type DryRunMove, type DryRunResult } from './dry-run.service.js';
export { meterEntities } from './entities.js';
export {
  FRAUD_KINDS,
  FraudReader,
  type FailedClaim,
  type FraudItem,
  type FraudKind,
  type FraudQuery,
} from './fraud.reader.js';
export { ExplanationsReader, type Explanation, type ExplanationQuery } from './explanations.reader.js';
export { LedgerRepository } from './ledger.repository.js';
export { MeterModule } from './meter.module.js';
export { Meter, type BatchIdentifier, type CommitResult, type MeterObserver } from './meter.js';
export { ReasonsRepository } from './reasons.repository.js';
export { RetentionService, type RetentionResult } from './retention.service.js';
export { SimDaysReader, type SimDay } from './sim-days.reader.js';
export { SuspenseService, type BindingResult } from './suspense.service.js';
export { TouchesRepository, type UsageTouch } from './touches.repository.js';
export type { BucketKey, UsageSlice } from './named-usage.js';
export * from './types.js';
export {
  RESOLUTIONS,
  type Resolution,
  type UsageFilter,
  type UsageItem,
  type UsagePage,
  type UsageQuery,
  type UsageTotal,
} from './usage-page.js';
export { UsageReader } from './usage.reader.js';
