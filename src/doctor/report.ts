import type { Finding } from './types.js';

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

/** The findings as text: one line each, and below it, where something is wrong, what it means and what mends it. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.check.length));
  return findings
    .flatMap((finding) => [
      `${MARKS[finding.status]}  ${finding.check.padEnd(width)}  ${finding.found}`,
      ...(finding.meaning === undefined ? [] : [`      ${finding.meaning}`]),
      ...(finding.remedy === undefined ? [] : [`      mend:  ${finding.remedy}`]),
    ])
    .join('\n');
}

/** True if nothing stops the start. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every((finding) => finding.status !== 'fail');
}
