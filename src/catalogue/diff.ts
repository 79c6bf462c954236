import type { DestinationRules, EvidencePolicy, PrefixRule } from './types.js';

interface ListDiff<T> {
  added: T[];
  removed: T[];
}

/** What changes from one version of a service to another. */
export interface RulesDiff {
  domainNames: ListDiff<string>;
  exactDomainNames: ListDiff<string>;
  excludeDomainNames: ListDiff<string>;
  prefixes: ListDiff<PrefixRule>;
  /** Null = the same. */
  policy: { from: EvidencePolicy; to: EvidencePolicy } | null;
}

interface Rules {
  policy: EvidencePolicy;
  rules: DestinationRules;
}

export function diffRules(from: Rules, to: Rules): RulesDiff {
  const prefixKey = ({ prefix, protocol, ports }: PrefixRule) => JSON.stringify([prefix, protocol, ports]);
  const name = (text: string) => text;
  return {
    domainNames: diffList(from.rules.domainNames, to.rules.domainNames, name),
    exactDomainNames: diffList(from.rules.exactDomainNames ?? [], to.rules.exactDomainNames ?? [], name),
    excludeDomainNames: diffList(from.rules.excludeDomainNames, to.rules.excludeDomainNames, name),
    prefixes: diffList(from.rules.prefixes, to.rules.prefixes, prefixKey),
    policy: from.policy === to.policy ? null : { from: from.policy, to: to.policy },
  };
}

function diffList<T>(from: readonly T[], to: readonly T[], keyOf: (item: T) => string): ListDiff<T> {
  const before = new Set(from.map(keyOf));
  const after = new Set(to.map(keyOf));
  return {
    added: to.filter((item) => !before.has(keyOf(item))),
    removed: from.filter((item) => !after.has(keyOf(item))),
  };
}
