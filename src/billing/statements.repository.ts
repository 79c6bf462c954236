import type { EntityManager } from 'typeorm';
import { queryPrepared, toSafeInteger } from '../database/index.js';
import type { BillingCalendar, Period } from '../plans/index.js';

/** A statement to be written. Its number and place in the SIM's chain are in the document. */
export interface NewStatement {
  number: number;
  simKey: number;
  chainPosition: number;
  octetsUp: bigint;
  octetsDown: bigint;
  freeOctets: bigint;
  billedOctets: bigint;
  notCountedOctets: bigint;
  carriedOutOctets: bigint;
  net: string;
  tax: string;
  amount: string;
  /** Of earlier statements' corrections, settled with this one. */
  correctionsAmount: string;
  document: string;
  /** Hex. */
  hash: string;
}

/** What a SIM's next statement needs of those before it. */
export interface ChainEnd {
  chainPosition: number;
  /** Hex. */
  hash: string;
}

export interface StatementRow {
  number: string;
  simId: string;
  chainPosition: number;
  month: string;
  timeZone: string;
  anchorDay: number;
  currency: string;
  /** UNIX milliseconds, as text. */
  periodFrom: string;
  periodTo: string;
  octetsUp: string;
  octetsDown: string;
  freeOctets: string;
  billedOctets: string;
  notCountedOctets: string;
  nameNotVerifiedOctets: string;
  net: string;
  tax: string;
  amount: string;
  correctionsAmount: string;
  amountDue: string;
  hash: string;
  finalizedAt: string;
  /** JSON: the same for all statements of a run. */
  completeness: string;
}

export interface StatementFilter {
  month?: string | undefined;
  simId?: string | undefined;
}

const milliseconds = (column: string) => `(date_part('epoch', ${column}) * 1000)::bigint::text`;

/*
 * The octets whose name was not verified stand in the document's totals alone, and a quote within a string is escaped in
 * JSON, so the text is found without parsing whole documents: that took half of a page's time.
 */
const COLUMNS = `
  st.number, m.sim_id AS "simId", st.chain_position AS "chainPosition", st.month, st.time_zone AS "timeZone",
  st.anchor_day AS "anchorDay", st.currency,
  ${milliseconds('st.period_from')} AS "periodFrom", ${milliseconds('st.period_to')} AS "periodTo",
  st.octets_up AS "octetsUp", st.octets_down AS "octetsDown", st.free_octets AS "freeOctets",
  st.billed_octets AS "billedOctets", st.not_counted_octets AS "notCountedOctets",
  coalesce(nullif(split_part(split_part(st.document, '"nameNotVerifiedOctets":"', 2), '"', 1), ''), '0')
    AS "nameNotVerifiedOctets", st.net::text, st.tax::text,
  st.amount::text, st.corrections_amount::text AS "correctionsAmount",
  (st.amount + st.corrections_amount)::text AS "amountDue", encode(st.hash, 'hex') AS hash,
  ${milliseconds('st.finalized_at')} AS "finalizedAt", run.completeness::text AS completeness`;

const STATEMENTS = `statement st JOIN sim m USING (sim_key) JOIN closing_run run ON run.id = st.run_id`;

/** Taken alone while statements are written, and shared by changes of subscriptions (see the trigger on them). */
const STATEMENTS_LOCK = '7165074649429471846';

