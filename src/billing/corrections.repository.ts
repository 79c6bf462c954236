import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { BillingCalendar, Period } from '../plans/index.js';

/** A final statement as it stands with its corrections: what the next one is measured against. */
export interface CorrectableStatement {
  number: number;
  simKey: number;
  simId: string;
  calendar: BillingCalendar;
  /** Hex. */
  hash: string;
  document: string;
  /** Of the last correction; null where there is none. */
  correction: { position: number; hash: string; document: string } | null;
}

export interface NewCorrection {
  statement: number;
  position: number;
  simKey: number;
  amount: string;
  carriedOutOctets: bigint;
  document: string;
  /** Hex. */
  hash: string;
}

export interface CorrectionRow {
  id: string;
  statement: string;
  position: number;
  simId: string;
  month: string;
  currency: string;
  amount: string;
  hash: string;
  correctedAt: Date;
  settledOn: string | null;
}

/** A correction that no statement has settled yet. */
export interface OpenCorrection {
  id: string;
  statement: number;
  position: number;
  simKey: number;
  month: string;
  amount: string;
  hash: string;
}

export interface CorrectionFilter {
  month?: string | undefined;
  simId?: string | undefined;
  statement?: number | undefined;
  /** Whether a statement has settled it. */
  settled?: boolean | undefined;
}

const VIEW = `
  SELECT c.id, c.statement_number AS statement, c.position, m.sim_id AS "simId", st.month, st.currency,
         c.amount::text, encode(c.hash, 'hex') AS hash, c.corrected_at AS "correctedAt", c.settled_on AS "settledOn"
  FROM statement_correction c
  JOIN statement st ON st.number = c.statement_number
  JOIN sim m ON m.sim_key = c.sim_key`;

/** SQL over corrections. Every method runs in the caller's transaction. */
export class CorrectionsRepository {
  /** The next final statements of a month by number, each with its last correction. */
  async statements(
    manager: EntityManager,
    month: string,
    after: number,
    limit: number,
  ): Promise<CorrectableStatement[]> {
    const rows = await manager.query<
      (Omit<CorrectableStatement, 'number' | 'simKey' | 'calendar' | 'correction'> &
        BillingCalendar & {
          number: string;
          simKey: string;
          position: number | null;
          correctionHash: string | null;
          correctionDocument: string | null;
        })[]
    >(
      `SELECT st.number, st.sim_key AS "simKey", m.sim_id AS "simId", st.time_zone AS "timeZone",
              st.anchor_day AS "anchorDay", st.currency, encode(st.hash, 'hex') AS hash, st.document,
              c.position, encode(c.hash, 'hex') AS "correctionHash", c.document AS "correctionDocument"
       FROM statement st
       JOIN sim m USING (sim_key)
       LEFT JOIN LATERAL (SELECT * FROM statement_correction c WHERE c.statement_number = st.number
                          ORDER BY position DESC LIMIT 1) c ON true
       WHERE st.month = $1 AND st.number > $2 ORDER BY st.number LIMIT $3`,
      [month, after, limit],
    );
    return rows.map((row) => ({
      number: toSafeInteger(row.number),
      simKey: toSafeInteger(row.simKey),
      simId: row.simId,
      calendar: { timeZone: row.timeZone, anchorDay: row.anchorDay, currency: row.currency },
      hash: row.hash,
      document: row.document,
      correction:
        row.position === null
          ? null
          : {
              position: row.position,
              hash: row.correctionHash ?? '',
              document: row.correctionDocument ?? '',
            },
    }));
  }

  /** The last months before one that have final statements, oldest first. */
  async monthsBefore(manager: EntityManager, month: string, count: number): Promise<string[]> {
    const rows = await manager.query<{ month: string }[]>(
      `SELECT month FROM (SELECT DISTINCT month FROM statement WHERE month < $1 ORDER BY month DESC LIMIT $2) m
       ORDER BY month`,
      [month, count],
    );
    return rows.map((row) => row.month);
  }

  /** Writes down that a month is to be corrected; an order that waits already is renewed. */
  async order(manager: EntityManager, month: string, id: string, now: Date): Promise<void> {
    await manager.query(
      `INSERT INTO correction_order (month, id, ordered_at) VALUES ($1, $2, $3)
       ON CONFLICT (month) DO UPDATE SET id = excluded.id, ordered_at = excluded.ordered_at`,
      [month, id, now],
    );
  }

