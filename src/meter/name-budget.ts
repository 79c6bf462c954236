import type { Decision, UsageEntry } from '../identify/index.js';
import { hourOf } from './aggregate.js';

/** Names that no rule matched, kept per SIM and hour. A subscriber who invents names must not be able to grow the ledger. */
const NAMES_PER_SIM_AND_HOUR = 200;
const SIMS_REMEMBERED = 200_000;

/**
 * Drops the name of a decision (not its rule, not its octets) once a SIM has used up its names of the hour. Names are
 * counted per hour as it goes by, so a restart starts the count anew; the bound on the ledger stays within a factor.
 */
export class NameBudget {
  private hour = Number.NEGATIVE_INFINITY;
  private readonly seen = new Map<number, Set<string>>();
  private readonly nameless = new Map<string, Decision>();

  apply(entry: UsageEntry): UsageEntry {
    const { name } = entry.decision;
    if (name === null || entry.account.kind !== 'sim') return entry;
    const hour = hourOf(entry.firstTime);
    if (hour > this.hour || this.seen.size > SIMS_REMEMBERED) {
      this.hour = Math.max(this.hour, hour);
      this.seen.clear();
      this.nameless.clear();
    }
    const { simKey } = entry.account;
    let names = this.seen.get(simKey);
    if (!names) this.seen.set(simKey, (names = new Set()));
    if (names.has(name)) return entry;
    if (names.size < NAMES_PER_SIM_AND_HOUR) {
      names.add(name);
      return entry;
    }
    return { ...entry, decision: this.withoutName(entry.decision) };
  }

  private withoutName(decision: Decision): Decision {
    const key = JSON.stringify([
      decision.serviceVersionId,
      decision.claimedServiceCode,
      decision.evidence,
      decision.rule,
      decision.agreed,
    ]);
    let shared = this.nameless.get(key);
    if (!shared) this.nameless.set(key, (shared = { ...decision, name: null }));
    return shared;
  }
}
