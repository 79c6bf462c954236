import { domainToASCII } from 'node:url';
import type { CatalogueSnapshot, EvidencePolicy, PrefixRule, ServiceVersion } from '../catalogue/index.js';
import { parsePrefix, Refusal } from '../shared/plain.js';
import { readHostName } from './hello/host-name.js';
import { NameTable } from './name-table.js';
import { PrefixTable } from './prefix-table.js';
import { sameVersion } from './same-version.js';

/** A service version as matching needs it. */
export interface ActiveVersion {
  id: number;
  serviceCode: string;
  policy: EvidencePolicy;
  /** UNIX microseconds: in force from, until. */
  from: number;
  until: number;
  /** The service itself and what it is a part of: their prefixes bear out its names. */
  lineage: readonly string[];
  /** Entries of versions that are not in the snapshot in force are passed over. */
  active: boolean;
}

/** The longest domain rule that holds a name. */
export interface NameMatch {
  version: ActiveVersion;
  domainName: string;
}

export interface NameFinding {
  match: NameMatch | undefined;
  /** Services that exclude the name: no other rule of theirs makes it theirs. */
  excludedBy: readonly string[];
}

/** A prefix rule that holds an address, protocol and port. */
export interface PrefixMatch {
  version: ActiveVersion;
  /** Text of the rule, e.g. `147.92.128.0/17 udp/10001-30000`. */
  rule: string;
}

interface NameEntry {
  /** Text of the rule: the name, with {@link EXACT} before it where it matches alone. */
  domainName: string;
  version: ActiveVersion;
  exclude: boolean;
  /** Letters of the name. */
  length: number;
  exact: boolean;
}

interface PrefixEntry extends PrefixMatch {
  protocol: number;
  firstPort: number;
  lastPort: number;
  rank: number;
}

interface Installed {
  version: ActiveVersion;
  source: ServiceVersion;
  domainNames: string[];
}

/** How the rule of a name that matches alone is written as the reason of a decision; as domain lists do. */
export const EXACT = 'full:';

const NOTHING_EXCLUDED: readonly string[] = [];
const NOTHING_FOUND: NameFinding = { match: undefined, excludedBy: NOTHING_EXCLUDED };
const PROTOCOL_NAMES = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [50, 'esp'],
  [58, 'icmp6'],
  [132, 'sctp'],
]);
const STEP_ENTRIES = 128;

/** The rules of all service versions, ready for look-ups that do not slow down with their number. */
export class ServiceIndex {
  private readonly names = new NameTable<NameEntry | NameEntry[]>();
  private readonly prefixes = new PrefixTable<PrefixEntry[]>();
  private readonly installed = new Map<number, Installed>();
  private readonly found: PrefixEntry[][] = [];
  private readonly foundNames: (NameEntry | NameEntry[])[] = [];
  private boundaries: number[] = [];
  revision = 0;
  /** Rules of the catalogue that cannot be read as a name or prefix: left out, since one bad rule must not stop the rest. */
  skippedRules = 0;

  /** Brings the index to a snapshot; only versions that are new or gone cost time. */
  update(snapshot: CatalogueSnapshot): void {
    const steps = this.updateSteps(snapshot);
    while (steps.next().done !== true);
  }

  /** As {@link update}, in steps of well under a millisecond; look-ups in between see the old state. */
  *updateSteps(snapshot: CatalogueSnapshot): Generator<void, void> {
    const lineages = lineagesOf(snapshot);
    const wanted = new Map(snapshot.versions.map((version) => [version.id, version]));
    const kept = new Set<number>();
    const stale: Installed[] = [];
    for (const each of this.installed.values()) {
      if (yield* sameVersion(each.source, wanted.get(each.source.id))) kept.add(each.source.id);
      else stale.push(each);
    }
    const fresh: Installed[] = [];
    for (const version of snapshot.versions) {
      if (kept.has(version.id)) continue;
      const made: Installed = {
        version: {
          id: version.id,
          serviceCode: version.serviceCode,
          policy: version.policy,
          from: version.effectiveFrom * 1000,
          until: Number.POSITIVE_INFINITY,
          lineage: [version.serviceCode],
          active: false,
        },
        source: version,
        domainNames: [],
      };
      yield* this.install(made);
      fresh.push(made);
    }
    for (const gone of stale) {
      gone.version.active = false;
      this.installed.delete(gone.source.id);
    }
    for (const made of fresh) this.installed.set(made.source.id, made);
    this.setTimes(lineages);
    this.revision = snapshot.revision;
    for (const gone of stale) yield* this.uninstall(gone);
  }

