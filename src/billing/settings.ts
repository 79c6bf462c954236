/** Nest injection token for {@link BillingSettings}. */
export const BILLING_SETTINGS = Symbol('BillingSettings');

export interface BillingSettings {
  /** Time after the end of a period in which usage may still arrive, before it may be closed. */
  graceMs: number;
  /** SIMs per transaction of a closing. */
  batchSims: number;
}

/** Two days: batches that waited on disk for a database, and sessions that became known late, are in by then. */
export const DEFAULT_BILLING_SETTINGS: BillingSettings = { graceMs: 48 * 3_600_000, batchSims: 1000 };
