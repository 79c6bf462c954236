import type { DataSource, EntityManager } from 'typeorm';
import {
  brokenConstraint,
  currentRevision,
  inTransaction,
  nextRevision,
  sqlState,
} from '../database/index.js';
import {
  decodeCursor,
  encodeCursor,
  Refusal,
  toPage,
  type Clock,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { CatalogueRepository, type ServiceVersionView, type ServiceView } from './catalogue.repository.js';
import { diffRules, type RulesDiff } from './diff.js';
import type { ServiceInput, ServicePatch, ServiceVersionInput } from './schemas.js';
import { SEED_EFFECTIVE_FROM, SEED_SERVICES, type SeedService } from './seed.js';
import type { CatalogueSnapshot, DestinationRules } from './types.js';

export interface SeedResult {
  created: string[];
  /** Codes that were there already; they are left as they are. */
  kept: string[];
  /** Codes whose rating group another service has. */
  refused: string[];
}

/**
 * Services and the versions of their rules. Every change takes the topic `catalogue`'s next revision first, so changes
 * take turns and whoever follows the topic sees them in order.
 */
export class CatalogueService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: CatalogueRepository,
    private readonly clock: Clock,
  ) {}

  /** All that identification needs, at one revision. */
  snapshot(): Promise<CatalogueSnapshot> {
    const read = async (manager: EntityManager) => ({
      revision: await currentRevision(manager, 'catalogue'),
      services: await this.repository.allServices(manager),
      versions: await this.repository.allVersions(manager),
    });
    return inTransaction(this.dataSource, read, { isolation: 'REPEATABLE READ' });
  }

  async get(code: string): Promise<ServiceView> {
    return this.require(this.dataSource.manager, code);
  }

  async list(request: PageRequest): Promise<Page<ServiceView>> {
    const [after = ''] =
      request.cursor === undefined ? [] : decodeCursor('services', request.cursor, ['text']);
    const rows = await this.repository.list(this.dataSource.manager, request.limit + 1, after);
    return toPage(
      rows,
      request.limit,
      (last) => encodeCursor('services', [last.code]),
      (row) => row,
    );
  }

  create(input: ServiceInput): Promise<ServiceView> {
    return this.change(async (manager) => {
      if ((await this.repository.find(manager, input.code)) !== undefined) {
        throw conflict('/code', `there is a service ${input.code} already: change it, or take another code`);
      }
      await this.checkParent(manager, input.code, input.parentCode);
      return this.repository.insert(manager, input, this.now());
    });
  }

  /** `ifRevision`: refuse (`conflict`) unless the service is still at this revision. */
  update(code: string, patch: ServicePatch, ifRevision?: number): Promise<ServiceView> {
    return this.change(async (manager) => {
      const before = await this.require(manager, code);
      refuseStale(before, ifRevision);
      const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      const after = { ...before, ...given };
      if (after.parentCode !== before.parentCode) await this.checkParent(manager, code, after.parentCode);
      return this.repository.update(manager, after, this.now());
    });
  }

  /** Removes a service none of whose versions has been in force; anything else may stand on a statement. */
  async remove(code: string, ifRevision?: number): Promise<void> {
    await this.change(async (manager) => {
      refuseStale(await this.require(manager, code), ifRevision);
      const versions = await this.repository.listVersions(manager, code, 100_000, 2 ** 31 - 1);
      const inForce = versions.find((version) => Date.parse(version.effectiveFrom) <= this.clock.now());
      if (inForce !== undefined) {
        throw conflict(
          '',
          `version ${inForce.version} of ${code} is or was in force, so the service stays: add a version with empty rules to retire it`,
        );
      }
      await this.repository.delete(manager, code);
    });
  }

  async getVersion(code: string, version: number): Promise<ServiceVersionView> {
    return this.requireVersion(this.dataSource.manager, code, version);
  }

  /** Newest first. */
  async listVersions(code: string, request: PageRequest): Promise<Page<ServiceVersionView>> {
    await this.require(this.dataSource.manager, code);
    const list = `services/${code}/versions`;
    const [before = 2 ** 31 - 1] =
      request.cursor === undefined ? [] : decodeCursor(list, request.cursor, ['integer']);
    const rows = await this.repository.listVersions(this.dataSource.manager, code, request.limit + 1, before);
    return toPage(
      rows,
      request.limit,
      (last) => encodeCursor(list, [last.version]),
      (row) => row,
    );
  }

  /**
   * Adds the version that follows the latest. It must begin after it, and after now unless it is the service's first.
   * Empty rules retire the service (not as its first version).
   */
  addVersion(code: string, input: ServiceVersionInput): Promise<ServiceVersionView> {
    return this.change(async (manager) => {
      await this.require(manager, code);
      const latest = await this.repository.latestVersion(manager, code);
      const now = this.clock.now();
      const effectiveFrom = input.effectiveFrom ?? now;
      refuseUnlessNext(code, latest, effectiveFrom, now);
      if (latest === undefined && matchesNothing(input.rules)) {
        throw new Refusal('invalid', `The rules of ${code} match nothing: give a domain name or a prefix.`, [
          { pointer: '/rules', detail: 'match nothing: give a domain name or a prefix' },
        ]);
      }
      const number = (latest?.version ?? 0) + 1;
      return this.repository.insertVersion(manager, code, number, { ...input, effectiveFrom }, new Date(now));
    });
  }

  /** Withdraws the latest version before it comes into force. */
  async withdrawVersion(code: string, version: number): Promise<void> {
    await this.change(async (manager) => {
      const found = await this.requireVersion(manager, code, version);
      if (Date.parse(found.effectiveFrom) <= this.clock.now()) {
        throw conflict(
          '',
          `version ${version} of ${code} is or was in force and never changes: add another version`,
        );
      }
      if (found.effectiveTo !== null) {
        throw conflict('', `version ${version} of ${code} has later ones: withdraw those first`);
      }
      await this.repository.deleteVersion(manager, found.id);
    });
  }

  /** What the rules of version `to` have and those of version `from` have not, and the other way round. */
  async diff(code: string, from: number, to: number): Promise<RulesDiff> {
    const [before, after] = await Promise.all([this.getVersion(code, from), this.getVersion(code, to)]);
    return diffRules(before, after);
  }

  /** Adds the seed's services that are missing. What is there stays as it is, so it may run at every start. */
  async seed(): Promise<SeedResult> {
    const codes = new Set(
      (await this.repository.allServices(this.dataSource.manager)).map(({ code }) => code),
    );
    const kept = SEED_SERVICES.filter(({ code }) => codes.has(code)).map(({ code }) => code);
    const missing = SEED_SERVICES.filter(({ code }) => !codes.has(code));
    const result: SeedResult = { created: [], kept, refused: [] };
    for (const service of missing) {
      const created = await this.seedOne(service);
      (created ? result.created : result.refused).push(service.code);
    }
    return result;
  }

  private async seedOne({ policy, rules, ...service }: SeedService): Promise<boolean> {
    try {
      await this.change(async (manager) => {
        await this.repository.insert(manager, service, this.now());
        const version = {
          effectiveFrom: SEED_EFFECTIVE_FROM,
          policy,
          rules: { exactDomainNames: [], ...rules },
        };
        await this.repository.insertVersion(manager, service.code, 1, version, this.now());
      });
      return true;
    } catch (error) {
      // Another process seeds at the same time, or the operator has given the rating group to another service.
      if (error instanceof Refusal && error.code === 'conflict') return false;
      throw error;
    }
  }

  private async change<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.dataSource, async (manager) => {
        await nextRevision(manager, 'catalogue');
        return work(manager);
      });
    } catch (error) {
      throw toRefusal(error);
    }
  }

  private now(): Date {
    return new Date(this.clock.now());
  }

  private async require(manager: EntityManager, code: string): Promise<ServiceView> {
    const found = await this.repository.find(manager, code);
    if (found !== undefined) return found;
    throw new Refusal('not_found', `There is no service ${code}: GET /v1/services lists them.`);
  }

  private async requireVersion(
    manager: EntityManager,
    code: string,
    version: number,
  ): Promise<ServiceVersionView> {
    await this.require(manager, code);
    const found = await this.repository.findVersion(manager, code, version);
    if (found !== undefined) return found;
    throw new Refusal('not_found', `Service ${code} has no version ${version}.`);
  }

  private async checkParent(manager: EntityManager, code: string, parentCode: string | null): Promise<void> {
    if (parentCode === null) return;
    const refuse = (detail: string): never => {
      throw new Refusal('invalid', `The parent ${parentCode} of ${code} ${detail}.`, [
        { pointer: '/parentCode', detail },
      ]);
    };
    if (parentCode === code) refuse('is the service itself: leave it out');
    if ((await this.repository.find(manager, parentCode)) === undefined)
      refuse('does not exist: create it first');
    if ((await this.repository.ancestors(manager, parentCode)).includes(code)) {
      refuse(`is itself a part of ${code}: break the circle`);
    }
  }
}

