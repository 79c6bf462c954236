import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createPlainServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SELF_SIGNED } from '../../test/support/self-signed.js';
import { createGuardedAgent, resolveAddresses, type Resolve } from './guarded-agent.js';
import { Sender, type Attempt } from './sender.js';
import { AddressGuard } from './special-ranges.js';

let server: Server;
let port: number;
let requests: string[] = [];
/** Open, and ever opened. */
let connections = 0;
let opened = 0;
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const agents: ReturnType<typeof createGuardedAgent>[] = [];

beforeAll(async () => {
  server = createServer((incoming, response) => {
    requests.push(`${incoming.headers.host ?? ''}${incoming.url ?? ''}`);
    response.end('yes');
  }).listen(0, '127.0.0.1');
  server.on('connection', (socket) => {
    connections += 1;
    opened += 1;
    socket.once('close', () => (connections -= 1));
  });
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => (requests = []));
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.destroy();
});

function agentFor(allowed: string[], resolve?: Resolve) {
  const agent = createGuardedAgent({
    guard: new AddressGuard(allowed),
    connectTimeoutMs: 2_000,
    ...(resolve && { resolve }),
  });
  agents.push(agent);
  return agent;
}

function send(
  url: string,
  agent: ReturnType<typeof createGuardedAgent>,
  timeoutMs = 2_000,
): Promise<Attempt> {
  return new Sender(agent, timeoutMs, () => Date.now()).send({ url, headers: {}, body: Buffer.from('{}') });
}

