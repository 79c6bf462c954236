import { describe, expect, it } from 'vitest';
import { OUTCOMES, STEPS } from '../capture/index.js';
import { METRICS, Metrics } from './metrics.js';

describe('metrics', () => {
  it('start every loss counter at 0, for each reason', async () => {
    const { body } = await new Metrics().text();
    for (const reason of METRICS.countfree_capture_lost_total.labels.reason)
      expect(body).toContain(`countfree_capture_lost_total{reason="${reason}"} 0`);
  });

  it('know the outcomes and steps that the engines report', () => {
    expect(METRICS.countfree_capture_packets_total.labels.outcome).toEqual(OUTCOMES);
    expect(METRICS.countfree_capture_flow_records_total.labels.step).toEqual(STEPS);
  });

  it('count', async () => {
    const metrics = new Metrics();
    metrics.add('countfree_capture_octets_total', 1500, { outcome: 'counted' });
    metrics.set('countfree_spool_bytes', 42);
    metrics.observe('countfree_ledger_commit_seconds', 0.02);
    const { body, contentType } = await metrics.text();
    expect(contentType).toContain('text/plain');
    expect(body).toContain('countfree_capture_octets_total{outcome="counted"} 1500');
    expect(body).toContain('countfree_spool_bytes 42');
    expect(body).toContain('countfree_ledger_commit_seconds_bucket{le="0.025"} 1');
  });

  it('follow one naming and never carry personal labels', () => {
    for (const [name, { kind, help, ...rest }] of Object.entries(METRICS)) {
      expect(name).toMatch(/^countfree_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      expect(help).toMatch(/\.$/);
      const labels = [
        ...Object.keys('labels' in rest ? rest.labels : {}),
        ...('openLabels' in rest ? rest.openLabels : []),
      ];
      for (const label of labels) expect(['sim', 'address', 'name', 'imsi']).not.toContain(label);
    }
  });
});
