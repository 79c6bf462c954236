import type { PrefixRule, ServiceVersion } from '../catalogue/index.js';

const RULES_PER_STEP = 512;
const RULE_KINDS = ['domainNames', 'exactDomainNames', 'excludeDomainNames', 'prefixes'] as const;
const NO_RULES: readonly (string | PrefixRule)[] = [];

/** The same to the letter; in steps, as a version can have hundreds of thousands of names. */
export function* sameVersion(a: ServiceVersion, b: ServiceVersion | undefined): Generator<void, boolean> {
  if (a === b || b === undefined) return a === b;
  const { rules, ...rest } = a;
  const { rules: otherRules, ...otherRest } = b;
  if (JSON.stringify(rest) !== JSON.stringify(otherRest)) return false;
  for (const kind of RULE_KINDS) {
    const list = rules[kind] ?? NO_RULES;
    const other = otherRules[kind] ?? NO_RULES;
    if (list.length !== other.length) return false;
    for (const [index, rule] of list.entries()) {
      if (index % RULES_PER_STEP === RULES_PER_STEP - 1) yield;
      if (!sameRule(rule, other[index])) return false;
    }
  }
  return true;
}

function sameRule(a: string | PrefixRule, b: string | PrefixRule | undefined): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
