import type { EntityManager } from 'typeorm';
import { queryPrepared, toSafeInteger } from '../database/index.js';
import type { SimInput } from './schemas.js';
import type { SimStatus, SimView } from './views.js';

interface SimRow {
  sim_key: string;
  sim_id: string;
  imsis: string[];
  iccid: string | null;
  msisdn: string | null;
  name: string | null;
  name_consent: boolean;
  status: SimStatus;
  tags: Record<string, string>;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export interface SimFilter {
  status?: SimStatus | undefined;
  imsi?: string | undefined;
}

/** Numbers that a network may name a SIM by. */
export interface SimNumbers {
  imsis: readonly string[];
  iccids: readonly string[];
  msisdns: readonly string[];
}

/** What writing a batch of SIMs did, by position in the batch. */
export type SimWrite = 'created' | 'updated' | 'unchanged';

/** The latest SIM that already has an IMSI of a batch and is not itself in the batch. */
export interface ImsiHolder {
  imsi: string;
  simId: string;
}

const SIMS = `
  SELECT s.*, ARRAY(SELECT imsi FROM sim_imsi i WHERE i.sim_key = s.sim_key ORDER BY imsi) AS imsis FROM sim s`;

/** SQL of SIMs. Every method runs in the caller's transaction. */
export class SimsRepository {
  async find(manager: EntityManager, id: string): Promise<SimView | undefined> {
    const rows = await manager.query<SimRow[]>(`${SIMS} WHERE sim_id = $1`, [id]);
    return rows[0] && toView(rows[0]);
  }

  /** By id; ids that no SIM has are missing. */
  async findAll(manager: EntityManager, ids: readonly string[]): Promise<SimView[]> {
    const rows = await manager.query<SimRow[]>(`${SIMS} WHERE sim_id = ANY ($1::text[]) ORDER BY sim_id`, [
      ids,
    ]);
    return rows.map(toView);
  }

  /** Surrogate keys by id; ids that no SIM has are missing. */
  async keysOf(manager: EntityManager, ids: readonly string[]): Promise<Map<string, number>> {
    type Row = { sim_id: string; sim_key: string };
    const select = 'SELECT sim_id, sim_key FROM sim WHERE sim_id';
    // Whoever asks for one SIM asks again and again; what an import asks for is worth a plan of its own.
    const rows =
      ids.length === 1
        ? await queryPrepared<Row>(manager, `${select} = $1`, ids)
        : await manager.query<Row[]>(`${select} = ANY ($1::text[])`, [ids]);
    return new Map(rows.map((row) => [row.sim_id, toSafeInteger(row.sim_key)]));
  }

  /** Ids by surrogate key. */
  async idsOf(manager: EntityManager, keys: readonly number[]): Promise<Map<number, string>> {
    const rows = await manager.query<{ sim_id: string; sim_key: string }[]>(
      'SELECT sim_id, sim_key FROM sim WHERE sim_key = ANY ($1::bigint[])',
      [keys],
    );
    return new Map(rows.map((row) => [toSafeInteger(row.sim_key), row.sim_id]));
  }

  /** In the order of their ids, after `afterId`. */
  async list(manager: EntityManager, filter: SimFilter, limit: number, afterId: string): Promise<SimView[]> {
    const rows = await manager.query<SimRow[]>(
      `${SIMS} WHERE sim_id COLLATE "C" > $1
         AND ($3::text IS NULL OR status = $3)
         AND ($4::text IS NULL OR sim_key IN (SELECT sim_key FROM sim_imsi WHERE imsi = $4))
       ORDER BY sim_id COLLATE "C" LIMIT $2`,
      [afterId, limit, filter.status ?? null, filter.imsi ?? null],
    );
    return rows.map(toView);
  }

  /** SIMs that have any of these numbers. */
  async withNumbers(manager: EntityManager, numbers: SimNumbers): Promise<SimView[]> {
    const rows = await manager.query<SimRow[]>(
      `${SIMS} WHERE sim_key IN (
         SELECT sim_key FROM sim_imsi WHERE imsi = ANY ($1::text[])
         UNION SELECT sim_key FROM sim WHERE iccid = ANY ($2::text[])
         UNION SELECT sim_key FROM sim WHERE msisdn = ANY ($3::text[]))
       ORDER BY sim_key`,
      [numbers.imsis, numbers.iccids, numbers.msisdns],
    );
    return rows.map(toView);
  }

  /** Who has IMSIs of `sims` and is none of them. */
  async imsiHolders(manager: EntityManager, sims: readonly SimInput[]): Promise<ImsiHolder[]> {
    const rows = await manager.query<{ imsi: string; sim_id: string }[]>(
      `SELECT i.imsi, s.sim_id FROM sim_imsi i JOIN sim s USING (sim_key)
       WHERE i.imsi = ANY ($1::text[]) AND NOT s.sim_id = ANY ($2::text[])`,
      [sims.flatMap((sim) => sim.imsis), sims.map((sim) => sim.id)],
    );
    return rows.map((row) => ({ imsi: row.imsi, simId: row.sim_id }));
  }