  /** Months whose order is not carried out yet, oldest first: what one leaves over goes into the next. */
  async ordered(manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ month: string }[]>(
      `SELECT month FROM correction_order ORDER BY month`,
    );
    return rows.map(({ month }) => month);
  }

  async orderOf(manager: EntityManager, month: string): Promise<string | undefined> {
    const rows = await manager.query<{ id: string }[]>(`SELECT id FROM correction_order WHERE month = $1`, [
      month,
    ]);
    return rows[0]?.id;
  }

  /** Takes an order away that was carried out, unless another has come meanwhile. */
  async fulfil(manager: EntityManager, month: string, id: string): Promise<void> {
    await manager.query(`DELETE FROM correction_order WHERE month = $1 AND id = $2`, [month, id]);
  }

  /** Returns the ids, in order. */
  async insert(
    manager: EntityManager,
    corrections: readonly NewCorrection[],
    correctedAt: Date,
  ): Promise<string[]> {
    const column = <T>(read: (one: NewCorrection) => T): T[] => corrections.map(read);
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO statement_correction
         (statement_number, position, sim_key, amount, carried_out_octets, document, hash, corrected_at)
       SELECT number, position, sim_key, amount, carried, document, decode(hash, 'hex'), $8
       FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::numeric[], $5::bigint[], $6::text[], $7::text[])
            WITH ORDINALITY AS c (number, position, sim_key, amount, carried, document, hash, place)
       ORDER BY place RETURNING id`,
      [
        column(({ statement }) => statement),
        column(({ position }) => position),
        column(({ simKey }) => simKey),
        column(({ amount }) => amount),
        column(({ carriedOutOctets }) => carriedOutOctets.toString()),
        column(({ document }) => document),
        column(({ hash }) => hash),
        correctedAt,
      ],
    );
    return rows.map(({ id }) => id);
  }

  /** Of SIMs' statements in one currency, whatever their calendar, oldest first. */
  async open(
    manager: EntityManager,
    currency: string,
    simKeys: readonly number[],
  ): Promise<OpenCorrection[]> {
    const rows = await manager.query<
      (Omit<OpenCorrection, 'statement' | 'simKey'> & { statement: string; simKey: string })[]
    >(
      `SELECT c.id, c.statement_number AS statement, c.position, c.sim_key AS "simKey", st.month, c.amount::text,
              encode(c.hash, 'hex') AS hash
       FROM statement_correction c JOIN statement st ON st.number = c.statement_number
       WHERE c.settled_on IS NULL AND c.sim_key = ANY($1::bigint[]) AND st.currency = $2
       ORDER BY c.id`,
      [simKeys, currency],
    );
    return rows.map((row) => ({
      ...row,
      statement: toSafeInteger(row.statement),
      simKey: toSafeInteger(row.simKey),
    }));
  }

  /**
   * The next SIMs with open corrections of this calendar from before the period that get no statement in its currency
   * any more by themselves: no subscription to a plan in it goes on or comes.
   */
  async ended(
    manager: EntityManager,
    calendar: BillingCalendar,
    period: Period,
    limit: number,
  ): Promise<number[]> {
    const rows = await manager.query<{ sim_key: string }[]>(
      `SELECT DISTINCT c.sim_key
       FROM statement_correction c JOIN statement st ON st.number = c.statement_number
       WHERE c.settled_on IS NULL AND st.time_zone = $1 AND st.anchor_day = $2 AND st.currency = $3
         AND st.period_to <= $4
         AND NOT EXISTS (
           SELECT FROM statement own
           WHERE own.sim_key = c.sim_key AND own.month = $5 AND own.time_zone = $1 AND own.anchor_day = $2
             AND own.currency = $3)
         AND NOT EXISTS (
           SELECT FROM subscription s JOIN plan_version v USING (plan_key)
           WHERE s.sim_key = c.sim_key AND (s.ends_at > $4 OR s.ends_at IS NULL) AND v.currency = $3)
       ORDER BY c.sim_key LIMIT $6`,
      [calendar.timeZone, calendar.anchorDay, calendar.currency, new Date(period.from), period.month, limit],
    );
    return rows.map((row) => toSafeInteger(row.sim_key));
  }

  /** Calendars of statements with open corrections; in a fixed order. */
  async openCalendars(manager: EntityManager): Promise<BillingCalendar[]> {
    return manager.query<BillingCalendar[]>(
      `SELECT DISTINCT st.time_zone AS "timeZone", st.anchor_day AS "anchorDay", st.currency
       FROM statement_correction c JOIN statement st ON st.number = c.statement_number
       WHERE c.settled_on IS NULL ORDER BY 1, 2, 3`,
    );
  }

  async settle(manager: EntityManager, settled: readonly { id: string; statement: number }[]): Promise<void> {
    if (settled.length === 0) return;
    await manager.query(
      `UPDATE statement_correction c SET settled_on = t.number
       FROM unnest($1::bigint[], $2::bigint[]) AS t (id, number) WHERE c.id = t.id`,
      [settled.map(({ id }) => id), settled.map(({ statement }) => statement)],
    );
  }

  async list(
    manager: EntityManager,
    filter: CorrectionFilter,
    after: string,
    limit: number,
  ): Promise<CorrectionRow[]> {
    return manager.query<CorrectionRow[]>(
      `${VIEW} WHERE c.id > $1 AND ($2::text IS NULL OR st.month = $2) AND ($3::text IS NULL OR m.sim_id = $3)
         AND ($4::bigint IS NULL OR c.statement_number = $4)
         AND ($5::boolean IS NULL OR (c.settled_on IS NOT NULL) = $5) ORDER BY c.id LIMIT $6`,
      [
        after,
        filter.month ?? null,
        filter.simId ?? null,
        filter.statement ?? null,
        filter.settled ?? null,
        limit,
      ],
    );
  }

  /**
   * Corrections that the statements of a month settle, after an id: of each corrected statement the last, as it holds
   * what those before it changed.
   */
  async settledBy(
    manager: EntityManager,
    month: string,
    after: string,
    limit: number,
  ): Promise<{ id: string; position: number; settledOn: number; document: string }[]> {
    const rows = await manager.query<{ id: string; position: number; settledOn: string; document: string }[]>(
      `SELECT c.id, c.position, c.settled_on AS "settledOn", c.document
       FROM statement_correction c JOIN statement st ON st.number = c.settled_on
       WHERE st.month = $1 AND c.id > $2 AND NOT EXISTS (
         SELECT FROM statement_correction l
         WHERE l.statement_number = c.statement_number AND l.position > c.position AND l.settled_on = c.settled_on)
       ORDER BY c.id LIMIT $3`,
      [month, after, limit],
    );
    return rows.map((row) => ({ ...row, settledOn: toSafeInteger(row.settledOn) }));
  }

  async document(
    manager: EntityManager,
    id: string,
  ): Promise<{ document: string; hash: string } | undefined> {
    const rows = await manager.query<{ document: string; hash: string }[]>(
      `SELECT document, encode(hash, 'hex') AS hash FROM statement_correction WHERE id = $1`,
      [id],
    );
    return rows[0];
  }
}
