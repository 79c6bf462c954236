import { describe, expect, it } from 'vitest';
import { addTally, noCounters, noTally } from '../capture/index.js';
import { seedSnapshot } from '../catalogue/plain.js';
import type { Decision, Evidence, FlowName } from '../identify/index.js';
import { accuracyOf, renderAccuracy } from './accuracy-report.js';
import type { ReplayFlow } from './replay-flows.js';
import type { ReplaySummary } from './replay-report.js';

const SECRET = 'secret.example.com';

function flow(
  octets: number,
  evidence: Evidence,
  names: FlowName[],
  service: string | null = null,
): ReplayFlow {
  const decision: Decision = {
    serviceVersionId: service === null ? null : 1,
    serviceCode: service,
    claimedServiceCode: evidence === 'sni_unverified' ? 'line' : null,
    evidence,
    rule: null,
    name: names[0]?.name ?? null,
    agreed: null,
  };
  return {
    id: String(octets),
    key: undefined as unknown as ReplayFlow['key'],
    octetsUp: octets - 1,
    octetsDown: 1,
    packetsUp: 1,
    packetsDown: 1,
    firstTime: Date.UTC(2026, 0, 1) * 1000 + octets,
    lastTime: Date.UTC(2026, 0, 2) * 1000,
    names,
    decision,
  };
}

const named = (evidence: FlowName['evidence'], standing: FlowName['standing'] = 'plain'): FlowName => ({
  name: SECRET,
  evidence,
  standing,
});

const flows = [
  flow(500, 'sni', [named('dns'), named('sni')], 'line'),
  flow(200, 'prefix', [], 'line'),
  flow(100, 'sni_unverified', [named('quic_sni')]),
  flow(80, 'none', [named('dns')]),
  flow(70, 'none', [named('sni', 'front')]),
  flow(40, 'none', [named('http_host', 'ambiguous')]),
  flow(10, 'none', []),
];

function summaryOf(octets: number): ReplaySummary {
  const tally = { packets: 14, octets };
  const counters = noCounters();
  addTally(counters.seen, tally);
  addTally(counters.outcomes.counted, tally);
  const onFlows = noTally();
  addTally(onFlows, tally);
  return { counters, flows: flows.length, onFlows };
}

describe('the accuracy report', () => {
  const report = accuracyOf(flows, summaryOf(1000), seedSnapshot().services, 'seed');

  it('puts every octet under exactly one evidence and one source of names', () => {
    const sum = (parts: { octets: number }[]) => parts.reduce((total, part) => total + part.octets, 0);
    expect(sum(Object.values(report.evidence))).toBe(1000);
    expect(sum(Object.values(report.names))).toBe(1000);
    expect(sum([report.identified, report.unverified, report.unknown])).toBe(1000);
    expect(report.conserved).toBe(true);
  });

  it('tells unknown share and name coverage', () => {
    expect(report.unknown).toEqual({ octets: 200, flows: 4, share: 0.2 });
    expect(report.unknownWithName).toMatchObject({ octets: 80 });
    expect(report.nameCoverage).toEqual({ octets: 680, flows: 3, share: 0.68 });
    expect(report.names).toMatchObject({
      sni: { octets: 500 },
      quic_sni: { octets: 100 },
      dns: { octets: 80 },
      front_only: { octets: 70 },
      ambiguous: { octets: 40 },
      none: { octets: 210 },
    });
    expect(report.services).toMatchObject([
      { code: 'line', part: { octets: 700 }, evidence: { sni: 500, prefix: 200 } },
    ]);
  });

  it('holds nothing that tells of a subscriber', () => {
    const page = renderAccuracy(report, '1.2.3');
    expect(page).toContain('| no service | 200 | 20.00 % | 4 |');
    expect(page).toContain('| **with a usable name** | 680 | 68.00 % | 3 |');
    expect(page + JSON.stringify(report)).not.toContain(SECRET);
  });

  it('of no traffic has no shares, and says when octets are missing', () => {
    const empty = accuracyOf([], summaryOf(5), [], 'seed');
    expect(empty).toMatchObject({ from: null, unknown: { share: 0 } });
    const lost = summaryOf(1000);
    lost.onFlows.octets -= 1;
    expect(renderAccuracy(accuracyOf(flows, lost, [], 'file'), '1')).toMatch(
      /with the operator's own catalogue[^]*OCTETS ARE MISSING/,
    );
  });
});
