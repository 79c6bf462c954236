import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { UsageTouch } from '../meter/index.js';
import { HOUR_MS, MOST_ROLLING_HOURS, type Period } from '../plans/index.js';
import type { ReachedThreshold } from '../rating/index.js';
import { groupBy } from './groups.js';

/** Held by the one check that runs; shared by changes of plans and subscriptions (see the triggers on them). */
const WATCH_LOCK = '7165074649429471847';

export interface NewThreshold extends ReachedThreshold {
  simKey: number;
  period: Period;
}

export interface ThresholdRow {
  id: string;
  simId: string;
  month: string;
  kind: string;
  planCode: string;
  planVersion: number;
  rule: string;
  window: string;
  threshold: string;
  limit: string;
  used: string;
  /** The group whose pool it is; null = the SIM's own. */
  group: string | null;
  reachedAt: Date;
}

/** SIMs to be rated after a touch. */
export interface DueSims {
  /** In the period of its hour. */
  now: number[];
  /** In later periods. */
  later: { from: number; to: number; simKeys: number[] }[];
}

interface WatchRow {
  sim_key: string;
  period_from: Date;
  period_to: Date;
  calm: boolean;
}

export interface ThresholdFilter {
  simId?: string | undefined;
  month?: string | undefined;
}

/** SQL over thresholds. Every method runs in the caller's transaction. */
export class ThresholdsRepository {
  /** False while another process checks, or a plan is being changed. */
  async tryLock(manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ locked: boolean }[]>(
      'SELECT pg_try_advisory_xact_lock($1) AS locked',
      [WATCH_LOCK],
    );
    return row?.locked === true;
  }

  /**
   * Takes the octets of a touch off the SIMs' headroom, and gives those that may have reached something. Late usage comes off
   * that of the next period, too, where caps over a rolling window may look back at it.
   */
  async due(manager: EntityManager, touch: UsageTouch): Promise<DueSims> {
    const [rows] = await manager.query<[WatchRow[], number]>(
      `UPDATE usage_watch w SET headroom = w.headroom - t.octets
       FROM unnest($1::bigint[], $2::bigint[]) AS t (sim_key, octets)
       WHERE w.sim_key = t.sim_key AND w.period_from <= $4 AND w.period_to > $3
       RETURNING w.sim_key, w.period_from, w.period_to, w.headroom IS NULL OR w.headroom > 0 AS calm`,
      [
        touch.sims.map(({ simKey }) => simKey),
        touch.sims.map(({ octets }) => octets.toString()),
        new Date(touch.hour),
        new Date(touch.hour + MOST_ROLLING_HOURS * HOUR_MS),
      ],
    );
    const isLater = ({ period_from }: WatchRow) => period_from.getTime() > touch.hour;
    const keyOf = ({ sim_key }: WatchRow) => toSafeInteger(sim_key);
    const calm = new Set(rows.filter((row) => row.calm && !isLater(row)).map(keyOf));
    const later = groupBy(
      rows.filter((row) => !row.calm && isLater(row)),
      ({ period_from, period_to }) => JSON.stringify([period_from, period_to]),
    );
    return {
      now: touch.sims.map(({ simKey }) => simKey).filter((simKey) => !calm.has(simKey)),
      later: [...later.values()].flatMap((own) => {
        const [first] = own;
        if (first === undefined) return [];
        return [
          { from: first.period_from.getTime(), to: first.period_to.getTime(), simKeys: own.map(keyOf) },
        ];
      }),
    };
  }

  /** A watch looks at the SIM's newest period; late usage of one before is checked whenever it comes. */
  async watch(
    manager: EntityManager,
    period: Period,
    watches: readonly { simKey: number; headroom: bigint | null }[],
  ): Promise<void> {
    await manager.query(
      `INSERT INTO usage_watch AS w (sim_key, period_from, period_to, headroom)
       SELECT sim_key, $3, $4, headroom FROM unnest($1::bigint[], $2::bigint[]) AS t (sim_key, headroom)
       ON CONFLICT (sim_key) DO UPDATE
       SET period_from = excluded.period_from, period_to = excluded.period_to, headroom = excluded.headroom
       WHERE w.period_from <= excluded.period_from`,
      [
        watches.map(({ simKey }) => simKey),
        watches.map(({ headroom }) => headroom?.toString() ?? null),
        new Date(period.from),
        new Date(period.to),
      ],
    );
  }

  /** Stores what is not known yet; gives the indexes of those, in order. */
  async insert(manager: EntityManager, reached: readonly NewThreshold[], now: Date): Promise<number[]> {
    const column = <T>(read: (one: NewThreshold) => T): T[] => reached.map(read);
    const rows = await manager.query<{ key: string }[]>(
      `INSERT INTO usage_threshold
         (sim_key, month, period_from, kind, plan_code, plan_version, rule, span, threshold, threshold_limit, used, group_code, reached_at)
       SELECT t.*, $13 FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::integer[],
                                   $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[]) AS t
       ON CONFLICT DO NOTHING
       RETURNING json_build_array(sim_key, plan_code, rule, span, threshold)::text AS key`,
      [
        column(({ simKey }) => simKey),
        column(({ period }) => period.month),
        column(({ period }) => new Date(period.from)),
        column(({ kind }) => kind),
        column(({ planCode }) => planCode),
        column(({ planVersion }) => planVersion),
        column(({ rule }) => rule),
        column(({ window }) => window),
        column(({ threshold }) => threshold),
        column(({ limit }) => limit),
        column(({ used }) => used),
        column(({ group }) => group ?? null),
        now,
      ],
    );
    const stored = new Set(rows.map(({ key }) => JSON.stringify(JSON.parse(key))));
    return reached.flatMap((one, index) => {
      const key = JSON.stringify([one.simKey, one.planCode, one.rule, one.window, one.threshold]);
      return stored.has(key) ? [index] : [];
    });
  }

  /** In the order in which they were reached. */
  async list(
    manager: EntityManager,
    filter: ThresholdFilter,
    after: string,
    limit: number,
  ): Promise<ThresholdRow[]> {
    return manager.query<ThresholdRow[]>(
      `SELECT t.id, m.sim_id AS "simId", t.month, t.kind, t.plan_code AS "planCode", t.plan_version AS "planVersion",
              t.rule, t.span AS "window", t.threshold, t.threshold_limit AS "limit", t.used, t.group_code AS "group", t.reached_at AS "reachedAt"
       FROM usage_threshold t JOIN sim m USING (sim_key)
       WHERE t.id > $1 AND ($2::text IS NULL OR m.sim_id = $2) AND ($3::text IS NULL OR t.month = $3)
       ORDER BY t.id LIMIT $4`,
      [after, filter.simId ?? null, filter.month ?? null, limit],
    );
  }
}
