import type { EntityManager } from 'typeorm';
import { formatInstant } from '../shared/index.js';
import type { ServiceInput, ServiceVersionInput } from './schemas.js';
import type { DestinationRules, EvidencePolicy, Service, ServiceVersion } from './types.js';

/** A service as the API shows it. */
export interface ServiceView extends Service {
  sponsor: string | null;
  /** Grows with each change of this view (ETag); not a rule version. */
  revision: number;
  createdAt: string;
  updatedAt: string;
}

/** A version as the API shows it; in force from `effectiveFrom` (inclusive) to `effectiveTo` (exclusive). */
export interface ServiceVersionView {
  id: number;
  serviceCode: string;
  version: number;
  effectiveFrom: string;
  /** Null: no later version yet. */
  effectiveTo: string | null;
  policy: EvidencePolicy;
  rules: Required<DestinationRules>;
  createdAt: string;
}

interface ServiceRow {
  code: string;
  name: string;
  parent_code: string | null;
  rating_group: string;
  service_identifier: string;
  version: number;
  created_at: Date;
  updated_at: Date;
  sponsor: string | null;
}

interface VersionRow {
  id: number;
  service_code: string;
  version: number;
  effective_from: Date;
  effective_to: Date | null;
  policy: EvidencePolicy;
  rules: DestinationRules;
  created_at: Date;
}

const VERSIONS = `
  SELECT v.*, lead(effective_from) OVER (PARTITION BY service_code ORDER BY version) AS effective_to
  FROM service_version v`;

/** SQL of the catalogue. Every method runs in the caller's transaction. */
export class CatalogueRepository {
  async find(manager: EntityManager, code: string): Promise<ServiceView | undefined> {
    const rows = await manager.query<ServiceRow[]>('SELECT * FROM service WHERE code = $1', [code]);
    return rows[0] && toView(rows[0]);
  }

  /** In the order of their codes, after `afterCode`. */
  async list(manager: EntityManager, limit: number, afterCode: string): Promise<ServiceView[]> {
    const rows = await manager.query<ServiceRow[]>(
      `SELECT * FROM service WHERE code COLLATE "C" > $1 ORDER BY code COLLATE "C" LIMIT $2`,
      [afterCode, limit],
    );
    return rows.map(toView);
  }

  async insert(manager: EntityManager, service: ServiceInput, now: Date): Promise<ServiceView> {
    const rows = await manager.query<ServiceRow[]>(
      `INSERT INTO service (code, name, parent_code, rating_group, service_identifier, version, created_at, updated_at, sponsor)
       VALUES ($1, $2, $3, $4, $5, 1, $6, $6, $7) RETURNING *`,
      [...columnsOf(service), now, service.sponsor ?? null],
    );
    return only(rows.map(toView));
  }

  /** Writes every field; the caller has locked the catalogue. */
  async update(manager: EntityManager, service: Service, now: Date): Promise<ServiceView> {
    await manager.query(
      `UPDATE service SET name = $2, parent_code = $3, rating_group = $4, service_identifier = $5,
              version = version + 1, updated_at = $6, sponsor = $7 WHERE code = $1`,
      [...columnsOf(service), now, service.sponsor ?? null],
    );
    const found = await this.find(manager, service.code);
    return only(found === undefined ? [] : [found]);
  }

  async delete(manager: EntityManager, code: string): Promise<void> {
    await manager.query('DELETE FROM service_version WHERE service_code = $1', [code]);
    await manager.query('DELETE FROM service WHERE code = $1', [code]);
  }

  /** Codes of the service's ancestors, nearest first. */
  async ancestors(manager: EntityManager, code: string): Promise<string[]> {
    const rows = await manager.query<{ code: string }[]>(
      `WITH RECURSIVE up AS (
         SELECT parent_code AS code, 1 AS depth FROM service WHERE code = $1
         UNION ALL
         SELECT s.parent_code, depth + 1 FROM up JOIN service s ON s.code = up.code WHERE depth < 100
       ) SELECT code FROM up WHERE code IS NOT NULL ORDER BY depth`,
      [code],
    );
    return rows.map((row) => row.code);
  }

  async findVersion(
    manager: EntityManager,
    code: string,
    version: number,
  ): Promise<ServiceVersionView | undefined> {
    const rows = await manager.query<VersionRow[]>(
      `SELECT * FROM (${VERSIONS} WHERE service_code = $1) v WHERE version = $2`,
      [code, version],
    );
    return rows[0] && toVersionView(rows[0]);
  }

  /** Newest first, below `beforeVersion`. */
  async listVersions(
    manager: EntityManager,
    code: string,
    limit: number,
    beforeVersion: number,
  ): Promise<ServiceVersionView[]> {
    const rows = await manager.query<VersionRow[]>(
      `SELECT * FROM (${VERSIONS} WHERE service_code = $1) v WHERE version < $2 ORDER BY version DESC LIMIT $3`,
      [code, beforeVersion, limit],
    );
    return rows.map(toVersionView);
  }

  async latestVersion(manager: EntityManager, code: string): Promise<ServiceVersionView | undefined> {
    return (await this.listVersions(manager, code, 1, 2 ** 31 - 1))[0];
  }

  async insertVersion(
    manager: EntityManager,
    code: string,
    version: number,
    input: ServiceVersionInput & { effectiveFrom: number },
    now: Date,
  ): Promise<ServiceVersionView> {
    const rows = await manager.query<VersionRow[]>(
      `INSERT INTO service_version (service_code, version, effective_from, policy, rules, created_at)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING *, NULL AS effective_to`,
      [code, version, new Date(input.effectiveFrom), input.policy, JSON.stringify(input.rules), now],
    );
    return only(rows.map(toVersionView));
  }

  async deleteVersion(manager: EntityManager, id: number): Promise<void> {
    await manager.query('DELETE FROM service_version WHERE id = $1', [id]);
  }

  async allServices(manager: EntityManager): Promise<Service[]> {
    const rows = await manager.query<ServiceRow[]>('SELECT * FROM service ORDER BY code COLLATE "C"');
    return rows.map(toService);
  }

  async allVersions(manager: EntityManager): Promise<ServiceVersion[]> {
    const rows = await manager.query<VersionRow[]>('SELECT * FROM service_version ORDER BY id');
    return rows.map((row) => ({
      id: row.id,
      serviceCode: row.service_code,
      version: row.version,
      effectiveFrom: row.effective_from.getTime(),
      policy: row.policy,
      rules: row.rules,
    }));
  }
}

function columnsOf(service: Service): unknown[] {
  return [service.code, service.name, service.parentCode, service.ratingGroup, service.serviceIdentifier];
}

function only<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('Postgres returned no row for one that was just written');
  return row;
}

function toService(row: ServiceRow): Service {
  return {
    code: row.code,
    name: row.name,
    parentCode: row.parent_code,
    ratingGroup: Number(row.rating_group),
    serviceIdentifier: Number(row.service_identifier),
  };
}

function toView(row: ServiceRow): ServiceView {
  return {
    ...toService(row),
    sponsor: row.sponsor,
    revision: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function toVersionView(row: VersionRow): ServiceVersionView {
  return {
    id: row.id,
    serviceCode: row.service_code,
    version: row.version,
    effectiveFrom: formatInstant(row.effective_from.getTime()),
    effectiveTo: row.effective_to === null ? null : formatInstant(row.effective_to.getTime()),
    policy: row.policy,
    // Versions of before there were such names have no list of them.
    rules: { ...row.rules, exactDomainNames: row.rules.exactDomainNames ?? [] },
    createdAt: formatInstant(row.created_at.getTime()),
  };
}
