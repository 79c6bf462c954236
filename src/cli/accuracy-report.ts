import type { Service } from '../catalogue/plain.js';
import { EVIDENCES, type Evidence, type FlowName } from '../identify/index.js';
import type { ReplayFlow } from './replay-flows.js';
import type { CatalogueOrigin } from './replay-catalogue.js';
import { isConserved, type ReplaySummary } from './replay-report.js';

/** Octets and flows of a part of the traffic; `share` is of all octets on flows, 0 to 1. */
export interface Part {
  octets: number;
  flows: number;
  share: number;
}

/** Where a flow's best name comes from: its own hello, else what was resolved. */
export const NAME_SOURCES = [
  'sni',
  'quic_sni',
  'http_host',
  'dns',
  'front_only',
  'ambiguous',
  'none',
] as const;
export type NameSource = (typeof NAME_SOURCES)[number];

/** How well traffic was identified. Holds sums only: no address, no name, no subscriber. */
export interface AccuracyReport {
  /** Whose rules were looked at. */
  catalogue: CatalogueOrigin;
  /** ISO times of the first and last packet on a flow; null: there is none. */
  from: string | null;
  to: string | null;
  seenOctets: number;
  /** On flows of subscribers; one between two subscribers stands for both. */
  flowOctets: number;
  flows: number;
  /** Every octet seen is accounted for. */
  conserved: boolean;
  evidence: Record<Evidence, Part>;
  /** Taken for a service, whatever the evidence. */
  identified: Part;
  /** Claims that the address does not bear out: billed. */
  unverified: Part;
  /** Of no service: because nothing is known of it, or because what is known is no service's. */
  unknown: Part;
  /** Of `unknown`: flows that have a name. They are known well, but no service of the catalogue. */
  unknownWithName: Part;
  names: Record<NameSource, Part>;
  /** Octets of flows with a usable name (all sources but front_only, ambiguous, none). */
  nameCoverage: Part;
  services: { code: string; name: string; part: Part; evidence: Partial<Record<Evidence, number>> }[];
}

/** Pure: the same flows give the same report. */
export function accuracyOf(
  flows: readonly ReplayFlow[],
  summary: ReplaySummary,
  services: readonly Service[],
  catalogue: CatalogueOrigin,
): AccuracyReport {
  const total = flows.reduce((sum, flow) => sum + octetsOf(flow), 0);
  const partOf = (takes: (flow: ReplayFlow) => boolean): Part => {
    const taken = flows.filter(takes);
    const octets = taken.reduce((sum, flow) => sum + octetsOf(flow), 0);
    return { octets, flows: taken.length, share: total === 0 ? 0 : octets / total };
  };
  const isUnknown = ({ decision }: ReplayFlow) => decision.evidence === 'none';
  const hasName = (flow: ReplayFlow) => !['front_only', 'ambiguous', 'none'].includes(nameSource(flow.names));
  const first = flows.reduce((least, flow) => Math.min(least, flow.firstTime), Infinity);
  const last = flows.reduce((most, flow) => Math.max(most, flow.lastTime), -Infinity);
  return {
    catalogue,
    from: flows.length === 0 ? null : new Date(first / 1000).toISOString(),
    to: flows.length === 0 ? null : new Date(last / 1000).toISOString(),
    seenOctets: summary.counters.seen.octets,
    flowOctets: total,
    flows: flows.length,
    conserved: isConserved(summary),
    evidence: byKey(EVIDENCES, (evidence) => partOf(({ decision }) => decision.evidence === evidence)),
    identified: partOf(({ decision }) => decision.serviceCode !== null),
    unverified: partOf(({ decision }) => decision.evidence === 'sni_unverified'),
    unknown: partOf(isUnknown),
    unknownWithName: partOf((flow) => isUnknown(flow) && hasName(flow)),
    names: byKey(NAME_SOURCES, (source) => partOf((flow) => nameSource(flow.names) === source)),
    nameCoverage: partOf(hasName),
    services: serviceParts(flows, services, partOf),
  };
}

function serviceParts(
  flows: readonly ReplayFlow[],
  services: readonly Service[],
  partOf: (takes: (flow: ReplayFlow) => boolean) => Part,
): AccuracyReport['services'] {
  const codes = new Set(flows.flatMap(({ decision }) => decision.serviceCode ?? []));
  return [...codes]
    .map((code) => {
      const own = flows.filter(({ decision }) => decision.serviceCode === code);
      const evidence: Partial<Record<Evidence, number>> = {};
      for (const flow of own) {
        const kind = flow.decision.evidence;
        evidence[kind] = (evidence[kind] ?? 0) + octetsOf(flow);
      }
      return {
        code,
        name: services.find((service) => service.code === code)?.name ?? code,
        part: partOf(({ decision }) => decision.serviceCode === code),
        evidence,
      };
    })
    .sort((a, b) => b.part.octets - a.part.octets || (a.code < b.code ? -1 : 1));
}

