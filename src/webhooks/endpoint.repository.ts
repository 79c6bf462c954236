import type { EntityManager } from 'typeorm';
import type { SignatureKind } from './signing.js';
import type { StoredSecret } from './vault.js';

/** A row of webhook_endpoint; times in UNIX milliseconds. */
export interface EndpointRow {
  id: string;
  url: string;
  description: string;
  eventTypes: string[];
  ordering: 'sim' | 'none';
  signature: SignatureKind;
  enabled: boolean;
  disabledReason: string | null;
  pausedUntil: number | null;
  revision: number;
  createdAt: number;
  updatedAt: number;
  /** Of the newest secret, where the kind of signature has one. */
  publicKey: string | null;
}

export interface SecretRow extends StoredSecret {
  kind: SignatureKind;
  expiresAt: number | null;
}

interface RawEndpoint extends Omit<EndpointRow, 'pausedUntil' | 'createdAt' | 'updatedAt'> {
  pausedUntil: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

const COLUMNS = `
  w.id, w.url, w.description, w.event_types AS "eventTypes", w.ordering, w.signature, w.enabled,
  w.disabled_reason AS "disabledReason", w.paused_until AS "pausedUntil", w.revision,
  w.created_at AS "createdAt", w.updated_at AS "updatedAt",
  (SELECT s.public_key FROM webhook_secret s WHERE s.endpoint_id = w.id ORDER BY s.id DESC LIMIT 1) AS "publicKey"`;

/** SQL over endpoints and their secrets; every method works within the given manager's transaction, if it has one. */
export class EndpointRepository {
  async insert(manager: EntityManager, row: Omit<EndpointRow, 'publicKey'>): Promise<void> {
    await manager.query(
      `INSERT INTO webhook_endpoint (id, url, description, event_types, ordering, signature, enabled, disabled_reason,
                                     paused_until, revision, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9, $10, $11)`,
      [
        row.id,
        row.url,
        row.description,
        row.eventTypes,
        row.ordering,
        row.signature,
        row.enabled,
        row.disabledReason,
        row.revision,
        new Date(row.createdAt),
        new Date(row.updatedAt),
      ],
    );
  }

  async find(manager: EntityManager, id: string, lock = false): Promise<EndpointRow | undefined> {
    const rows = await manager.query<RawEndpoint[]>(
      `SELECT ${COLUMNS} FROM webhook_endpoint w WHERE w.id = $1 ${lock ? 'FOR UPDATE' : ''}`,
      [id],
    );
    return rows[0] && toRow(rows[0]);
  }

  /** In the order in which they were made. `after`: time (UNIX milliseconds) and id of the last one before. */
  async list(
    manager: EntityManager,
    limit: number,
    after: readonly [number, string] | undefined,
  ): Promise<EndpointRow[]> {
    const rows = await manager.query<RawEndpoint[]>(
      `SELECT ${COLUMNS} FROM webhook_endpoint w
        WHERE $1::timestamptz IS NULL OR (w.created_at, w.id) > ($1::timestamptz, $2::uuid)
        ORDER BY w.created_at, w.id LIMIT $3`,
      [after === undefined ? null : new Date(after[0]), after?.[1] ?? null, limit],
    );
    return rows.map(toRow);
  }

  async count(manager: EntityManager): Promise<number> {
    const rows = await manager.query<{ count: number }[]>(
      'SELECT count(*)::integer AS count FROM webhook_endpoint',
    );
    return rows[0]?.count ?? 0;
  }

  async update(manager: EntityManager, row: EndpointRow): Promise<void> {
    await manager.query(
      `UPDATE webhook_endpoint
          SET url = $2, description = $3, event_types = $4, ordering = $5, enabled = $6, disabled_reason = $7,
              paused_until = $8, revision = $9, updated_at = $10
        WHERE id = $1`,
      [
        row.id,
        row.url,
        row.description,
        row.eventTypes,
        row.ordering,
        row.enabled,
        row.disabledReason,
        row.pausedUntil === null ? null : new Date(row.pausedUntil),
        row.revision,
        new Date(row.updatedAt),
      ],
    );
  }

