import type { NameClaim } from './hello/types.js';
import type { ActiveVersion, NameFinding, PrefixMatch, ServiceIndex } from './service-index.js';
import type { Decision } from './types.js';

/** What a decision is made from. */
export interface FlowFacts {
  peer: Buffer;
  peerOffset: number;
  ipv6: boolean;
  /** 0 where the record does not tell it. */
  protocol: number;
  peerPort: number;
  /** UNIX microseconds. */
  time: number;
  /** What the flow claims; undefined: nothing, or nobody may look. */
  claim: NameClaim | undefined;
  /** Names of the peer from trusted resolvers, newest last; empty where nobody may look. */
  resolved: readonly string[];
  /** The flow goes to port 53 of a host that is none of the session's resolvers. */
  foreignDns?: boolean;
}

/** Stands as the rule of octets of no service that went to port 53 of a host that is none of the session's resolvers. */
export const FOREIGN_DNS_RULE = 'port 53 of no known resolver';

export const NO_SERVICE: Decision = Object.freeze({
  serviceVersionId: null,
  serviceCode: null,
  claimedServiceCode: null,
  evidence: 'none',
  rule: null,
  name: null,
  agreed: null,
});

/**
 * Which service a flow is for, and why. In this order: the name in the flow's own hello; else the name that the SIM
 * resolved to the peer; else the peer's prefix. Pure.
 *
 * - A flow that claims a name is judged by it. Of a service with policy `agree` the address must bear the name out: it
 *   lies in one of the service's prefixes (or of what it is a part of), or a trusted resolver gave it for a name of the
 *   service. Policy `name` believes the claim. Otherwise the flow is billed as `sni_unverified`.
 * - A claimed name of no service contradicts every service that goes by names, so only prefixes of services with policy
 *   `prefix` still count. (If it did not, all that a shared address serves would be free.)
 * - A service that excludes the name is out, whatever else speaks for it.
 * - A front (ECH) or an address in place of a name claims nothing.
 */
export function decide(index: ServiceIndex, facts: FlowFacts): Decision {
  const decision = serviceDecision(index, facts);
  return facts.foreignDns === true && decision.evidence === 'none'
    ? { ...decision, rule: FOREIGN_DNS_RULE }
    : decision;
}

function serviceDecision(index: ServiceIndex, facts: FlowFacts): Decision {
  const { claim } = facts;
  const prefixes = index.findPrefixes(
    facts.peer,
    facts.peerOffset,
    facts.ipv6,
    facts.protocol,
    facts.peerPort,
    facts.time,
  );
  if (claim?.standing === 'ambiguous') return byAmbiguousClaim(index, facts, claim);
  if (claim !== undefined && claim.standing === 'plain' && claim.name !== null)
    return byClaim(index, facts, prefixes, claim, claim.name);
  return byResolvedName(index, facts, prefixes);
}

/** Receivers could read the hello in two ways, so no name in it makes anything free. */
function byAmbiguousClaim(index: ServiceIndex, facts: FlowFacts, claim: NameClaim): Decision {
  const { match } = claim.name === null ? { match: undefined } : index.findName(claim.name, facts.time);
  if (match === undefined) return { ...NO_SERVICE, name: claim.name, agreed: false };
  return unverified(match.version, match.domainName, claim.name);
}

function byClaim(
  index: ServiceIndex,
  facts: FlowFacts,
  prefixes: readonly PrefixMatch[],
  claim: NameClaim,
  name: string,
): Decision {
  const { match, excludedBy } = index.findName(name, facts.time);
  if (match === undefined) return byForeignName(prefixes, excludedBy, name);
  const { version, domainName } = match;
  const own = prefixes.find((prefix) => version.lineage.includes(prefix.version.serviceCode));
  if (version.policy === 'prefix') {
    const strict = prefixes.find((prefix) => prefix.version === version);
    return strict ? byPrefix(strict, name, true) : unverified(version, domainName, name);
  }
  const agreed = own !== undefined || resolvedFor(index, facts, version);
  if (!agreed && version.policy === 'agree') return unverified(version, domainName, name);
  return { ...serviceOf(version), evidence: claim.kind, rule: domainName, name, agreed };
}

/** The flow names something that belongs to no service. */
function byForeignName(
  prefixes: readonly PrefixMatch[],
  excludedBy: readonly string[],
  name: string,
): Decision {
  const prefix = prefixes.find(
    ({ version }) => version.policy === 'prefix' && !excludedBy.includes(version.serviceCode),
  );
  if (prefix) return byPrefix(prefix, name, null);
  // `agreed` is false where the address alone would have spoken for a service.
  return { ...NO_SERVICE, name, agreed: prefixes.length > 0 ? false : null };
}

function byResolvedName(index: ServiceIndex, facts: FlowFacts, prefixes: readonly PrefixMatch[]): Decision {
  // The newest answer is what the flow most likely follows; an older one could be for another host of the same address.
  const name = facts.resolved.at(-1);
  const finding: NameFinding =
    name === undefined ? { match: undefined, excludedBy: [] } : index.findName(name, facts.time);
  const { match, excludedBy } = finding;
  if (match !== undefined && match.version.policy !== 'prefix')
    return {
      ...serviceOf(match.version),
      evidence: 'dns',
      rule: match.domainName,
      name: name ?? null,
      agreed: null,
    };
  const prefix = prefixes.find(({ version }) => !excludedBy.includes(version.serviceCode));
  if (prefix) return byPrefix(prefix, name ?? null, null);
  return name === undefined ? NO_SERVICE : { ...NO_SERVICE, name };
}

/** A trusted resolver gave the peer's address for a name of this service. */
function resolvedFor(index: ServiceIndex, facts: FlowFacts, version: ActiveVersion): boolean {
  return facts.resolved.some(
    (name) => index.findName(name, facts.time).match?.version.serviceCode === version.serviceCode,
  );
}

function byPrefix(match: PrefixMatch, name: string | null, agreed: boolean | null): Decision {
  return { ...serviceOf(match.version), evidence: 'prefix', rule: match.rule, name, agreed };
}

function unverified(version: ActiveVersion, rule: string, name: string | null): Decision {
  return {
    ...NO_SERVICE,
    claimedServiceCode: version.serviceCode,
    evidence: 'sni_unverified',
    rule,
    name,
    agreed: false,
  };
}

function serviceOf(version: ActiveVersion): Decision {
  return { ...NO_SERVICE, serviceVersionId: version.id, serviceCode: version.serviceCode };
}

/**
 * One decision for octets that cannot be told apart: a record during which the flow changed its name. Taken is one that is
 * no service's, else the last: a subscriber who mixes a free name with another on one connection gains nothing by it.
 */
export function combine(decisions: readonly Decision[]): Decision {
  const noService = decisions.find((decision) => decision.serviceVersionId === null);
  return noService ?? decisions.at(-1) ?? NO_SERVICE;
}
