/** Nest injection token for {@link BillingSettings}. */
export const BILLING_SETTINGS = Symbol('BillingSettings');

export interface BillingSettings {
  /** Time after the end of a period in which usage may still arrive, before it may be closed. */
  graceMs: number;
  /** SIMs per transaction of a closing. */
  batchSims: number;
  /** How far the total of a closing may be from that of the period before, as a factor; null = no brake. */
  brakeFactor: number | null;
  /** SIMs with a statement before, below which totals are not compared: one SIM's bill may well double. */
  brakeSims: number;
}

/** Two days: batches that waited on disk for a database, and sessions that became known late, are in by then. */
export const DEFAULT_BILLING_SETTINGS: BillingSettings = {
  graceMs: 48 * 3_600_000,
  batchSims: 1000,
  brakeFactor: 2,
  brakeSims: 20,
};
