import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CatalogueReader } from './catalogue.reader.js';
import { inTransaction } from '../database/index.js';
import {
  CLOCK,
  Refusal,
  decodeCursor,
  encodeCursor,
  formatInstant,
  toPage,
  type Clock,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { HOUR_MS } from './calendar.js';
import { PlansRepository, type PlanRow, type PlanVersionRow } from './plans.repository.js';
import type { PlanInput, PlanPatch, PlanVersionInput, PlanVersionView, PlanView } from './schemas.js';

/** Plans and their versions: effective-dated, never changed once they are in force. */
@Injectable()
export class PlansService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(PlansRepository) private readonly plans: PlansRepository,
    @Inject(CatalogueReader) private readonly catalogue: CatalogueReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Ordered by code. */
  async list(page: PageRequest): Promise<Page<PlanView>> {
    const [after] = page.cursor === undefined ? [''] : decodeCursor('plans', page.cursor, ['text']);
    const rows = await this.plans.list(this.dataSource.manager, this.now(), after, page.limit + 1);
    return toPage(rows, page.limit, (last) => encodeCursor('plans', [last.code]), toView);
  }

  async get(code: string): Promise<PlanView> {
    return toView(await this.found(this.dataSource.manager, code));
  }

  /** A plan and its first version, which may start in the past: stored usage can be rated under it. */
  async create(input: PlanInput): Promise<PlanView> {
    return inTransaction(this.dataSource, async (manager) => {
      await this.catalogue.refuseUnknownServices(manager, input.terms);
      const planKey = await this.plans.insert(manager, input, this.now());
      if (planKey === undefined) {
        const detail = 'is the code of another plan: choose one of its own, or add a version to that plan';
        throw new Refusal('conflict', `"${input.code}" ${detail}.`, [{ pointer: '/code', detail }]);
      }
      await this.plans.insertVersion(manager, { planKey, version: 1, ...input }, this.now());
      return toView(await this.found(manager, input.code));
    });
  }

  /** `version`, if given, is the row's version that the caller has seen (If-Match). */
  async rename(code: string, patch: PlanPatch, version?: number): Promise<PlanView> {
    return inTransaction(this.dataSource, async (manager) => {
      const locked = await this.locked(manager, code);
      if (version !== undefined && version !== locked.version)
        throw new Refusal(
          'conflict',
          'The plan has changed since you read it: read it again, then change it.',
        );
      await this.plans.rename(manager, code, patch.name, this.now());
      return toView(await this.found(manager, code));
    });
  }

  /** Oldest first. */
  async versions(code: string): Promise<PlanVersionView[]> {
    await this.found(this.dataSource.manager, code);
    const rows = await this.plans.versions(this.dataSource.manager, code);
    return rows.map((row) => this.versionView(row));
  }

  async version(code: string, version: number): Promise<PlanVersionView> {
    const found = (await this.versions(code)).find((one) => one.version === version);
    if (found === undefined) throw new Refusal('not_found', `The plan "${code}" has no version ${version}.`);
    return found;
  }

  /** Adds a version after the last. SIMs that follow the plan change to it at the instant. */
  async addVersion(code: string, input: PlanVersionInput): Promise<PlanVersionView> {
    return inTransaction(this.dataSource, async (manager) => {
      const { planKey } = await this.locked(manager, code);
      const versions = await this.plans.versions(manager, code);
      this.refusePast(input.effectiveFrom, versions);
      await this.catalogue.refuseUnknownServices(manager, input.terms);
      const version = Math.max(0, ...versions.map((one) => one.version)) + 1;
      await this.plans.insertVersion(manager, { planKey, version, ...input }, this.now());
      const added = (await this.plans.versions(manager, code)).at(-1);
      if (added === undefined) throw new Error('the version that was added is gone');
      return this.versionView(added);
    });
  }

  /** Withdraws the last version of a plan, while it is not in force. */
  async withdrawVersion(code: string, version: number): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      const { planKey } = await this.locked(manager, code);
      const versions = await this.plans.versions(manager, code);
      const found = versions.find((one) => one.version === version);
      if (found === undefined)
        throw new Refusal('not_found', `The plan "${code}" has no version ${version}.`);
      if (found.effectiveFrom.getTime() <= this.clock.now())
        throw new Refusal(
          'conflict',
          `Version ${version} of "${code}" is in force since ${formatInstant(found.effectiveFrom.getTime())} and never changes: add another version.`,
        );
      if (found.effectiveTo !== null || versions.length === 1)
        throw new Refusal(
          'conflict',
          `Version ${version} of "${code}" cannot be withdrawn: only the last version can, and not a plan's only one.`,
        );
      if (await this.plans.pinned(manager, planKey, version))
        throw new Refusal(
          'conflict',
          `SIMs are subscribed to version ${version} of "${code}": end that first.`,
        );
      const pack = await this.plans.packUnder(manager, planKey, version);
      if (pack !== undefined)
        throw new Refusal(
          'conflict',
          `Version ${version} of "${code}" cannot be withdrawn: pack ${pack} was sold under it for later. Take that back first.`,
        );
      await this.plans.deleteVersion(manager, planKey, version);
    });
  }

  private refusePast(effectiveFrom: number, versions: readonly PlanVersionRow[]): void {
    const now = this.clock.now();
    const last = versions.at(-1)?.effectiveFrom.getTime() ?? 0;
    const earliest = Math.max(Math.ceil(now / HOUR_MS) * HOUR_MS, last + HOUR_MS);
    if (effectiveFrom >= now && effectiveFrom > last) return;
    const reason =
      effectiveFrom < now
        ? 'lies in the past, and what has been in force never changes'
        : 'is not after the version before';
    const detail = `${reason}; the earliest possible is ${formatInstant(earliest)}`;
    throw new Refusal('invalid', `The start of the version ${detail}.`, [
      { pointer: '/effectiveFrom', detail },
    ]);
  }

  private async found(manager: EntityManager, code: string): Promise<PlanRow> {
    const row = await this.plans.find(manager, this.now(), code);
    if (row === undefined) throw new Refusal('not_found', `There is no plan "${code}".`);
    return row;
  }

  private async locked(manager: EntityManager, code: string): Promise<{ planKey: number; version: number }> {
    const row = await this.plans.lock(manager, code);
    if (row === undefined) throw new Refusal('not_found', `There is no plan "${code}".`);
    return row;
  }

  private versionView(row: PlanVersionRow): PlanVersionView {
    const now = this.clock.now();
    const past = row.effectiveTo !== null && row.effectiveTo.getTime() <= now;
    const scheduled = row.effectiveFrom.getTime() > now;
    return {
      planCode: row.planCode,
      version: row.version,
      effectiveFrom: row.effectiveFrom.toISOString(),
      effectiveTo: row.effectiveTo?.toISOString() ?? null,
      status: past ? 'past' : scheduled ? 'scheduled' : 'in_force',
      terms: row.terms,
      createdAt: row.createdAt.toISOString(),
    };
  }

  private now(): Date {
    return new Date(this.clock.now());
  }
}

function toView(row: PlanRow): PlanView {
  return {
    code: row.code,
    name: row.name,
    currentVersion: row.currentVersion,
    latestVersion: row.latestVersion,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
