import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface ReceivedMessage {
  /** `webhook-id`. */
  id: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** The exact text. */
  body: string;
  /** UNIX milliseconds of the arrival. */
  at: number;
}

export type Answer = (message: ReceivedMessage, response: ServerResponse) => void;

const ok: Answer = (_message, response) => {
  response.writeHead(204).end();
};

/** A receiver of webhooks on 127.0.0.1 that keeps what it got and answers as it is told. */
export class WebhookReceiver {
  readonly messages: ReceivedMessage[] = [];
  /** Requests whose answer has not been sent. */
  pending = 0;
  answer: Answer = ok;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.receive(request, response));
  }

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The parsed body, after the reference library has verified it. */
  static verify(message: ReceivedMessage, secret: string): unknown {
    return new Webhook(secret).verify(message.body, message.headers as Record<string, string>);
  }

  /** Ends all connections: what waits for an answer gets none. */
  cut(): void {
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.pending += 1;
    response.once('close', () => (this.pending -= 1));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = {
      id: String(request.headers['webhook-id']),
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      at: Date.now(),
    };
    this.messages.push(message);
    this.answer(message, response);
  }
}
