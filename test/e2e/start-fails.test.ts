/** A start that cannot attach says why, in the doctor's words and the kernel's, and takes nothing down but itself. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERFACE, Lab, removeLeftovers } from '../../scripts/demo/index.mjs';
import { insideNetworkNamespace, XdpEngine } from '../../src/capture/index.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: without root there is no interface to attach to');

describe.skipIf(!isRoot)('countfree serve on an interface that is taken', () => {
  const lab = new Lab();
  let other: XdpEngine;

  beforeAll(async () => {
    await removeLeftovers();
    lab.makeFolder();
    await lab.makeNetwork();
    await lab.mountBpffs();
    other = XdpEngine.open({ pinPath: null });
    insideNetworkNamespace(Lab.pathOf(lab.rx), () => other.attach(INTERFACE));
  });
  afterAll(async () => {
    other.close();
    await lab.remove();
  }, 60_000);

  it('prints the findings and the text of the kernel, and ends', async () => {
    const service = spawn('ip', ['netns', 'exec', lab.rx, process.execPath, 'bin/countfree.js', 'serve'], {
      env: {
        PATH: process.env.PATH,
        COUNTFREE_DATA_DIR: `${lab.folder}/data`,
        COUNTFREE_CAPTURE_INTERFACES: INTERFACE,
        COUNTFREE_PIN_PATH: `${lab.bpffs}/countfree`,
        COUNTFREE_LISTEN: '127.0.0.1:0',
      },
    });
    const [out, said] = await Promise.all([text(service.stdout), text(service.stderr)]);
    expect(service.exitCode).not.toBe(0);
    expect(said).toMatch(/FAIL {2}XDP program .*native mode/);
    expect(said).toMatch(/mend: {2}bpftool link detach id \d+/);
    expect(out + said).toMatch(/native: .*another XDP program is on the interface/);
  });
});
