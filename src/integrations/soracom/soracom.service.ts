import type { DataSource } from 'typeorm';
import type { Clock } from '../../shared/index.js';
import type { SessionsService, SimsService } from '../../sims/index.js';
import { AccountSync, type SyncReport } from './account-sync.js';
import type { ClientOptions } from './client.js';
import { SoracomClients } from './clients.js';
import type { SoracomAccount } from './settings.js';
import { SoracomRepository } from './soracom.repository.js';

/** SIMs that one event may name, and wishes that one look fulfils. */
const MOST_WISHES = 100;

export interface SoracomEvent {
  simId?: string | undefined;
  imsi?: string | undefined;
}

/** Brings what SORACOM knows of SIMs and sessions into Countfree. */
export class SoracomService {
  private readonly repository: SoracomRepository;

  constructor(
    dataSource: DataSource,
    private readonly sims: SimsService,
    private readonly sessions: SessionsService,
    private readonly clock: Clock,
    private readonly clients: SoracomClients = new SoracomClients(),
  ) {
    this.repository = new SoracomRepository(dataSource);
  }

  /**
   * All SIMs of an account whose status changed since the last time. Undefined: another process does it now. Throws a
   * Refusal if SORACOM does not let it.
   */
  sync(account: SoracomAccount, options: ClientOptions = {}): Promise<SyncReport | undefined> {
    return this.repository.exclusively(account.name, () => this.of(account, options).all());
  }

  /** Notes that something happened to a SIM; the next {@link lookAfterEvents} reads it. Durable when it resolves. */
  async noteEvent({ simId, imsi }: SoracomEvent): Promise<void> {
    const keys = simId === undefined ? (imsi === undefined ? [] : [`imsi:${imsi}`]) : [`sim:${simId}`];
    if (keys.length > 0) await this.repository.wish(keys, this.clock.now());
  }

  /**
   * Reads the SIMs that events named, also while a sync of all is under way: what the two find meanwhile differs in the status at
   * most, and then the next sync reads the SIM again. Returns a report of each account; none if there was nothing to do.
   */
  async lookAfterEvents(
    accounts: readonly SoracomAccount[],
    options: ClientOptions = {},
  ): Promise<SyncReport[]> {
    const wishes = await this.repository.wishes(['sim:', 'imsi:'], MOST_WISHES);
    if (wishes.length === 0) return [];
    const named = (kind: string) =>
      wishes.filter(({ key }) => key.startsWith(kind)).map(({ key }) => key.slice(kind.length));
    const imsis = named('imsi:');
    const known = await this.sims.withNumbers({ imsis, iccids: [], msisdns: [] });
    const reports: SyncReport[] = [];
    for (const account of accounts) {
      const ids = await this.repository.soracomIdsOf(
        account.name,
        known.map(({ id }) => id),
      );
      const wanted = [...new Set([...named('sim:'), ...ids])];
      const report = await this.repository.exclusively(`${account.name} events`, () =>
        this.of(account, options).some(wanted),
      );
      // Another process reads them now; should it fail, they are still wished for.
      if (report === undefined) return reports;
      reports.push(report);
    }
    for (const wish of wishes) await this.repository.fulfil(wish);
    return reports;
  }

  private of(account: SoracomAccount, options: ClientOptions): AccountSync {
    const client = this.clients.of(account, options);
    return new AccountSync(account, client, this.repository, this.sims, this.sessions, this.clock);
  }
}
