import type { DataSource } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import { EVIDENCES } from '../identify/index.js';
import type { DryRunRules, StoredReason } from './dry-run.js';
import type { UsageRow, UsageSpan, UsageSpanRow } from './types.js';
import { UsageReader } from './usage.reader.js';

/** What rating sees of a reason. */
type Seen = Pick<UsageRow, 'serviceCode' | 'serviceVersionId' | 'evidence' | 'rule' | 'mcc' | 'certainty'>;

/** Reasons remembered; each may hold a name of 255 letters. */
const MOST_SEEN = 200_000;

interface ReasonRow {
  id: number;
  service_code: string | null;
  service_version_id: number | null;
  claimed_service_code: string | null;
  evidence: string;
  rule: string | null;
  name: string | null;
  agreed: boolean | null;
  mcc: string | null;
}

/**
 * Stored usage as it would be under draft rules of services. The ledger keeps names and rules, not addresses: octets whose
 * outcome depends on the address are taken for what the rules say of the name, and those of which nothing tells stay as
 * they are; each row says which it is. Reads only.
 */
export class DraftUsageReader extends UsageReader {
  private readonly seen = new Map<number, Seen>();

  constructor(
    private readonly source: DataSource,
    private readonly rules: DryRunRules,
  ) {
    super(source);
  }

  override async usageOfPeriod(simKeys: readonly number[], from: Date, to: Date): Promise<UsageRow[]> {
    const rows = await this.source.query<
      {
        sim_key: string;
        hour: Date;
        reason_id: number;
        octets_up: string;
        octets_down: string;
        packets_up: string;
        packets_down: string;
      }[]
    >(
      `SELECT sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down FROM usage_bucket
       WHERE sim_key = ANY($1::bigint[]) AND hour >= $2 AND hour < $3 ORDER BY sim_key, hour, reason_id`,
      [simKeys, from, to],
    );
    await this.learn(rows.map((row) => row.reason_id));
    return rows.map((row) => ({
      simKey: toSafeInteger(row.sim_key),
      hour: row.hour.getTime(),
      ...this.seenOf(row.reason_id),
      octetsUp: BigInt(row.octets_up),
      octetsDown: BigInt(row.octets_down),
      packetsUp: BigInt(row.packets_up),
      packetsDown: BigInt(row.packets_down),
    }));
  }

  override async usageOfSpans(spans: readonly UsageSpan[]): Promise<UsageSpanRow[]> {
    if (spans.length === 0) return [];
    const rows = await this.source.query<
      {
        span: string;
        reason_id: number;
        first_hour: Date;
        last_hour: Date;
        octets_up: string;
        octets_down: string;
      }[]
    >(
      `SELECT g.span, b.reason_id, min(b.hour) AS first_hour, max(b.hour) AS last_hour,
              sum(b.octets_up)::text AS octets_up, sum(b.octets_down)::text AS octets_down
       FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY
            AS g (sim_key, from_hour, to_hour, span)
       JOIN usage_bucket b ON b.sim_key = g.sim_key AND b.hour >= g.from_hour AND b.hour < g.to_hour
       WHERE b.hour >= $4 AND b.hour < $5
       GROUP BY g.span, b.reason_id`,
      [
        spans.map((span) => span.simKey),
        spans.map((span) => new Date(span.from)),
        spans.map((span) => new Date(span.to)),
        new Date(spans.reduce((least, { from }) => Math.min(least, from), Infinity)),
        new Date(spans.reduce((most, { to }) => Math.max(most, to), -Infinity)),
      ],
    );
    await this.learn(rows.map((row) => row.reason_id));
    return rows.map((row) => ({
      span: Number(row.span) - 1,
      firstHour: row.first_hour.getTime(),
      lastHour: row.last_hour.getTime(),
      ...this.seenOf(row.reason_id),
      octetsUp: BigInt(row.octets_up),
      octetsDown: BigInt(row.octets_down),
    }));
  }

  private seenOf(reasonId: number): Seen {
    const seen = this.seen.get(reasonId);
    if (seen === undefined) throw new Error(`usage reason ${reasonId} is gone`);
    return seen;
  }

  private async learn(ids: readonly number[]): Promise<void> {
    if (this.seen.size > MOST_SEEN) this.seen.clear();
    const missing = [...new Set(ids)].filter((id) => !this.seen.has(id));
    if (missing.length === 0) return;
    const rows = await this.source.query<ReasonRow[]>(
      `SELECT r.id, v.service_code, r.service_version_id, r.claimed_service_code, r.evidence, r.rule, r.name, r.agreed, r.mcc
       FROM usage_reason r LEFT JOIN service_version v ON v.id = r.service_version_id WHERE r.id = ANY($1::int[])`,
      [missing],
    );
    for (const row of rows) this.seen.set(row.id, this.recast(row));
  }

  private recast(row: ReasonRow): Seen {
    const evidence = EVIDENCES.find((known) => known === row.evidence);
    if (evidence === undefined) throw new Error(`the ledger holds the unknown evidence "${row.evidence}"`);
    const stored: StoredReason = {
      serviceCode: row.service_code,
      claimedServiceCode: row.claimed_service_code,
      evidence,
      rule: row.rule,
      name: row.name,
      agreed: row.agreed,
    };
    const { serviceCode, certainty } = this.rules.outcomeOf(stored);
    const seen = { serviceVersionId: row.service_version_id, rule: row.rule, mcc: row.mcc, certainty };
    if (certainty === 'unknown' || serviceCode === row.service_code)
      return { ...seen, serviceCode: row.service_code, evidence };
    return {
      ...seen,
      serviceCode,
      serviceVersionId: null,
      // A claim that the draft bears out is one no longer that failed.
      evidence: serviceCode !== null && evidence === 'sni_unverified' ? 'sni' : evidence,
    };
  }
}
