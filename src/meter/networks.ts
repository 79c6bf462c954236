import type { Decision, UsageEntry } from '../identify/index.js';
import type { UsageReason } from './types.js';

/** Turns an entry's decision into its reason: the same decision in another network is another reason. */
export class Networks {
  /** One object for equal reasons, as decisions are compared by reference. There are a thousand country codes at most. */
  private readonly placed = new WeakMap<Decision, Map<string, UsageReason>>();

  apply(entry: UsageEntry): UsageEntry {
    const { account, decision } = entry;
    if (account.kind !== 'sim' || account.mcc == null) return entry;
    let ofDecision = this.placed.get(decision);
    if (ofDecision === undefined) this.placed.set(decision, (ofDecision = new Map<string, UsageReason>()));
    let reason = ofDecision.get(account.mcc);
    if (reason === undefined) ofDecision.set(account.mcc, (reason = { ...decision, mcc: account.mcc }));
    return { ...entry, decision: reason };
  }
}
