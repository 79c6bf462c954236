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
import { Outbox } from '../webhooks/index.js';
import { refuseWithinHour } from './calendar.js';
import type { PlanChange, SubscriptionInput, SubscriptionPatch, SubscriptionView } from './schemas.js';
import {
  SubscriptionsRepository,
  type PlanVersionStart,
  type SubscriptionFilter,
  type SubscriptionRow,
} from './subscriptions.repository.js';

/** SQLSTATE with which the database refuses to change what a final statement was made from. */
export const FINAL_STATEMENT_SQLSTATE = 'CF001';

/** Which SIM is on which plan when. A SIM is on at most one plan at a time. */
@Injectable()
export class SubscriptionsService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(SubscriptionsRepository) private readonly subscriptions: SubscriptionsRepository,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list(filter: SubscriptionFilter, page: PageRequest): Promise<Page<SubscriptionView>> {
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('subscriptions', page.cursor, ['id']);
    const rows = await this.subscriptions.list(this.dataSource.manager, filter, after, page.limit + 1);
    return toPage(rows, page.limit, (last) => encodeCursor('subscriptions', [last.id]), toView);
  }

  async get(id: string): Promise<SubscriptionView> {
    return toView(await this.found(this.dataSource.manager, id));
  }

  async create(input: SubscriptionInput): Promise<SubscriptionView> {
    return this.change(async (manager) => {
      const simKey = await this.lockSim(manager, input.simId);
      const startsAt = new Date(input.from);
      const endsAt = input.to === null ? null : new Date(input.to);
      if (endsAt !== null && endsAt <= startsAt) throw endBeforeStart();
      const { planKey, zones } = await this.planFor(manager, input, startsAt, '/from');
      refuseWithinHour(input.from, zones, '/from');
      if (input.to !== null) refuseWithinHour(input.to, zones, '/to');
      await this.refuseOverlap(manager, simKey, startsAt, endsAt, null);
      const row = { simKey, planKey, pinnedVersion: input.planVersion, startsAt, endsAt };
      const id = await this.subscriptions.insert(manager, row, this.now());
      return this.announce(manager, id, 'started');
    });
  }

  /** Sets or lifts the end. `version`, if given, is the row's version that the caller has seen (If-Match). */
  async end(id: string, patch: SubscriptionPatch, version?: number): Promise<SubscriptionView> {
    return this.change(async (manager) => {
      const { simId } = await this.found(manager, id);
      const simKey = await this.lockSim(manager, simId);
      const row = await this.found(manager, id);
      refuseChanged(row, version);
      const endsAt = patch.to === null ? null : new Date(patch.to);
      if (endsAt !== null && endsAt <= row.startsAt) throw endBeforeStart();
      if (patch.to !== null) {
        const plan = await this.subscriptions.plan(manager, row.planCode);
        refuseWithinHour(patch.to, zonesOf(plan?.versions ?? [], row.planVersion), '/to');
      }
      await this.refuseOverlap(manager, simKey, row.startsAt, endsAt, id);
      await this.subscriptions.setEnd(manager, id, endsAt, this.now());
      return this.announce(manager, id, endsAt === null ? 'continued' : 'ended');
    });
  }

  /** Moves a SIM to another plan at an instant: the month splits there. Answers with the new subscription. */
  async changePlan(input: PlanChange): Promise<SubscriptionView> {
    return this.change(async (manager) => {
      const simKey = await this.lockSim(manager, input.simId);
      const at = new Date(input.at);
      const current = await this.subscriptions.at(manager, simKey, at);
      if (current === undefined) {
        const detail = 'the SIM is on no plan at this instant: subscribe it instead';
        throw new Refusal('conflict', `The plan cannot change: ${detail}.`, [{ pointer: '/at', detail }]);
      }
      if (current.startsAt.getTime() === input.at) {
        const detail = `the SIM's subscription ${current.id} to "${current.planCode}" starts at this very instant: choose a later one, or withdraw that and subscribe the SIM anew`;
        throw new Refusal('conflict', `The plan cannot change: ${detail}.`, [{ pointer: '/at', detail }]);
      }
      const { planKey, zones } = await this.planFor(manager, input, at, '/at');
      refuseWithinHour(
        input.at,
        [...zones, ...(await this.subscriptions.zonesAt(manager, simKey, at))],
        '/at',
      );
      await this.subscriptions.setEnd(manager, current.id, at, this.now());
      const row = { simKey, planKey, pinnedVersion: input.planVersion, startsAt: at, endsAt: current.endsAt };
      const id = await this.subscriptions.insert(manager, row, this.now());
      return this.announce(manager, id, 'changed');
    });
  }

  /**
   * Takes back a subscription that should not have been, such as a change that is planned no more: as if it had never
   * been. Not once a statement of its time is final. `version` as for {@link end}.
   */
  async withdraw(id: string, version?: number): Promise<void> {
    await this.change(async (manager) => {
      const { simId } = await this.found(manager, id);
      await this.lockSim(manager, simId);
      const row = await this.found(manager, id);
      refuseChanged(row, version);
      const pack = await this.subscriptions.packWithin(manager, id);
      if (pack !== undefined)
        throw new Refusal(
          'conflict',
          `The SIM bought pack ${pack.id} ("${pack.code}") in this time: take that back first.`,
        );
      await this.subscriptions.remove(manager, id);
      await this.tell(manager, toView(row), 'withdrawn');
    });
  }

  private async change<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.dataSource, work);
    } catch (error) {
      if (sqlState(error) === FINAL_STATEMENT_SQLSTATE)
        throw new Refusal('conflict', (error as Error).message);
      if (brokenConstraint(error) === 'subscription_no_overlap')
        throw new Refusal(
          'conflict',
          'The SIM is on another plan in this time: end that first, or change the plan.',
        );
      throw error;
    }
  }

  private async lockSim(manager: EntityManager, simId: string): Promise<string> {
    const simKey = await this.subscriptions.lockSim(manager, simId);
    if (simKey !== undefined) return simKey;
    const detail = `there is no SIM "${simId}": create it first`;
    throw new Refusal('invalid', `The subscription has no SIM: ${detail}.`, [{ pointer: '/simId', detail }]);
  }

  /** The plan, if it has terms from the instant on, and the zones of its terms. */
  private async planFor(
    manager: EntityManager,
    { planCode: code, planVersion: pinned }: { planCode: string; planVersion: number | null },
    from: Date,
    fromPointer: string,
  ): Promise<{ planKey: number; zones: string[] }> {
    const plan = await this.subscriptions.plan(manager, code);
    if (plan === undefined) {
      const detail = `there is no plan "${code}"`;
      throw new Refusal('invalid', `The subscription has no plan: ${detail}.`, [
        { pointer: '/planCode', detail },
      ]);
    }
    const version = pinned === null ? plan.versions[0] : plan.versions.find((one) => one.version === pinned);
    if (version === undefined) {
      const detail = `"${code}" has the versions 1 to ${plan.versions.length}`;
      throw new Refusal('invalid', `There is no version ${pinned}: ${detail}.`, [
        { pointer: '/planVersion', detail },
      ]);
    }
    if (version.effectiveFrom > from) {
      const detail = `the plan's version ${version.version} holds from ${version.effectiveFrom.toISOString()}: start then or later`;
      throw new Refusal('invalid', `The subscription starts too early: ${detail}.`, [
        { pointer: fromPointer, detail },
      ]);
    }
    return { planKey: plan.planKey, zones: zonesOf(plan.versions, pinned) };
  }

  private async refuseOverlap(
    manager: EntityManager,
    simKey: string,
    from: Date,
    to: Date | null,
    except: string | null,
  ): Promise<void> {
    const other = await this.subscriptions.overlapping(manager, simKey, from, to, except);
    if (other === undefined) return;
    const until = other.endsAt === null ? 'until further notice' : `until ${other.endsAt.toISOString()}`;
    throw new Refusal(
      'conflict',
      `The SIM is on plan "${other.planCode}" (subscription ${other.id}) from ${other.startsAt.toISOString()} ${until}: end that first, or change the plan.`,
    );
  }

  private async announce(manager: EntityManager, id: string, change: string): Promise<SubscriptionView> {
    const view = toView(await this.found(manager, id));
    await this.tell(manager, view, change);
    return view;
  }

  private async tell(manager: EntityManager, view: SubscriptionView, change: string): Promise<void> {
    await this.outbox.append(manager, {
      type: 'subscription.changed',
      simId: view.simId,
      data: { change, subscription: view },
      occurredAt: this.clock.now(),
    });
  }

  private async found(manager: EntityManager, id: string): Promise<SubscriptionRow> {
    const row = /^\d{1,18}$/.test(id) ? await this.subscriptions.find(manager, id) : undefined;
    if (row === undefined) throw new Refusal('not_found', `There is no subscription ${id}.`);
    return row;
  }

  private now(): Date {
    return new Date(this.clock.now());
  }
}

function zonesOf(versions: readonly PlanVersionStart[], pinned: number | null): string[] {
  return versions.filter(({ version }) => pinned === null || version === pinned).map((one) => one.timeZone);
}

function refuseChanged(row: SubscriptionRow, version: number | undefined): void {
  if (version !== undefined && version !== row.version)
    throw new Refusal(
      'conflict',
      'The subscription has changed since you read it: read it again, then change it.',
    );
}

function endBeforeStart(): Refusal {
  const detail = 'is after the start of the subscription';
  return new Refusal('invalid', `The end ${detail}.`, [{ pointer: '/to', detail }]);
}

function toView(row: SubscriptionRow): SubscriptionView {
  return {
    id: row.id,
    simId: row.simId,
    planCode: row.planCode,
    planVersion: row.planVersion,
    from: formatInstant(row.startsAt.getTime()),
    to: row.endsAt === null ? null : formatInstant(row.endsAt.getTime()),
    version: row.version,
    createdAt: formatInstant(row.createdAt.getTime()),
    updatedAt: formatInstant(row.updatedAt.getTime()),
  };
}
