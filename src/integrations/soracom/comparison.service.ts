import type { DataSource } from 'typeorm';
import { inTransaction } from '../../database/index.js';
import type { SimDaysReader } from '../../meter/index.js';
import {
  decodeCursor,
  encodeCursor,
  toPage,
  type Clock,
  type Page,
  type PageRequest,
} from '../../shared/index.js';
import type { SimsService } from '../../sims/index.js';
import type { Outbox } from '../../webhooks/index.js';
import { ifUnknown, type ClientOptions, type SoracomClient } from './client.js';
import type { SoracomClients } from './clients.js';
import {
  ComparisonRepository,
  type DayFilter,
  type DueSim,
  type StoredDay,
} from './comparison.repository.js';
import {
  dayText,
  DAY_MS,
  isOutside,
  lastSettledDay,
  octetsByDay,
  ratioText,
  type ComparedDay,
} from './comparison.js';
import type { CompareSettings, SoracomAccount } from './settings.js';
import { SoracomRepository } from './soracom.repository.js';

/** Days of one look at a SIM, and of one that is ordered. */
const MOST_DAYS = 31;
/** Days that are compared again, as octets may leave suspense late. */
const AGAIN_DAYS = 2;
/** Days that are kept. */
const KEPT_DAYS = 400;
const PAGE = 100;
/** SIM days that an event names. */
const WORST = 20;
const ORDER = 'compare:';

/** What a comparison did. */
export interface ComparisonReport {
  account: string;
  /** SIMs looked at, and those that SORACOM, or Countfree, does not know any more. */
  sims: number;
  unknown: number;
  /** SIM days compared, and those outside the band. */
  days: number;
  outside: number;
}

/** Compares what the mirror counted with SORACOM's air statistics, by SIM and UTC day. */
export class ComparisonService {
  private readonly repository: ComparisonRepository;
  private readonly soracom: SoracomRepository;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clients: SoracomClients,
    private readonly sims: SimsService,
    private readonly days: SimDaysReader,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {
    this.repository = new ComparisonRepository(dataSource);
    this.soracom = new SoracomRepository(dataSource);
  }

  /**
   * Compares the settled days of each SIM that is due; with `simId` (Countfree's) the last 31 days of that one. What is done before a
   * failure stays. Undefined: another process does it, or the account is not to be compared. Throws a Refusal if SORACOM does not let it.
   */
  async compare(
    account: SoracomAccount,
    options: ClientOptions = {},
    simId?: string,
  ): Promise<ComparisonReport | undefined> {
    const { compare } = account;
    if (compare === false) return undefined;
    // One SIM does not wait for the hours that all of a fleet take.
    const lock = `${account.name} compare${simId === undefined ? '' : ' one'}`;
    return this.soracom.exclusively(lock, async () => {
      const report = { account: account.name, sims: 0, unknown: 0, days: 0, outside: 0 };
      const last = lastSettledDay(this.clock.now());
      const oldest = last - (MOST_DAYS - 1) * DAY_MS;
      const which = { before: last - (compare.everyDays - 1) * DAY_MS, simId };
      const read = { client: this.clients.of(account, options), report };
      try {
        for (let due: DueSim[] = [], after = ''; ; after = due.at(-1)?.simId ?? after) {
          due = await this.repository.due(account.name, which, after, PAGE);
          for (const sim of due) {
            const since = simId === undefined ? (sim.comparedUntil ?? 0) - (AGAIN_DAYS - 1) * DAY_MS : 0;
            await this.compareSim(account, compare, sim, { from: Math.max(oldest, since), last }, read);
          }
          if (due.length < PAGE) break;
        }
      } finally {
        await this.tell(account.name);
      }
      await this.repository.forgetBefore(account.name, last - KEPT_DAYS * DAY_MS);
      return report;
    });
  }

  /** Notes that a comparison is wanted: of all SIMs that are due, or again of one. Durable when it resolves. */
  async order(simId: string | undefined): Promise<void> {
    if (simId !== undefined) await this.sims.get(simId);
    await this.soracom.wish([`${ORDER}${simId ?? ''}`], this.clock.now());
  }

  /** Carries out what was ordered; an order stays if SORACOM is away. */
  async carryOutOrders(
    accounts: readonly SoracomAccount[],
    options: ClientOptions = {},
  ): Promise<ComparisonReport[]> {
    const reports: ComparisonReport[] = [];
    for (const wish of await this.soracom.wishes([ORDER], PAGE)) {
      const simId = wish.key.slice(ORDER.length);
      let isDone = true;
      for (const account of accounts) {
        const report = await this.compare(account, options, simId === '' ? undefined : simId);
        if (report !== undefined) reports.push(report);
        // Somebody is at it already: the order waits for its turn.
        else if (account.compare !== false) isDone = false;
      }
      if (isDone) await this.soracom.fulfil(wish);
    }
    return reports;
  }

