/** A network namespace and a mount namespace of their own, so that a test may run what mends a host without mending this one. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrivateNetwork } from './engines.js';

export const ROOT = join(import.meta.dirname, '../../..');
const TYPESCRIPT = ['--import', join(ROOT, 'test/support/typescript.mjs')];

export interface Output {
  status: number;
  stdout: string;
  stderr: string;
}

export class Place {
  readonly network = new PrivateNetwork();
  readonly folder = mkdtempSync(join(tmpdir(), 'countfree-place-'));
  /** Sleeps in both namespaces and so keeps them. */
  private readonly keeper: ChildProcess;

  constructor() {
    this.keeper = spawn('ip', ['netns', 'exec', this.network.name, 'sleep', 'infinity']);
  }

  /** Resolves once commands run inside. */
  async ready(): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      if (readFileSync(`/proc/${this.keeper.pid}/comm`, 'utf8').trim() === 'sleep') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('the namespaces were not made');
  }

  /** A path of the mount namespace inside, as seen from here. */
  path(inside: string): string {
    return `/proc/${this.keeper.pid}/root${inside}`;
  }

  enter(...command: string[]): string[] {
    return ['nsenter', '-t', String(this.keeper.pid), '-m', '-n', '--', ...command];
  }

  /** Runs a shell command inside; throws with what it said if it fails. */
  sh(command: string): string {
    const [program = '', ...args] = this.enter('sh', '-c', command);
    return execFileSync(program, args, { encoding: 'utf8', cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The command line of `countfree`, run inside behind `prefix`. */
  countfree(
    args: readonly string[],
    environment: Record<string, string> = {},
    prefix: string[] = [],
  ): Output {
    const command = this.command(args, prefix);
    const [program = '', ...rest] = command;
    const env = { ...process.env, COUNTFREE_DATA_DIR: join(this.folder, 'data'), ...environment };
    try {
      const stdout = execFileSync(program, rest, {
        encoding: 'utf8',
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return { status: 0, stdout, stderr: '' };
    } catch (error) {
      const { status, stdout, stderr } = error as Output;
      return { status, stdout, stderr };
    }
  }

  command(args: readonly string[], prefix: readonly string[] = []): string[] {
    return this.enter(
      ...prefix,
      process.execPath,
      ...TYPESCRIPT,
      join(ROOT, 'test/bpf/support/cli-child.ts'),
      ...args,
    );
  }

  dispose(): void {
    this.keeper.kill('SIGKILL');
    this.network.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