  /**
   * The time between two changes of what is in force, so that a decision made within it stays right: [from, until) in
   * UNIX microseconds.
   */
  intervalAt(time: number): { number: number; from: number; until: number } {
    let number = 0;
    while (number < this.boundaries.length && (this.boundaries[number] as number) <= time) number += 1;
    return {
      number,
      from: this.boundaries[number - 1] ?? Number.NEGATIVE_INFINITY,
      until: this.boundaries[number] ?? Number.POSITIVE_INFINITY,
    };
  }

  /** The longest rule on label boundaries in force at `time` (UNIX µs), over all services that do not exclude the name. */
  findName(name: string, time: number): NameFinding {
    this.names.suffixes(name, this.foundNames);
    if (this.foundNames.length === 0) return NOTHING_FOUND;
    let best: NameEntry | undefined;
    let candidates: NameEntry[] | undefined;
    let excludedBy: string[] | undefined;
    for (let i = this.foundNames.length - 1; i >= 0; i -= 1) {
      const found = this.foundNames[i] as NameEntry | NameEntry[];
      for (const each of Array.isArray(found) ? found : [found]) {
        if (!inForce(each.version, time) || (each.exact && each.length !== name.length)) continue;
        if (each.exclude) (excludedBy ??= []).push(each.version.serviceCode);
        else if (best === undefined) best = each;
        else (candidates ??= [best]).push(each);
      }
    }
    if (candidates !== undefined || excludedBy !== undefined)
      best = choose(candidates ?? (best === undefined ? [] : [best]), excludedBy);
    return { match: best, excludedBy: excludedBy ?? NOTHING_EXCLUDED };
  }

  /**
   * All prefix rules that hold a peer, most specific first: longer prefix, then a rule with ports, then one with a
   * protocol, then the sub-service.
   * @param protocol 0 and `port` 0 where unknown: only rules without either match
   */
  findPrefixes(
    peer: Buffer,
    offset: number,
    ipv6: boolean,
    protocol: number,
    port: number,
    time: number,
  ): PrefixMatch[] {
    this.prefixes.lookup(peer, offset, ipv6, this.found);
    const matches: PrefixMatch[] = [];
    for (const entries of this.found) {
      for (const entry of entries) {
        if (!inForce(entry.version, time)) continue;
        if (entry.protocol >= 0 && entry.protocol !== protocol) continue;
        if (entry.firstPort >= 0 && (port < entry.firstPort || port > entry.lastPort)) continue;
        matches.push(entry);
      }
    }
    return matches;
  }

  private *install(made: Installed): Generator<void, void> {
    const { rules } = made.source;
    const { domainNames, exactDomainNames = [], excludeDomainNames } = rules;
    yield* this.names.reserve(domainNames.length + exactDomainNames.length + excludeDomainNames.length);
    let work = 0;
    const addNames = function* (
      index: ServiceIndex,
      texts: readonly string[],
      { exclude = false, exact = false },
    ) {
      for (const text of texts) {
        index.addName(made, text, exclude, exact);
        if ((work += 1) % STEP_ENTRIES === 0) yield;
      }
    };
    yield* addNames(this, domainNames, {});
    yield* addNames(this, exactDomainNames, { exact: true });
    yield* addNames(this, excludeDomainNames, { exclude: true });
    for (const rule of rules.prefixes) {
      this.addPrefix(made.version, rule);
      if ((work += 1) % STEP_ENTRIES === 0) yield;
    }
  }

  private addName(made: Installed, text: string, exclude: boolean, exact: boolean): void {
    const domainName = normalizeDomainName(text);
    if (domainName === undefined) {
      this.skippedRules += 1;
      return;
    }
    const entry: NameEntry = {
      domainName: exact ? EXACT + domainName : domainName,
      version: made.version,
      exclude,
      length: domainName.length,
      exact,
    };
    const present = this.names.get(domainName);
    if (present === undefined) this.names.set(domainName, entry);
    else if (Array.isArray(present)) present.push(entry);
    else this.names.set(domainName, [present, entry]);
    made.domainNames.push(domainName);
  }

  private addPrefix(version: ActiveVersion, rule: PrefixRule): void {
    let prefix;
    try {
      prefix = parsePrefix(rule.prefix);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.skippedRules += 1;
      return;
    }
    const entry: PrefixEntry = {
      version,
      rule: prefixRuleText(rule),
      protocol: rule.protocol ?? -1,
      firstPort: rule.ports?.[0] ?? -1,
      lastPort: rule.ports?.[1] ?? -1,
      rank: 0,
    };
    entry.rank =
      entry.firstPort < 0 ? (entry.protocol < 0 ? 1 << 18 : 1 << 17) : entry.lastPort - entry.firstPort;
    const entries = this.prefixes.get(prefix);
    if (entries === undefined) this.prefixes.set(prefix, [entry]);
    else entries.push(entry);
  }