function nameSource(names: readonly FlowName[]): NameSource {
  const plain = names.filter(({ standing }) => standing === 'plain');
  const own = (['sni', 'quic_sni', 'http_host'] as const).find((kind) =>
    plain.some(({ evidence }) => evidence === kind),
  );
  if (names.some(({ standing }) => standing === 'ambiguous')) return 'ambiguous';
  if (own !== undefined) return own;
  if (plain.some(({ evidence }) => evidence === 'dns')) return 'dns';
  return names.some(({ standing }) => standing === 'front') ? 'front_only' : 'none';
}

function octetsOf(flow: ReplayFlow): number {
  return flow.octetsUp + flow.octetsDown;
}

function byKey<K extends string, V>(keys: readonly K[], valueOf: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<K, V>;
}

const EVIDENCE_TEXT: Record<Evidence, string> = {
  sni: 'server name in TLS, borne out by the address',
  quic_sni: 'server name in QUIC, borne out by the address',
  http_host: 'Host of HTTP, borne out by the address',
  dns: 'name that the SIM had resolved to the address',
  prefix: 'published prefix (and port) of the service',
  sni_unverified: 'a name was claimed that the address does not bear out: billed',
  none: 'no service: billed',
};

const SOURCE_TEXT: Record<NameSource, string> = {
  sni: 'TLS server name',
  quic_sni: 'QUIC server name',
  http_host: 'HTTP Host',
  dns: 'resolved name only',
  front_only: 'encrypted server name (ECH): the outer name says nothing',
  ambiguous: 'hello that receivers could read in two ways: billed',
  none: 'no name seen',
};

const CATALOGUE_TEXT: Record<CatalogueOrigin, string> = {
  seed: 'the catalogue that it comes with',
  file: "the operator's own catalogue",
  database: "the operator's own catalogue",
};

/** The report as a page of Markdown. */
export function renderAccuracy(report: AccuracyReport, version: string): string {
  const row = (label: string, { octets, flows, share }: Part) =>
    `| ${label} | ${octets.toLocaleString('en-US')} | ${percent(share)} | ${flows.toLocaleString('en-US')} |`;
  const head = (label: string) => [`| ${label} | octets | share | flows |`, '| --- | ---: | ---: | ---: |'];
  const span = report.from === null ? 'no traffic of subscribers' : `${report.from} to ${report.to ?? ''}`;
  return [
    '# How traffic is identified',
    '',
    `Countfree ${version} with ${CATALOGUE_TEXT[report.catalogue]}, capture of ${span}. Octets are those of the inner IP packets, headers included.`,
    `Seen: ${report.seenOctets.toLocaleString('en-US')} octets; on flows of subscribers: ${report.flowOctets.toLocaleString('en-US')}. ${report.conserved ? 'Every octet seen is accounted for.' : 'OCTETS ARE MISSING: please report this.'}`,
    '',
    '## Result',
    '',
    ...head('traffic'),
    row('taken for a service', report.identified),
    row('claims a service, address disagrees', report.unverified),
    row('no service', report.unknown),
    row('of it: with a name that no service has', report.unknownWithName),
    '',
    '## Evidence',
    '',
    ...head('evidence'),
    ...EVIDENCES.filter((kind) => report.evidence[kind].flows > 0)
      .toSorted((a, b) => report.evidence[b].octets - report.evidence[a].octets)
      .map((kind) => row(`\`${kind}\`: ${EVIDENCE_TEXT[kind]}`, report.evidence[kind])),
    '',
    '## Names',
    '',
    ...head('best name of the flow'),
    ...NAME_SOURCES.filter((source) => report.names[source].flows > 0).map((source) =>
      row(SOURCE_TEXT[source], report.names[source]),
    ),
    row('**with a usable name**', report.nameCoverage),
    '',
    '## Services',
    '',
    ...head('service'),
    ...report.services.map(({ code, name, part }) => row(`${name} (\`${code}\`)`, part)),
    '',
    '## What this does not say',
    '',
    'Shares are of these captures, not of all traffic. That a decision has evidence does not prove it right: whether each flow was',
    'for what its evidence says can only be told by who made the traffic. Without consent of the subscriber names are not looked at,',
    'and only prefixes decide; this report supposes consent. It holds no address, name or subscriber.',
    '',
  ].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
