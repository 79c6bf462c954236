import { formatInstant } from '../../shared/index.js';
import type { RowError, SessionsService, SessionView, SimsService } from '../../sims/index.js';
import type { Lease } from './leases.js';
import { SimFinder } from './sim-finder.js';

/** A start that falls into another session moves to its end; one address changes hands this often in a second at most. */
const ROUNDS = 4;

/**
 * Makes sessions of leases, and notes in each lease what became of it. Doing it again changes nothing. Rejects only if
 * the database does not answer.
 */
export class LeaseSettler {
  constructor(
    private readonly sims: SimsService,
    private readonly sessions: SessionsService,
  ) {}

  async settle(leases: readonly Lease[]): Promise<void> {
    let left = await this.withSim(leases);
    for (const lease of left) await this.withdrawMoved(lease);
    for (let round = 1; left.length > 0; round += 1) {
      const { errors } = await this.sessions.bulkUpsert(left.map(toRow), { existing: 'update', open: 'end' });
      const failed = new Map(errors.map((error) => [error.index, error]));
      const again: Lease[] = [];
      for (const [index, lease] of left.entries()) {
        const error = failed.get(index);
        if (error === undefined) settled(lease);
        else if (error.code !== 'conflict') troubled(lease, 'refused', error);
        else if (await this.yielded(lease)) continue;
        else if (round < ROUNDS && (await this.movedOn(lease))) again.push(lease);
        else troubled(lease, 'conflict', error);
      }
      left = again;
    }
  }

  private async withSim(leases: readonly Lease[]): Promise<Lease[]> {
    const distinct = (number: 'imsi' | 'iccid' | 'msisdn') => [
      ...new Set(leases.flatMap((lease) => lease[number] ?? [])),
    ];
    const finder = new SimFinder(
      await this.sims.withNumbers({
        imsis: distinct('imsi'),
        iccids: distinct('iccid'),
        msisdns: distinct('msisdn'),
      }),
    );
    return leases.filter((lease) => {
      // Once a session is some SIM's it stays so, also if the IMSI goes to another SIM meanwhile.
      lease.simId ??= finder.find(lease)?.id ?? null;
      if (lease.simId !== null) return true;
      lease.problem = 'unknown_sim';
      lease.detail = 'no SIM has these numbers: add one that has';
      return false;
    });
  }

  /** An earlier start has become known: the session with the later one never was. */
  private async withdrawMoved(lease: Lease): Promise<void> {
    if (lease.storedStart === null || lease.storedStart === lease.startTime) return;
    const stored = await this.heldAt(lease, lease.storedStart);
    if (stored?.simId === lease.simId && Date.parse(stored.startTime) === lease.storedStart) {
      await this.sessions.remove(stored.id);
    }
    lease.storedStart = null;
  }

  /** The lease's session was ended by a later one of the address, as its stop was lost or came late. */
  private async yielded(lease: Lease): Promise<boolean> {
    if (lease.storedStart === null) return false;
    const stored = await this.heldAt(lease, lease.startTime);
    if (stored?.simId !== lease.simId || stored.endTime === null) return false;
    const end = Date.parse(stored.endTime);
    if (Date.parse(stored.startTime) !== lease.startTime || end > (lease.endTime ?? end)) return false;
    lease.endTime = end;
    settled(lease);
    return true;
  }

  /**
   * Timestamps are whole seconds: a session may seem to begin before the last one of its address has ended. It begins then where
   * that one ends.
   */
  private async movedOn(lease: Lease): Promise<boolean> {
    const other = await this.heldAt(lease, lease.startTime);
    if (other === undefined) return false;
    const end = other.endTime === null ? lease.startTime + 1 : Date.parse(other.endTime);
    if (lease.endTime !== null && end >= lease.endTime) return false;
    lease.startTime = end;
    return true;
  }

  private async heldAt(lease: Lease, at: number): Promise<SessionView | undefined> {
    const [address = ''] = lease.prefix.split('/');
    const { items } = await this.sessions.list({ limit: 100 }, { realm: lease.realm, address, at });
    return items.find(({ prefix }) => prefix === lease.prefix);
  }
}

function toRow({ simId, realm, prefix, startTime, endTime, mcc }: Lease): object {
  return {
    simId,
    realm,
    prefix,
    startTime: formatInstant(startTime),
    endTime: endTime === null ? null : formatInstant(endTime),
    ...(mcc !== null && { mcc }),
  };
}

function settled(lease: Lease): void {
  lease.storedStart = lease.startTime;
  lease.problem = null;
  lease.detail = null;
}

function troubled(lease: Lease, problem: 'refused' | 'conflict', error: RowError): void {
  lease.problem = problem;
  lease.detail = error.errors.map(({ detail }) => detail).join('; ');
}
