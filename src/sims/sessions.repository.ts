import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import { formatInstant } from '../shared/index.js';
import type { Session } from './types.js';
import type { SessionView } from './views.js';

interface SessionRow {
  id: string;
  sim_id: string;
  realm: string;
  prefix: string;
  start_time: Date;
  end_time: Date | null;
  dns_servers: string[];
  mcc: string | null;
  revision: string;
}

export interface SessionFilter {
  simId?: string | undefined;
  realm?: string | undefined;
  /** Sessions whose prefix contains this address. */
  address?: string | undefined;
  /** Sessions that were open at this UNIX millisecond. */
  at?: number | undefined;
}

/** A session to be written; times in UNIX milliseconds. */
export interface SessionWrite {
  simKey: number;
  realmIndex: number;
  prefix: string;
  startTime: number;
  endTime: number | null;
  dnsServers: readonly string[];
  /** Left out: unknown, or as it is stored. */
  mcc?: string | null | undefined;
}

/** The new state of a stored session. */
export interface SessionChange {
  id: number;
  endTime: number | null;
  dnsServers: readonly string[];
  mcc: string | null;
}

/** A stored session that overlaps a session to be written. */
export interface Overlap {
  /** Position of the session to be written. */
  position: number;
  id: number;
  simKey: number;
  simId: string;
  startTime: number;
  endTime: number | null;
  dnsServers: string[];
  mcc: string | null;
}

const SESSIONS = `
  SELECT x.id, s.sim_id, r.name AS realm, x.prefix, x.start_time, x.end_time, x.dns_servers, x.mcc, x.revision
  FROM session x JOIN sim s USING (sim_key) JOIN realm r USING (realm_index)`;

/** Lists travel to SQL as text arrays that hold one `{…}` literal each, as Postgres has no ragged arrays. */
function addressLists(lists: readonly (readonly string[])[]): string[] {
  return lists.map((list) => `{${list.join(',')}}`);
}

/** SQL of sessions. Every method runs in the caller's transaction. */
export class SessionsRepository {
  async find(manager: EntityManager, id: number): Promise<SessionView | undefined> {
    const rows = await manager.query<SessionRow[]>(`${SESSIONS} WHERE x.id = $1`, [id]);
    return rows[0] && toView(rows[0]);
  }

  /** In the order of their ids, after `afterId`. */
  async list(
    manager: EntityManager,
    filter: SessionFilter,
    limit: number,
    afterId: number,
  ): Promise<SessionView[]> {
    const rows = await manager.query<SessionRow[]>(
      `${SESSIONS} WHERE x.id > $1
         AND ($3::text IS NULL OR s.sim_id = $3)
         AND ($4::text IS NULL OR r.name = $4)
         AND ($5::inet IS NULL OR x.prefix >>= $5)
         AND ($6::timestamptz IS NULL OR tstzrange(x.start_time, x.end_time) @> $6)
       ORDER BY x.id LIMIT $2`,
      [
        afterId,
        limit,
        filter.simId ?? null,
        filter.realm ?? null,
        filter.address ?? null,
        filter.at === undefined ? null : new Date(filter.at),
      ],
    );
    return rows.map(toView);
  }

  /** Stored sessions of the same prefix and realm that overlap sessions to be written. */
  async overlaps(manager: EntityManager, sessions: readonly SessionWrite[]): Promise<Overlap[]> {
    const rows = await manager.query<
      {
        position: string;
        id: string;
        sim_key: string;
        sim_id: string;
        start_time: Date;
        end_time: Date | null;
        dns_servers: string[];
        mcc: string | null;
      }[]
    >(
      `SELECT n.position, x.id, x.sim_key, s.sim_id, x.start_time, x.end_time, x.dns_servers, x.mcc
       FROM unnest($1::integer[], $2::cidr[], $3::timestamptz[], $4::timestamptz[])
            WITH ORDINALITY AS n (realm_index, prefix, start_time, end_time, position)
       JOIN session x ON x.realm_index = n.realm_index AND x.prefix = n.prefix
            AND tstzrange(x.start_time, x.end_time) && tstzrange(n.start_time, n.end_time)
       JOIN sim s USING (sim_key)
       ORDER BY n.position, x.start_time`,
      keysOf(sessions),
    );
    return rows.map((row) => ({
      position: Number(row.position) - 1,
      id: toSafeInteger(row.id),
      simKey: toSafeInteger(row.sim_key),
      simId: row.sim_id,
      startTime: row.start_time.getTime(),
      endTime: row.end_time?.getTime() ?? null,
      dnsServers: row.dns_servers,
      mcc: row.mcc,
    }));
  }

  /** Positions of sessions whose prefix lies in no subscriber prefix of their realm. */
  async strays(manager: EntityManager, sessions: readonly SessionWrite[]): Promise<number[]> {
    const rows = await manager.query<{ position: string }[]>(
      `SELECT n.position FROM unnest($1::integer[], $2::cidr[]) WITH ORDINALITY AS n (realm_index, prefix, position)
       JOIN realm r USING (realm_index) WHERE NOT n.prefix <<= ANY (r.subscriber_prefixes)`,
      keysOf(sessions).slice(0, 2),
    );
    return rows.map((row) => Number(row.position) - 1);
  }

