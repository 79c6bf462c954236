import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { removePins, restoreOffloads } from '../capture/index.js';
import { loadConfig } from '../config/index.js';
import { Refusal } from '../shared/index.js';

/**
 * Removes program, link and pinned maps of an interface, of whatever version, and switches receive offloads on that a
 * killed process left off.
 */
export async function detach(interfaceName: string): Promise<number> {
  const { capture, dataDir } = loadConfig(process.env);
  const pinPath = join(capture.pinPath, interfaceName);
  const pinned = existsSync(pinPath);
  if (pinned) removePins(pinPath);
  const restored = await restoreOffloads(join(dataDir, 'spool', interfaceName), interfaceName);
  if (!pinned && restored.length === 0) {
    throw new Refusal(
      'not_found',
      `Countfree has nothing pinned for ${interfaceName} (looked in ${pinPath}; COUNTFREE_PIN_PATH says where).`,
    );
  }
  if (pinned) process.stdout.write(`${interfaceName} is free: program, link and maps are removed.\n`);
  if (restored.length > 0)
    process.stdout.write(`${interfaceName}: ${restored.join(', ')} on again, as before capture.\n`);
  return 0;
}
