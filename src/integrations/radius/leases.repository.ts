import type { EntityManager } from 'typeorm';
import {
  decodeCursor,
  encodeCursor,
  parsePrefix,
  toPage,
  type Page,
  type PageRequest,
} from '../../shared/index.js';
import type { Lease, LeaseKey, LeaseProblem } from './leases.js';

interface LeaseRow {
  realm: string;
  nas: string;
  acct_session_id: string;
  prefix: string;
  imsi: string | null;
  iccid: string | null;
  msisdn: string | null;
  start_time: Date;
  end_time: Date | null;
  mcc: string | null;
  continues: boolean;
  sim_id: string | null;
  stored_start: Date | null;
  problem: LeaseProblem | null;
  detail: string | null;
}

const LEASES = `
  SELECT realm, nas, acct_session_id, prefix, imsi, iccid, msisdn, start_time, end_time, mcc, continues, sim_id, stored_start, problem, detail
  FROM radius_lease`;
/** One writer at a time: two servers may get the requests of one accounting session. */
const LOCK = 7_226_001_813;

/** SQL of RADIUS leases. Every method runs in the caller's transaction. */
export class LeasesRepository {
  /** Until the end of the transaction. */
  async lock(manager: EntityManager): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  }

  async ofSessions(manager: EntityManager, keys: readonly LeaseKey[]): Promise<Lease[]> {
    if (keys.length === 0) return [];
    const rows = await manager.query<LeaseRow[]>(
      `${LEASES} WHERE (realm, nas, acct_session_id) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`,
      [keys.map((key) => key.realm), keys.map((key) => key.nas), keys.map((key) => key.acctSessionId)],
    );
    return rows.map(toLease);
  }

  async openOf(manager: EntityManager, realm: string, nas: string): Promise<Lease[]> {
    const rows = await manager.query<LeaseRow[]>(
      `${LEASES} WHERE realm = $1 AND nas = $2 AND end_time IS NULL`,
      [realm, nas],
    );
    return rows.map(toLease);
  }

  /** Leases that are no session, in the order of their keys, after the last of the page before. */
  async withProblem(manager: EntityManager, request: PageRequest): Promise<Page<Lease>> {
    const after =
      request.cursor === undefined
        ? null
        : decodeCursor('radius-leases', request.cursor, ['text', 'text', 'text', 'text']);
    if (after !== null) parsePrefix(after[3], '/cursor');
    const rows = await manager.query<LeaseRow[]>(
      `${LEASES} WHERE problem IS NOT NULL
         AND ($2::text IS NULL OR (realm, nas, acct_session_id, prefix) > ($2, $3, $4, $5::cidr))
       ORDER BY realm, nas, acct_session_id, prefix LIMIT $1`,
      [request.limit + 1, ...(after ?? [null, null, null, null])],
    );
    return toPage(
      rows,
      request.limit,
      (last) => encodeCursor('radius-leases', [last.realm, last.nas, last.acct_session_id, last.prefix]),
      toLease,
    );
  }

  async write(manager: EntityManager, leases: readonly Lease[], now: number): Promise<void> {
    if (leases.length === 0) return;
    const time = (value: number | null) => (value === null ? null : new Date(value));
    await manager.query(
      `INSERT INTO radius_lease (realm, nas, acct_session_id, prefix, imsi, iccid, msisdn, start_time, end_time, sim_id,
                                 stored_start, problem, detail, mcc, continues, seen_at)
       SELECT *, $16::timestamptz
       FROM unnest($1::text[], $2::text[], $3::text[], $4::cidr[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
                   $9::timestamptz[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::text[], $15::boolean[])
       ON CONFLICT (realm, nas, acct_session_id, prefix) DO UPDATE SET
         imsi = EXCLUDED.imsi, iccid = EXCLUDED.iccid, msisdn = EXCLUDED.msisdn, start_time = EXCLUDED.start_time,
         end_time = EXCLUDED.end_time, sim_id = EXCLUDED.sim_id, stored_start = EXCLUDED.stored_start,
         problem = EXCLUDED.problem, detail = EXCLUDED.detail, mcc = EXCLUDED.mcc, continues = EXCLUDED.continues, seen_at = EXCLUDED.seen_at`,
      [
        leases.map((lease) => lease.realm),
        leases.map((lease) => lease.nas),
        leases.map((lease) => lease.acctSessionId),
        leases.map((lease) => lease.prefix),
        leases.map((lease) => lease.imsi),
        leases.map((lease) => lease.iccid),
        leases.map((lease) => lease.msisdn),
        leases.map((lease) => time(lease.startTime)),
        leases.map((lease) => time(lease.endTime)),
        leases.map((lease) => lease.simId),
        leases.map((lease) => time(lease.storedStart)),
        leases.map((lease) => lease.problem),
        leases.map((lease) => lease.detail),
        leases.map((lease) => lease.mcc),
        leases.map((lease) => lease.continues),
        new Date(now),
      ],
    );
  }

  /** Forgets leases that are over and of which nothing was heard since; their sessions stay. */
  async forget(manager: EntityManager, seenBefore: number): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      'DELETE FROM radius_lease WHERE end_time IS NOT NULL AND seen_at < $1',
      [new Date(seenBefore)],
    );
    return count;
  }
}

function toLease(row: LeaseRow): Lease {
  return {
    realm: row.realm,
    nas: row.nas,
    acctSessionId: row.acct_session_id,
    prefix: row.prefix,
    imsi: row.imsi,
    iccid: row.iccid,
    msisdn: row.msisdn,
    startTime: row.start_time.getTime(),
    endTime: row.end_time?.getTime() ?? null,
    mcc: row.mcc,
    continues: row.continues,
    simId: row.sim_id,
    storedStart: row.stored_start?.getTime() ?? null,
    problem: row.problem,
    detail: row.detail,
  };
}