  /** Ids in the order of `sessions`. */
  async insert(
    manager: EntityManager,
    sessions: readonly SessionWrite[],
    revision: number,
  ): Promise<number[]> {
    if (sessions.length === 0) return [];
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO session (realm_index, prefix, start_time, end_time, sim_key, dns_servers, mcc, revision)
       SELECT realm_index, prefix, start_time, end_time, sim_key, dns_servers::inet[], mcc, $8
       FROM unnest($1::integer[], $2::cidr[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::text[], $7::text[])
            WITH ORDINALITY AS n (realm_index, prefix, start_time, end_time, sim_key, dns_servers, mcc, position)
       ORDER BY position
       RETURNING id`,
      [
        ...keysOf(sessions),
        sessions.map((session) => session.simKey),
        addressLists(sessions.map((session) => session.dnsServers)),
        sessions.map((session) => session.mcc ?? null),
        revision,
      ],
    );
    return rows.map((row) => toSafeInteger(row.id));
  }

  /** Sets end, resolvers and visited network of stored sessions. */
  async update(manager: EntityManager, changes: readonly SessionChange[], revision: number): Promise<void> {
    if (changes.length === 0) return;
    await manager.query(
      `UPDATE session x SET end_time = n.end_time, dns_servers = n.dns_servers::inet[], mcc = n.mcc, revision = $5
       FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[]) AS n (id, end_time, dns_servers, mcc)
       WHERE x.id = n.id`,
      [
        changes.map((change) => change.id),
        changes.map((change) => toDate(change.endTime)),
        addressLists(changes.map((change) => change.dnsServers)),
        changes.map((change) => change.mcc),
        revision,
      ],
    );
  }

  async delete(manager: EntityManager, id: number, revision: number): Promise<void> {
    await manager.query(
      `WITH gone AS (DELETE FROM session WHERE id = $1 RETURNING id)
       INSERT INTO session_tombstone (session_id, revision) SELECT id, $2 FROM gone`,
      [id, revision],
    );
  }

  /** Sessions changed after revision `since`, with what their SIM consents to: the next after `afterId` by their ids. */
  async changedSince(
    manager: EntityManager,
    since: number,
    endedAfter: Date | null,
    afterId: number,
    limit: number,
  ): Promise<Session[]> {
    const rows = await manager.query<
      {
        id: string;
        sim_key: string;
        realm_index: number;
        prefix: string;
        start_time: Date;
        end_time: Date | null;
        dns_servers: string[];
        mcc: string | null;
        name_consent: boolean;
      }[]
    >(
      `SELECT x.id, x.sim_key, x.realm_index, x.prefix, x.start_time, x.end_time, x.dns_servers, x.mcc, s.name_consent
       FROM session x JOIN sim s USING (sim_key)
       WHERE x.revision > $1 AND ($2::timestamptz IS NULL OR x.end_time IS NULL OR x.end_time > $2) AND x.id > $3
       ORDER BY x.id LIMIT $4`,
      [since, endedAfter, afterId, limit],
    );
    return rows.map((row) => ({
      id: toSafeInteger(row.id),
      simKey: toSafeInteger(row.sim_key),
      realmIndex: row.realm_index,
      prefix: row.prefix,
      startTime: row.start_time.getTime(),
      endTime: row.end_time?.getTime() ?? null,
      dnsServers: row.dns_servers,
      mcc: row.mcc,
      nameConsent: row.name_consent,
    }));
  }

  /** Forgets that sessions were deleted before an instant. Returns how many. */
  async pruneTombstones(manager: EntityManager, before: Date): Promise<number> {
    const [, count] = await manager.query<[unknown[], number]>(
      'DELETE FROM session_tombstone WHERE deleted_at < $1',
      [before],
    );
    return count;
  }

  async deletedSince(manager: EntityManager, since: number): Promise<number[]> {
    const rows = await manager.query<{ session_id: string }[]>(
      'SELECT session_id FROM session_tombstone WHERE revision > $1 ORDER BY session_id',
      [since],
    );
    return rows.map((row) => toSafeInteger(row.session_id));
  }
}

function keysOf(sessions: readonly SessionWrite[]): unknown[] {
  return [
    sessions.map((session) => session.realmIndex),
    sessions.map((session) => session.prefix),
    sessions.map((session) => new Date(session.startTime)),
    sessions.map((session) => toDate(session.endTime)),
  ];
}

function toDate(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}

function toView(row: SessionRow): SessionView {
  return {
    id: toSafeInteger(row.id),
    simId: row.sim_id,
    realm: row.realm,
    prefix: row.prefix,
    startTime: formatInstant(row.start_time.getTime()),
    endTime: row.end_time === null ? null : formatInstant(row.end_time.getTime()),
    dnsServers: row.dns_servers,
    mcc: row.mcc,
    revision: toSafeInteger(row.revision),
  };
}
