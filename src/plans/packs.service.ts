import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction, sqlState } from '../database/index.js';
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
import { HOUR_MS, periodAt } from './calendar.js';
import { PacksRepository, type PackRow } from './packs.repository.js';
import { octetsOf } from './quantity.js';
import type { PackInput, PackView } from './schemas.js';
import { FINAL_STATEMENT_SQLSTATE } from './subscriptions.service.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';
import type { PlanTerms } from './terms.js';

/** Packs that SIMs buy beside their plan. What was sold stays as it was, whatever the plan says later. */
@Injectable()
export class PacksService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(PacksRepository) private readonly packs: PacksRepository,
    @Inject(SubscriptionsRepository) private readonly subscriptions: SubscriptionsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list(filter: { simId?: string | undefined }, page: PageRequest): Promise<Page<PackView>> {
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('packs', page.cursor, ['id']);
    const rows = await this.packs.list(this.dataSource.manager, filter.simId, after, page.limit + 1);
    return toPage(rows, page.limit, (last) => encodeCursor('packs', [last.id]), toView);
  }

  async get(id: string): Promise<PackView> {
    return toView(await this.found(this.dataSource.manager, id));
  }

  /** Sells a SIM a pack of the plan that it is on at the instant; left out: now. */
  async buy(input: PackInput): Promise<PackView> {
    const at = input.at ?? this.clock.now();
    return this.change(async (manager) => {
      const simKey = await this.subscriptions.lockSim(manager, input.simId);
      if (simKey === undefined) throw refused('/simId', `there is no SIM "${input.simId}": create it first`);
      const under = await this.packs.termsAt(manager, simKey, new Date(at));
      if (under === undefined)
        throw refused('/at', `the SIM is on no plan at ${formatInstant(at)}: subscribe it first`);
      const offered = under.terms.packs ?? [];
      const index = offered.findIndex(({ id }) => id === input.pack);
      const pack = offered[index];
      if (pack === undefined) {
        const names = offered.map(({ id }) => id).join(', ');
        throw refused('/pack', `plan "${under.planCode}" offers ${names === '' ? 'no packs' : names}`);
      }
      const id = await this.packs.insert(
        manager,
        {
          simKey,
          planVersionId: under.planVersionId,
          code: pack.id,
          rule: `/packs/${index}`,
          octets: octetsOf(pack.octets),
          price: pack.price,
          use: pack.use,
          boughtAt: new Date(at),
          ...hoursOf(pack, under, at),
        },
        new Date(this.clock.now()),
      );
      return toView(await this.found(manager, id));
    });
  }

  /** For one that was bought by mistake; not once a statement of its time is final. */
  async withdraw(id: string): Promise<void> {
    await this.change(async (manager) => {
      await this.found(manager, id);
      await this.packs.remove(manager, id);
    });
  }

  private async change<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.dataSource, work);
    } catch (error) {
      if (sqlState(error) === FINAL_STATEMENT_SQLSTATE)
        throw new Refusal('conflict', (error as Error).message);
      throw error;
    }
  }

  private async found(manager: EntityManager, id: string): Promise<PackRow> {
    const row = await this.packs.find(manager, id);
    if (row === undefined) throw new Refusal('not_found', `There is no pack ${id}.`);
    return row;
  }
}

/**
 * Usage is kept by the hour: a pack covers the hour in which it is bought, and none that begins after its end. Where a period
 * or the SIM's time on the plan begins within that hour (zones such as +05:30), the hour is of before: it begins with them.
 */
function hoursOf(
  { validFor }: NonNullable<PlanTerms['packs']>[number],
  { terms, since }: { terms: PlanTerms; since: Date },
  at: number,
): { fromHour: Date; toHour: Date } {
  const period = periodAt(terms, at);
  const from = Math.max(Math.floor(at / HOUR_MS) * HOUR_MS, period.from, since.getTime());
  const to = validFor === 'period' ? period.to : from + validFor.days * 24 * HOUR_MS;
  return { fromHour: new Date(from), toHour: new Date(to) };
}

function refused(pointer: string, detail: string): Refusal {
  return new Refusal('invalid', `The pack cannot be bought: ${detail}.`, [{ pointer, detail }]);
}

function toView(row: PackRow): PackView {
  return {
    id: row.id,
    simId: row.simId,
    planCode: row.planCode,
    planVersion: row.planVersion,
    pack: row.code,
    octets: row.octets,
    price: row.price,
    currency: row.currency.split('/')[0] ?? '',
    use: row.use,
    boughtAt: formatInstant(row.boughtAt.getTime()),
    from: formatInstant(row.fromHour.getTime()),
    to: formatInstant(row.toHour.getTime()),
  };
}
