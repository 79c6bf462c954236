import { createHash } from 'node:crypto';
import { formatInstant, type Clock } from '../../shared/index.js';
import type { BulkResult, SessionsService, SimsService, SimView } from '../../sims/index.js';
import { ifUnknown, type SoracomClient } from './client.js';
import { heldFrom, type Held } from './history.js';
import type { SoracomAccount } from './settings.js';
import type { AddressEntry, SoracomSim, SoracomStatus } from './shapes.js';
import { numbersOf, toSimInput } from './sims.js';
import type { OpenHeld, SimState, SoracomRepository } from './soracom.repository.js';

/** How long SORACOM keeps session events. */
const HISTORY_MS = 32 * 86_400_000;
/** Events may appear a little after their time. */
const OVERLAP_MS = 3_600_000;

/** What a sync did. */
export interface SyncReport {
  account: string;
  /** SIMs that SORACOM listed, and those that had changed since the last sync. */
  sims: { listed: number; changed: number; created: number; refused: number };
  sessions: { created: number; updated: number; refused: number };
  /** One sentence for each row that was refused; the first 20. */
  faults: string[];
}

const MOST_FAULTS = 20;

/** Brings SIMs and sessions of one SORACOM account up to date. What was done before a failure stays; doing it again is harmless. */
export class AccountSync {
  readonly report: SyncReport;
  private addresses: Map<string, AddressEntry & { vpgId: string }> | undefined;

  constructor(
    private readonly account: SoracomAccount,
    private readonly client: SoracomClient,
    private readonly repository: SoracomRepository,
    private readonly sims: SimsService,
    private readonly sessions: SessionsService,
    private readonly clock: Clock,
  ) {
    this.report = {
      account: account.name,
      sims: { listed: 0, changed: 0, created: 0, refused: 0 },
      sessions: { created: 0, updated: 0, refused: 0 },
      faults: [],
    };
  }

  async all(): Promise<SyncReport> {
    for await (const page of this.client.sims()) await this.page(page, false);
    return this.report;
  }

  /** Of SIMs that SORACOM knows; ids that it does not are left out. */
  async some(soracomSimIds: readonly string[]): Promise<SyncReport> {
    for (const id of soracomSimIds) {
      const sim = await this.client.sim(id).catch(ifUnknown);
      if (sim !== undefined) await this.page([sim], true);
    }
    return this.report;
  }

  private async page(page: readonly SoracomSim[], evenIfSame: boolean): Promise<void> {
    this.report.sims.listed += page.length;
    const states = await this.repository.states(
      this.account.name,
      page.map(({ simId }) => simId),
    );
    const changed = page.filter(
      (sim) => evenIfSame || states.get(sim.simId)?.fingerprint !== fingerprintOf(sim),
    );
    this.report.sims.changed += changed.length;
    if (changed.length === 0) return;
    const ids = await this.writeSims(changed);
    for (const sim of changed) {
      const simId = ids.get(sim.simId);
      if (simId !== undefined) await this.history(sim, simId, states.get(sim.simId));
    }
  }

  /** Countfree's ids by SORACOM's, of SIMs that are in. */
  private async writeSims(page: readonly SoracomSim[]): Promise<Map<string, string>> {
    const known = await this.known(page);
    const inputs = page.map((sim) => toSimInput(sim, known.get(sim.simId)));
    const result = await this.sims.bulkUpsert(inputs);
    this.report.sims.created += result.created;
    this.report.sims.refused += result.errors.length;
    this.note('SIM', result, (index) => page[index]?.simId ?? '');
    const refused = new Set(result.errors.map(({ index }) => index));
    return new Map(
      page.flatMap((sim, index) => {
        const id = inputs[index]?.id ?? sim.simId;
        // A SIM that is there already keeps its sessions coming, also if its new numbers are refused.
        return refused.has(index) && !known.has(sim.simId) ? [] : [[sim.simId, id] as const];
      }),
    );
  }

  /** Countfree's SIMs by SORACOM's id: the one with that id, else the one with an IMSI or the ICCID of it. */
  private async known(page: readonly SoracomSim[]): Promise<Map<string, SimView>> {
    const numbers = new Map(page.map((sim) => [sim.simId, numbersOf(sim)]));
    const found = await this.sims.withNumbers({
      imsis: [...numbers.values()].flatMap(({ imsis }) => imsis),
      iccids: [...numbers.values()].flatMap(({ iccid }) => iccid ?? []),
      msisdns: [],
    });
    const known = new Map<string, SimView>();
    for (const [id, { imsis, iccid }] of numbers) {
      const sim =
        found.find((one) => one.id === id) ??
        found.find((one) => one.imsis.some((imsi) => imsis.includes(imsi))) ??
        found.find((one) => iccid !== null && one.iccid === iccid) ??
        (await this.sims.get(id).catch(ifUnknown));
      if (sim !== undefined) known.set(id, sim);
    }
    return known;
  }