  /** True if there was one. Its deliveries and their log go with it. */
  async delete(manager: EntityManager, id: string): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      'WITH gone AS (DELETE FROM webhook_endpoint WHERE id = $1 RETURNING id) SELECT id FROM gone',
      [id],
    );
    return rows.length > 0;
  }

  /**
   * Disables without a word from the operator: the receiver at `url` answered 410 Gone. False if it was disabled already,
   * or has another URL by now, of which the answer says nothing.
   */
  async disable(
    manager: EntityManager,
    id: string,
    url: string,
    reason: string,
    now: number,
  ): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `WITH disabled AS (
         UPDATE webhook_endpoint
            SET enabled = false, disabled_reason = $3, revision = revision + 1, updated_at = $4
          WHERE id = $1 AND url = $2 AND enabled RETURNING id
       ) SELECT id FROM disabled`,
      [id, url, reason, new Date(now)],
    );
    return rows.length > 0;
  }

  /** No try at `url` before `until`; a pause is never shortened by a shorter one. */
  async pause(manager: EntityManager, id: string, url: string, until: number): Promise<void> {
    await manager.query(
      `UPDATE webhook_endpoint SET paused_until = greatest(paused_until, $3::timestamptz)
        WHERE id = $1 AND url = $2`,
      [id, url, new Date(until)],
    );
  }

  async insertSecret(
    manager: EntityManager,
    endpointId: string,
    secret: SecretRow & { publicKey: string | null },
    now: number,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO webhook_secret (endpoint_id, kind, sealed, secret, public_key, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        endpointId,
        secret.kind,
        secret.sealed,
        secret.bytes,
        secret.publicKey,
        new Date(now),
        secret.expiresAt === null ? null : new Date(secret.expiresAt),
      ],
    );
  }

  /** Lets every secret of the endpoint end at `at`, if it would not end before. Ended ones are forgotten. */
  async expireSecrets(manager: EntityManager, endpointId: string, at: number, now: number): Promise<void> {
    await manager.query(
      `UPDATE webhook_secret SET expires_at = least(expires_at, $2::timestamptz) WHERE endpoint_id = $1`,
      [endpointId, new Date(at)],
    );
    await manager.query('DELETE FROM webhook_secret WHERE endpoint_id = $1 AND expires_at <= $2', [
      endpointId,
      new Date(now),
    ]);
  }

  /** Those that messages are signed with at `now`, newest first. */
  async activeSecrets(manager: EntityManager, endpointId: string, now: number): Promise<SecretRow[]> {
    const rows = await manager.query<(Omit<SecretRow, 'expiresAt'> & { expiresAt: Date | null })[]>(
      `SELECT kind, sealed, secret AS bytes, expires_at AS "expiresAt" FROM webhook_secret
        WHERE endpoint_id = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY id DESC`,
      [endpointId, new Date(now)],
    );
    return rows.map((row) => ({ ...row, expiresAt: row.expiresAt?.getTime() ?? null }));
  }

  /** Any one secret that is sealed, to see whether the key fits. */
  async anySealed(manager: EntityManager): Promise<(StoredSecret & { endpointId: string }) | undefined> {
    const rows = await manager.query<(StoredSecret & { endpointId: string })[]>(
      `SELECT endpoint_id AS "endpointId", sealed, secret AS bytes FROM webhook_secret WHERE sealed ORDER BY id DESC LIMIT 1`,
    );
    return rows[0];
  }
}

function toRow(raw: RawEndpoint): EndpointRow {
  return {
    ...raw,
    pausedUntil: raw.pausedUntil?.getTime() ?? null,
    createdAt: raw.createdAt.getTime(),
    updatedAt: raw.updatedAt.getTime(),
  };
}