  private *uninstall(gone: Installed): Generator<void, void> {
    let work = 0;
    for (const domainName of gone.domainNames) {
      const present = this.names.get(domainName);
      if (Array.isArray(present)) {
        const rest = present.filter((entry) => entry.version !== gone.version);
        if (rest.length === 0) this.names.set(domainName, undefined);
        else this.names.set(domainName, rest.length === 1 ? rest[0] : rest);
      } else if (present?.version === gone.version) this.names.set(domainName, undefined);
      if ((work += 1) % STEP_ENTRIES === 0) yield;
    }
    for (const rule of gone.source.rules.prefixes) {
      this.removePrefix(gone.version, rule);
      if ((work += 1) % STEP_ENTRIES === 0) yield;
    }
  }

  private removePrefix(version: ActiveVersion, rule: PrefixRule): void {
    try {
      const prefix = parsePrefix(rule.prefix);
      const rest = this.prefixes.get(prefix)?.filter((entry) => entry.version !== version) ?? [];
      if (rest.length === 0) this.prefixes.delete(prefix);
      else this.prefixes.set(prefix, rest);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error; // was never added
    }
  }

  /** Sets when each version is in force, and what its prefixes may bear out. */
  private setTimes(lineages: ReadonlyMap<string, readonly string[]>): void {
    const byService = new Map<string, Installed[]>();
    for (const each of this.installed.values()) {
      const list = byService.get(each.source.serviceCode);
      if (list) list.push(each);
      else byService.set(each.source.serviceCode, [each]);
    }
    const boundaries = new Set<number>();
    for (const [code, list] of byService) {
      list.sort((a, b) => a.version.from - b.version.from || a.source.version - b.source.version);
      list.forEach(({ version }, index) => {
        version.until = list[index + 1]?.version.from ?? Number.POSITIVE_INFINITY;
        version.lineage = lineages.get(code) ?? [code];
        version.active = true;
        boundaries.add(version.from);
      });
    }
    this.boundaries = [...boundaries].sort((a, b) => a - b);
    this.prefixes.forEach((entries) => {
      if (entries.length > 1) entries.sort(morePrecise);
    });
  }
}

function inForce(version: ActiveVersion, time: number): boolean {
  return version.active && time >= version.from && time < version.until;
}

/**
 * The entries come longest first. Of equally long ones that which matches alone wins, then the sub-service, then the code, so that
 * order is no matter.
 */
function choose(
  entries: readonly NameEntry[],
  excludedBy: readonly string[] | undefined,
): NameEntry | undefined {
  let best: NameEntry | undefined;
  for (const entry of entries) {
    if (excludedBy?.includes(entry.version.serviceCode) === true) continue;
    if (best === undefined) best = entry;
    else if (entry.length === best.length && byPrecision(entry, best) < 0) best = entry;
  }
  return best;
}

function byPrecision(a: NameEntry, b: NameEntry): number {
  return Number(b.exact) - Number(a.exact) || byDepth(a.version, b.version);
}

function byDepth(a: ActiveVersion, b: ActiveVersion): number {
  return b.lineage.length - a.lineage.length || (a.serviceCode < b.serviceCode ? -1 : 1);
}

function morePrecise(a: PrefixEntry, b: PrefixEntry): number {
  return a.rank - b.rank || byDepth(a.version, b.version);
}

function lineagesOf(snapshot: CatalogueSnapshot): Map<string, string[]> {
  const parents = new Map(snapshot.services.map((service) => [service.code, service.parentCode]));
  const lineages = new Map<string, string[]>();
  for (const service of snapshot.services) {
    const lineage = [service.code];
    for (let parent = service.parentCode; parent != null && !lineage.includes(parent);) {
      lineage.push(parent);
      parent = parents.get(parent) ?? null;
    }
    lineages.set(service.code, lineage);
  }
  return lineages;
}

/** A rule's name as hellos carry it: IDNA, lower case, no final dot. Undefined if it is no host name. */
export function normalizeDomainName(text: string): string | undefined {
  const ascii = domainToASCII(text.trim().replace(/\.$/, ''));
  const bytes = Buffer.from(ascii, 'latin1');
  return readHostName(bytes, 0, bytes.length);
}

/** How a prefix rule is written as the reason of a decision. */
export function prefixRuleText({ prefix, protocol, ports }: PrefixRule): string {
  if (protocol === undefined && ports === undefined) return prefix;
  const name = protocol === undefined ? 'any' : (PROTOCOL_NAMES.get(protocol) ?? String(protocol));
  if (ports === undefined) return `${prefix} ${name}`;
  return `${prefix} ${name}/${ports[0] === ports[1] ? ports[0] : `${ports[0]}-${ports[1]}`}`;
}
