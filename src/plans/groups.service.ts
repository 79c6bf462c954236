import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { brokenConstraint, inTransaction, sqlState } from '../database/index.js';
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
import { refuseWithinHour } from './calendar.js';
import { GroupsRepository, type GroupRow, type MemberRow } from './groups.repository.js';
import { octetsOf } from './quantity.js';
import type { GroupInput, GroupView, MemberInput, MemberPatch, MemberView } from './schemas.js';
import { FINAL_STATEMENT_SQLSTATE } from './subscriptions.service.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';

/** Everybody who shares a pool is rated together: this bounds what one SIM's statement costs. */
export const MOST_MEMBERS = 10_000;

/** Groups of SIMs that share a quota, and who is in them when. A SIM is in at most one group at a time. */
@Injectable()
export class GroupsService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(GroupsRepository) private readonly groups: GroupsRepository,
    @Inject(SubscriptionsRepository) private readonly subscriptions: SubscriptionsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Ordered by code. */
  async list(page: PageRequest): Promise<Page<GroupView>> {
    const [after] = page.cursor === undefined ? [''] : decodeCursor('groups', page.cursor, ['text']);
    const rows = await this.groups.list(this.dataSource.manager, after, page.limit + 1);
    return toPage(rows, page.limit, (last) => encodeCursor('groups', [last.code]), toView);
  }

  async get(code: string): Promise<GroupView> {
    return toView(await this.found(this.dataSource.manager, code));
  }

  async create({ code, name, pool }: GroupInput): Promise<GroupView> {
    const poolOctets = pool.kind === 'sum' ? null : octetsOf(pool.quota);
    const { manager } = this.dataSource;
    if (!(await this.groups.insert(manager, { code, name, poolOctets }, new Date(this.clock.now())))) {
      const detail = 'is the code of another group: choose one of its own';
      throw new Refusal('conflict', `"${code}" ${detail}.`, [{ pointer: '/code', detail }]);
    }
    return this.get(code);
  }

  /** In the order in which they were added, of one group, one SIM, or all. */
  async members(
    filter: { groupCode?: string | undefined; simId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<MemberView>> {
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('group-members', page.cursor, ['id']);
    const rows = await this.groups.members(this.dataSource.manager, filter, after, page.limit + 1);
    return toPage(rows, page.limit, (last) => encodeCursor('group-members', [last.id]), toMember);
  }

  async member(id: string): Promise<MemberView> {
    return toMember(await this.foundMember(this.dataSource.manager, id));
  }

  async add(code: string, input: MemberInput): Promise<MemberView> {
    return this.change(async (manager) => {
      const { groupKey } = await this.found(manager, code);
      await this.groups.lock(manager, groupKey);
      const simKey = await this.subscriptions.lockSim(manager, input.simId);
      if (simKey === undefined) {
        const detail = `there is no SIM "${input.simId}": create it first`;
        throw new Refusal('invalid', `The group has no such SIM: ${detail}.`, [
          { pointer: '/simId', detail },
        ]);
      }
      const startsAt = new Date(input.from);
      const endsAt = input.to === null ? null : new Date(input.to);
      if (endsAt !== null && endsAt <= startsAt) throw endBeforeStart();
      await this.refuseWithinHour(manager, simKey, startsAt, '/from');
      if (endsAt !== null) await this.refuseWithinHour(manager, simKey, endsAt, '/to');
      if ((await this.groups.countMembers(manager, groupKey, startsAt, endsAt)) >= MOST_MEMBERS)
        throw new Refusal('conflict', `A group has at most ${MOST_MEMBERS} SIMs: make another group.`);
      const id = await this.groups.addMember(manager, { groupKey, simKey, startsAt, endsAt });
      return toMember(await this.foundMember(manager, id));
    });
  }

  /** Sets or lifts the end. `version`, if given, is the row's version that the caller has seen (If-Match). */
  async end(id: string, patch: MemberPatch, version?: number): Promise<MemberView> {
    return this.change(async (manager) => {
      await this.subscriptions.lockSim(manager, (await this.foundMember(manager, id)).simId);
      const row = await this.foundMember(manager, id);
      refuseChanged(row, version);
      const endsAt = patch.to === null ? null : new Date(patch.to);
      if (endsAt !== null && endsAt <= row.startsAt) throw endBeforeStart();
      if (endsAt !== null) await this.refuseWithinHour(manager, row.simKey, endsAt, '/to');
      await this.groups.setEnd(manager, id, endsAt);
      return toMember(await this.foundMember(manager, id));
    });
  }

  /** As if the SIM had never been in the group; not once a statement of its time is final. `version` as for {@link end}. */
  async withdraw(id: string, version?: number): Promise<void> {
    await this.change(async (manager) => {
      await this.subscriptions.lockSim(manager, (await this.foundMember(manager, id)).simId);
      refuseChanged(await this.foundMember(manager, id), version);
      await this.groups.removeMember(manager, id);
    });
  }

  private async refuseWithinHour(
    manager: EntityManager,
    simKey: string,
    instant: Date,
    pointer: string,
  ): Promise<void> {
    const zones = await this.subscriptions.zonesAt(manager, simKey, instant);
    refuseWithinHour(instant.getTime(), zones, pointer);
  }

  private async change<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.dataSource, work);
    } catch (error) {
      if (sqlState(error) === FINAL_STATEMENT_SQLSTATE)
        throw new Refusal('conflict', (error as Error).message);
      if (brokenConstraint(error) === 'sim_group_member_no_overlap')
        throw new Refusal('conflict', 'The SIM is in a group at this time: end that first.');
      throw error;
    }
  }

  private async found(manager: EntityManager, code: string): Promise<GroupRow> {
    const row = await this.groups.find(manager, code);
    if (row === undefined) throw new Refusal('not_found', `There is no group "${code}".`);
    return row;
  }

  private async foundMember(manager: EntityManager, id: string): Promise<MemberRow> {
    const row = await this.groups.member(manager, id);
    if (row === undefined) throw new Refusal('not_found', `There is no member ${id}.`);
    return row;
  }
}

function refuseChanged(row: MemberRow, version: number | undefined): void {
  if (version !== undefined && version !== row.version)
    throw new Refusal('conflict', 'The member has changed since you read it: read it again.');
}

function endBeforeStart(): Refusal {
  const detail = 'is after the start';
  return new Refusal('invalid', `The end ${detail}.`, [{ pointer: '/to', detail }]);
}

function toView({ code, name, poolOctets, createdAt }: GroupRow): GroupView {
  return {
    code,
    name,
    poolOctets,
    createdAt: formatInstant(createdAt.getTime()),
  };
}

function toMember(row: MemberRow): MemberView {
  return {
    id: row.id,
    groupCode: row.groupCode,
    simId: row.simId,
    from: formatInstant(row.startsAt.getTime()),
    to: row.endsAt === null ? null : formatInstant(row.endsAt.getTime()),
    version: row.version,
  };
}
