import { join } from 'node:path';
import { bpfObjectPath, buildFolder } from '../capture/index.js';
import type { Config } from '../config/index.js';
import { checkHost } from './host-checks.js';
import { checkInterface } from './interface-checks.js';
import { checkPins, checkSpool } from './pin-checks.js';
import { readHost, readInterface } from './read-host.js';
import { readPins, readSpool } from './read-pins.js';
import type { Finding } from './types.js';

/** What the checks need of the configuration. */
export interface DiagnosisSettings {
  interfaces: readonly string[];
  mode: Config['capture']['mode'];
  pinPath: string;
  spoolFolder: string;
  spoolMaxBytes: number;
}

/** Looks at the host and at each interface; reads only. */
export async function diagnose(settings: DiagnosisSettings): Promise<Finding[]> {
  const host = readHost({
    objectPath: bpfObjectPath(),
    addonPath: join(buildFolder(), 'countfree.node'),
  });
  const findings = checkHost(host, settings.pinPath, settings.mode);
  const spool = readSpool(settings.spoolFolder, settings.spoolMaxBytes);
  if (spool) findings.push(checkSpool(spool));
  if (host.platform !== 'linux') return findings;
  for (const name of settings.interfaces) {
    const { facts, programId } = readPins(join(settings.pinPath, name));
    const link = await readInterface(name, new Set(programId === null ? [] : [programId]));
    findings.push(...checkInterface(link, settings.mode, host.kernelRelease), ...checkPins(facts, name));
  }
  return findings;
}
