import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Stop } from '../support/steps.mjs';
import { Api } from './api.mjs';
import { INTERFACE } from './lab.mjs';
import { Receiver } from './receiver.mjs';
import { Service } from './service.mjs';

/** Inside the receiving namespace every port is free. */
const API_PORT = 8080;
const HOOK_PORT = 9090;

/** The service and a webhook receiver, in the receiving namespace or, without XDP, in our own. */
export class Site {
  receiver = new Receiver();
  /** The same over a restart: what is stored was encrypted with it. */
  secretKey = randomBytes(32).toString('base64');

  /** @param settings COUNTFREE_ variables for every start of the service */
  constructor(lab, engine, settings = {}) {
    this.lab = lab;
    this.settings = settings;
    this.live = engine.kind === 'xdp';
    this.apiSocket = join(lab.folder, 'api.sock');
  }

  async start() {
    if (this.live) await this.openPortal();
    else await this.openPorts();
    await this.startService();
    const output = await this.service.command('api-key', 'create', '--name', 'demo', '--scopes', 'admin');
    this.api.key = /cfk_[\w-]+/.exec(output)?.[0] ?? '';
    if (this.api.key === '') throw new Stop(`countfree api-key create printed no key: ${output}`);
  }

  /** Starts the service again, with capture files to read. */
  async restartWithFiles(files) {
    await this.service.stop();
    await this.startService({ COUNTFREE_CAPTURE_FILES: files.join(',') });
  }

  /** Ends the service as a crash would, in the middle of whatever it does, and starts it again. */
  async crash() {
    await this.service.kill();
    await this.startService();
  }

  async stop() {
    await this.service?.stop();
    this.portal?.kill();
    this.receiver.close();
    this.door?.close();
  }

  /** Opens a port of this machine on the service's API, where the service is in a namespace of its own. Gives the URL. */
  async openDoor() {
    if (!this.live) return `http://127.0.0.1:${this.port}`;
    this.door = createServer((near) => {
      const far = connect(this.apiSocket);
      near.on('error', () => far.destroy()).pipe(far);
      far.on('error', () => near.destroy()).pipe(near);
    });
    const listening = (port) =>
      new Promise((resolve, reject) => {
        this.door.once('error', reject).listen(port, '127.0.0.1', () => resolve(this.door.address().port));
      });
    const port = await listening(API_PORT).catch(() => listening(0));
    return `http://127.0.0.1:${port}`;
  }

  async startService(variables = {}) {
    const capture = this.live
      ? {
          COUNTFREE_LISTEN: `127.0.0.1:${API_PORT}`,
          COUNTFREE_CAPTURE_INTERFACES: INTERFACE,
          COUNTFREE_PIN_PATH: join(this.lab.bpffs, 'countfree'),
          COUNTFREE_FLOW_TABLE_ENTRIES: '16384',
          COUNTFREE_EPOCH_SECONDS: '1',
        }
      : { COUNTFREE_LISTEN: `127.0.0.1:${this.port}` };
    const namespace = this.live ? this.lab.rx : undefined;
    this.service = new Service(this.lab.folder, namespace, {
      COUNTFREE_SECRET_KEY: this.secretKey,
      ...capture,
      ...this.settings,
      ...variables,
    });
    this.service.start();
    await this.service.ready(() => this.api.isUp('/readyz'));
  }

  async openPortal() {
    await this.receiver.listen(join(this.lab.folder, 'hook.sock'));
    this.hookUrl = `http://127.0.0.1:${HOOK_PORT}/hook`;
    this.api = new Api({ socketPath: this.apiSocket });
    const script = fileURLToPath(new URL('portal.mjs', import.meta.url));
    const args = [script, this.lab.folder, String(API_PORT), String(HOOK_PORT)];
    const command = ['netns', 'exec', this.lab.rx, process.execPath, ...args];
    this.portal = spawn('ip', command, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true });
    await new Promise((resolve, reject) => {
      this.portal.once('message', resolve);
      this.portal.once('error', reject);
      this.portal.once('close', (code) => reject(new Stop(`the demo's portal ended with ${code}`)));
    });
  }

  async openPorts() {
    const { port } = await this.receiver.listen({ host: '127.0.0.1', port: 0 });
    this.hookUrl = `http://127.0.0.1:${port}/hook`;
    this.port = await freePort();
    this.api = new Api({ host: '127.0.0.1', port: this.port });
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
