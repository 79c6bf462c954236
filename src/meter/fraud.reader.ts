import type { DataSource } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import { FOREIGN_DNS_RULE } from '../identify/index.js';
import { decodeCursor, encodeCursor, toPage, type Page, type PageRequest } from '../shared/index.js';

/**
 * `failed_claim`: a name was claimed that the address does not bear out (evidence `sni_unverified`). `foreign_dns`: port 53
 * of a host that is none of the session's resolvers. `unusual_volume`: far more within a service than its other SIMs, or than the SIM before.
 */
export const FRAUD_KINDS = ['failed_claim', 'foreign_dns', 'unusual_volume'] as const;
export type FraudKind = (typeof FRAUD_KINDS)[number];

export interface FraudQuery {
  from: Date;
  to: Date;
  kind?: FraudKind | undefined;
  simKey?: number | undefined;
  /** A SIM's volume is unusual from this many times the median of the service's SIMs. */
  factor: number;
  /** …in services that at least so many SIMs use: fewer have no usual volume. */
  leastSims: number;
  /** Findings of fewer octets are left out; default 1. */
  leastOctets?: number | undefined;
}

/** Why a volume is unusual: far above the other SIMs of the service, or far above what the SIM itself used before. */
export type VolumeGround = 'fleet' | 'own';

export interface FraudItem {
  kind: FraudKind;
  simKey: number;
  /** The service that was claimed, or within which the volume is unusual. */
  serviceCode: string | null;
  octetsUp: bigint;
  octetsDown: bigint;
  /** The names that were claimed, most octets first; empty where names are not kept. */
  names: { name: string; octets: bigint }[];
  /** Of all SIMs that used the service in the span. */
  distribution: { sims: number; medianOctets: bigint; p99Octets: bigint } | null;
  /** Of unusual volume: what the SIM used of the service in as long a span of the 28 days before, on average; null = unknown. */
  usualOctets: bigint | null;
  grounds: VolumeGround[];
}

/** Octets of one hour that claimed a service in vain. */
export interface FailedClaim {
  simKey: number;
  /** UNIX milliseconds of the start of the UTC hour. */
  hour: number;
  serviceCode: string;
  rule: string | null;
  mcc: string | null;
  octetsUp: bigint;
  octetsDown: bigint;
}

interface Row {
  kind: FraudKind;
  sim_key: string;
  service_code: string | null;
  octets: string;
  octets_up: string;
  octets_down: string;
  sims: string | null;
  median: string | null;
  p99: string | null;
  usual: string | null;
  above_fleet: boolean | null;
  above_own: boolean | null;
}

const TOP_NAMES = 5;
/** What a SIM used before is looked at this far back. */
const HISTORY_SECONDS = 28 * 86_400;
/** A volume below so many times the median is not unusual, however little the SIM used before. */
const OWN_FROM = 3;
const SUMS = 'sum(b.octets_up) AS octets_up, sum(b.octets_down) AS octets_down';

