import { STANDARD_SCHEDULE } from './schedule.js';

export interface WebhookSettings {
  /** CIDR ranges of receivers on the operator's own premises. */
  allowPrivate: readonly string[];
  /** Whether `http:` URLs are taken. */
  allowHttp: boolean;
  /** 32 bytes that seal secrets in the database; null = they are stored as they are. */
  secretKey: Buffer | null;
  /** True: this process moves events to endpoints. False: it only answers about them. */
  work: boolean;
  /** Wait before each try, in milliseconds. */
  schedule: readonly number[];
  /** One try, from name look-up to answer. */
  timeoutMs: number;
  /** How long after its time-out a try is still taken to be under way; then its worker is taken to be dead. */
  claimMarginMs: number;
  /** Between two looks into the outbox. */
  pollMs: number;
  /** Between two searches for deliveries whose wake-up Redis lost. */
  reconcileMs: number;
  /** Tries to one endpoint at once, per process. */
  inFlight: number;
  /** How long a finished event and its deliveries are kept. */
  retentionDays: number;
}

/** Nest injection token for {@link WebhookSettings}. */
export const WEBHOOK_SETTINGS = Symbol('WebhookSettings');

export const DEFAULT_WEBHOOK_SETTINGS: WebhookSettings = {
  allowPrivate: [],
  allowHttp: false,
  secretKey: null,
  work: true,
  schedule: STANDARD_SCHEDULE,
  timeoutMs: 15_000,
  claimMarginMs: 20_000,
  pollMs: 250,
  reconcileMs: 10_000,
  inFlight: 64,
  retentionDays: 90,
};
