import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadAddon } from './native.js';
import { lockFolder } from './spool/index.js';

interface Native {
  /** Index 0 and nothing on: there is no such interface. Names as in `OffloadChange`. */
  readReceiveOffloads(interfaceName: string): { interfaceIndex: number; on: string[] };
  /** What the driver does not take, and an interface that is gone, is no error. */
  switchReceiveOffloadsOn(interfaceName: string, offloads: readonly string[]): void;
}

/** What was on before a capture point came, on which interface of which boot. */
interface Noted {
  boot: string;
  interfaceIndex: number;
  on: string[];
}

/**
 * Receive offloads that a capture point switches off must come back although its process was killed. What is pinned in
 * bpffs remembers for itself; for a packet socket, and a program without pins, a file does.
 */
export class OffloadMemory {
  constructor(
    private readonly path: string,
    private readonly interfaceName: string,
  ) {}

  /** Switches on what a killed process left off, then notes what is on now. Call before an attachment. */
  prepare(): void {
    this.restore();
    const { interfaceIndex, on } = native().readReceiveOffloads(this.interfaceName);
    if (on.length === 0) return;
    const noted: Noted = { boot: bootId(), interfaceIndex, on };
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.path}.new`, JSON.stringify(noted), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }

  /** Switches on what is noted and forgets it. @returns what was switched on; empty if nothing was noted for this interface */
  restore(): string[] {
    const noted = this.read();
    rmSync(this.path, { force: true });
    if (noted === undefined) return [];
    native().switchReceiveOffloadsOn(this.interfaceName, noted.on);
    return noted.on;
  }

  /** The capture point let go in order, and has given everything back itself. */
  forget(): void {
    rmSync(this.path, { force: true });
  }

  /** Undefined if there is nothing, or it is of an interface that is gone: another of its name has settings of its own. */
  private read(): Noted | undefined {
    try {
      const noted = JSON.parse(readFileSync(this.path, 'utf8')) as Noted;
      const { interfaceIndex } = native().readReceiveOffloads(this.interfaceName);
      return noted.boot === bootId() && noted.interfaceIndex === interfaceIndex ? noted : undefined;
    } catch {
      return undefined; // None, or one that was cut off: there is nothing to go by.
    }
  }
}

/** Where a capture point with this spool folder notes which receive offloads it has switched off. */
export function offloadMemoryPath(spoolFolder: string): string {
  return join(spoolFolder, 'offloads.json');
}

/**
 * For who gives an interface up: switches on what a killed process left off. Throws a Refusal (`conflict`) while one counts.
 * @returns what was switched on
 */
export async function restoreOffloads(spoolFolder: string, interfaceName: string): Promise<string[]> {
  const path = offloadMemoryPath(spoolFolder);
  if (!existsSync(path)) return [];
  const lock = await lockFolder(spoolFolder);
  const restored = new OffloadMemory(path, interfaceName).restore();
  lock.close();
  return restored;
}

function native(): Native {
  return loadAddon() as unknown as Native;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
