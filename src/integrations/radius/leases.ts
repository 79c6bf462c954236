import type { AccountingEvent, Subscriber } from './accounting.js';

/** What accounting says of one prefix of one accounting session. Times in UNIX milliseconds. */
export interface Lease extends Subscriber {
  realm: string;
  nas: string;
  acctSessionId: string;
  /** CIDR text. */
  prefix: string;
  startTime: number;
  /** Exclusive; null = not stopped. */
  endTime: number | null;
  /** Mobile country code of the network that serves the SIM; null = unknown. */
  mcc: string | null;
  /** It goes on from one in another network, so it cannot have begun earlier. */
  continues: boolean;
  /** The SIM's id, once known. */
  simId: string | null;
  /** The start under which the session is stored; null = it is not. */
  storedStart: number | null;
  /** Why it is no session, or not the whole of it. */
  problem: LeaseProblem | null;
  detail: string | null;
}

/** `conflict`: the address is another SIM's at that time. `refused`: realm or prefix is not known to Countfree. */
export type LeaseProblem = 'unknown_sim' | 'refused' | 'conflict';

export type LeaseKey = Pick<Lease, 'realm' | 'nas' | 'acctSessionId'>;

export function sessionKey({ realm, nas, acctSessionId }: LeaseKey): string {
  return JSON.stringify([realm, nas, acctSessionId]);
}

/** The leases that a batch of events touches; events are applied in the order in which they arrived. */
export class LeaseBook {
  private readonly sessions = new Map<string, Map<string, Lease>>();
  private readonly touched = new Set<Lease>();
  private isNews = false;

  constructor(leases: readonly Lease[]) {
    for (const lease of leases) this.ofSession(lease).set(lease.prefix, lease);
  }

  /** Leases that are to be settled: changed, or a request came again for what is not settled yet. */
  get changed(): Lease[] {
    return [...this.touched];
  }

  /** Of those, the ones that stand for their key: an accounting session id that was taken again has two. */
  get current(): Lease[] {
    return this.changed.filter((lease) => this.ofSession(lease).get(lease.prefix) === lease);
  }

  /** Returns the leases that the event is about, and whether it told anything new of them. */
  apply(realm: string, event: AccountingEvent): { leases: Lease[]; isNews: boolean } {
    this.isNews = false;
    const leases =
      event.kind === 'on' || event.kind === 'off' ? this.endAll(realm, event) : this.applyTo(realm, event);
    return { leases, isNews: this.isNews };
  }

  private applyTo(realm: string, event: AccountingEvent): Lease[] {
    const session = this.ofSession({ realm, nas: event.nas, acctSessionId: event.acctSessionId });
    const open = [...session.values()].filter(isOpen);
    const about = new Set(event.prefixes);
    // A stop is of all that the session holds, whether it names it or not.
    if (event.kind === 'stop') for (const { prefix } of open) about.add(prefix);
    const isNew = session.size === 0;
    return [...about].flatMap((prefix) => {
      const before = session.get(prefix);
      // An update that comes after the stop is late: it opens nothing.
      if (before === undefined && event.kind === 'interim' && !isNew && open.length === 0) return [];
      const after = before === undefined ? opened(realm, event, prefix, isNew) : this.carryOn(before, event);
      session.set(prefix, after);
      if (after !== before) this.change(after);
      else if (after.problem !== null || after.storedStart === null) this.touched.add(after);
      return [after];
    });
  }

  /** The lease after the event; itself, or a new one where the accounting session id is taken again. */
  private carryOn(lease: Lease, event: AccountingEvent): Lease {
    if (learn(lease, event)) this.change(lease);
    if (event.kind === 'stop') {
      if (lease.endTime === null) this.end(lease, event.time);
      return lease;
    }
    // What was stopped stays so, and a start is told once; only a start of later begins anew.
    if (event.kind === 'interim') return this.movedNetwork(lease, event);
    if (event.time < lease.startTime) {
      if (lease.continues) return lease;
      lease.startTime = event.time;
      this.change(lease);
      return lease;
    }
    const again = lease.endTime === null ? isOther(lease, event) : event.time > lease.endTime;
    if (!again) return lease;
    this.end(lease, event.time);
    return newLease(lease.realm, event, lease.prefix, event.time, null);
  }

  /**
   * A session is of one network, so another begins where the SIM changes it. Of a SIM that is not known yet only one session is
   * kept: that it is found at all counts more than where it was.
   */
  private movedNetwork(lease: Lease, event: AccountingEvent): Lease {
    const moved = event.mcc !== null && lease.mcc !== null && event.mcc !== lease.mcc;
    if (!moved || lease.endTime !== null || lease.problem !== null || event.time <= lease.startTime) {
      return lease;
    }
    this.end(lease, event.time);
    const next = newLease(lease.realm, event, lease.prefix, event.time, null);
    return { ...next, ...numbersOf(lease), continues: true };
  }

  private endAll(realm: string, event: AccountingEvent): Lease[] {
    const ended: Lease[] = [];
    for (const session of this.sessions.values()) {
      for (const lease of session.values()) {
        if (lease.realm !== realm || lease.nas !== event.nas || !isOpen(lease)) continue;
        // One that began after it is not of the time before.
        if (lease.startTime > event.time) continue;
        this.end(lease, event.time);
        ended.push(lease);
      }
    }
    return ended;
  }

  private end(lease: Lease, time: number): void {
    if (lease.endTime !== null) return;
    // Timestamps are whole seconds, so a short session may seem to last none.
    lease.endTime = Math.max(time, lease.startTime + 1);
    this.change(lease);
  }

  private change(lease: Lease): void {
    this.touched.add(lease);
    this.isNews = true;
  }

  private ofSession(key: LeaseKey): Map<string, Lease> {
    const text = sessionKey(key);
    let session = this.sessions.get(text);
    if (session === undefined) this.sessions.set(text, (session = new Map<string, Lease>()));
    return session;
  }
}

const isOpen = (lease: Lease) => lease.endTime === null;

/** The lease that an event begins that is the first of its prefix. */
function opened(realm: string, event: AccountingEvent, prefix: string, isNew: boolean): Lease {
  if (event.kind === 'stop') {
    // The start was lost, or is still to come. Without an age only the last instant is certain.
    const startTime = event.time - Math.max(event.age ?? 0, 1);
    return newLease(realm, event, prefix, startTime, event.time);
  }
  const missed = event.kind === 'interim' && isNew ? (event.age ?? 0) : 0;
  return newLease(realm, event, prefix, event.time - missed, null);
}

function newLease(
  realm: string,
  { nas, acctSessionId, mcc, ...subscriber }: AccountingEvent,
  prefix: string,
  startTime: number,
  endTime: number | null,
): Lease {
  return {
    realm,
    nas,
    acctSessionId,
    prefix,
    ...numbersOf(subscriber),
    mcc,
    continues: false,
    startTime,
    endTime,
    simId: null,
    storedStart: null,
    problem: null,
    detail: null,
  };
}

function numbersOf({ imsi, iccid, msisdn }: Subscriber): Subscriber {
  return { imsi, iccid, msisdn };
}

function isOther(lease: Lease, event: AccountingEvent): boolean {
  return event.imsi !== null && lease.imsi !== null && event.imsi !== lease.imsi;
}

/** Takes over what was not told before. */
function learn(lease: Lease, event: AccountingEvent): boolean {
  let learnt = false;
  for (const number of ['imsi', 'iccid', 'msisdn', 'mcc'] as const) {
    if (lease[number] !== null || event[number] === null) continue;
    lease[number] = event[number];
    learnt = true;
  }
  return learnt;
}
