/** `countfree accuracy` over a real capture. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { accuracy } from '../../src/cli/accuracy.js';
import { CAPTURES, haveCaptures } from '../support/capture-flows.js';

async function run(json: boolean, catalogue?: string): Promise<{ code: number; text: string }> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const options = { files: [join(CAPTURES, 'line.pcap')], subscribers: '0.0.0.0/0,::/0', json, catalogue };
  const code = await accuracy(options, '0.0.0', { out, err });
  return { code, text: String(out.read()) };
}

it.skipIf(!haveCaptures)('says of a LINE chat how much names and prefixes told', async () => {
  const { code, text } = await run(true);
  const report = JSON.parse(text) as {
    flowOctets: number;
    conserved: boolean;
    complete: boolean;
    evidence: Record<string, { octets: number }>;
    identified: { share: number };
  };
  expect(code).toBe(0);
  expect(report).toMatchObject({ conserved: true, complete: true });
  const sum = Object.values(report.evidence).reduce((total, { octets }) => total + octets, 0);
  expect(sum).toBe(report.flowOctets);
  expect(report.identified.share).toBeGreaterThan(0.4);
  expect((await run(false)).text).toContain('## What this does not say');
});

it.skipIf(!haveCaptures)("looks for the operator's own services", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countfree-accuracy-'));
  const path = join(folder, 'catalogue.json');
  const rules = { prefixes: [{ prefix: '147.92.128.0/17' }] };
  const mine = { code: 'mine', name: 'Mine', ratingGroup: 1, policy: 'prefix', rules };
  writeFileSync(path, JSON.stringify({ services: [mine] }));
  const { text } = await run(true, path);
  rmSync(folder, { recursive: true });
  const report = JSON.parse(text) as {
    identified: { octets: number };
    evidence: { prefix: { octets: number } };
  };
  expect(report).toMatchObject({ catalogue: 'file', services: [{ code: 'mine', name: 'Mine' }] });
  expect(report.identified.octets).toBeGreaterThan(0);
  expect(report.identified.octets).toBe(report.evidence.prefix.octets);
});
