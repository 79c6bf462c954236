import { describe, expect, it } from 'vitest';
import { ProgressBar } from './progress-bar.js';

function drawn(total: number | null, steps: [ms: number, done: number][], columns = 200): string[] {
  const written: string[] = [];
  let now = 1000;
  const bar = new ProgressBar({ write: (text) => written.push(text), columns }, total, () => now);
  for (const [ms, done] of steps) {
    now = 1000 + ms;
    bar.update('some.pcap', done, '7 packets');
  }
  bar.clear();
  return written.map((text) => text.replace('\r\x1b[K', ''));
}

describe('ProgressBar', () => {
  it('shows share, rate and remaining time, over itself', () => {
    expect(drawn(400_000_000, [[2000, 100_000_000]])).toEqual([
      'some.pcap  [#####...............]  25 %  50 MB/s  7 packets  6 s left',
      '',
    ]);
  });

  it('counts minutes, and never more than a line', () => {
    expect(drawn(60_000_000_000, [[1000, 100_000_000]])[0]).toContain('9 min 59 s left');
    expect(drawn(400, [[2000, 100]], 20)[0]).toHaveLength(19);
  });

  it('shows no share of what has no known end', () => {
    expect(drawn(null, [[2000, 100_000_000]])[0]).toBe('some.pcap  50 MB/s  7 packets');
  });

  it('draws ten times a second at most, but always the end', () => {
    const lines = drawn(100, [
      [1000, 10],
      [1050, 20],
      [1060, 100],
    ]);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain('100 %');
  });
});
