import type { CatalogueSnapshot, DestinationRules, Service } from '../catalogue/index.js';
import { prefixRuleText } from '../identify/index.js';
import type { Draft } from './dry-run.js';

/** What drafts change in the rules in force, as far as it casts doubt on what is stored. */
export interface DraftChanges {
  /** There are names and excludes that are new, or count for the first time as their service went by prefixes alone. */
  names: boolean;
  /** Domain names above these. */
  aboveNames: ReadonlySet<string>;
  prefixesAdded: boolean;
  /** Addresses may bear out names that they did not. */
  bearOutMore: boolean;
  /** Services whose addresses may no longer bear out names: of their own, and of what is a part of them. */
  bearOutLess: ReadonlySet<string>;
}

/** @param current rules in force: at most one version of each service */
export function changesOf(current: CatalogueSnapshot, drafts: readonly Draft[]): DraftChanges {
  const versions = new Map(current.versions.map((version) => [version.serviceCode, version]));
  const parents = new Map(current.services.map(({ code, parentCode }) => [code, parentCode]));
  const names = new Set<string>();
  const bearOutLess = new Set<string>();
  let prefixesAdded = false;
  let moved = false;
  for (const { serviceCode, parentCode, policy, rules } of drafts) {
    const before = versions.get(serviceCode);
    const known = new Set(
      namesOf(before?.policy === 'prefix' && policy !== 'prefix' ? undefined : before?.rules),
    );
    const now = namesOf(rules);
    for (const name of now) if (!known.has(name)) names.add(name);
    // A name that is excluded no longer is one that the service gains.
    const excluded = new Set(rules.excludeDomainNames);
    for (const name of before?.rules.excludeDomainNames ?? []) if (!excluded.has(name)) names.add(name);
    const oldPrefixes = new Set(before?.rules.prefixes.map(prefixRuleText));
    const newPrefixes = new Set(rules.prefixes.map(prefixRuleText));
    prefixesAdded ||= [...newPrefixes].some((text) => !oldPrefixes.has(text));
    const reparented = parentCode !== undefined && parentCode !== (parents.get(serviceCode) ?? null);
    moved ||= reparented;
    if (reparented || [...oldPrefixes].some((text) => !newPrefixes.has(text))) bearOutLess.add(serviceCode);
  }
  const aboveNames = new Set([...names].flatMap(above));
  return {
    names: names.size > 0,
    aboveNames,
    prefixesAdded,
    bearOutMore: prefixesAdded || moved,
    bearOutLess,
  };
}

/** Services as drafts would have them. */
export function servicesUnder(current: CatalogueSnapshot, drafts: readonly Draft[]): Service[] {
  const services = new Map(current.services.map((service) => [service.code, service]));
  for (const { serviceCode: code, parentCode } of drafts) {
    const known = services.get(code) ?? {
      code,
      name: code,
      parentCode: null,
      ratingGroup: 0,
      serviceIdentifier: 0,
    };
    services.set(code, { ...known, ...(parentCode !== undefined && { parentCode }) });
  }
  return [...services.values()];
}

function namesOf(rules: DestinationRules | undefined): string[] {
  if (rules === undefined) return [];
  return [...rules.domainNames, ...(rules.exactDomainNames ?? []), ...rules.excludeDomainNames];
}

function above(name: string): string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join('.'));
}