/** SQL over statements. Every method runs in the caller's transaction. */
export class StatementsRepository {
  /** Until the transaction ends no subscription changes, and what was changing has been committed. */
  async lockSubscriptions(manager: EntityManager): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [STATEMENTS_LOCK]);
  }

  /** Which of these SIMs have their statement of the month already. */
  async closed(
    manager: EntityManager,
    calendar: BillingCalendar,
    month: string,
    simKeys: readonly number[],
  ): Promise<Set<number>> {
    const rows = await manager.query<{ sim_key: string }[]>(
      `SELECT sim_key FROM statement
       WHERE sim_key = ANY($1::bigint[]) AND month = $2 AND time_zone = $3 AND anchor_day = $4 AND currency = $5`,
      [simKeys, month, calendar.timeZone, calendar.anchorDay, calendar.currency],
    );
    return new Set(rows.map((row) => toSafeInteger(row.sim_key)));
  }

  async chainEnds(manager: EntityManager, simKeys: readonly number[]): Promise<Map<number, ChainEnd>> {
    const rows = await manager.query<{ sim_key: string; chain_position: number; hash: string }[]>(
      `SELECT DISTINCT ON (sim_key) sim_key, chain_position, encode(hash, 'hex') AS hash
       FROM statement WHERE sim_key = ANY($1::bigint[]) ORDER BY sim_key, chain_position DESC`,
      [simKeys],
    );
    return new Map(
      rows.map((row) => [toSafeInteger(row.sim_key), { chainPosition: row.chain_position, hash: row.hash }]),
    );
  }

  /** Octets that SIMs carry into a period from the period before: as its final statement says, or the last correction of it. */
  async carriedInto(
    manager: EntityManager,
    calendar: BillingCalendar,
    period: Period,
    simKeys: readonly number[],
  ): Promise<Map<number, bigint>> {
    const rows = await manager.query<{ sim_key: string; octets: string }[]>(
      `SELECT sim_key, octets FROM (
         SELECT st.sim_key, coalesce(
           (SELECT c.carried_out_octets FROM statement_correction c WHERE c.statement_number = st.number
            ORDER BY c.position DESC LIMIT 1), st.carried_out_octets) AS octets
         FROM statement st
         WHERE st.sim_key = ANY($1::bigint[]) AND st.period_to = $2 AND st.time_zone = $3 AND st.anchor_day = $4
           AND st.currency = $5) s
       WHERE octets > 0`,
      [simKeys, new Date(period.from), calendar.timeZone, calendar.anchorDay, calendar.currency],
    );
    return new Map(rows.map((row) => [toSafeInteger(row.sim_key), BigInt(row.octets)]));
  }

  /** Amounts of the final statements of the period before, without corrections. */
  async billedBefore(
    manager: EntityManager,
    calendar: BillingCalendar,
    period: Period,
    simKeys: readonly number[],
  ): Promise<Map<number, string>> {
    const rows = await manager.query<{ sim_key: string; amount: string }[]>(
      `SELECT sim_key, amount::text FROM statement
       WHERE sim_key = ANY($1::bigint[]) AND period_to = $2 AND time_zone = $3 AND anchor_day = $4 AND currency = $5`,
      [simKeys, new Date(period.from), calendar.timeZone, calendar.anchorDay, calendar.currency],
    );
    return new Map(rows.map((row) => [toSafeInteger(row.sim_key), row.amount]));
  }

  /** Reserves `count` numbers without a gap and gives the first. Other writers wait until the transaction ends. */
  async takeNumbers(manager: EntityManager, count: number): Promise<number> {
    const [row] = await manager.query<{ last_number: string }[]>(
      `INSERT INTO statement_series AS s (series, last_number) VALUES ('statement', $1)
       ON CONFLICT (series) DO UPDATE SET last_number = s.last_number + excluded.last_number
       RETURNING last_number`,
      [count],
    );
    if (row === undefined) throw new Error('the database returned no number for a statement');
    return toSafeInteger(row.last_number) - count + 1;
  }

  async simIds(manager: EntityManager, simKeys: readonly number[]): Promise<Map<number, string>> {
    const rows = await manager.query<{ sim_key: string; sim_id: string }[]>(
      `SELECT sim_key, sim_id FROM sim WHERE sim_key = ANY($1::bigint[])`,
      [simKeys],
    );
    return new Map(rows.map((row) => [toSafeInteger(row.sim_key), row.sim_id]));
  }

  async simKey(manager: EntityManager, simId: string): Promise<number | undefined> {
    const rows = await manager.query<{ sim_key: string }[]>(`SELECT sim_key FROM sim WHERE sim_id = $1`, [
      simId,
    ]);
    return rows[0] === undefined ? undefined : toSafeInteger(rows[0].sim_key);
  }

  async insert(
    manager: EntityManager,
    run: { id: string; calendar: BillingCalendar; period: Period; asOf: number },
    statements: readonly NewStatement[],
  ): Promise<void> {
    const column = <T>(read: (statement: NewStatement) => T): T[] => statements.map(read);
    await manager.query(
      `INSERT INTO statement
         (number, sim_key, chain_position, octets_up, octets_down, free_octets, billed_octets, not_counted_octets,
          carried_out_octets, net, tax, amount, corrections_amount, document, hash,
          month, time_zone, anchor_day, currency, period_from, period_to, run_id, finalized_at)
       SELECT number, sim_key, chain_position, octets_up, octets_down, free_octets, billed_octets,
              not_counted_octets, carried_out_octets, net, tax, amount, corrections_amount, document, decode(hash, 'hex'),
              $16, $17, $18, $19, $20, $21, $22, $23
       FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                   $8::bigint[], $9::bigint[], $10::numeric[], $11::numeric[], $12::numeric[],
                   $13::numeric[], string_to_array($14::text, chr(30)), $15::text[])
            AS s (number, sim_key, chain_position, octets_up, octets_down, free_octets, billed_octets,
                  not_counted_octets, carried_out_octets, net, tax, amount, corrections_amount, document, hash)`,
      [
        column(({ number }) => number),
        column(({ simKey }) => simKey),
        column(({ chainPosition }) => chainPosition),
        column(({ octetsUp }) => octetsUp.toString()),
        column(({ octetsDown }) => octetsDown.toString()),
        column(({ freeOctets }) => freeOctets.toString()),
        column(({ billedOctets }) => billedOctets.toString()),
        column(({ notCountedOctets }) => notCountedOctets.toString()),
        column(({ carriedOutOctets }) => carriedOutOctets.toString()),
        column(({ net }) => net),
        column(({ tax }) => tax),
        column(({ amount }) => amount),
        column(({ correctionsAmount }) => correctionsAmount),
        // JSON holds no bare control character, so this needs none of the escapes of an array's text.
        column(({ document }) => document).join('\u001e'),
        column(({ hash }) => hash),
        run.period.month,
        run.calendar.timeZone,
        run.calendar.anchorDay,
        run.calendar.currency,
        new Date(run.period.from),
        new Date(run.period.to),
        run.id,
        new Date(run.asOf),
      ],
    );
  }

  /**
   * In the order of their numbers. The page is found by numbers alone: however little the server knows of a month that
   * was just closed, it does not put together and sort whole rows of all of it.
   */
  async list(
    manager: EntityManager,
    filter: StatementFilter,
    after: string,
    limit: number,
  ): Promise<StatementRow[]> {
    const values: unknown[] = [after];
    const place = (value: unknown) => `$${values.push(value)}`;
    const ofMonth = filter.month === undefined ? '' : `AND month = ${place(filter.month)}`;
    // A SIM has a few statements: all are looked at, and not those of everybody in search of its own.
    const ofSim =
      filter.simId === undefined
        ? ''
        : `WHERE sim_key = (SELECT sim_key FROM sim WHERE sim_id = ${place(filter.simId)}) OFFSET 0`;
    return queryPrepared<StatementRow>(
      manager,
      `SELECT ${COLUMNS} FROM ${STATEMENTS}
       WHERE st.number IN (
         SELECT number FROM (SELECT number, month FROM statement ${ofSim}) s
         WHERE number > $1 ${ofMonth} ORDER BY number LIMIT ${place(limit)})
       ORDER BY st.number`,
      values,
    );
  }

  async find(
    manager: EntityManager,
    number: number,
  ): Promise<(StatementRow & { document: string }) | undefined> {
    const rows = await manager.query<(StatementRow & { document: string })[]>(
      `SELECT ${COLUMNS}, st.document FROM ${STATEMENTS} WHERE st.number = $1`,
      [number],
    );
    return rows[0];
  }

  /** Documents of a month after a number, in the order of their numbers. */
  async documents(
    manager: EntityManager,
    month: string,
    after: string,
    limit: number,
  ): Promise<{ number: string; document: string }[]> {
    return manager.query(
      `SELECT number, document FROM statement WHERE month = $1 AND number > $2 ORDER BY number LIMIT $3`,
      [month, after, limit],
    );
  }

  /** How billing systems know each service, by its code. */
  async chargingIdentities(
    manager: EntityManager,
  ): Promise<Map<string, { ratingGroup: number; serviceIdentifier: number }>> {
    const rows = await manager.query<{ code: string; rating_group: string; service_identifier: string }[]>(
      `SELECT code, rating_group, service_identifier FROM service`,
    );
    return new Map(
      rows.map((row) => [
        row.code,
        {
          ratingGroup: toSafeInteger(row.rating_group),
          serviceIdentifier: toSafeInteger(row.service_identifier),
        },
      ]),
    );
  }
}
