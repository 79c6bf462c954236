import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from '../../database/index.js';
import type { Clock, Page, PageRequest } from '../../shared/index.js';
import type { SessionsService, SimsService } from '../../sims/index.js';
import type { AccountingEvent } from './accounting.js';
import { LeaseBook, sessionKey, type Lease } from './leases.js';
import type { LeasesRepository } from './leases.repository.js';
import { LeaseSettler } from './settle.js';

/** What became of one event; all of them are durable. `repeated`: it was known already, or there was nothing to know. */
export type Recorded = 'recorded' | 'repeated' | 'no_address' | 'unknown_sim' | 'refused' | 'conflict';

export interface RealmEvent {
  realm: string;
  event: AccountingEvent;
}

/** As long as SORACOM keeps its session history; a stop that comes later than this is of no use. */
const KEEP_MS = 32 * 86_400_000;
const PAGE = 1_000;

/** RADIUS accounting: what it says is kept as leases, and leases become sessions. */
export class AccountingService {
  private readonly settler: LeaseSettler;

  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: LeasesRepository,
    sims: SimsService,
    sessions: SessionsService,
    private readonly clock: Clock,
  ) {
    this.settler = new LeaseSettler(sims, sessions);
  }

  /**
   * Makes a batch of events durable, in its order; one outcome for each. Rejects if the database does not answer; then
   * nothing may be answered. Giving the same events again is harmless.
   */
  record(batch: readonly RealmEvent[]): Promise<Recorded[]> {
    return this.locked(async (manager) => {
      const book = new LeaseBook(await this.load(manager, batch));
      const applied = batch.map(({ realm, event }) => ({ event, ...book.apply(realm, event) }));
      await this.settler.settle(book.changed);
      await this.repository.write(manager, book.current, this.clock.now());
      return applied.map(({ event, leases, isNews }) => outcomeOf(event, leases, isNews));
    });
  }

  /** Leases that are no session yet: the SIM is not known, or realm and prefix do not fit, or another SIM is in the way. */
  unresolved(request: PageRequest): Promise<Page<Lease>> {
    return this.repository.withProblem(this.dataSource.manager, request);
  }

  /** Tries leases again whose SIM or realm was not known. Returns how many became sessions. */
  async retryUnresolved(): Promise<number> {
    let resolved = 0;
    let cursor: string | undefined;
    do {
      const page = await this.locked((manager) => this.retryPage(manager, cursor));
      resolved += page.resolved;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return resolved;
  }

  /** Forgets leases that ended long ago. Sessions stay. */
  forgetOld(): Promise<number> {
    return inTransaction(this.dataSource, (manager) =>
      this.repository.forget(manager, this.clock.now() - KEEP_MS),
    );
  }

  private async retryPage(manager: EntityManager, cursor: string | undefined) {
    const { items, nextCursor } = await this.repository.withProblem(manager, { limit: PAGE, cursor });
    const waiting = items.filter(({ problem }) => problem !== 'conflict');
    await this.settler.settle(waiting);
    const done = waiting.filter(({ problem }) => problem === null);
    await this.repository.write(manager, done, this.clock.now());
    return { resolved: done.length, nextCursor };
  }

  private async load(manager: EntityManager, batch: readonly RealmEvent[]): Promise<Lease[]> {
    const keys = new Map(
      batch.map(({ realm, event: { nas, acctSessionId } }) => {
        const key = { realm, nas, acctSessionId };
        return [sessionKey(key), key];
      }),
    );
    const leases = await this.repository.ofSessions(manager, [...keys.values()]);
    const resets = new Map(
      batch
        .filter(({ event }) => event.kind === 'on' || event.kind === 'off')
        .map(({ realm, event: { nas } }) => [JSON.stringify([realm, nas]), { realm, nas }]),
    );
    for (const { realm, nas } of resets.values()) {
      for (const lease of await this.repository.openOf(manager, realm, nas)) {
        if (!keys.has(sessionKey(lease))) leases.push(lease);
      }
    }
    return leases;
  }

  /** Sessions are written by other connections, while this one keeps other writers of leases out. */
  private locked<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, async (manager) => {
      await this.repository.lock(manager);
      return work(manager);
    });
  }
}

function outcomeOf(event: AccountingEvent, leases: readonly Lease[], isNews: boolean): Recorded {
  const problem = leases.find((lease) => lease.problem !== null)?.problem;
  if (problem !== undefined && problem !== null) return problem;
  if (isNews) return 'recorded';
  return event.prefixes.length === 0 && event.acctSessionId !== '' && leases.length === 0
    ? 'no_address'
    : 'repeated';
}