  private async history(sim: SoracomSim, simId: string, before: SimState | undefined): Promise<void> {
    const now = this.clock.now();
    const sure = (before?.open ?? []).filter(({ isProvisional }) => !isProvisional);
    const since = Math.min(before?.syncedUntil ?? 0, ...sure.map(({ startTime }) => startTime)) - OVERLAP_MS;
    const events = await this.client.sessionEvents(sim.simId, Math.max(since, now - HISTORY_MS), now);
    const status = await this.withAddress(sim);
    const realms = this.account.vpgs;
    const told = heldFrom({ events, open: sure, status: undefined, realms });
    const held = heldFrom({ events, open: sure, status, realms });
    const open: OpenHeld[] = held
      .filter(({ endTime }) => endTime === null)
      .map((one) => ({ ...one, isProvisional: !told.some((other) => isSameStart(one, other)) }));
    for (const guess of (before?.open ?? []).filter(({ isProvisional }) => isProvisional)) {
      if (!held.some((one) => isSameStart(one, guess))) await this.withdraw(simId, guess);
    }
    const clean = await this.writeSessions(simId, held);
    // Status and history do not agree yet, or a row was refused: the next sync looks again, as far back, whatever the status says.
    const isSettled = clean && open.every(({ isProvisional }) => !isProvisional) && agrees(status, open);
    await this.repository.save(this.account.name, {
      soracomSimId: sim.simId,
      simId,
      fingerprint: isSettled ? fingerprintOf(sim) : '',
      syncedUntil: isSettled ? now : (before?.syncedUntil ?? now - HISTORY_MS),
      open,
    });
  }

  private async writeSessions(simId: string, held: readonly Held[]): Promise<boolean> {
    const rows = held.map(({ realm, prefix, startTime, endTime, dnsServers, mcc }) => ({
      simId,
      realm,
      prefix,
      startTime: formatInstant(startTime),
      endTime: endTime === null ? null : formatInstant(endTime),
      dnsServers,
      ...(mcc !== undefined && { mcc }),
    }));
    if (rows.length === 0) return true;
    const result = await this.sessions.bulkUpsert(rows, { existing: 'update', open: 'end' });
    this.report.sessions.created += result.created;
    this.report.sessions.updated += result.updated;
    this.report.sessions.refused += result.errors.length;
    this.note('session', result, () => `of SIM ${simId}`);
    return result.errors.length === 0;
  }

  private async withdraw(simId: string, { realm, prefix, startTime }: Held): Promise<void> {
    const [address = ''] = prefix.split('/');
    const { items } = await this.sessions.list({ limit: 100 }, { simId, realm, address, at: startTime });
    const stored = items.find((one) => one.prefix === prefix && Date.parse(one.startTime) === startTime);
    if (stored !== undefined) await this.sessions.remove(stored.id);
  }

  /** A SIM that is online without saying where is looked up in the address maps of the VPGs. */
  private async withAddress({ sessionStatus, profiles }: SoracomSim): Promise<SoracomStatus | undefined> {
    const status = sessionStatus ?? undefined;
    if (status?.online !== true || (status.ueIpAddress !== undefined && status.vpgId !== undefined))
      return status;
    this.addresses ??= await this.readAddresses();
    const imsis = [status.imsi, ...Object.values(profiles ?? {}).map(({ primaryImsi }) => primaryImsi)];
    for (const imsi of imsis) {
      const entry = this.addresses.get(imsi ?? '');
      if (entry === undefined) continue;
      const { ipAddress: ueIpAddress, vpgId, lastUpdatedAt = status.lastUpdatedAt } = entry;
      return { ...status, ueIpAddress, vpgId, lastUpdatedAt };
    }
    return status;
  }

  private async readAddresses(): Promise<Map<string, AddressEntry & { vpgId: string }>> {
    const addresses = new Map<string, AddressEntry & { vpgId: string }>();
    for (const vpgId of this.account.vpgs.keys()) {
      for await (const page of this.client.addressMap(vpgId)) {
        // Gate peers and customer gates have keys of another form.
        for (const entry of page)
          if (/^\d{15}$/.test(entry.key)) addresses.set(entry.key, { ...entry, vpgId });
      }
    }
    return addresses;
  }

  private note(what: string, result: BulkResult, which: (index: number) => string): void {
    for (const { index, errors } of result.errors) {
      if (this.report.faults.length >= MOST_FAULTS) return;
      this.report.faults.push(`${what} ${which(index)}: ${errors.map(({ detail }) => detail).join('; ')}`);
    }
  }
}

function isSameStart(one: Held, other: Held): boolean {
  return one.realm === other.realm && one.prefix === other.prefix && one.startTime === other.startTime;
}

function agrees(status: SoracomStatus | undefined, open: readonly Held[]): boolean {
  if (status?.online !== true) return true;
  const address = status.ueIpAddress;
  return (
    address === undefined || open.length === 0 || open.some(({ prefix }) => prefix.split('/')[0] === address)
  );
}

function fingerprintOf({ status, tags, profiles, sessionStatus, previousSession }: SoracomSim): string {
  const what = JSON.stringify([status, tags?.name, profiles, sessionStatus, previousSession]);
  return createHash('sha256').update(what).digest('base64').slice(0, 24);
}
