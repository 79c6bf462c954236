import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import {
  insideNetworkNamespace,
  UserEngine,
  XdpEngine,
  type EngineSizes,
  type PacketEngine,
} from '../capture/plain.js';
import { Refusal } from '../shared/plain.js';
import type { ReplayEngine } from './replay-request.js';

/** Holds every flow of an epoch of a capture file (32 MiB), so that none is coarsened. */
const SIZES: EngineSizes = {
  flows: 1 << 20,
  flowRingBytes: 16 << 20,
  helloRingBytes: 4 << 20,
  fragments: 65_536,
};

export interface OpenEngine {
  engine: PacketEngine;
  /** What the reader should know of how packets are counted; undefined if there is nothing to say. */
  note: string | undefined;
  close(): Promise<void>;
}

/**
 * Opens the engine that `replay` counts with. The XDP engine runs the real program in the kernel: attached to one end of a
 * veth pair in a network namespace of its own, which is gone with this process, or attached nowhere, which is slow.
 */
export async function openReplayEngine(kind: ReplayEngine): Promise<OpenEngine> {
  const options = { sizes: SIZES, flowsPerSubscriber: SIZES.flows };
  if (kind === 'user') {
    const engine = new UserEngine(options);
    return {
      engine,
      note: undefined,
      close: () => {
        engine.close();
        return Promise.resolve();
      },
    };
  }
  const engine = openXdp(options);
  try {
    const veth = await PrivateVeth.make();
    try {
      insideNetworkNamespace(veth.namespacePath, () => engine.attach(PrivateVeth.interfaceName, 'native'));
    } catch (error) {
      await veth.remove();
      throw error;
    }
    return {
      engine,
      note: 'the XDP program is attached to a veth pair in a private network namespace',
      close: async () => {
        engine.close();
        await veth.remove();
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      engine,
      note: `the XDP program is attached nowhere, so each packet costs some 20 µs (no private veth: ${reason})`,
      close: () => {
        engine.close();
        return Promise.resolve();
      },
    };
  }
}

function openXdp(options: { sizes: EngineSizes; flowsPerSubscriber: number }): XdpEngine {
  try {
    return XdpEngine.open({ ...options, pinPath: null, replay: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      'unavailable',
      `--engine xdp: ${reason} (--engine user needs no rights and counts the same)`,
    );
  }
}

/**
 * A veth pair in a network namespace that lives as long as a helper process. The helper ends when its standard input
 * closes, so nothing is left behind however this process ends.
 */
class PrivateVeth {
  static readonly interfaceName = 'cfreplay0';

  private constructor(private readonly helper: ChildProcess) {}

  get namespacePath(): string {
    return `/proc/${String(this.helper.pid)}/ns/net`;
  }

  static async make(): Promise<PrivateVeth> {
    // The pair stays down, so that no packet of the kernel's own (IPv6 autoconfiguration) is counted with the capture.
    const script = [
      `ip link add ${PrivateVeth.interfaceName} type veth peer name cfreplay1`,
      'echo ready',
      'exec cat >/dev/null',
    ].join(' && ');
    const helper = spawn('unshare', ['--net', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'pipe'] });
    const errors: string[] = [];
    helper.stderr.on('data', (data: Buffer) => errors.push(data.toString()));
    const ready = new Promise<void>((resolve, reject) => {
      helper.once('error', reject);
      helper.once('exit', () => reject(new Error(errors.join('').trim() || 'the helper ended')));
      createInterface(helper.stdout).once('line', () => resolve());
    });
    await ready;
    helper.removeAllListeners('exit');
    helper.unref();
    return new PrivateVeth(helper);
  }

  async remove(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      if (this.helper.exitCode !== null || this.helper.signalCode !== null) resolve();
      else this.helper.once('exit', () => resolve());
    });
    this.helper.ref();
    this.helper.stdin?.end();
    await gone;
  }
}