  async list(filter: DayFilter, page: PageRequest): Promise<Page<StoredDay>> {
    const after = page.cursor
      ? decodeCursor('reconciliation', page.cursor, ['integer', 'text', 'text'])
      : null;
    const rows = await this.repository.list(filter, page.limit + 1, after);
    return toPage(
      rows,
      page.limit,
      (row) => encodeCursor('reconciliation', [row.day / DAY_MS, row.account, row.simId]),
      (row) => row,
    );
  }

  /** All SIMs of an account on the last day that was compared; the ratio is a float, for a gauge. */
  async lastDay(account: string): Promise<{ outside: number; ratio: number | undefined } | undefined> {
    const day = await this.repository.lastDay(account);
    return day && { outside: day.outside, ratio: day.soracom === 0 ? undefined : day.mirror / day.soracom };
  }

  private async compareSim(
    account: SoracomAccount,
    settings: CompareSettings,
    sim: DueSim,
    span: { from: number; last: number },
    read: { client: SoracomClient; report: ComparisonReport },
  ): Promise<void> {
    const { simId, soracomSimIds } = sim;
    const { from, last } = span;
    const soracom = await soracomOctets(read.client, soracomSimIds, span);
    const key = (await this.sims.keysOf([simId]).catch(ifUnknown))?.get(simId);
    let days: ComparedDay[] = [];
    if (soracom === undefined || key === undefined) read.report.unknown += 1;
    else {
      const mirror = await this.days.octetsOf([key], new Date(from), new Date(last + DAY_MS));
      days = comparedDays(simId, span, mirror, soracom, settings);
    }
    read.report.sims += 1;
    read.report.days += days.length;
    read.report.outside += days.filter(({ outside }) => outside).length;
    await inTransaction(this.dataSource, async (manager) => {
      await this.repository.save(manager, account.name, days, this.clock.now());
      await this.repository.markCompared(manager, account.name, simId, last);
    });
  }

  /** One event for what a comparison found, in the transaction that notes it as told. */
  private async tell(account: string): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      const untold = await this.repository.takeUntold(manager, account);
      if (untold.length === 0) return;
      const days = untold.map(({ day }) => day).sort((a, b) => a - b);
      const [first = 0] = days;
      const lastDay = days.at(-1) ?? first;
      await this.outbox.append(manager, {
        type: 'reconciliation.deviated',
        occurredAt: this.clock.now(),
        data: {
          account,
          from: dayText(first),
          to: dayText(lastDay + DAY_MS),
          simDays: untold.length,
          worst: untold
            .toSorted((a, b) => Number(gap(b) - gap(a)))
            .slice(0, WORST)
            .map(reconciliationFields),
          url: `/v1/reconciliations?account=${account}&outside=true&from=${dayText(first)}&to=${dayText(lastDay + DAY_MS)}`,
        },
      });
    });
  }
}

/** A compared day as events and the API show it. */
export function reconciliationFields(day: ComparedDay) {
  return {
    simId: day.simId,
    day: dayText(day.day),
    mirrorOctets: String(day.mirrorOctets),
    waitingOctets: String(day.waitingOctets),
    soracomOctets: String(day.soracomOctets),
    ratio: ratioText(day.mirrorOctets, day.soracomOctets),
    outside: day.outside,
  };
}

function gap({ mirrorOctets, soracomOctets }: ComparedDay): bigint {
  const difference = mirrorOctets - soracomOctets;
  return difference < 0n ? -difference : difference;
}

/** By UTC day. Undefined: SORACOM knows none of the SIMs any more. */
async function soracomOctets(
  client: SoracomClient,
  soracomSimIds: readonly string[],
  { from, last }: { from: number; last: number },
): Promise<Map<number, bigint> | undefined> {
  let sums: Map<number, bigint> | undefined;
  for (const id of soracomSimIds) {
    const stats = await client.airStats(id, from / 1000, (last + DAY_MS) / 1000 - 1).catch(ifUnknown);
    if (stats === undefined) continue;
    sums ??= new Map();
    for (const [day, octets] of octetsByDay(stats)) sums.set(day, (sums.get(day) ?? 0n) + octets);
  }
  return sums;
}

/** Every day on which either side has octets. */
function comparedDays(
  simId: string,
  { from, last }: { from: number; last: number },
  mirror: readonly { day: number; octets: bigint; waitingOctets: bigint }[],
  soracom: ReadonlyMap<number, bigint>,
  settings: CompareSettings,
): ComparedDay[] {
  const days: ComparedDay[] = [];
  for (let day = from; day <= last; day += DAY_MS) {
    const ours = mirror.find((one) => one.day === day);
    const [mirrorOctets, waitingOctets] = [ours?.octets ?? 0n, ours?.waitingOctets ?? 0n];
    const soracomOctets = soracom.get(day) ?? 0n;
    if (ours === undefined && soracomOctets === 0n) continue;
    const outside = isOutside(mirrorOctets, soracomOctets, settings);
    days.push({ simId, day, mirrorOctets, waitingOctets, soracomOctets, outside });
  }
  return days;
}
