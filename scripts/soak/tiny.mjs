import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { INTERFACE } from '../demo/lab.mjs';
import { root } from '../support/paths.mjs';

const exec = promisify(execFile);

/** Far less than the traffic needs: tables overflow in every epoch, rings between any two looks. */
const TINY = { flows: 1024, flowRingBytes: 1 << 16, helloRingBytes: 1 << 16, fragments: 64 };
export const TINY_VARIABLES = {
  COUNTFREE_FLOW_TABLE_ENTRIES: String(TINY.flows),
  COUNTFREE_EPOCH_SECONDS: '0.5',
};

/** The service adopts pinned tables with the sizes that they have. */
export async function pinTinyTables(lab) {
  const { XdpEngine } = await import(join(root, 'dist/src/capture/index.js'));
  const pinPath = join(lab.bpffs, 'countfree', INTERFACE);
  mkdirSync(join(lab.bpffs, 'countfree'), { mode: 0o700 });
  XdpEngine.open({ pinPath, sizes: TINY }).close();
}

/** A file system of its own for the service's spool: it can be full for real. Gives its folder. */
export async function mountSmallSpool(lab, mebibytes) {
  const folder = join(lab.folder, 'data/spool');
  // The private Postgres runs as another user and must be able to enter.
  mkdirSync(join(lab.folder, 'data'), { mode: 0o711 });
  mkdirSync(folder, { mode: 0o700 });
  await exec('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'countfree-spool', folder]);
  return folder;
}
