import type { DataSource } from 'typeorm';
import { toSafeInteger } from '../database/index.js';

/** Octets of a SIM on one UTC day, both directions. */
export interface SimDay {
  simKey: number;
  /** UNIX milliseconds of the start of the UTC day. */
  day: number;
  /** On its account. */
  octets: bigint;
  /** In suspense, of addresses that one of its sessions held for a part of the time. */
  waitingOctets: bigint;
}

const DAYS = `
  SELECT sim_key, day, sum(octets)::text AS octets, sum(waiting)::text AS waiting FROM (
    SELECT sim_key, date_trunc('day', hour, 'UTC') AS day, octets_up + octets_down AS octets, 0 AS waiting
    FROM usage_bucket WHERE sim_key = ANY ($1::bigint[]) AND hour >= $2 AND hour < $3
    UNION ALL
    SELECT x.sim_key, date_trunc('day', s.hour, 'UTC'), 0, s.octets_up + s.octets_down
    FROM session x
    CROSS JOIN LATERAL (
      SELECT hour, octets_up, octets_down FROM suspense_bucket s
      WHERE s.realm_index = x.realm_index AND s.hour >= $2 AND s.hour < $3
        -- Between the ends of the prefix: an index knows addresses by their order.
        AND s.address BETWEEN set_masklen(network(x.prefix)::inet, CASE family(x.prefix) WHEN 4 THEN 32 ELSE 128 END)
                          AND set_masklen(broadcast(x.prefix), CASE family(x.prefix) WHEN 4 THEN 32 ELSE 128 END)
        AND s.last_time >= x.start_time AND (x.end_time IS NULL OR s.first_time < x.end_time)
    ) s
    WHERE x.sim_key = ANY ($1::bigint[]) AND x.start_time < $3 AND (x.end_time IS NULL OR x.end_time > $2)
  ) d GROUP BY sim_key, day ORDER BY sim_key, day`;

/** Reads SIMs' octets by UTC day, for comparison with another's count. */
export class SimDaysReader {
  constructor(private readonly dataSource: DataSource) {}

  /** Of [from, to), both starts of UTC days. A day without octets has no row. */
  async octetsOf(simKeys: readonly number[], from: Date, to: Date): Promise<SimDay[]> {
    const rows = await this.dataSource.query<
      { sim_key: string; day: Date; octets: string; waiting: string }[]
    >(DAYS, [simKeys, from, to]);
    return rows.map((row) => ({
      simKey: toSafeInteger(row.sim_key),
      day: row.day.getTime(),
      octets: BigInt(row.octets),
      waitingOctets: BigInt(row.waiting),
    }));
  }
}