const FINDINGS = `
  WITH totals AS (
    SELECT b.sim_key, r.evidence = 'sni_unverified' AS failed, r.evidence = 'none' AS dns,
           coalesce(r.claimed_service_code, v.service_code) AS service_code, ${SUMS}
    FROM usage_bucket b
    JOIN usage_reason r ON r.id = b.reason_id
    LEFT JOIN service_version v ON v.id = r.service_version_id
    WHERE b.hour >= date_trunc('hour', $1::timestamptz) AND b.hour < date_trunc('hour', $2::timestamptz)
      AND (r.evidence <> 'none' OR r.rule = $3)
    GROUP BY 1, 2, 3, 4
  ), usual AS (
    SELECT service_code, count(*) AS sims,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY octets_up + octets_down) AS median,
           percentile_disc(0.99) WITHIN GROUP (ORDER BY octets_up + octets_down) AS p99
    FROM totals WHERE NOT failed AND NOT dns GROUP BY service_code
  ), volumes AS (
    SELECT t.sim_key, t.service_code, t.octets_up, t.octets_down, t.octets_up + t.octets_down AS octets,
           u.sims, u.median, u.p99, $4::float8::numeric AS factor
    FROM totals t JOIN usual u USING (service_code)
    WHERE NOT t.failed AND NOT t.dns AND u.sims >= $5 AND u.median > 0
      AND t.octets_up + t.octets_down >= greatest(least($4::float8::numeric, ${OWN_FROM}) * u.median, $13)
  ), compared AS (
    SELECT v.*, round(before.octets * extract(epoch FROM $2::timestamptz - $1::timestamptz) / ${HISTORY_SECONDS}) AS usual
    FROM volumes v
    CROSS JOIN LATERAL (
      SELECT sum(b.octets_up + b.octets_down) AS octets
      FROM usage_bucket b
      JOIN usage_reason r ON r.id = b.reason_id
      JOIN service_version s ON s.id = r.service_version_id
      WHERE b.sim_key = v.sim_key AND s.service_code = v.service_code AND r.evidence <> 'sni_unverified'
        AND b.hour >= date_trunc('hour', $1::timestamptz) - make_interval(secs => ${HISTORY_SECONDS})
        AND b.hour < date_trunc('hour', $1::timestamptz)
    ) before
  ), findings AS (
    SELECT 'failed_claim' AS kind, sim_key, service_code, octets_up, octets_down,
           NULL::bigint AS sims, NULL::numeric AS median, NULL::numeric AS p99,
           NULL::numeric AS usual, NULL::boolean AS above_fleet, NULL::boolean AS above_own
    FROM totals WHERE failed
    UNION ALL
    SELECT 'foreign_dns', sim_key, NULL, octets_up, octets_down, NULL, NULL, NULL, NULL, NULL, NULL FROM totals WHERE dns
    UNION ALL
    SELECT 'unusual_volume', sim_key, service_code, octets_up, octets_down, sims, median, p99, usual,
           octets >= factor * median, coalesce(usual > 0 AND octets >= factor * usual AND octets >= ${OWN_FROM} * median, false)
    FROM compared
  )
  SELECT kind, sim_key, service_code, (octets_up + octets_down)::text AS octets, octets_up::text, octets_down::text,
         sims, median::text, p99::text, usual::text, above_fleet, above_own
  FROM findings
  WHERE octets_up + octets_down >= $13 AND (above_fleet IS NULL OR above_fleet OR above_own)
    AND ($6::text IS NULL OR kind = $6) AND ($7::bigint IS NULL OR sim_key = $7)
    AND ($8::numeric IS NULL OR (-(octets_up + octets_down), kind, sim_key, coalesce(service_code, '')) >
                                (-$8::numeric, $9::text, $10::bigint, $11::text))
  ORDER BY octets_up + octets_down DESC, kind, sim_key, coalesce(service_code, '')
  LIMIT $12`;

const CLAIMS = `
  SELECT b.sim_key, b.hour, r.claimed_service_code AS service_code, r.rule, r.mcc,
         sum(b.octets_up)::text AS octets_up, sum(b.octets_down)::text AS octets_down
  FROM usage_bucket b JOIN usage_reason r ON r.id = b.reason_id
  WHERE b.hour >= date_trunc('hour', $2::timestamptz) AND b.hour < date_trunc('hour', $3::timestamptz)
    AND r.evidence = 'sni_unverified' AND r.claimed_service_code IS NOT NULL AND b.sim_key = ANY ($1::bigint[])
  GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`;

const CLAIMED_NAMES = `
  SELECT sim_key, service_code, name, octets::text FROM (
    SELECT b.sim_key, r.claimed_service_code AS service_code, r.name, sum(b.octets_up + b.octets_down) AS octets,
           row_number() OVER (PARTITION BY b.sim_key, r.claimed_service_code
                              ORDER BY sum(b.octets_up + b.octets_down) DESC, r.name) AS place
    FROM usage_bucket b JOIN usage_reason r ON r.id = b.reason_id
    WHERE b.hour >= date_trunc('hour', $1::timestamptz) AND b.hour < date_trunc('hour', $2::timestamptz)
      AND r.evidence = 'sni_unverified' AND r.name IS NOT NULL AND b.sim_key = ANY ($3::bigint[])
    GROUP BY 1, 2, 3
  ) n WHERE place <= ${TOP_NAMES} AND octets > 0 ORDER BY sim_key, service_code, place`;

