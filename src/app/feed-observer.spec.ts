import { describe, expect, it } from 'vitest';
import type { CaptureWarning } from '../capture/index.js';
import { metrics, type Logger } from '../shared/index.js';
import { feedObserver } from './feed-observer.js';

const QUIET: CaptureWarning = { kind: 'quiet', since: 1, detail: 'no packet' };
const GAP: CaptureWarning = { kind: 'sequence_gap', since: 2, detail: 'two packets' };

describe('feedObserver', () => {
  const lines: string[] = [];
  const note =
    (level: string) =>
    (fields: { warning?: string }, text: string): void =>
      void lines.push(`${level} ${fields.warning ?? ''} ${text}`);
  const logger = { warn: note('warn'), info: note('info'), error: note('error') } as unknown as Logger;
  const gauge = async (kind: string) => {
    const { body } = await metrics.text();
    return new RegExp(`countfree_capture_warning\\{[^}]*warning="${kind}"[^}]*\\} (\\d)`).exec(body)?.[1];
  };

  it('tells each warning once in the log when it comes and when it goes, and as a metric while it holds', async () => {
    const observer = feedObserver('node:eth0', logger);
    expect([await gauge('quiet'), await gauge('sequence_gap')]).toEqual(['0', '0']);
    observer.warningsChanged?.([QUIET]);
    observer.warningsChanged?.([QUIET, GAP]);
    expect([await gauge('quiet'), await gauge('sequence_gap')]).toEqual(['1', '1']);
    observer.warningsChanged?.([GAP]);
    expect([await gauge('quiet'), await gauge('sequence_gap')]).toEqual(['0', '1']);
    expect(lines).toEqual([
      'warn quiet capture warning',
      'warn sequence_gap capture warning',
      'info quiet capture is well again',
    ]);
  });
});
