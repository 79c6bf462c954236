import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Logger } from '../shared/index.js';
import { Connections, type Patience } from './connections.js';

const QUICK: Patience = { head: 300, request: 600, check: 20, still: 60_000, linger: 300 };
const logger = { info: () => undefined, warn: () => undefined } as unknown as Logger;

let server: Server;
let connections: Connections;
let port: number;

async function start(patience: Partial<Patience> = {}, app: RequestListener = echo): Promise<void> {
  server = createServer();
  connections = new Connections(server, logger, { ...QUICK, ...patience });
  server.on('request', (request, response) => {
    connections.began(request, response);
    app(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
}

/** Answers once the body is there. */
const echo: RequestListener = (request, response) => {
  request.on('error', () => undefined).resume();
  request.on('end', () => response.end('done'));
};

/** A connection, and all that comes on it until it ends. */
function open(sent = ''): { socket: Socket; text: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('utf8'))).on('error', () => undefined);
  if (sent !== '') socket.write(sent);
  return { socket, text: new Promise((resolve) => socket.on('close', () => resolve(text))) };
}

function expectProblem(text: string, status: number, kind: string): void {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toContain('\r\ncontent-type: application/problem+json');
  expect(head).toContain("\r\ncontent-security-policy: default-src 'none'");
  expect(head).toContain('\r\nconnection: close');
  const id = /\r\nrequest-id: (\S+)/.exec(head)?.[1];
  expect(JSON.parse(body)).toMatchObject({
    type: `urn:countfree:problem:${kind}`,
    status,
    instance: `urn:uuid:${id ?? ''}`,
  });
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('what comes to no application is answered as a problem', () => {
  it.each([
    [
      'a head that is too large',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'head_too_large',
    ],
    [
      'a path that is too long',
      `GET /?${'a'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
      431,
      'head_too_large',
    ],
    ['what is TLS', '\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000', 400, 'malformed'],
    ['a path in letters of another script', 'GET /日本 HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'malformed'],
    ['a method that is none', 'GREET / HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'malformed'],
    [
      'a body of two lengths',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
      400,
      'malformed',
    ],
    ['an expectation', 'GET / HTTP/1.1\r\nhost: a\r\nexpect: a-miracle\r\n\r\n', 417, 'expectation_failed'],
    ['a head that never comes whole', 'GET / HTTP/1.1\r\nhost:', 408, 'timed_out'],
    [
      'a body that never comes whole',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{',
      408,
      'timed_out',
    ],
  ])('%s', async (_, sent, status, kind) => {
    await start();
    expectProblem(await open(sent).text, status, kind);
    expect(await open('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n').text).toContain('done');
  });

  it('once, whatever else is sent', async () => {
    await start();
    const { socket, text } = open('rubbish\r\n\r\n');
    for (let i = 0; i < 5; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      socket.write('more rubbish\r\n\r\n');
    }
    expect((await text).match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });
});

describe('a connection is cut', () => {
  it('when its reader does not read', async () => {
    await start({ still: 200 }, (_request, response) => void response.end(Buffer.alloc(64 * 1024 * 1024)));
    const count = () =>
      new Promise<number>((resolve) => server.getConnections((_, number) => resolve(number)));
    const { socket } = open('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    socket.pause();
    await expect.poll(count, { interval: 5 }).toBe(1);
    await expect.poll(count, { interval: 5, timeout: 5_000 }).toBe(0);
  });

  it('but not one that goes on after a request that was answered before it was whole', async () => {
    let socketOf: Socket | undefined;
    await start({}, (request, response) => {
      socketOf = request.socket;
      response.end('at once');
    });
    const { socket } = open();
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    for (let round = 1; round <= 20; round += 1) {
      socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{');
      await expect.poll(() => text.split('at once').length, { interval: 2 }).toBe(round + 1);
      socket.write('}');
    }
    await new Promise((resolve) => setTimeout(resolve, 2 * QUICK.linger));
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await expect.poll(() => text.split('at once').length).toBe(22);
    expect(socketOf?.listenerCount('close')).toBeLessThan(10);
  });

  it('when a body is sent on and on after the answer, which arrives', async () => {
    await start({}, (request, response) => {
      request.on('error', () => undefined).resume();
      response.writeHead(413).end('too much');
    });
    const { socket, text } = open('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n');
    const sending = setInterval(() => socket.write('a'.repeat(1000)), 5);
    expect(await text).toContain('too much');
    clearInterval(sending);
  });
});

describe('draining', () => {
  const answers: (() => void)[] = [];
  const held: RequestListener = (_request, response) =>
    void answers.push(() => void response.end('in the end'));

  it('lets a request end, and is held up by nobody who asks for nothing', async () => {
    await start({}, held);
    const asking = open('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const others = [open(), open('GET / HT'), open('rubbish\r\n\r\n')];
    await expect.poll(() => answers.length).toBe(1);
    const drained = connections.drain(60_000);
    for (const { text } of others) await text;
    expect(await open().text).toBe('');
    answers.shift()?.();
    expect(await asking.text).toContain('in the end');
    await drained;
  });

  it('cuts a request that does not end in time', async () => {
    await start({}, held);
    const { text } = open('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await expect.poll(() => answers.length).toBe(1);
    await connections.drain(50);
    expect(await text).toBe('');
  });
});
