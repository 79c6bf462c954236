import type { DataSource, EntityManager } from 'typeorm';
import { dayText, type ComparedDay } from './comparison.js';

/** A SIM whose days are to be compared. */
export interface DueSim {
  simId: string;
  /** SORACOM's SIMs that are this one here: one, as a rule. */
  soracomSimIds: string[];
  /** UNIX milliseconds of the last UTC day compared; null = none yet. */
  comparedUntil: number | null;
}

export interface StoredDay extends ComparedDay {
  account: string;
  comparedAt: Date;
}

export interface DayFilter {
  account?: string | undefined;
  simId?: string | undefined;
  /** YYYY-MM-DD, inclusive. */
  from?: string | undefined;
  /** YYYY-MM-DD, exclusive. */
  to?: string | undefined;
  outside?: boolean | undefined;
}

/** Where a list goes on: the last item of the page before. */
export type DayPlace = readonly [daysSince1970: number, account: string, simId: string];

interface DayRow {
  account: string;
  sim_id: string;
  day: string;
  mirror_octets: string;
  waiting_octets: string;
  soracom_octets: string;
  outside: boolean;
  compared_at: Date;
}

const DAYS = `
  SELECT account, sim_id, day::text AS day, mirror_octets, waiting_octets, soracom_octets, outside, compared_at
  FROM soracom_day`;

/** SQL of the comparison with SORACOM's statistics. */
export class ComparisonRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * SIMs of an account that were compared up to a day before `before`, by Countfree's id and after `after`; or the one that
   * `simId` names.
   */
  async due(
    account: string,
    { before, simId }: { before: number; simId: string | undefined },
    after: string,
    limit: number,
  ): Promise<DueSim[]> {
    const rows = await this.dataSource.query<
      { sim_id: string; soracom_sim_ids: string[]; compared_until: string | null }[]
    >(
      `SELECT sim_id, array_agg(soracom_sim_id) AS soracom_sim_ids,
              CASE WHEN bool_and(compared_until IS NOT NULL) THEN min(compared_until)::text END AS compared_until
       FROM soracom_sim WHERE account = $1 AND sim_id > $3 AND ($5::text IS NULL OR sim_id = $5)
       GROUP BY sim_id
       HAVING $5::text IS NOT NULL OR bool_or(compared_until IS NULL OR compared_until < $2::date)
       ORDER BY sim_id LIMIT $4`,
      [account, dayText(before), after, limit, simId ?? null],
    );
    return rows.map((row) => ({
      simId: row.sim_id,
      soracomSimIds: row.soracom_sim_ids,
      comparedUntil: row.compared_until === null ? null : Date.parse(row.compared_until),
    }));
  }

  /** Days that are there already are replaced; one that an event told of is not told of again while it stays outside. */
  async save(
    manager: EntityManager,
    account: string,
    days: readonly ComparedDay[],
    now: number,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO soracom_day AS d
         (account, sim_id, day, mirror_octets, waiting_octets, soracom_octets, outside, told, compared_at)
       SELECT $1, sim_id, day, mirror, waiting, soracom, outside, false, $8::timestamptz
       FROM unnest($2::text[], $3::date[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[])
         AS u (sim_id, day, mirror, waiting, soracom, outside)
       ON CONFLICT (account, day, sim_id) DO UPDATE SET
         mirror_octets = EXCLUDED.mirror_octets, waiting_octets = EXCLUDED.waiting_octets,
         soracom_octets = EXCLUDED.soracom_octets, outside = EXCLUDED.outside,
         told = d.told AND EXCLUDED.outside, compared_at = EXCLUDED.compared_at`,
      [
        account,
        days.map(({ simId }) => simId),
        days.map(({ day }) => dayText(day)),
        days.map(({ mirrorOctets }) => String(mirrorOctets)),
        days.map(({ waitingOctets }) => String(waitingOctets)),
        days.map(({ soracomOctets }) => String(soracomOctets)),
        days.map(({ outside }) => outside),
        new Date(now),
      ],
    );
  }

  async markCompared(manager: EntityManager, account: string, simId: string, until: number): Promise<void> {
    await manager.query(
      'UPDATE soracom_sim SET compared_until = $3::date WHERE account = $1 AND sim_id = $2',
      [account, simId, dayText(until)],
    );
  }

  /** Days outside the band that no event has told of; they count as told from now on. */
  async takeUntold(manager: EntityManager, account: string): Promise<StoredDay[]> {
    const [rows] = await manager.query<[DayRow[], number]>(
      `UPDATE soracom_day SET told = true WHERE account = $1 AND outside AND NOT told
       RETURNING account, sim_id, day::text AS day, mirror_octets, waiting_octets, soracom_octets, outside, compared_at`,
      [account],
    );
    return rows.map(toDay);
  }

  /** Latest days first. */
  async list(filter: DayFilter, limit: number, after: DayPlace | null): Promise<StoredDay[]> {
    const rows = await this.dataSource.query<DayRow[]>(
      `${DAYS} WHERE ($1::text IS NULL OR account = $1) AND ($2::text IS NULL OR sim_id = $2)
         AND ($3::date IS NULL OR day >= $3) AND ($4::date IS NULL OR day < $4)
         AND ($5::boolean IS NULL OR outside = $5)
         AND ($6::float8 IS NULL OR day - date '1970-01-01' < $6
              OR (day - date '1970-01-01' = $6 AND (account, sim_id) > ($7::text, $8::text)))
       ORDER BY day DESC, account, sim_id LIMIT $9`,
      [
        filter.account ?? null,
        filter.simId ?? null,
        filter.from ?? null,
        filter.to ?? null,
        filter.outside ?? null,
        ...(after ?? [null, null, null]),
        limit,
      ],
    );
    return rows.map(toDay);
  }

  /** All SIMs of the account on the last day that was compared. */
  async lastDay(account: string): Promise<{ outside: number; mirror: number; soracom: number } | undefined> {
    const [row] = await this.dataSource.query<{ outside: string; mirror: string; soracom: string }[]>(
      `SELECT count(*) FILTER (WHERE outside) AS outside, sum(mirror_octets) AS mirror, sum(soracom_octets) AS soracom
       FROM soracom_day WHERE account = $1 AND day = (SELECT max(day) FROM soracom_day WHERE account = $1)
       HAVING count(*) > 0`,
      [account],
    );
    return row && { outside: Number(row.outside), mirror: Number(row.mirror), soracom: Number(row.soracom) };
  }

  async forgetBefore(account: string, day: number): Promise<void> {
    await this.dataSource.query('DELETE FROM soracom_day WHERE account = $1 AND day < $2::date', [
      account,
      dayText(day),
    ]);
  }
}

function toDay(row: DayRow): StoredDay {
  return {
    account: row.account,
    simId: row.sim_id,
    day: Date.parse(row.day),
    mirrorOctets: BigInt(row.mirror_octets),
    waitingOctets: BigInt(row.waiting_octets),
    soracomOctets: BigInt(row.soracom_octets),
    outside: row.outside,
    comparedAt: row.compared_at,
  };
}
