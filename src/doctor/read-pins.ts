import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspectPins } from '../capture/index.js';
import type { PinFacts, SpoolFacts } from './types.js';

/**
 * Reads a pin folder without touching it.
 * @returns the facts, and the id of the program that is pinned there
 */
export function readPins(path: string): { facts: PinFacts; programId: number | null } {
  const facts: PinFacts = { path, owner: readOwner(path), refusal: undefined };
  try {
    const { refusal, programId } = inspectPins(path);
    return { facts: { ...facts, refusal }, programId };
  } catch {
    // Without the addon nothing can be said of pins; another check says that it is missing.
    return { facts, programId: null };
  }
}

/** Who holds the lock of the folder (flock(2), proc(5) "locks"). */
function readOwner(path: string): PinFacts['owner'] {
  try {
    const { ino } = statSync(path);
    for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
      const match = /FLOCK\s+ADVISORY\s+WRITE\s+(-?\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
      if (match === null || line.includes('->') || Number(match[2]) !== ino) continue;
      const pid = Math.max(0, Number(match[1]));
      return { pid, command: readCommand(pid) };
    }
  } catch {
    // No folder, no owner.
  }
  return undefined;
}

function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return 'unknown';
  }
}

/** Reads the disk that a spool folder lies on, or will; undefined if it cannot be told. */
export function readSpool(folder: string, maxBytes: number): SpoolFacts | undefined {
  try {
    let place = folder;
    while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
    const { bavail, bsize } = statfsSync(place);
    return { folder, freeBytes: bavail * bsize, usedBytes: folderBytes(folder), maxBytes };
  } catch {
    return undefined;
  }
}

function folderBytes(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
