import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuardedAgent } from './guarded-agent.js';
import { Sender, type Attempt } from './sender.js';
import { AddressGuard } from './special-ranges.js';

const TIMEOUT_MS = 600;
/** Of anything but the time-out: it would be this much later. */
const FOR_EVER_MS = 20_000;
const cleanUp: (() => unknown)[] = [];
let server: Server;
let sent = 0;

afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

/** One try at a receiver that answers the first bytes of a request as it likes. */
async function tryAt(answer: (socket: Socket) => void): Promise<Attempt> {
  const sockets = new Set<Socket>();
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const guard = new AddressGuard(['127.0.0.0/8']);
  const agent = createGuardedAgent({ guard, connectTimeoutMs: TIMEOUT_MS });
  cleanUp.push(
    () => agent.destroy(),
    () => sockets.forEach((socket) => socket.destroy()),
    () => server.close(),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const attempt = new Sender(agent, TIMEOUT_MS, () => Date.now()).send({
    url,
    headers: {},
    body: Buffer.from('{}'),
  });
  const tooLate = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the try never ended')), FOR_EVER_MS);
    cleanUp.push(() => clearTimeout(timer));
  });
  return Promise.race([attempt, tooLate]);
}

/** Writes the text again and again until the other side goes. */
function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 20);
  socket.once('close', () => clearInterval(timer));
}

/** Writes as much as the other side takes, until it goes. */
function flood(socket: Socket, text: string): void {
  sent = 0;
  const fill = (): void => {
    while (!socket.destroyed && socket.write(text)) sent += text.length;
    socket.once('drain', fill);
  };
  fill();
}

const OK = 'HTTP/1.1 200 OK\r\n';
const INTERIM = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';

describe('a try ends in its time', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['that takes the request and is silent', () => undefined],
    [
      'whose head comes octet by octet',
      (socket) => {
        socket.write(OK);
        drip(socket, 'x');
      },
    ],
    ['that answers "not yet" for ever', (socket) => drip(socket, INTERIM)],
    ['that answers "not yet" as fast as can be', (socket) => flood(socket, INTERIM)],
  ])('with a receiver %s', async (_what, answer) => {
    expect(await tryAt(answer)).toMatchObject({ result: 'timeout', error: 'no answer within 0.6 s' });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['that announces a body and sends none', (socket) => socket.write(`${OK}content-length: 100000\r\n\r\n`)],
    [
      'whose body comes octet by octet',
      (socket) => {
        socket.write(`${OK}content-length: 100000\r\n\r\n`);
        drip(socket, 'x');
      },
    ],
    [
      'whose chunks never end',
      (socket) => {
        socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`);
        drip(socket, '1\r\nx\r\n');
      },
    ],
    ['that breaks off in its body', (socket) => socket.end(`${OK}content-length: 100000\r\n\r\nxxx`)],
  ])('as delivered, with a receiver %s', async (_what, answer) => {
    const attempt = await tryAt(answer);
    expect(attempt).toMatchObject({ result: 'success', statusCode: 200 });
    expect(attempt.responseHead).toMatch(/^x*$/);
  });
});

describe('a try reads no more than it keeps', () => {
  it('of a head without end', async () => {
    const attempt = await tryAt((socket) => {
      socket.write(`${OK}x-long: `);
      flood(socket, 'y'.repeat(10_000));
    });
    expect(attempt).toMatchObject({ result: 'error', statusCode: null });
    expect(attempt.error).toMatch(/overflow/i);
  });

  it('of a body without end', async () => {
    const attempt = await tryAt((socket) => {
      socket.write(`${OK}\r\n`);
      flood(socket, 'z'.repeat(10_000));
    });
    expect(attempt).toMatchObject({ result: 'success', responseHead: 'z'.repeat(1024) });
    // What the kernel's buffers on both sides hold comes on top.
    expect(sent).toBeLessThan(20_000_000);
  });

  it('of a body that would unpack to very much: it is kept as it came', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const attempt = await tryAt((socket) => {
      socket.write(`${OK}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    });
    expect(attempt.result).toBe('success');
    expect(Buffer.byteLength(attempt.responseHead!)).toBeLessThanOrEqual(3 * 1024);
    expect(attempt.responseHead).not.toContain('\u0000');
  });

  it('of very many headers, and of very long ones', async () => {
    const attempt = await tryAt((socket) => {
      const many = Array.from({ length: 300 }, (_, n) => `x-${n}: ${n}\r\n`).join('');
      socket.end(`HTTP/1.1 503 no\r\nx-long: ${'é'.repeat(1500)}\r\n${many}retry-after: 7\r\n\r\n`);
    });
    expect(attempt).toMatchObject({ result: 'refused', statusCode: 503, retryAfterMs: 7000 });
    expect(Object.keys(attempt.responseHeaders!).length).toBeLessThanOrEqual(32);
    for (const value of Object.values(attempt.responseHeaders!))
      expect(Buffer.byteLength(value)).toBeLessThanOrEqual(256);
  });
});

describe('a try logs', () => {
  it('what can be stored and shown, and no secret of the receiver, in whatever case it is written', async () => {
    const attempt = await tryAt((socket) => {
      const head =
        `${OK}__proto__: p\r\nconstructor: c\r\nSet-Cookie: session=hidden\r\nset-cookie: other=hidden\r\n` +
        `AUTHORIZATION: hidden\r\nProxy-Authenticate: hidden\r\nx-request-id: r-1\r\nx-bytes: `;
      const bytes = Buffer.from([0xff, 0x80, 0xe2, 0x82]);
      socket.end(
        Buffer.concat([
          Buffer.from(head),
          bytes,
          Buffer.from('\r\ncontent-length: 8\r\n\r\n\u0000\u001b[2Ja\r\n'),
        ]),
      );
    });
    expect(attempt.result).toBe('success');
    expect(JSON.stringify(attempt)).not.toContain('hidden');
    expect(attempt.responseHeaders).toMatchObject({ 'x-request-id': 'r-1' });
    expect(attempt.responseHeaders!['x-bytes']).toBe('ÿ\ufffdâ\ufffd');
    expect(attempt.responseHead).toBe('\ufffd\ufffd[2Ja\r\n');
  });

  it.each([
    ['SSH-2.0-OpenSSH_9.9\r\n', 'does not match the HTTP/1.1 protocol'],
    ['HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'bad upgrade'],
    ['HTTP/1.1 100 Continue\r\n\r\n', 'bad response'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'Invalid response status'],
    [`${OK}x-escape: \u001b[31m\r\n\r\n`, 'Invalid header value'],
    [`${OK}x: a\r\n folded\r\n\r\n`, 'does not match the HTTP/1.1 protocol'],
  ])('%j as no answer, with the reason', async (text, reason) => {
    const attempt = await tryAt((socket) => socket.end(text));
    expect(attempt).toMatchObject({ result: 'error', statusCode: null, responseHeaders: null });
    expect(attempt.error).toContain(reason);
  });
});
