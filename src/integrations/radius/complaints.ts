import type { Clock, Logger } from '../../shared/index.js';

const INTERVAL_MS = 60_000;

const TEXTS = {
  unknown_client:
    'RADIUS requests come from an address that is no client: add it to the file of COUNTFREE_RADIUS_CLIENTS_FILE, or keep it off with a firewall',
  bad_authenticator: 'RADIUS requests are not signed with the shared secret: compare it with that of the NAS',
  malformed: 'RADIUS requests lack their form, Acct-Status-Type or Acct-Session-Id',
  queue_full:
    'RADIUS requests come faster than Postgres takes them; they are dropped, and sent again by their NAS',
  failed: 'RADIUS accounting is not answered, as Postgres does not take it; each NAS sends it again',
  unknown_sim:
    'RADIUS accounting names SIMs that are not known: GET /v1/integrations/radius/unresolved lists them; add SIMs with these numbers',
  refused:
    'RADIUS accounting names addresses that lie in no subscriber prefix, or a realm that does not exist: GET /v1/integrations/radius/unresolved lists them',
  conflict:
    'RADIUS accounting contradicts sessions of other SIMs: GET /v1/integrations/radius/unresolved lists them',
} as const;

export type Complaint = keyof typeof TEXTS;

/** Says each trouble at most once a minute, and how often it was met since, so that a hostile sender cannot fill the log. */
export class Complaints {
  private readonly met = new Map<Complaint, { count: number; toldAt: number }>();

  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {}

  tell(what: Complaint, count = 1, error?: unknown): void {
    const now = this.clock.now();
    const state = this.met.get(what) ?? { count: 0, toldAt: Number.NEGATIVE_INFINITY };
    state.count += count;
    this.met.set(what, state);
    if (now - state.toldAt < INTERVAL_MS) return;
    const reason = error instanceof Error ? error.message : undefined;
    this.logger.warn({ requests: state.count, reason }, TEXTS[what]);
    state.toldAt = now;
    state.count = 0;
  }

  /** The trouble is over: the next one is told at once. */
  end(what: Complaint): void {
    this.met.delete(what);
  }
}
