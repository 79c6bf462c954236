import { NOTES, OUTCOMES, type EpochCounters, type Outcome, type Tally } from '../capture/plain.js';
import type { Service } from '../catalogue/index.js';
import type { Evidence } from '../identify/index.js';
import type { ReplayFlow } from './replay-flows.js';

export interface ReplaySummary {
  counters: EpochCounters;
  flows: number;
  /** On flow records, both directions. */
  onFlows: Tally;
}

/** Octets and packets add up: seen = all outcomes, and on flows = counted + counted for both ends. */
export function isConserved({ counters, onFlows }: ReplaySummary): boolean {
  const outcomes = OUTCOMES.map((name) => counters.outcomes[name]);
  const sum = (field: keyof Tally) => outcomes.reduce((total, tally) => total + tally[field], 0);
  const both = counters.notes.both_subscribers;
  return (['packets', 'octets'] as const).every(
    (field) =>
      sum(field) === counters.seen[field] &&
      counters.outcomes.counted[field] + both[field] === onFlows[field],
  );
}

/** The last line of `--json`. */
export function summaryToJson(summary: ReplaySummary): Record<string, unknown> {
  const { counters } = summary;
  return {
    summary: {
      seen: counters.seen,
      ...Object.fromEntries(OUTCOMES.map((name) => [name, counters.outcomes[name]])),
      ...Object.fromEntries(NOTES.map((name) => [name, counters.notes[name]])),
      flows: summary.flows,
      onFlows: summary.onFlows,
      conserved: isConserved(summary),
    },
  };
}

const OUTCOME_TEXT: Record<Outcome, string> = {
  counted: 'counted',
  not_subscriber: 'neither end a subscriber',
  not_ip: 'not IP',
  unsupported: 'unsupported encapsulation',
  malformed: 'malformed',
  outer_fragment: 'later outer fragment',
};

interface ServiceRow {
  flows: number;
  up: number;
  down: number;
  evidence: Map<Evidence, number>;
}

/** What `replay` prints without `--json`: services first, then totals and the conservation line. */
export function renderReport(
  flows: readonly ReplayFlow[],
  summary: ReplaySummary,
  services: readonly Service[],
): string {
  const rows = new Map<string, ServiceRow>();
  for (const flow of flows) {
    const label = serviceLabel(flow, services);
    const row = rows.get(label) ?? { flows: 0, up: 0, down: 0, evidence: new Map<Evidence, number>() };
    rows.set(label, row);
    row.flows += 1;
    row.up += flow.octetsUp;
    row.down += flow.octetsDown;
    const { evidence } = flow.decision;
    row.evidence.set(evidence, (row.evidence.get(evidence) ?? 0) + flow.octetsUp + flow.octetsDown);
  }
  const total = summary.onFlows.octets;
  const body = [...rows]
    .sort(([a, left], [b, right]) => right.up + right.down - left.up - left.down || (a < b ? -1 : 1))
    .map(([label, row]) => [
      label,
      count(row.flows),
      count(row.up),
      count(row.down),
      share(row.up + row.down, total),
      evidenceText(row),
    ]);
  const sumOf = (field: 'octetsUp' | 'octetsDown') =>
    count(flows.reduce((sum, flow) => sum + flow[field], 0));
  const footer = [
    'all services',
    count(flows.length),
    sumOf('octetsUp'),
    sumOf('octetsDown'),
    share(total, total),
    '',
  ];
  const head = ['service', 'flows', 'octets up', 'octets down', 'share', 'octets by evidence'];
  return [
    ...table([head, ...body, footer], [1, 2, 3, 4]),
    '',
    ...outcomeTable(summary.counters),
    '',
    conservationLine(summary),
    '',
  ].join('\n');
}

function serviceLabel({ decision }: ReplayFlow, services: readonly Service[]): string {
  if (decision.serviceCode !== null) {
    const known = services.find((service) => service.code === decision.serviceCode);
    return known === undefined ? decision.serviceCode : `${known.name} (${known.code})`;
  }
  return decision.claimedServiceCode === null
    ? 'no service'
    : `no service: claims ${decision.claimedServiceCode}, the address disagrees`;
}

function evidenceText(row: ServiceRow): string {
  return [...row.evidence]
    .sort(([, left], [, right]) => right - left)
    .map(([evidence, octets]) => `${evidence} ${count(octets)}`)
    .join(', ');
}

function outcomeTable({ seen, outcomes, notes }: EpochCounters): string[] {
  const rows = OUTCOMES.map((name) => [
    OUTCOME_TEXT[name],
    count(outcomes[name].packets),
    count(outcomes[name].octets),
  ]);
  const noted = NOTES.filter((name) => notes[name].packets > 0).map((name) => [
    `  of them: ${name.replaceAll('_', ' ')}`,
    count(notes[name].packets),
    count(notes[name].octets),
  ]);
  return table(
    [
      ['packets and octets', 'packets', 'octets'],
      ...rows,
      ['seen', count(seen.packets), count(seen.octets)],
      ...noted,
    ],
    [1, 2],
  );
}

/** Every octet seen, and where it went. */
export function conservationLine(summary: ReplaySummary): string {
  const { seen, outcomes, notes } = summary.counters;
  const parts = OUTCOMES.filter((name) => name === 'counted' || outcomes[name].octets > 0).map(
    (name) => `${OUTCOME_TEXT[name]} ${count(outcomes[name].octets)}`,
  );
  const both = notes.both_subscribers.octets;
  const onFlows = `on flows ${count(summary.onFlows.octets)}${both > 0 ? ` (${count(both)} of them for both ends)` : ''}`;
  const verdict = isConserved(summary)
    ? 'every octet is accounted for'
    : 'OCTETS ARE MISSING: please report this';
  return `octets: seen ${count(seen.octets)} = ${parts.join(' + ')}; ${onFlows}; ${verdict}`;
}

function table(rows: string[][], right: number[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const pad = ' '.repeat((widths[column] ?? 0) - displayWidth(cell));
        return right.includes(column) ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Columns on a terminal: CJK characters take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return width;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
}
