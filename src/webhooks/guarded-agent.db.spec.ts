import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGuardedAgent, resolveAddresses, type Resolve } from './guarded-agent.js';
import { Sender, type Attempt } from './sender.js';
import { AddressGuard } from './special-ranges.js';

let server: Server;
let port: number;
let requests: string[] = [];
/** Open, and ever opened. */
let connections = 0;
let opened = 0;
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
    connections: 4,
    ...(resolve && { resolve }),
  });
  agents.push(agent);
  return agent;
}

function send(url: string, agent: ReturnType<typeof createGuardedAgent>): Promise<Attempt> {
  return new Sender(agent, 2_000, () => Date.now()).send({ url, headers: {}, body: Buffer.from('{}') });
}

describe('the guarded agent', () => {
  it.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://017700000001:PORT/',
    'http://127.1:PORT/',
    'http://127。0。0。1:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[64:ff9b::127.0.0.1]:PORT/',
    'http://0.0.0.0:PORT/',
    'http://[::]:PORT/',
    'http://localhost:PORT/',
    'https://127.0.0.1:PORT/',
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
