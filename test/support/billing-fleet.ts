import type { DataSource } from 'typeorm';
import { LedgerRepository } from '../../src/meter/index.js';
import { HOUR_MS, planTermsSchema, type PlanTermsInput } from '../../src/plans/index.js';

/** "980 yen a month, 3 GB, LINE is free": the plan of tests that need one. */
export const LINE_FREE: PlanTermsInput = {
  currency: { code: 'JPY', exponent: 0 },
  timeZone: 'Asia/Tokyo',
  rounding: 'half_up',
  tax: { treatment: 'exclusive', rates: [{ percent: '10' }] },
  baseFee: { amount: '980', proration: 'by_day' },
  quota: { included: { value: '3', unit: 'GB' }, proration: 'by_day' },
  overage: {
    kind: 'per_unit',
    unit: { value: '1', unit: 'GB' },
    unitRounding: 'up',
    tiers: [{ upTo: null, price: '220' }],
  },
  free: [{ id: 'line', services: ['line'] }],
};

export interface FleetUsage {
  sim: number;
  /** ISO 8601. */
  hour: string;
  service: 'line' | null;
  up?: number;
  down?: number;
}

/** SIMs, a service, plans and usage, written straight into the tables: what billing reads, without what comes before. */
export class BillingFleet {
  constructor(private readonly dataSource: DataSource) {}

  /** SIMs `sim-1` to `sim-<count>`, whose keys are their numbers, and the service `line` with one version. */
  async create(count: number): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO sim (sim_key, sim_id, name_consent, status, tags, version, created_at, updated_at)
       OVERRIDING SYSTEM VALUE
       SELECT n, 'sim-' || n, false, 'active', '{}', 1, now(), now() FROM generate_series(1, $1::int) n`,
      [count],
    );
    await this.dataSource.query(
      `INSERT INTO service (code, name, rating_group, service_identifier, version, created_at, updated_at)
       VALUES ('line', 'LINE', 1, 0, 1, now(), now())`,
    );
    await this.dataSource.query(
      `INSERT INTO service_version (service_code, version, effective_from, policy, rules, created_at)
       VALUES ('line', 1, '2020-01-01T00:00:00Z', 'agree',
               '{"domainNames": ["line.me"], "exactDomainNames": [], "excludeDomainNames": [], "prefixes": []}', now())`,
    );
    await this.dataSource.query(
      `INSERT INTO usage_reason (service_version_id, evidence, rule)
       VALUES (NULL, 'none', NULL), ((SELECT id FROM service_version), 'sni', 'line.me')`,
    );
  }

  async plan(
    code: string,
    terms: PlanTermsInput,
    effectiveFrom = '2026-01-01T00:00:00+09:00',
  ): Promise<void> {
    const parsed = planTermsSchema.parse(terms);
    await this.dataSource.query(
      `WITH p AS (
         INSERT INTO plan (code, name, version, created_at, updated_at) VALUES ($1, $1, 1, now(), now()) RETURNING plan_key)
       INSERT INTO plan_version (plan_key, version, effective_from, terms, time_zone, anchor_day, currency, created_at)
       SELECT plan_key, 1, $2::timestamptz, $3::jsonb, $4::text, $5::smallint, $6::text, now() FROM p`,
      [
        code,
        effectiveFrom,
        JSON.stringify(parsed),
        parsed.timeZone,
        parsed.anchorDay,
        `${parsed.currency.code}/${parsed.currency.exponent}`,
      ],
    );
  }

  /** Subscribes SIMs to a plan; `to` null = until further notice. */
  async subscribe(
    plan: string,
    sims: readonly number[],
    from: string,
    to: string | null = null,
  ): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO subscription (sim_key, plan_key, starts_at, ends_at, version, created_at, updated_at)
       SELECT n, (SELECT plan_key FROM plan WHERE code = $1), $3, $4, 1, now(), now() FROM unnest($2::bigint[]) n`,
      [plan, sims, from, to],
    );
  }

  async use(usage: readonly FleetUsage[]): Promise<void> {
    const hours = usage.map(({ hour }) => Math.floor(Date.parse(hour) / HOUR_MS) * HOUR_MS);
    await new LedgerRepository(this.dataSource).ensurePartitions(hours);
    await this.dataSource.query(
      `INSERT INTO usage_bucket AS b (sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down)
       SELECT u.sim, u.hour, r.id, u.up, u.down, 1, 1
       FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[]) AS u (sim, hour, evidence, up, down)
       JOIN usage_reason r ON r.evidence = u.evidence
       ON CONFLICT (sim_key, hour, reason_id) DO UPDATE
       SET octets_up = b.octets_up + excluded.octets_up, octets_down = b.octets_down + excluded.octets_down`,
      [
        usage.map(({ sim }) => sim),
        hours.map((hour) => new Date(hour)),
        usage.map(({ service }) => (service === null ? 'none' : 'sni')),
        usage.map(({ up = 0 }) => up),
        usage.map(({ down = 0 }) => down),
      ],
    );
  }
}
