import type { EntityManager } from 'typeorm';

export interface GroupRow {
  groupKey: number;
  code: string;
  name: string;
  poolOctets: string | null;
  createdAt: Date;
}

export interface MemberRow {
  id: string;
  groupCode: string;
  simKey: string;
  simId: string;
  startsAt: Date;
  endsAt: Date | null;
  version: number;
}

const GROUP = `
  SELECT group_key AS "groupKey", code, name, pool_octets AS "poolOctets", created_at AS "createdAt" FROM sim_group`;
const MEMBER = `
  SELECT g.id, p.code AS "groupCode", g.sim_key AS "simKey", m.sim_id AS "simId", g.starts_at AS "startsAt",
         g.ends_at AS "endsAt", g.version
  FROM sim_group_member g JOIN sim_group p USING (group_key) JOIN sim m USING (sim_key)`;

/** SQL over groups and who is in them. Every method runs in the caller's transaction. */
export class GroupsRepository {
  /** False where the code is taken. */
  async insert(
    manager: EntityManager,
    group: { code: string; name: string; poolOctets: bigint | null },
    now: Date,
  ): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `INSERT INTO sim_group (code, name, pool_octets, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (code) DO NOTHING RETURNING group_key`,
      [group.code, group.name, group.poolOctets?.toString() ?? null, now],
    );
    return rows.length > 0;
  }

  async find(manager: EntityManager, code: string): Promise<GroupRow | undefined> {
    const rows = await manager.query<GroupRow[]>(`${GROUP} WHERE code = $1`, [code]);
    return rows[0];
  }

  async list(manager: EntityManager, after: string, limit: number): Promise<GroupRow[]> {
    return manager.query<GroupRow[]>(`${GROUP} WHERE code > $1 ORDER BY code LIMIT $2`, [after, limit]);
  }

  /** Locks the group until the transaction ends, so that its SIMs are counted one change at a time. */
  async lock(manager: EntityManager, groupKey: number): Promise<void> {
    await manager.query(`SELECT 1 FROM sim_group WHERE group_key = $1 FOR UPDATE`, [groupKey]);
  }

  /** How many SIMs are in the group at some time of a span. */
  async countMembers(manager: EntityManager, groupKey: number, from: Date, to: Date | null): Promise<number> {
    const [row] = await manager.query<{ sims: number }[]>(
      `SELECT count(DISTINCT sim_key)::int AS sims FROM sim_group_member
       WHERE group_key = $1 AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)`,
      [groupKey, from, to],
    );
    return row?.sims ?? 0;
  }

  async addMember(
    manager: EntityManager,
    member: { groupKey: number; simKey: string; startsAt: Date; endsAt: Date | null },
  ): Promise<string> {
    const [row] = await manager.query<{ id: string }[]>(
      `INSERT INTO sim_group_member (group_key, sim_key, starts_at, ends_at, version)
       VALUES ($1, $2, $3, $4, 1) RETURNING id`,
      [member.groupKey, member.simKey, member.startsAt, member.endsAt],
    );
    if (row === undefined) throw new Error('the database returned no id for a member');
    return row.id;
  }

  async setEnd(manager: EntityManager, id: string, endsAt: Date | null): Promise<void> {
    await manager.query(`UPDATE sim_group_member SET ends_at = $2, version = version + 1 WHERE id = $1`, [
      id,
      endsAt,
    ]);
  }

  async removeMember(manager: EntityManager, id: string): Promise<void> {
    await manager.query(`DELETE FROM sim_group_member WHERE id = $1`, [id]);
  }

  async member(manager: EntityManager, id: string): Promise<MemberRow | undefined> {
    const rows = await manager.query<MemberRow[]>(`${MEMBER} WHERE g.id = $1`, [id]);
    return rows[0];
  }

  /** In the order of their ids. */
  async members(
    manager: EntityManager,
    filter: { groupCode?: string | undefined; simId?: string | undefined },
    after: string,
    limit: number,
  ): Promise<MemberRow[]> {
    return manager.query<MemberRow[]>(
      `${MEMBER} WHERE g.id > $1 AND ($2::text IS NULL OR p.code = $2) AND ($3::text IS NULL OR m.sim_id = $3)
       ORDER BY g.id LIMIT $4`,
      [after, filter.groupCode ?? null, filter.simId ?? null, limit],
    );
  }
}
