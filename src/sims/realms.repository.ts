import type { EntityManager } from 'typeorm';
import type { RealmConfig, RealmMirror } from '../capture/index.js';
import type { RealmInput } from './schemas.js';
import type { RealmView } from './views.js';

interface RealmRow {
  realm_index: number;
  name: string;
  mirror_type: RealmMirror['type'];
  outer_source: string | null;
  outer_destination: string | null;
  mirror_key: string | null;
  subscriber_prefixes: string[];
  resolvers: string[];
  share_names: boolean;
  retention_days: number;
  version: number;
  created_at: Date;
  updated_at: Date;
}

/** SQL of realms. Every method runs in the caller's transaction. */
export class RealmsRepository {
  async find(manager: EntityManager, name: string): Promise<RealmView | undefined> {
    const rows = await manager.query<RealmRow[]>('SELECT * FROM realm WHERE name = $1', [name]);
    return rows[0] && toView(rows[0]);
  }

  async all(manager: EntityManager): Promise<RealmView[]> {
    const rows = await manager.query<RealmRow[]>('SELECT * FROM realm ORDER BY realm_index');
    return rows.map(toView);
  }

  /** In the order of their names, after `afterName`. */
  async list(manager: EntityManager, limit: number, afterName: string): Promise<RealmView[]> {
    const rows = await manager.query<RealmRow[]>(
      `SELECT * FROM realm WHERE name COLLATE "C" > $1 ORDER BY name COLLATE "C" LIMIT $2`,
      [afterName, limit],
    );
    return rows.map(toView);
  }

  async insert(manager: EntityManager, realm: RealmInput, now: Date): Promise<void> {
    await manager.query(
      `INSERT INTO realm (version, created_at, updated_at, ${FIELDS})
       VALUES (1, $1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [now, ...fieldsOf(realm)],
    );
  }

  async update(manager: EntityManager, index: number, realm: RealmInput, now: Date): Promise<void> {
    await manager.query(
      `UPDATE realm SET version = version + 1, updated_at = $2,
         (${FIELDS}) = ROW($3, $4, $5, $6, $7, $8, $9, $10, $11)
       WHERE realm_index = $1`,
      [index, now, ...fieldsOf(realm)],
    );
  }

  async delete(manager: EntityManager, index: number): Promise<void> {
    await manager.query('DELETE FROM realm WHERE realm_index = $1', [index]);
  }

  /** A session of the realm that lies in none of `prefixes`, if there is one. */
  async sessionOutside(
    manager: EntityManager,
    index: number,
    prefixes: readonly string[],
  ): Promise<{ id: string; prefix: string } | undefined> {
    const rows = await manager.query<{ id: string; prefix: string }[]>(
      `SELECT id, prefix FROM session WHERE realm_index = $1 AND NOT prefix <<= ANY ($2::cidr[]) ORDER BY id LIMIT 1`,
      [index, prefixes],
    );
    return rows[0];
  }
}

const FIELDS =
  'name, mirror_type, outer_source, outer_destination, mirror_key, subscriber_prefixes, resolvers, share_names, retention_days';

function fieldsOf(realm: RealmInput): unknown[] {
  const { mirror } = realm;
  return [
    realm.name,
    mirror.type,
    mirror.outerSource ?? null,
    mirror.outerDestination ?? null,
    mirror.key ?? null,
    realm.subscriberPrefixes,
    realm.resolvers,
    realm.shareNames,
    realm.retentionDays,
  ];
}

function toView(row: RealmRow): RealmView {
  return {
    name: row.name,
    index: row.realm_index,
    mirror: {
      type: row.mirror_type,
      ...(row.outer_source === null ? {} : { outerSource: row.outer_source }),
      ...(row.outer_destination === null ? {} : { outerDestination: row.outer_destination }),
      ...(row.mirror_key === null ? {} : { key: Number(row.mirror_key) }),
    },
    subscriberPrefixes: row.subscriber_prefixes,
    resolvers: row.resolvers,
    shareNames: row.share_names,
    retentionDays: row.retention_days,
    revision: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** A realm as the engines take it. */
export function toRealmConfig(realm: RealmView): RealmConfig {
  const { index, name, mirror, subscriberPrefixes } = realm;
  return { index, name, mirror, subscriberPrefixes };
}
