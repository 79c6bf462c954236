/** A process with a capture point on in0 of a network: what it tells, line by line. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Attachment, RealmConfig } from '../../../src/capture/index.js';
import type { PrivateNetwork } from './engines.js';
import { ROOT } from './place.js';

export interface PointEvent {
  attached?: Attachment;
  warnings?: string[];
  status?: { octets: number; drops: number };
  error?: string;
}

export interface PointOptions {
  mode: string;
  folder: string;
  /** Commands that start the process with less than it has by itself. */
  prefix?: string[];
  pinPath?: string;
  mirror?: RealmConfig['mirror'];
}

export function startPoint(network: PrivateNetwork, options: PointOptions) {
  const { mode, folder, prefix = [], pinPath = '', mirror = { type: 'none' } } = options;
  const child = spawn(
    'ip',
    [
      ...['netns', 'exec', network.name, ...prefix, process.execPath],
      ...['--import', join(ROOT, 'test/support/typescript.mjs')],
      ...[join(ROOT, 'test/bpf/support/point-child.ts'), mode, folder, pinPath, JSON.stringify(mirror)],
    ],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as PointEvent;
  return {
    next,
    /** Its last event, and the warnings that held then. */
    stop: async () => {
      child.stdin.write('stop\n');
      let warnings: string[] = [];
      for (;;) {
        const event = await next();
        warnings = event.warnings ?? warnings;
        if (event.status !== undefined) return { ...event.status, warnings };
      }
    },
    kill: () => child.kill('SIGKILL'),
    child,
  };
}