describe('the guarded agent', () => {
  it.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://017700000001:PORT/',
    'http://127.1:PORT/',
    'http://127。0。0。1:PORT/',
    'http://①②⑦.0.0.1:PORT/',
    'http://%31%32%37.0.0.1:PORT/',
    'http://127.0.0.1.:PORT/',
    'http://0x7f000001.:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[64:ff9b::127.0.0.1]:PORT/',
    'http://0.0.0.0:PORT/',
    'http://[::]:PORT/',
    'http://[::1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[::ffff:0:127.0.0.1]:PORT/',
    'http://[64:ff9b:1::127.0.0.1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://localhost:PORT/',
    'http://LOCALHOST:PORT/',
    'https://127.0.0.1:PORT/',
    'https://localhost:PORT/',
  ])('does not reach this host by %s', async (text) => {
    const attempt = await send(text.replace('PORT', String(port)), agentFor([]));
    expect(attempt).toMatchObject({ result: 'blocked_address', statusCode: null });
    expect(requests).toEqual([]);
  });

  it('reaches an allowed address, by literal and by name', async () => {
    const agent = agentFor(['127.0.0.0/8'], () => Promise.resolve(['127.0.0.1']));
    expect(await send(`http://127.0.0.1:${port}/a`, agent)).toMatchObject({
      result: 'success',
      responseHead: 'yes',
    });
    expect(await send(`http://receiver.example:${port}/b`, agent)).toMatchObject({ result: 'success' });
    expect(requests).toEqual([`127.0.0.1:${port}/a`, `receiver.example:${port}/b`]);
  });

  it.skipIf(!hasIpv6)('reaches an allowed address of IPv6, and by its literal no other', async () => {
    const six = createServer((_incoming, response) => response.end('six')).listen(0, '::1');
    await once(six, 'listening');
    const { port: at } = six.address() as AddressInfo;
    expect(await send(`http://[::1]:${at}/`, agentFor(['::1/128']))).toMatchObject({ responseHead: 'six' });
    const named = agentFor(['::1/128'], () => Promise.resolve(['::1']));
    expect(await send(`http://six.example:${at}/`, named)).toMatchObject({ responseHead: 'six' });
    expect(await send(`http://[::1]:${at}/`, agentFor(['127.0.0.0/8']))).toMatchObject({
      result: 'blocked_address',
    });
    six.closeAllConnections();
    six.close();
  });

  it('refuses a name if only one of its addresses is forbidden', async () => {
    for (const addresses of [
      ['127.0.0.1', '10.0.0.1'],
      ['10.0.0.1', '127.0.0.1'],
      ['127.0.0.1', '::ffff:10.0.0.1'],
    ]) {
      const attempt = await send(
        `http://receiver.example:${port}/`,
        agentFor(['127.0.0.0/8'], () => Promise.resolve(addresses)),
      );
      expect(attempt.result).toBe('blocked_address');
      expect(attempt.error).toContain('receiver.example resolves to');
    }
    expect(requests).toEqual([]);
  });

  it('gains nothing from a name that changes its address: each connection is checked by itself', async () => {
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    let asked = 0;
    const agent = agentFor(['127.0.0.0/8'], () => Promise.resolve(answers[Math.min(asked++, 1)]!));
    const url = `http://rebinding.example:${port}/`;
    const { body } = await request(url, { dispatcher: agent, method: 'POST' });
    await body.dump();
    // So that the next request needs another connection.
    server.closeAllConnections();
    await vi.waitFor(() => expect(connections).toBe(0));
    const second = await send(url, agent);
    expect(second).toMatchObject({ result: 'blocked_address' });
    expect(second.error).toContain('169.254.0.0/16');
    expect(requests).toHaveLength(1);
    expect(asked).toBe(2);
  });

  it('asks for the name once for each connection and connects to what it was told', async () => {
    const before = opened;
    let asked = 0;
    const agent = agentFor(['127.0.0.0/8'], () => {
      asked += 1;
      return Promise.resolve(['127.0.0.1']);
    });
    for (let i = 0; i < 3; i += 1) await send(`http://receiver.example:${port}/`, agent);
    expect(asked).toBe(opened - before);
    expect(requests).toHaveLength(3);
  });

  it('opens as many connections to one host as are asked for: a slow endpoint takes none from another', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const seen: string[] = [];
    silent.on('request', (incoming, response) => {
      seen.push(incoming.url ?? '');
      if (incoming.url === '/fast') response.end();
    });
    const at = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const agent = agentFor(['127.0.0.0/8']);
    const slow = Array.from({ length: 200 }, () => send(`${at}/slow`, agent, 20_000));
    await vi.waitFor(() => expect(seen).toHaveLength(200), { timeout: 10_000 });
    expect(await send(`${at}/fast`, agent, 10_000)).toMatchObject({ result: 'success' });
    silent.closeAllConnections();
    silent.close();
    expect((await Promise.all(slow)).every(({ result }) => result === 'error')).toBe(true);
  });

  it('goes by no proxy that the environment names', async () => {
    const asked: string[] = [];
    const proxy = createPlainServer((socket) => socket.once('data', (data) => asked.push(String(data))));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const at = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    for (const name of ['http_proxy', 'https_proxy', 'all_proxy'])
      for (const variable of [name, name.toUpperCase()]) vi.stubEnv(variable, at);
    try {
      expect(await send(`http://127.0.0.1:${port}/direct`, agentFor(['127.0.0.0/8']))).toMatchObject({
        result: 'success',
      });
      expect(await send(`http://127.0.0.1:${port}/`, agentFor([]))).toMatchObject({
        result: 'blocked_address',
      });
    } finally {
      vi.unstubAllEnvs();
      proxy.close();
    }
    expect(requests).toEqual([`127.0.0.1:${port}/direct`]);
    expect(asked).toEqual([]);
  });

  it('takes a receiver that cannot show whose it is for none', async () => {
    const secure = createSecureServer(SELF_SIGNED, (_incoming, response) => {
      requests.push('secure');
      response.end();
    }).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const agent = agentFor(['127.0.0.0/8'], () => Promise.resolve(['127.0.0.1']));
    const { port: at } = secure.address() as AddressInfo;
    const attempt = await send(`https://receiver.example:${at}/`, agent);
    secure.close();
    expect(attempt).toMatchObject({ result: 'error', statusCode: null });
    expect(attempt.error).toMatch(/self-signed certificate/);
    expect(requests).toEqual([]);
  });

  it('waits for a distant address though another cannot be reached, and goes on to the next of one that is dead', async () => {
    const frozen = fork(new URL('../../test/support/frozen-receiver.ts', import.meta.url), {
      execArgv: ['--import', new URL('../../test/support/typescript.mjs', import.meta.url).href],
    });
    const [at] = (await once(frozen, 'message')) as [number];
    // While it does not take what is in its queue, the kernel drops the SYN of what comes: the next is sent after a second.
    frozen.kill('SIGSTOP');
    const queued = Array.from({ length: 3 }, () => connect(at, '127.0.0.1').on('error', () => undefined));
    await delay(100);
    const agent = agentFor(['127.0.0.0/8'], () => Promise.resolve(['127.0.0.1', '127.0.0.2']));
    const attempt = send(`http://distant.example:${at}/`, agent, 10_000);
    await delay(500);
    frozen.kill('SIGCONT');
    expect(await attempt).toMatchObject({ result: 'success' });
    const other = agentFor(['127.0.0.0/8'], () => Promise.resolve(['127.0.0.2', '127.0.0.1']));
    expect(await send(`http://two.example:${at}/`, other)).toMatchObject({ result: 'success' });
    for (const socket of queued) socket.destroy();
    frozen.disconnect();
    await once(frozen, 'exit');
  });

  it('ends a look-up that takes too long with the try', async () => {
    const agent = agentFor([], () => new Promise<string[]>(() => undefined));
    const sender = new Sender(agent, 200, () => Date.now());
    const attempt = await sender.send({ url: 'http://slow.example/', headers: {}, body: Buffer.from('{}') });
    expect(attempt).toMatchObject({ result: 'timeout', error: 'no answer within 0.2 s' });
  });

  it('knows names of the hosts file that DNS does not know', async () => {
    expect(await resolveAddresses('localhost')).toEqual(expect.arrayContaining(['127.0.0.1']));
  });
});
