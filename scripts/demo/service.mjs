import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { clearTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../support/paths.mjs';
import { Stop } from '../support/steps.mjs';

const START_TIMEOUT = 90_000;
const STOP_TIMEOUT = 20_000;
const SETPRIV = '/usr/bin/setpriv';

/** The service as a child process, with its private Postgres and Redis in the demo's folder. */
export class Service {
  /**
   * @param folder for data and log
   * @param namespace network namespace to run in; undefined = our own
   * @param variables COUNTFREE_ variables of this run
   */
  constructor(folder, namespace, variables) {
    this.logPath = join(folder, 'service.log');
    this.namespace = namespace;
    this.environment = environmentOf({
      COUNTFREE_DATA_DIR: join(folder, 'data'),
      COUNTFREE_SOURCE_NAME: 'demo',
      COUNTFREE_WEBHOOK_ALLOW_HTTP: 'true',
      COUNTFREE_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
      ...variables,
    });
  }

  start() {
    const log = openSync(this.logPath, 'a', 0o600);
    const command = this.inNamespace([process.execPath, 'bin/countfree.js', 'serve']);
    // Should this process be killed, the kernel ends the service too.
    if (existsSync(SETPRIV)) command.unshift(SETPRIV, '--pdeathsig=TERM', '--');
    this.child = spawn(command[0], command.slice(1), {
      cwd: root,
      env: this.environment,
      stdio: ['ignore', log, log],
      // Ctrl+C in the terminal must not reach it: the demo stops it in its own order.
      detached: true,
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve(signal ?? code));
      this.child.once('error', (error) => resolve(error.message));
    });
  }

  /** Waits until `isReady` says so. */
  async ready(isReady) {
    const deadline = Date.now() + START_TIMEOUT;
    let end;
    void this.ended.then((how) => (end = how));
    while (!(await isReady().catch(() => false))) {
      if (end !== undefined) throw new Stop(`The service ended at its start (${end}).\n${this.logTail()}`);
      if (Date.now() > deadline) throw new Stop(`The service is not ready after 90 s.\n${this.logTail()}`);
      await sleep(100);
    }
  }

  /** Runs a `countfree` command beside the service and gives its standard output. */
  command(...args) {
    const command = this.inNamespace([process.execPath, 'bin/countfree.js', ...args]);
    return new Promise((resolve, reject) => {
      const child = spawn(command[0], command.slice(1), { cwd: root, env: this.environment });
      let [output, errors] = ['', ''];
      child.stdout.on('data', (chunk) => (output += chunk));
      child.stderr.on('data', (chunk) => (errors += chunk));
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0 ? resolve(output) : reject(new Stop(`countfree ${args.join(' ')} failed: ${errors}`)),
      );
    });
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async stop() {
    if (this.child?.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null)
      return;
    this.child.kill('SIGTERM');
    const killing = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT);
    await this.ended;
    clearTimeout(killing);
  }

  /** The end of the log, without the requests that were answered well. */
  logTail() {
    const log = existsSync(this.logPath) ? readFileSync(this.logPath, 'utf8') : '';
    const telling = log
      .split('\n')
      .filter((line) => line !== '' && !/"level":30.*"msg":"request"/.test(line));
    return `Its log ends with:\n${telling.slice(-20).join('\n')}`;
  }

  inNamespace(command) {
    return this.namespace === undefined ? command : ['ip', 'netns', 'exec', this.namespace, ...command];
  }
}

/** Nothing of the caller's own configuration: the demo never touches another server than its own. */
function environmentOf(variables) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('COUNTFREE_') && name !== 'DATABASE_URL' && name !== 'REDIS_URL',
  );
  return { ...Object.fromEntries(inherited), ...variables };
}
