import { join } from 'node:path';
import { bpfObjectPath, buildFolder } from '../capture/index.js';
import { loadConfig } from '../config/index.js';
import {
  checkHost,
  checkInterface,
  formatFindings,
  isHealthy,
  readHost,
  readInterface,
  type Finding,
} from '../doctor/index.js';
import { Refusal } from '../shared/index.js';
import { EXIT_FAILURE } from './output.js';

/** Says what it found; exits with 1 if something keeps the start from working. */
export async function doctor(options: { interface?: string; json?: boolean }): Promise<number> {
  const findings: Finding[] = [];
  const config = checkConfiguration(findings);
  const pinPath = config?.capture.pinPath ?? '/sys/fs/bpf/countfree';
  const host = readHost({
    objectPath: bpfObjectPath(),
    addonPath: join(buildFolder(), 'countfree.node'),
  });
  findings.push(...checkHost(host, pinPath));
  const names = options.interface === undefined ? (config?.capture.interfaces ?? []) : [options.interface];
  if (host.platform === 'linux') {
    for (const name of names) findings.push(...checkInterface(await readInterface(name)));
  }
  process.stdout.write(
    options.json ? `${JSON.stringify(findings, undefined, 2)}\n` : `${formatFindings(findings)}\n`,
  );
  return isHealthy(findings) ? 0 : EXIT_FAILURE;
}

function checkConfiguration(findings: Finding[]): ReturnType<typeof loadConfig> | undefined {
  try {
    const config = loadConfig(process.env);
    findings.push({ check: 'configuration', status: 'ok', found: 'every variable is valid' });
    return config;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const field of error.fields) {
      findings.push({
        check: 'configuration',
        status: 'fail',
        found: field.pointer.slice(1),
        meaning: field.detail,
        remedy: 'docs/configuration.md lists every variable with an example',
      });
    }
    return undefined;
  }
}
