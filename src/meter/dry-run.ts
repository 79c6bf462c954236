import type { CatalogueSnapshot, DestinationRules, EvidencePolicy, PrefixRule } from '../catalogue/index.js';
import { EXACT, prefixRuleText, ServiceIndex, type Evidence } from '../identify/index.js';
import { changesOf, servicesUnder, type DraftChanges } from './draft-changes.js';
import { parsePrefix, prefixContains, type Prefix } from '../shared/index.js';

/** What the ledger says of octets: no address is kept, so only this can be matched again. */
export interface StoredReason {
  serviceCode: string | null;
  claimedServiceCode: string | null;
  evidence: Evidence;
  rule: string | null;
  name: string | null;
  agreed: boolean | null;
}

/**
 * `certain`: the rules say so whatever the address. `depends`: they would if the address bears it out, which the ledger
 * does not tell. `unknown`: nothing that is stored tells it.
 */
export type Certainty = 'certain' | 'depends' | 'unknown';

export interface Outcome {
  serviceCode: string | null;
  certainty: Certainty;
}

/** Draft rules of a service, which the catalogue need not have. */
export interface Draft {
  serviceCode: string;
  /** The service that it would be a part of; null = none, absent = as in the catalogue. */
  parentCode?: string | null | undefined;
  policy: EvidencePolicy;
  rules: DestinationRules;
}

interface KnownPrefix {
  serviceCode: string;
  prefix: Prefix;
  rule: PrefixRule;
  text: string;
}

const TIME = 0;

/** Matches stored reasons against the rules in force with drafts in the place of some services' rules. Pure. */
export class DryRunRules {
  private readonly index = new ServiceIndex();
  private readonly policies = new Map<string, EvidencePolicy>();
  private readonly prefixes: KnownPrefix[] = [];
  private readonly byRule = new Map<string, Outcome>();
  private readonly drafted: ReadonlySet<string>;
  private readonly changes: DraftChanges;

  /** @param current rules in force: at most one version of each service */
  private constructor(current: CatalogueSnapshot, drafts: readonly Draft[]) {
    this.drafted = new Set(drafts.map(({ serviceCode }) => serviceCode));
    this.changes = changesOf(current, drafts);
  }

  /** Gives the event loop a turn between steps: a catalogue may hold hundreds of thousands of names. */
  static async make(current: CatalogueSnapshot, drafts: readonly Draft[]): Promise<DryRunRules> {
    const made = new DryRunRules(current, drafts);
    const versions = [
      ...current.versions.filter(({ serviceCode }) => !made.drafted.has(serviceCode)),
      ...drafts.map((draft, index) => ({ ...draft, id: -1 - index, version: 0 })),
    ].map((version) => ({ ...version, effectiveFrom: TIME }));
    const steps = made.index.updateSteps({ ...current, services: servicesUnder(current, drafts), versions });
    while (steps.next().done !== true) await new Promise(setImmediate);
    for (const { serviceCode, policy, rules } of versions) {
      made.policies.set(serviceCode, policy);
      for (const rule of rules.prefixes) {
        made.prefixes.push({
          serviceCode,
          rule,
          prefix: parsePrefix(rule.prefix),
          text: prefixRuleText(rule),
        });
      }
    }
    return made;
  }

  outcomeOf(reason: StoredReason): Outcome {
    switch (reason.evidence) {
      case 'sni':
      case 'quic_sni':
      case 'http_host':
        return this.ofClaim(reason);
      case 'sni_unverified':
        return this.ofUnverified(reason);
      case 'dns':
        return this.ofResolved(reason);
      case 'prefix':
        return this.ofPrefix(reason);
      case 'none':
        return this.ofNothing(reason);
    }
  }

  /** A claim that was believed: as the address bore it out, or as the name was enough. */
  private ofClaim(reason: StoredReason): Outcome {
    if (reason.name === null) return this.ofRuleOnly(reason);
    const match = this.matchOf(reason.name);
    if (match === undefined)
      return { serviceCode: null, certainty: this.hasPrefixPolicy() ? 'depends' : 'certain' };
    const { serviceCode, policy, lineage } = match;
    if (policy === 'name') return { serviceCode, certainty: 'certain' };
    if (serviceCode !== reason.serviceCode || policy !== 'agree')
      return { serviceCode, certainty: 'depends' };
    if (reason.agreed === false && !this.changes.bearOutMore)
      return { serviceCode: null, certainty: 'certain' };
    const shaken = lineage.some((code) => this.changes.bearOutLess.has(code));
    return { serviceCode, certainty: reason.agreed !== false && !shaken ? 'certain' : 'depends' };
  }

  private ofUnverified(reason: StoredReason): Outcome {
    if (reason.name === null) return this.ofRuleOnly(reason);
    const found = this.serviceOf(reason.name);
    if (found === null) return { serviceCode: null, certainty: 'certain' };
    if (this.policies.get(found) === 'name') return { serviceCode: found, certainty: 'certain' };
    const still = found === reason.claimedServiceCode && !this.changes.bearOutMore;
    return still ? { serviceCode: null, certainty: 'certain' } : { serviceCode: found, certainty: 'depends' };
  }

  private ofResolved(reason: StoredReason): Outcome {
    if (reason.name === null) return this.ofRuleOnly(reason);
    const found = this.serviceOf(reason.name);
    // Without the name the prefix of the peer would decide, and that is not stored.
    if (found === null)
      return { serviceCode: null, certainty: this.prefixes.length > 0 ? 'depends' : 'certain' };
    return { serviceCode: found, certainty: this.policies.get(found) === 'prefix' ? 'depends' : 'certain' };
  }

