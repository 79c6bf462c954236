import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '../database/index.js';
import { FraudReader, UsageReader, type FraudItem, type FraudQuery } from '../meter/index.js';
import { CatalogueReader, SegmentsReader } from '../plans/index.js';
import { CLOCK, type Clock, type Page, type PageRequest } from '../shared/index.js';
import { Outbox } from '../webhooks/index.js';
import { FraudStakes, stakeKey, type Money } from './fraud-stakes.js';
import { StatementsRepository } from './statements.repository.js';

const DAY_MS = 86_400_000;
/** Of the report where nothing else is asked for, and of events. */
export const FRAUD_DEFAULTS = { factor: 10, leastSims: 20 } as const;
const PAGE = 500;
/** Pages of one day. The largest come first; what is beyond is in the report. */
const MOST_PAGES = 20;
/** Only one process looks at a time; the others skip their turn. */
const WATCH_LOCK = 0x66726175;
/** Alerts of older days are not needed: only today and yesterday are looked at. */
const KEPT_DAYS = 7;

/** A finding, with what failed claims would have saved. */
export interface PricedFraudItem extends FraudItem {
  /** Empty for other kinds, and for a SIM that was on no plan. */
  atStake: Money[];
}

/** The fraud report with money, and events about its largest findings. */
@Injectable()
export class FraudService {
  private readonly stakes: FraudStakes;

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(FraudReader) private readonly fraud: FraudReader,
    @Inject(SegmentsReader) segments: SegmentsReader,
    @Inject(CatalogueReader) catalogue: CatalogueReader,
    @Inject(UsageReader) usage: UsageReader,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.stakes = new FraudStakes(segments, catalogue, usage, statements, fraud);
  }

  /** One page, most octets first. */
  async list(query: FraudQuery, page: PageRequest): Promise<Page<PricedFraudItem>> {
    const { items, nextCursor } = await this.fraud.list(query, page);
    return { items: await this.price(this.dataSource.manager, items, query.from, query.to), nextCursor };
  }

  /**
   * Tells of findings of the UTC days of today and yesterday that have at least `leastOctets`, once a day for each SIM, kind and service.
   * Returns how many; 0 if another process looks.
   */
  async watch(leastOctets: number): Promise<number> {
    const today = Math.floor(this.clock.now() / DAY_MS) * DAY_MS;
    let told = 0;
    for (const day of [today - DAY_MS, today]) told += await this.watchDay(day, leastOctets);
    return told;
  }

  private watchDay(day: number, leastOctets: number): Promise<number> {
    return inTransaction(this.dataSource, async (manager) => {
      const [lock] = await manager.query<{ taken: boolean }[]>(
        'SELECT pg_try_advisory_xact_lock($1) AS taken',
        [WATCH_LOCK],
      );
      if (lock?.taken !== true) return 0;
      const [from, to] = [new Date(day), new Date(day + DAY_MS)];
      let told = 0;
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const found = await this.fraud.list(
          { ...FRAUD_DEFAULTS, from, to, leastOctets },
          { limit: PAGE, cursor },
        );
        told += await this.tell(manager, found.items, from, to);
        if (found.nextCursor === null) break;
        cursor = found.nextCursor;
      }
      await manager.query('DELETE FROM fraud_alert WHERE day < $1::date', [
        dayText(day - KEPT_DAYS * DAY_MS),
      ]);
      return told;
    });
  }

  private async tell(
    manager: EntityManager,
    found: readonly FraudItem[],
    from: Date,
    to: Date,
  ): Promise<number> {
    const fresh = await this.price(manager, await this.keepNew(manager, found, from), from, to);
    const simIds = await this.statements.simIds(manager, [...new Set(fresh.map(({ simKey }) => simKey))]);
    const day = dayText(from.getTime());
    await this.outbox.appendMany(
      manager,
      fresh.flatMap(({ simKey, ...item }) => {
        const simId = simIds.get(simKey);
        if (simId === undefined) return [];
        return {
          type: 'fraud.suspected' as const,
          simId,
          occurredAt: this.clock.now(),
          data: {
            day,
            ...fraudFields(item),
            url: `/v1/reports/fraud?from=${from.toISOString()}&to=${to.toISOString()}&simId=${encodeURIComponent(simId)}`,
          },
        };
      }),
    );
    return fresh.length;
  }

  /** Findings that no event has told of; they count as told from now on. */
  private async keepNew(
    manager: EntityManager,
    found: readonly FraudItem[],
    day: Date,
  ): Promise<FraudItem[]> {
    if (found.length === 0) return [];
    const rows = await manager.query<{ sim_key: string; kind: string; service_code: string }[]>(
      `INSERT INTO fraud_alert (day, sim_key, kind, service_code, told_at)
       SELECT $1::date, sim_key, kind, service_code, $5::timestamptz
       FROM unnest($2::bigint[], $3::text[], $4::text[]) AS f (sim_key, kind, service_code)
       ON CONFLICT DO NOTHING RETURNING sim_key, kind, service_code`,
      [
        dayText(day.getTime()),
        found.map(({ simKey }) => simKey),
        found.map(({ kind }) => kind),
        found.map(({ serviceCode }) => serviceCode ?? ''),
        new Date(this.clock.now()),
      ],
    );
    const fresh = new Set(rows.map((row) => `${row.sim_key} ${row.kind} ${row.service_code}`));
    return found.filter(({ simKey, kind, serviceCode }) =>
      fresh.has(`${simKey} ${kind} ${serviceCode ?? ''}`),
    );
  }

  private async price(
    manager: EntityManager,
    items: readonly FraudItem[],
    from: Date,
    to: Date,
  ): Promise<PricedFraudItem[]> {
    const claimed = items.flatMap(({ kind, simKey, serviceCode }) =>
      kind === 'failed_claim' && serviceCode !== null ? [{ simKey, serviceCode }] : [],
    );
    const stakes = claimed.length === 0 ? new Map() : await this.stakes.of(manager, claimed, from, to);
    return items.map((item) => {
      const { kind, simKey, serviceCode } = item;
      const key = kind === 'failed_claim' && serviceCode !== null ? stakeKey({ simKey, serviceCode }) : '';
      return { ...item, atStake: (stakes as Map<string, Money[]>).get(key) ?? [] };
    });
  }
}

/** A finding as events and the API show it. */
export function fraudFields(item: Omit<PricedFraudItem, 'simKey'>) {
  const { distribution, usualOctets, octetsUp, octetsDown } = item;
  return {
    kind: item.kind,
    serviceCode: item.serviceCode,
    octetsUp: octetsUp.toString(),
    octetsDown: octetsDown.toString(),
    octets: (octetsUp + octetsDown).toString(),
    atStake: item.atStake,
    names: item.names.map(({ name, octets }) => ({ name, octets: octets.toString() })),
    grounds: item.grounds,
    usualOctets: usualOctets === null ? null : usualOctets.toString(),
    distribution: distribution && {
      sims: distribution.sims,
      medianOctets: distribution.medianOctets.toString(),
      p99Octets: distribution.p99Octets.toString(),
    },
  };
}

function dayText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
