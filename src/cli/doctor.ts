import { join } from 'node:path';
import { loadConfig, type Config } from '../config/index.js';
import { diagnose, formatFindings, isHealthy, type Finding } from '../doctor/index.js';
import { Refusal } from '../shared/index.js';
import { EXIT_FAILURE } from './output.js';

/** Says what it found; exits with 1 if something keeps the start from working. */
export async function doctor(options: { interface?: string; json?: boolean }): Promise<number> {
  const findings: Finding[] = [];
  // With a variable that is wrong, the rest is looked at as if none was set.
  const { capture, dataDir } = checkConfiguration(findings) ?? loadConfig({});
  findings.push(
    ...(await diagnose({
      interfaces: options.interface === undefined ? capture.interfaces : [options.interface],
      mode: capture.mode,
      pinPath: capture.pinPath,
      spoolFolder: join(dataDir, 'spool'),
      spoolMaxBytes: capture.spoolMaxBytes,
    })),
  );
  process.stdout.write(
    options.json ? `${JSON.stringify(findings, undefined, 2)}\n` : `${formatFindings(findings)}\n`,
  );
  return isHealthy(findings) ? 0 : EXIT_FAILURE;
}

function checkConfiguration(findings: Finding[]): Config | undefined {
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
