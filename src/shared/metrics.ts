import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

interface MetricDeclaration {
  kind: 'counter' | 'gauge' | 'histogram';
  help: string;
  /** Label name → every value it can take. All series of a counter exist from the start, at 0. */
  labels?: Readonly<Record<string, readonly string[]>>;
  /** Labels whose values are few and fixed by the program, but not known here (routes, job names). */
  openLabels?: readonly string[];
  buckets?: readonly number[];
}

const OUTCOMES = [
  'counted',
  'not_subscriber',
  'not_ip',
  'unsupported',
  'malformed',
  'outer_fragment',
] as const;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60] as const;

/**
 * Every metric of the program, in one table: a name that is not here cannot be counted. Base units, `_total` on
 * counters, one prefix (Prometheus naming). A SIM, an address or a name is never a label.
 */
export const METRICS = {
  countfree_capture_packets_total: {
    kind: 'counter',
    help: 'Packets seen by the capture engines, by what became of them.',
    labels: { outcome: OUTCOMES },
  },
  countfree_capture_octets_total: {
    kind: 'counter',
    help: 'L3 octets seen by the capture engines, by what became of them.',
    labels: { outcome: OUTCOMES },
  },
  countfree_capture_flow_records_total: {
    kind: 'counter',
    help: 'Flow records read from the engines, by how finely the flow table still told them apart.',
    labels: { step: ['flow', 'address_pair', 'subscriber', 'global'] },
  },
  countfree_capture_lost_total: {
    kind: 'counter',
    help: 'Things the capture side could not keep. For reason hello (ring full or rate limit) no octets are among them.',
    labels: {
      reason: ['hello', 'socket_drop', 'unreadable_record'],
    },
  },
  countfree_capture_blurred_octets_total: {
    kind: 'counter',
    help: 'Octets on flow records that began before an hour edge and went on behind it: all are in the hour of the first packet.',
  },
  countfree_capture_sequence_packets_total: {
    kind: 'counter',
    help: 'Mirrored packets with a sequence number (GRE), numbers that were skipped, and packets that came behind a later one. Lost on the way = missed - late.',
    labels: { count: ['numbered', 'missed', 'late'] },
  },
  countfree_capture_unaccounted_octets: {
    kind: 'gauge',
    help: 'Octets seen minus octets on all lines and accounts. Anything but 0 is a defect: raise an alarm.',
  },
  countfree_capture_warning: {
    kind: 'gauge',
    help: '1 while a capture point has a warning of this kind (docs/operations.md).',
    labels: {
      warning: [
        'interface_gone',
        'octets_short',
        'quiet',
        'one_sided',
        'not_subscribers',
        'sequence_gap',
        'hour_blurred',
      ],
    },
    openLabels: ['point'],
  },
  countfree_spool_bytes: {
    kind: 'gauge',
    help: 'Bytes of batches on disk that the ledger has not taken yet.',
  },
  countfree_ledger_batches_total: {
    kind: 'counter',
    help: 'Batches offered to the ledger. A repeated batch changed nothing.',
    labels: { result: ['committed', 'repeated', 'failed'] },
  },
  countfree_ledger_commit_seconds: {
    kind: 'histogram',
    help: 'Time to commit one batch to the ledger.',
    buckets: SECONDS,
  },
  countfree_suspense_octets: {
    kind: 'gauge',
    help: 'Octets of addresses that no session held, not bound yet.',
  },
  countfree_threshold_backlog_rows: {
    kind: 'gauge',
    help: 'Rows of changed usage that wait for a worker to look at thresholds, as capture processes see them once a minute.',
  },
  countfree_threshold_merged_rows_total: {
    kind: 'counter',
    help: 'Rows of changed usage that were merged as too many waited for a worker. While it rises no threshold is told.',
  },
  countfree_statements_total: {
    kind: 'counter',
    help: 'Statements written, by status.',
    labels: { status: ['draft', 'final'] },
  },
  countfree_radius_requests_total: {
    kind: 'counter',
    help: 'RADIUS accounting requests, by what became of them. All from malformed on are not answered.',
    labels: {
      result: [
        'recorded',
        'repeated',
        'retransmitted',
        'ignored',
        'no_address',
        'unknown_sim',
        'refused',
        'conflict',
        'malformed',
        'unknown_client',
        'bad_authenticator',
        'queue_full',
        'failed',
      ],
    },
  },
  countfree_soracom_syncs_total: {
    kind: 'counter',
    help: 'Syncs of SORACOM accounts, by how they ended.',
    labels: { result: ['completed', 'failed'] },
  },
  countfree_soracom_days_outside: {
    kind: 'gauge',
    help: "SIMs whose octets of the last day compared are outside the band around SORACOM's statistics.",
    openLabels: ['account'],
  },
  countfree_soracom_mirror_ratio: {
    kind: 'gauge',
    help: "Octets that the mirror counted on the last day compared, divided by SORACOM's, of all SIMs of the account.",
    openLabels: ['account'],
  },
  countfree_webhook_attempts_total: {
    kind: 'counter',
    help: 'Webhook delivery attempts, by how they ended.',
    labels: { result: ['success', 'refused', 'timeout', 'error', 'blocked_address'] },
  },
  countfree_webhook_dead_total: {
    kind: 'counter',
    help: 'Deliveries given up after the last attempt; they can be replayed.',
  },
  countfree_jobs_total: {
    kind: 'counter',
    help: 'Background jobs ended, by job name.',
    labels: { result: ['completed', 'failed'] },
    openLabels: ['job'],
  },
  countfree_http_requests_total: {
    kind: 'counter',
    help: 'HTTP requests answered, by route pattern.',
    openLabels: ['method', 'route', 'status'],
  },
  countfree_http_request_seconds: {
    kind: 'histogram',
    help: 'Time to answer an HTTP request, by route pattern.',
    openLabels: ['method', 'route'],
    buckets: SECONDS,
  },
} as const satisfies Record<string, MetricDeclaration>;

