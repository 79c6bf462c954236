import type { DataSource, EntityManager } from 'typeorm';
import type { RealmConfig } from '../capture/index.js';
import {
  decodeCursor,
  encodeCursor,
  Refusal,
  toPage,
  type Clock,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { changeSessions } from './change.js';
import { refusal, refuseStale } from './faults.js';
import { toRealmConfig, type RealmsRepository } from './realms.repository.js';
import type { RealmInput, RealmPatch } from './schemas.js';
import type { RealmView } from './views.js';

/** Realms. Changes take the topic `sessions`' next revision, as those who follow sessions follow realms with them. */
export class RealmsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: RealmsRepository,
    private readonly clock: Clock,
  ) {}

  get(name: string): Promise<RealmView> {
    return this.require(this.dataSource.manager, name);
  }

  async list(request: PageRequest): Promise<Page<RealmView>> {
    const [after = ''] = request.cursor === undefined ? [] : decodeCursor('realms', request.cursor, ['text']);
    const rows = await this.repository.list(this.dataSource.manager, request.limit + 1, after);
    return toPage(
      rows,
      request.limit,
      (last) => encodeCursor('realms', [last.name]),
      (row) => row,
    );
  }

  /** Every realm, as the engines take them. */
  async captureConfigs(): Promise<RealmConfig[]> {
    return (await this.repository.all(this.dataSource.manager)).map(toRealmConfig);
  }

  create(input: RealmInput): Promise<RealmView> {
    return changeSessions(this.dataSource, async (manager) => {
      await this.repository.insert(manager, input, new Date(this.clock.now()));
      return this.require(manager, input.name);
    });
  }

  /** `ifRevision`: refuse (`conflict`) unless the realm is still at this revision. */
  update(name: string, patch: RealmPatch, ifRevision?: number): Promise<RealmView> {
    return changeSessions(this.dataSource, async (manager) => {
      const before = await this.require(manager, name);
      refuseStale(`realm ${name}`, before.revision, ifRevision);
      const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      const after: RealmView = { ...before, ...given };
      await this.refuseStraySessions(manager, after);
      await this.repository.update(manager, before.index, after, new Date(this.clock.now()));
      return this.require(manager, after.name);
    });
  }

  /** Removes a realm that no session has referred to. `ifRevision` as for {@link update}. */
  async remove(name: string, ifRevision?: number): Promise<void> {
    await changeSessions(this.dataSource, async (manager) => {
      const { index, revision } = await this.require(manager, name);
      refuseStale(`realm ${name}`, revision, ifRevision);
      await this.repository.delete(manager, index);
    });
  }

  private async refuseStraySessions(manager: EntityManager, realm: RealmView): Promise<void> {
    const stray = await this.repository.sessionOutside(manager, realm.index, realm.subscriberPrefixes);
    if (stray === undefined) return;
    const detail = `session ${stray.id} holds ${stray.prefix}, which would lie in none of them: keep a prefix that covers it`;
    throw refusal('conflict', '/subscriberPrefixes', detail);
  }

  private async require(manager: EntityManager, name: string): Promise<RealmView> {
    const found = await this.repository.find(manager, name);
    if (found !== undefined) return found;
    throw new Refusal('not_found', `There is no realm ${name}: GET /v1/realms lists them.`);
  }
}
