import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { removePins } from '../capture/index.js';
import { loadConfig } from '../config/index.js';
import { Refusal } from '../shared/index.js';

/** Removes program, link and pinned maps of an interface, of whatever version. */
export function detach(interfaceName: string): Promise<number> {
  const pinPath = join(loadConfig(process.env).capture.pinPath, interfaceName);
  if (!existsSync(pinPath)) {
    throw new Refusal(
      'not_found',
      `Countfree has nothing pinned for ${interfaceName} (looked in ${pinPath}; COUNTFREE_PIN_PATH says where).`,
    );
  }
  removePins(pinPath);
  process.stdout.write(`${interfaceName} is free: program, link and maps are removed.\n`);
  return Promise.resolve(0);
}
