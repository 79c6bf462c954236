import { join } from 'node:path';
import process from 'node:process';
import { root } from '../support/paths.mjs';
import { INTERFACE, Lab } from './lab.mjs';

/**
 * Finds out whether XDP can count here, by doing it: makes the network and attaches the program for a moment. Gives
 * `{ kind: 'xdp', mode }`, or `{ kind: 'user', reason }` where rights or kernel are missing.
 */
export async function chooseEngine(lab) {
  if (process.getuid?.() !== 0)
    return { kind: 'user', reason: 'this is not root, and XDP needs rights over the network' };
  try {
    await lab.makeNetwork();
    await lab.mountBpffs();
    return { kind: 'xdp', mode: await attachOnce(lab) };
  } catch (error) {
    // A failed `ip` or `mount` says why on its standard error.
    const why = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .join(' ');
    return { kind: 'user', reason: `${why} (it takes root with CAP_NET_ADMIN, CAP_SYS_ADMIN and CAP_BPF)` };
  }
}

async function attachOnce(lab) {
  const { insideNetworkNamespace, XdpEngine } = await import(join(root, 'dist/src/capture/index.js'));
  const sizes = { flows: 1024, flowRingBytes: 1 << 16, helloRingBytes: 1 << 16, fragments: 16 };
  return insideNetworkNamespace(Lab.pathOf(lab.rx), () => {
    const engine = XdpEngine.open({ pinPath: null, sizes });
    try {
      return engine.attach(INTERFACE, 'native').mode;
    } finally {
      engine.detach();
      engine.close();
    }
  });
}