type Table = typeof METRICS;
export type MetricName = keyof Table;
type NameOf<Kind extends MetricDeclaration['kind']> = {
  [Name in MetricName]: Table[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
type ClosedLabels<Name extends MetricName> = Table[Name] extends { labels: infer Labels }
  ? { [Label in keyof Labels]: Labels[Label] extends readonly (infer Value)[] ? Value : never }
  : unknown;
type OpenLabels<Name extends MetricName> = Table[Name] extends { openLabels: readonly (infer Label)[] }
  ? Record<Label & string, string>
  : unknown;
/** The labels a metric takes; `{}` for none. */
export type LabelsOf<Name extends MetricName> = ClosedLabels<Name> & OpenLabels<Name>;
type LabelArguments<Name extends MetricName> = keyof LabelsOf<Name> extends never ? [] : [LabelsOf<Name>];

/** The metrics of one process. Domains count through {@link metrics}; the API shows them at /metrics. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();

  constructor() {
    for (const [name, declaration] of Object.entries<MetricDeclaration>(METRICS))
      this.declare(name, declaration);
  }

  /** Adds to a counter; `amount` is not negative. */
  add<Name extends NameOf<'counter'>>(name: Name, amount: number, ...labels: LabelArguments<Name>): void {
    this.counters.get(name)?.inc(labelValues(labels), amount);
  }

  set<Name extends NameOf<'gauge'>>(name: Name, value: number, ...labels: LabelArguments<Name>): void {
    this.gauges.get(name)?.set(labelValues(labels), value);
  }

  /** Puts a value (seconds) into a histogram. */
  observe<Name extends NameOf<'histogram'>>(
    name: Name,
    value: number,
    ...labels: LabelArguments<Name>
  ): void {
    this.histograms.get(name)?.observe(labelValues(labels), value);
  }

  /** Adds memory, event loop and garbage collection of this process. Call once, at start. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry, prefix: 'countfree_' });
  }

  /** The Prometheus text format, and its content type. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }

  private declare(
    name: string,
    { kind, help, labels = {}, openLabels = [], buckets }: MetricDeclaration,
  ): void {
    const common = {
      name,
      help,
      labelNames: [...Object.keys(labels), ...openLabels],
      registers: [this.registry],
    };
    if (kind === 'gauge') this.gauges.set(name, new Gauge(common));
    else if (kind === 'histogram')
      this.histograms.set(name, new Histogram({ ...common, ...(buckets && { buckets: [...buckets] }) }));
    else {
      const counter = new Counter(common);
      this.counters.set(name, counter);
      if (openLabels.length === 0) for (const values of combinations(labels)) counter.inc(values, 0);
    }
  }
}

function labelValues(labels: readonly unknown[]): Record<string, string> {
  return (labels[0] ?? {}) as Record<string, string>;
}

function combinations(labels: Readonly<Record<string, readonly string[]>>): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (made, [label, values]) =>
      made.flatMap((before) => values.map((value) => ({ ...before, [label]: value }))),
    [{}],
  );
}

/** The one registry of this process. */
export const metrics = new Metrics();
