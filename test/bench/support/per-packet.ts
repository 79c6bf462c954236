/** A BCC program in Python that hears of each packet (test/bench/xdp/per_packet.py), beside which Countfree is measured. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const SCRIPT = join(import.meta.dirname, '../xdp/per_packet.py');
/** Debian's own, which python3-bpfcc is installed for. */
const PYTHON = '/usr/bin/python3';

export interface PerPacketCounts {
  events: number;
  /** Events that the kernel had no room for. */
  lost: number;
  /** Seconds of processor time. */
  processor: number;
}

/** Whether it can be measured here. */
export function hasBcc(): boolean {
  return spawnSync(PYTHON, ['-c', 'import bcc'], { stdio: 'ignore' }).status === 0;
}

export class PerPacket {
  private constructor(
    private readonly process: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  /** Attached to the interface in the namespace, or null if BCC cannot compile here: it says why. */
  static async start(namespace: string, interfaceName: string, addressAt: number): Promise<PerPacket | null> {
    const command = ['netns', 'exec', namespace, PYTHON, SCRIPT, interfaceName, String(addressAt)];
    const child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    if (!(await lines.next()).done) return new PerPacket(child, lines);
    console.log(`BCC's program is left out: ${said.trim().split('\n').at(-1) ?? ''}`);
    return null;
  }

  /** Detaches it, and gives what it counted. */
  async stop(): Promise<PerPacketCounts> {
    this.process.stdin!.end();
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error('per_packet.py ended without a count');
    await this.lines.next(); // Detached, and gone.
    return JSON.parse(value) as PerPacketCounts;
  }
}