function refuseUnlessNext(
  code: string,
  latest: ServiceVersionView | undefined,
  effectiveFrom: number,
  now: number,
): void {
  if (latest === undefined) return;
  if (effectiveFrom < now) {
    const detail = `lies in the past: what ${code} matched then may be billed already. Give a later instant, or leave it out for now`;
    throw new Refusal('invalid', `effectiveFrom ${detail}.`, [{ pointer: '/effectiveFrom', detail }]);
  }
  if (effectiveFrom <= Date.parse(latest.effectiveFrom)) {
    throw conflict(
      '/effectiveFrom',
      `version ${latest.version} begins at ${latest.effectiveFrom}: begin later, or withdraw that one first`,
    );
  }
}

function refuseStale({ code, revision }: ServiceView, ifRevision: number | undefined): void {
  if (ifRevision === undefined || ifRevision === revision) return;
  throw conflict('', `service ${code} has changed since you read it: read it again and repeat the change`);
}

function matchesNothing({ domainNames, exactDomainNames = [], prefixes }: DestinationRules): boolean {
  return domainNames.length + exactDomainNames.length + prefixes.length === 0;
}

function conflict(pointer: string, detail: string): Refusal {
  const message = `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
  return new Refusal('conflict', message, pointer === '' ? [] : [{ pointer, detail }]);
}

function toRefusal(error: unknown): unknown {
  const constraint = brokenConstraint(error);
  if (constraint === 'service_rating_key') {
    return conflict(
      '/ratingGroup',
      'another service has this rating group and service identifier: change one of the two numbers',
    );
  }
  if (constraint === 'service_pkey') return conflict('/code', 'there is a service with this code already');
  if (constraint === 'service_parent_fkey') {
    return conflict('', 'other services name this one as their parent: change them first');
  }
  if (sqlState(error) === '23503')
    return conflict('', 'plans or other records name this service: it must stay');
  return error;
}