  /**
   * Writes SIMs whole, those that exist and those that do not; ids are distinct. Sessions of SIMs whose consent
   * changes get `revision`. Returns what it did to each.
   */
  async upsert(
    manager: EntityManager,
    sims: readonly SimInput[],
    revision: number,
    now: Date,
  ): Promise<Map<string, SimWrite>> {
    await this.stampConsentChanges(manager, sims, revision);
    const imsisChanged = await this.simsWithOtherImsis(manager, sims);
    const rows = await manager.query<{ sim_id: string; created: boolean }[]>(
      `INSERT INTO sim AS s (sim_id, iccid, msisdn, name, name_consent, status, tags, version, created_at, updated_at)
       SELECT *, 1, $8::timestamptz, $8::timestamptz
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::jsonb[])
            AS n (sim_id, iccid, msisdn, name, name_consent, status, tags)
       ON CONFLICT (sim_id) DO UPDATE SET
         iccid = EXCLUDED.iccid, msisdn = EXCLUDED.msisdn, name = EXCLUDED.name,
         name_consent = EXCLUDED.name_consent, status = EXCLUDED.status, tags = EXCLUDED.tags,
         version = s.version + 1, updated_at = EXCLUDED.updated_at
       WHERE (s.iccid, s.msisdn, s.name, s.name_consent, s.status, s.tags) IS DISTINCT FROM
             (EXCLUDED.iccid, EXCLUDED.msisdn, EXCLUDED.name, EXCLUDED.name_consent, EXCLUDED.status, EXCLUDED.tags)
          OR s.sim_id = ANY ($9::text[])
       RETURNING sim_id, xmax = 0 AS created`,
      [
        sims.map((sim) => sim.id),
        sims.map((sim) => sim.iccid),
        sims.map((sim) => sim.msisdn),
        sims.map((sim) => sim.name),
        sims.map((sim) => sim.nameConsent),
        sims.map((sim) => sim.status),
        sims.map((sim) => JSON.stringify(sim.tags)),
        now,
        imsisChanged,
      ],
    );
    const written = new Map<string, SimWrite>(sims.map((sim) => [sim.id, 'unchanged']));
    for (const row of rows) written.set(row.sim_id, row.created ? 'created' : 'updated');
    await this.replaceImsis(manager, sims);
    return written;
  }

  async delete(manager: EntityManager, id: string): Promise<void> {
    await manager.query('DELETE FROM sim WHERE sim_id = $1', [id]);
  }

  private async stampConsentChanges(
    manager: EntityManager,
    sims: readonly SimInput[],
    revision: number,
  ): Promise<void> {
    await manager.query(
      `UPDATE session SET revision = $3 FROM sim s
         JOIN unnest($1::text[], $2::boolean[]) AS n (sim_id, name_consent) USING (sim_id)
       WHERE session.sim_key = s.sim_key AND s.name_consent <> n.name_consent`,
      [sims.map((sim) => sim.id), sims.map((sim) => sim.nameConsent), revision],
    );
  }

  private async simsWithOtherImsis(manager: EntityManager, sims: readonly SimInput[]): Promise<string[]> {
    const rows = await manager.query<{ sim_id: string; imsis: string[] }[]>(
      `SELECT sim_id, array_agg(imsi) AS imsis FROM sim LEFT JOIN sim_imsi USING (sim_key)
       WHERE sim_id = ANY ($1::text[]) GROUP BY sim_id`,
      [sims.map((sim) => sim.id)],
    );
    const before = new Map(rows.map((row) => [row.sim_id, row.imsis.filter(Boolean).sort().join()]));
    return sims
      .filter((sim) => before.has(sim.id) && before.get(sim.id) !== [...sim.imsis].sort().join())
      .map((sim) => sim.id);
  }

  private async replaceImsis(manager: EntityManager, sims: readonly SimInput[]): Promise<void> {
    const pairs = sims.flatMap((sim) => sim.imsis.map((imsi) => ({ id: sim.id, imsi })));
    const parameters = [
      sims.map((sim) => sim.id),
      pairs.map((pair) => pair.id),
      pairs.map((pair) => pair.imsi),
    ];
    await manager.query(
      `DELETE FROM sim_imsi i USING sim s
       WHERE i.sim_key = s.sim_key AND s.sim_id = ANY ($1::text[])
         AND (s.sim_id, i.imsi) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
      parameters,
    );
    await manager.query(
      `INSERT INTO sim_imsi (imsi, sim_key)
       SELECT n.imsi, s.sim_key FROM unnest($1::text[], $2::text[]) AS n (sim_id, imsi) JOIN sim s USING (sim_id)
       ON CONFLICT (imsi) DO UPDATE SET sim_key = EXCLUDED.sim_key WHERE sim_imsi.sim_key <> EXCLUDED.sim_key`,
      parameters.slice(1),
    );
  }
}

function toView(row: SimRow): SimView {
  return {
    id: row.sim_id,
    imsis: row.imsis,
    iccid: row.iccid,
    msisdn: row.msisdn,
    name: row.name,
    nameConsent: row.name_consent,
    status: row.status,
    tags: row.tags,
    revision: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
