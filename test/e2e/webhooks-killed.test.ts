/** Whatever dies while messages are under way: each change that was answered is told, in the order of its SIM. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Customer, Lab, monthOf, removeLeftovers, until, type Api } from '../../scripts/demo/index.mjs';
import { serversOf } from '../../scripts/soak/index.mjs';
import { WebhookReceiver, type ReceivedMessage } from '../support/webhook-receiver.js';

const SIMS = Array.from({ length: 30 }, (_, n) => `sim-${n}`);
const plan = {
  name: 'LINE is free',
  baseFee: 980,
  includedOctets: 1_000_000,
  unitOctets: 100_000,
  unitPrice: 10,
  freeServices: ['line'],
  taxPercent: 10,
};
const lab = new Lab();
let receiver: WebhookReceiver;
let environment: Record<string, string | undefined>;
let origin = '';
let service: ChildProcess;
let key = '';

const send = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
};
const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
  const { status, text } = await send(method, path, body);
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};
const api: Api = {
  get: (path) => call('GET', path),
  post: (path, body) => call('POST', path, body),
  call,
  send,
};
const ready = () =>
  until('the service is not ready', async () => {
    const answer = await fetch(`${origin}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  });

beforeAll(async () => {
  await removeLeftovers();
  lab.makeFolder();
  receiver = await WebhookReceiver.start();
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  origin = `http://127.0.0.1:${port}`;
  environment = {
    PATH: process.env.PATH,
    COUNTFREE_DATA_DIR: join(lab.folder, 'data'),
    COUNTFREE_ROLES: 'api,worker',
    COUNTFREE_LISTEN: `127.0.0.1:${port}`,
    COUNTFREE_WEBHOOK_ALLOW_HTTP: 'true',
    COUNTFREE_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
  };
  await start();
  const made = await promisify(execFile)(
    process.execPath,
    ['bin/countfree.js', 'api-key', 'create', '--name', 'test', '--scopes', 'admin,billing,catalogue,ingest'],
    { env: environment },
  );
  key = made.stdout.trim();
}, 180_000);

afterAll(async () => {
  service.kill('SIGKILL');
  receiver.cut();
  await receiver.stop();
  await lab.remove();
});

async function start(): Promise<void> {
  const log = openSync(join(lab.folder, 'service.log'), 'a');
  service = spawn(process.execPath, ['bin/countfree.js', 'serve'], {
    env: environment,
    stdio: ['ignore', log, log],
  });
  await ready();
}

function killServers(kind: 'postgres' | 'redis'): void {
  for (const pid of serversOf(lab, kind)) process.kill(pid, 'SIGKILL');
}

it('SIGKILL of Postgres, of Redis and of the worker costs no message', async () => {
  const month = monthOf(Date.now());
  const customer = new Customer(api, month);
  for (const code of ['plan-a', 'plan-b']) await customer.makePlan({ ...plan, code });
  const { secret } = (await api.post('/v1/webhook-endpoints', { url: receiver.url })) as { secret: string };

  // Taken by the receiver, which answers when Postgres is gone: that it was taken cannot be written then.
  const held: (() => void)[] = [];
  receiver.answer = (_message, response) => held.push(() => response.end());
  for (const simId of SIMS) await customer.makeSim({ simId, nameConsent: true }, 'plan-a');
  await until('the first messages do not come', () => held.length >= SIMS.length);
  killServers('postgres');
  for (const answer of held.splice(0)) answer();
  await ready();

  // A receiver that fails now and then, with Redis gone among it.
  const failed = new Set<string>();
  const fails = (message: ReceivedMessage) => {
    if (failed.has(message.id) || !/^evt_[A-F]/.test(message.id)) return false;
    failed.add(message.id);
    return true;
  };
  receiver.answer = (message, response) => response.writeHead(fails(message) ? 500 : 204).end();
  for (const [index, simId] of SIMS.entries()) {
    const at = new Date(month.start + 3600_000).toISOString();
    await api.post('/v1/plan-changes', { simId, planCode: 'plan-b', at });
    if (index === SIMS.length / 2) killServers('redis');
  }
  await ready();

  // Taken, answered to a process that is no more.
  receiver.answer = (_message, response) => held.push(() => response.end());
  for (const simId of SIMS) {
    const at = new Date(month.start + 7200_000).toISOString();
    await api.post('/v1/plan-changes', { simId, planCode: 'plan-a', at });
  }
  await until('nothing is under way', () => held.length > 0);
  const ended = once(service, 'exit');
  service.kill('SIGKILL');
  await ended;
  for (const answer of held.splice(0)) answer();
  receiver.answer = (message, response) => response.writeHead(fails(message) ? 500 : 204).end();
  await start();

  interface Delivery {
    messageId: string;
    status: string;
  }
  let deliveries: Delivery[] = [];
  await expect
    .poll(
      async () => {
        deliveries = ((await api.get('/v1/deliveries?limit=1000')) as { items: Delivery[] }).items;
        return deliveries.filter(({ status }) => status === 'delivered').length;
      },
      { timeout: 120_000, interval: 500 },
    )
    .toBe(3 * SIMS.length);
  // Each SIM: put on a plan once, moved twice.
  const arrived = new Map<string, number[]>();
  for (const message of receiver.messages) {
    expect(WebhookReceiver.verify(message, secret)).toBeDefined();
    const { simId, sequence } = JSON.parse(message.body) as { simId: string; sequence: number };
    const seen = arrived.get(simId) ?? [];
    if (!seen.includes(sequence)) seen.push(sequence);
    arrived.set(simId, seen);
  }
  // First arrivals are in order, whatever came twice.
  for (const simId of SIMS) expect([simId, arrived.get(simId)]).toEqual([simId, [1, 2, 3]]);
  // What comes again has the same id.
  expect(new Set(receiver.messages.map(({ id }) => id))).toEqual(
    new Set(deliveries.map(({ messageId }) => messageId)),
  );
}, 300_000);