  private ofNothing(reason: StoredReason): Outcome {
    const found = reason.name === null ? null : this.serviceOf(reason.name);
    if (found !== null) {
      const certain = this.policies.get(found) === 'name' && reason.agreed !== false;
      return { serviceCode: found, certainty: certain ? 'certain' : 'depends' };
    }
    // Without a name it had none, or one that is not kept.
    const open = this.changes.prefixesAdded || (reason.name === null && this.changes.names);
    return { serviceCode: null, certainty: open ? 'unknown' : 'certain' };
  }

  private ofPrefix(reason: StoredReason): Outcome {
    if (reason.name !== null) {
      const { match, excludedBy } = this.index.findName(reason.name, TIME);
      const policy = match && this.policies.get(match.version.serviceCode);
      if (match !== undefined && policy !== 'prefix') {
        const certain = reason.agreed === null || policy === 'name';
        return { serviceCode: match.version.serviceCode, certainty: certain ? 'certain' : 'depends' };
      }
      if (reason.serviceCode !== null && excludedBy.includes(reason.serviceCode)) {
        return { serviceCode: null, certainty: 'depends' };
      }
    }
    if (reason.rule === null) return { serviceCode: null, certainty: 'unknown' };
    let outcome = this.byRule.get(reason.rule);
    if (outcome === undefined) this.byRule.set(reason.rule, (outcome = this.ofPrefixRule(reason.rule)));
    return outcome;
  }

  /** All that is known of the peer is that it lies within a rule: the most precise rule that holds all of it decides. */
  private ofPrefixRule(text: string): Outcome {
    const stored = readRuleText(text);
    if (stored === undefined) return { serviceCode: null, certainty: 'unknown' };
    let best: KnownPrefix | undefined;
    for (const known of this.prefixes) {
      if (holds(known, stored) && (best === undefined || isMorePrecise(known, best))) best = known;
    }
    const inside = this.prefixes.some(
      (known) =>
        known.serviceCode !== best?.serviceCode &&
        !holds(known, stored) &&
        overlaps(known, stored) &&
        // A rule that was there before took its part before.
        this.drafted.has(known.serviceCode),
    );
    return { serviceCode: best?.serviceCode ?? null, certainty: inside ? 'depends' : 'certain' };
  }

  /** The name is not kept; it lies under the domain name of the rule. */
  private ofRuleOnly(reason: StoredReason): Outcome {
    if (reason.rule === null) return { serviceCode: null, certainty: 'unknown' };
    const { rule } = reason;
    // A rule that matches a name alone tells the name.
    if (rule.startsWith(EXACT)) return this.outcomeOf({ ...reason, name: rule.slice(EXACT.length) });
    const outcome = this.outcomeOf({ ...reason, name: rule });
    if (!this.changes.aboveNames.has(rule)) return outcome;
    return { ...outcome, certainty: outcome.serviceCode === reason.serviceCode ? 'unknown' : 'depends' };
  }

  private serviceOf(name: string): string | null {
    return this.matchOf(name)?.serviceCode ?? null;
  }

  private matchOf(name: string) {
    return this.index.findName(name, TIME).match?.version;
  }

  private hasPrefixPolicy(): boolean {
    return this.prefixes.some(({ serviceCode }) => this.policies.get(serviceCode) === 'prefix');
  }
}

interface Range {
  prefix: Prefix;
  protocol: string | undefined;
  ports: [number, number] | undefined;
}

/** The inverse of prefixRuleText. */
function readRuleText(text: string): Range | undefined {
  const match = /^(\S+)(?: ([a-z0-9]+)(?:\/(\d+)(?:-(\d+))?)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, prefix = '', protocol, first, last] = match;
  try {
    return {
      prefix: parsePrefix(prefix),
      protocol,
      ports: first === undefined ? undefined : [Number(first), Number(last ?? first)],
    };
  } catch {
    return undefined;
  }
}

function rangeOf(known: KnownPrefix): Range {
  return readRuleText(known.text) ?? { prefix: known.prefix, protocol: undefined, ports: undefined };
}

/** Every packet of `inner` is one of `known`. */
function holds(known: KnownPrefix, inner: Range): boolean {
  if (known.prefix.family !== inner.prefix.family || known.prefix.length > inner.prefix.length) return false;
  if (!prefixContains(known.prefix, inner.prefix.bytes)) return false;
  const { protocol, ports } = rangeOf(known);
  if (protocol !== undefined && protocol !== inner.protocol) return false;
  return (
    ports === undefined ||
    (inner.ports !== undefined && ports[0] <= inner.ports[0] && ports[1] >= inner.ports[1])
  );
}

function overlaps(known: KnownPrefix, other: Range): boolean {
  if (known.prefix.family !== other.prefix.family) return false;
  const [wide, narrow] =
    known.prefix.length <= other.prefix.length ? [known.prefix, other.prefix] : [other.prefix, known.prefix];
  if (!prefixContains(wide, narrow.bytes)) return false;
  const { protocol, ports } = rangeOf(known);
  if (protocol !== undefined && other.protocol !== undefined && protocol !== other.protocol) return false;
  return (
    ports === undefined ||
    other.ports === undefined ||
    (ports[0] <= other.ports[1] && ports[1] >= other.ports[0])
  );
}

/** Longer prefix first, then fewer ports, then a protocol. */
function isMorePrecise(a: KnownPrefix, b: KnownPrefix): boolean {
  const width = ({ ports, protocol }: PrefixRule) =>
    ports === undefined ? (protocol === undefined ? 1 << 18 : 1 << 17) : ports[1] - ports[0];
  return (
    a.prefix.length - b.prefix.length > 0 ||
    (a.prefix.length === b.prefix.length && width(a.rule) < width(b.rule))
  );
}