/** Reads what looks like an attempt to get traffic free. It accuses nobody: each kind has honest causes too. */
export class FraudReader {
  constructor(private readonly dataSource: DataSource) {}

  /** One page, most octets first. */
  async list(query: FraudQuery, page: PageRequest): Promise<Page<FraudItem>> {
    const after = page.cursor
      ? decodeCursor('fraud', page.cursor, ['digits', 'text', 'number', 'text'])
      : [null, null, null, null];
    const rows = await this.dataSource.query<Row[]>(FINDINGS, [
      query.from,
      query.to,
      FOREIGN_DNS_RULE,
      query.factor,
      query.leastSims,
      query.kind ?? null,
      query.simKey ?? null,
      ...after,
      page.limit + 1,
      Math.max(1, query.leastOctets ?? 1),
    ]);
    const names = await this.claimedNames(query, rows);
    return toPage(
      rows,
      page.limit,
      (last) =>
        encodeCursor('fraud', [last.octets, last.kind, toSafeInteger(last.sim_key), last.service_code ?? '']),
      (row) => ({
        kind: row.kind,
        simKey: toSafeInteger(row.sim_key),
        serviceCode: row.service_code,
        octetsUp: BigInt(row.octets_up),
        octetsDown: BigInt(row.octets_down),
        names: row.kind === 'failed_claim' ? (names.get(claimKey(row)) ?? []) : [],
        distribution:
          row.sims === null || row.median === null || row.p99 === null
            ? null
            : {
                sims: toSafeInteger(row.sims),
                medianOctets: BigInt(row.median),
                p99Octets: BigInt(row.p99),
              },
        usualOctets: row.usual === null ? null : BigInt(row.usual),
        grounds: [
          ...(row.above_fleet === true ? ['fleet' as const] : []),
          ...(row.above_own === true ? ['own' as const] : []),
        ],
      }),
    );
  }

  /** What SIMs claimed in vain in [from, to), by hour, service, rule and network. */
  async claims(simKeys: readonly number[], from: Date, to: Date): Promise<FailedClaim[]> {
    const rows = await this.dataSource.query<
      {
        sim_key: string;
        hour: Date;
        service_code: string;
        rule: string | null;
        mcc: string | null;
        octets_up: string;
        octets_down: string;
      }[]
    >(CLAIMS, [simKeys, from, to]);
    return rows.map((row) => ({
      simKey: toSafeInteger(row.sim_key),
      hour: row.hour.getTime(),
      serviceCode: row.service_code,
      rule: row.rule,
      mcc: row.mcc,
      octetsUp: BigInt(row.octets_up),
      octetsDown: BigInt(row.octets_down),
    }));
  }

  private async claimedNames(
    query: FraudQuery,
    rows: readonly Row[],
  ): Promise<Map<string, FraudItem['names']>> {
    const sims = [
      ...new Set(rows.filter(({ kind }) => kind === 'failed_claim').map(({ sim_key }) => sim_key)),
    ];
    const found = new Map<string, FraudItem['names']>();
    if (sims.length === 0) return found;
    const names = await this.dataSource.query<
      { sim_key: string; service_code: string | null; name: string; octets: string }[]
    >(CLAIMED_NAMES, [query.from, query.to, sims]);
    for (const row of names) {
      const list = found.get(claimKey(row)) ?? [];
      found.set(claimKey(row), list);
      list.push({ name: row.name, octets: BigInt(row.octets) });
    }
    return found;
  }
}

function claimKey(row: Pick<Row, 'sim_key' | 'service_code'>): string {
  return `${row.sim_key} ${row.service_code ?? ''}`;
}
