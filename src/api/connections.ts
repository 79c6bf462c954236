import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { metrics, type Logger } from '../shared/index.js';
import { Problem } from './kit/problem.js';
import { SECURITY_HEADERS } from './kit/security-headers.js';

/** How long a client may take, in milliseconds. */
export interface Patience {
  /** For the head of a request, and for all of it; then it is answered 408. */
  head: number;
  request: number;
  /** How often that is looked at. */
  check: number;
  /** A connection on which nothing moves for as long, such as that of a reader who does not read, is cut. */
  still: number;
  /** What a client still sends after its answer is read off for as long: cut at once, it might never see the answer. */
  linger: number;
}

export const PATIENCE: Patience = {
  head: 20_000,
  request: 120_000,
  check: 10_000,
  still: 300_000,
  linger: 10_000,
};

/**
 * The connections of the API's server: how long each may take, what is answered where no HTTP is spoken, and how all end
 * when the service does.
 */
export class Connections {
  /** Open connections, with the answers that are owed on each. */
  private readonly open = new Map<Socket, Set<ServerResponse>>();
  private readonly refused = new WeakSet<Socket>();
  private draining = false;

  constructor(
    private readonly server: Server,
    private readonly logger: Logger,
    private readonly patience = PATIENCE,
  ) {
    server.headersTimeout = patience.head;
    server.requestTimeout = patience.request;
    server.setTimeout(patience.still);
    // Options of createServer, which is not ours to call; both are read when they are needed.
    Object.assign(server, { connectionsCheckingInterval: patience.check, requireHostHeader: false });
    server.on('connection', (socket: Socket) => {
      this.open.set(socket, new Set());
      socket.once('close', () => this.open.delete(socket));
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.refuse(error, socket as Socket));
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      this.began(request, response);
      const problem = new Problem('expectation_failed', 'Send the request without the header Expect.');
      const { head, body } = this.answerTo(problem);
      response.writeHead(problem.status, head).end(body);
    });
  }

  /** To be called for each request that comes to the application. */
  began(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.open.get(socket)?.add(response);
    if (this.draining) response.setHeader('connection', 'close');
    response.once('finish', () => {
      if (!request.complete) this.cutLater(socket, request);
    });
    response.once('close', () => {
      const owed = this.open.get(socket);
      owed?.delete(response);
      if (this.draining && owed?.size === 0) socket.destroySoon();
    });
  }

  /**
   * Takes no more connections, lets the requests that are under way end for `graceMs`, and cuts those that do not.
   * Whoever sends nothing, or not a whole head, holds up nobody.
   */
  async drain(graceMs: number): Promise<void> {
    this.draining = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const [socket, owed] of this.open) if (owed.size === 0) socket.destroy();
    const late = setTimeout(() => {
      this.logger.warn({ connections: this.open.size }, 'requests that do not end in time are cut');
      for (const socket of this.open.keys()) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(late);
  }

  /** What is no HTTP, too long or too slow comes to no application, or not whole; its answer is written by hand. */
  private refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    // The rest of what was refused cannot be read either.
    if (this.refused.has(socket)) return;
    this.refused.add(socket);
    const owed = [...(this.open.get(socket) ?? [])];
    // Nobody is there to read an answer, or it is not the first that is awaited.
    if (error.code === 'ECONNRESET' || !socket.writable || owed.some(({ headersSent }) => headersSent)) {
      socket.destroy();
      return;
    }
    const problem = this.problemOf(error);
    const { head, body } = this.answerTo(problem);
    const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
    const reason = STATUS_CODES[problem.status] ?? '';
    socket.end(`HTTP/1.1 ${problem.status} ${reason}\r\n${lines.join('')}\r\n${body}`);
    this.cutLater(socket, socket);
  }

  /** Unless `what` closes before: the connection, or what it still brings of a request. */
  private cutLater(socket: Socket, what: Socket | IncomingMessage): void {
    const cut = setTimeout(() => socket.destroy(), this.patience.linger);
    what.once('close', () => clearTimeout(cut));
  }

  private answerTo(problem: Problem): { head: Record<string, string>; body: string } {
    const id = randomUUID();
    const body = JSON.stringify(problem.body(id));
    const counted = { method: 'other', route: 'unmatched' };
    metrics.add('countfree_http_requests_total', 1, { ...counted, status: String(problem.status) });
    this.logger.info({ requestId: id, ...counted, status: problem.status }, 'request');
    const head = {
      ...SECURITY_HEADERS,
      'request-id': id,
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      date: new Date().toUTCString(),
      connection: 'close',
    };
    return { head, body };
  }

  private problemOf({ code }: NodeJS.ErrnoException): Problem {
    switch (code) {
      case 'HPE_HEADER_OVERFLOW':
        return new Problem('head_too_large', 'Path, query and headers may have 16 KiB together; send less.');
      case 'HPE_INVALID_URL':
        return new Problem(
          'malformed',
          'Path and query are ASCII; write other characters as %-escapes of UTF-8.',
        );
      case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
        return new Problem('too_large', 'The extensions of chunks may have 16 KiB; send none.');
      case 'ERR_HTTP_REQUEST_TIMEOUT':
        return new Problem(
          'timed_out',
          `The head of a request must come within ${this.patience.head / 1000} s, all of it within ` +
            `${this.patience.request / 1000} s; send it faster, or in parts.`,
        );
      default:
        return new Problem('malformed', 'What was sent is no request of HTTP/1.1; mend it, or the client.');
    }
  }
}
