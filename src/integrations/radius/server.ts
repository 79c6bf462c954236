import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { metrics, type Clock, type Logger } from '../../shared/index.js';
import { readAccounting } from './accounting.js';
import type { AccountingService, RealmEvent, Recorded } from './accounting.service.js';
import { RecentAnswers } from './answers.js';
import { clientFinder, realmOf, type RadiusClient } from './clients.js';
import {
  ACCOUNTING_REQUEST,
  isAuthentic,
  parsePacket,
  responseTo,
  STATUS_SERVER,
  type Packet,
} from './packet.js';
import { Complaints } from './complaints.js';

export interface RadiusServerSettings {
  host: string;
  /** 0 takes a free one. */
  port: number;
  clients: readonly RadiusClient[];
  /** Requests that wait for the database; more are dropped, and sent again by their NAS. Default 10,000. */
  queueLimit?: number;
}

/** Requests that are made durable in one transaction. */
const BATCH = 500;
/** Pause after the database did not answer; each NAS sends again by itself meanwhile. */
const RETRY_MS = 500;
/** Room for what arrives while the event loop is busy. */
const SOCKET_BUFFER = 4 * 1024 * 1024;

/** Why a request was dropped without an answer, or answered without a record. */
export type Dropped = 'unknown_client' | 'bad_authenticator' | 'malformed' | 'queue_full' | 'failed';

interface Waiting extends RealmEvent {
  key: string;
  packet: Packet;
  client: RadiusClient;
  sender: RemoteInfo;
}

/**
 * RADIUS accounting server (RFC 2866). A request is answered once what it says is durable; one that is not authentic, or
 * cannot be recorded now, is not answered, and its NAS sends it again. Memory is bounded whatever arrives.
 */
export class RadiusServer {
  private readonly socket: Socket;
  private readonly find: (address: string) => RadiusClient | undefined;
  private readonly answers = new RecentAnswers();
  private readonly complaints: Complaints;
  private readonly queueLimit: number;
  private queue: Waiting[] = [];
  private working: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly settings: RadiusServerSettings,
    private readonly accounting: AccountingService,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.find = clientFinder(settings.clients);
    this.queueLimit = settings.queueLimit ?? 10_000;
    this.complaints = new Complaints(logger, clock);
    this.socket = createSocket({
      type: isIPv6(settings.host) ? 'udp6' : 'udp4',
      recvBufferSize: SOCKET_BUFFER,
    });
    this.socket.on('message', (datagram, sender) => this.receive(datagram, sender));
  }

  /** Resolves with the port once requests are taken. */
  async start(): Promise<number> {
    const bound = once(this.socket, 'listening');
    this.socket.bind(this.settings.port, this.settings.host);
    await bound;
    this.socket.on('error', (error) => this.logger.error({ error }, 'the RADIUS socket failed'));
    return this.socket.address().port;
  }

  /** Takes no more; what is being recorded is answered, what still waits is sent again by its NAS. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.queue = [];
    await this.working;
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }

  private receive(datagram: Buffer, sender: RemoteInfo): void {
    if (this.stopping) return;
    const client = this.find(sender.address);
    if (client === undefined) {
      this.drop('unknown_client');
      return;
    }
    const packet = parsePacket(datagram);
    if (packet === undefined || ![ACCOUNTING_REQUEST, STATUS_SERVER].includes(packet.code)) {
      this.drop('malformed');
      return;
    }
    if (!isAuthentic(packet, client.secret)) {
      this.drop('bad_authenticator');
      return;
    }
    if (packet.code === STATUS_SERVER) {
      this.send(responseTo(packet, client.secret), sender);
      return;
    }
    const key = `${sender.address} ${sender.port} ${packet.identifier} ${packet.authenticator.toString('hex')}`;
    const seen = this.answers.look(key, this.clock.now());
    if (seen === 'new') {
      this.take({ key, packet, client, sender });
      return;
    }
    metrics.add('countfree_radius_requests_total', 1, { result: 'retransmitted' });
    if (seen !== 'pending') this.send(seen, sender);
  }

  private take(request: Omit<Waiting, keyof RealmEvent>): void {
    const { packet, client, sender, key } = request;
    const event = readAccounting(packet, sender.address, this.clock.now());
    if (event === 'incomplete') {
      this.answers.drop(key);
      this.drop('malformed');
      return;
    }
    const realm = event === 'other' ? undefined : realmOf(client, event.apn);
    // Not of a SIM, or of an APN that is none of ours: nothing will ever be recorded, so the NAS need not try again.
    if (event === 'other' || realm === undefined) {
      this.answer(request, 'ignored');
      return;
    }
    if (this.queue.length >= this.queueLimit) {
      this.answers.drop(key);
      this.drop('queue_full');
      return;
    }
    this.queue.push({ ...request, realm, event });
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  private async work(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, BATCH);
      try {
        const outcomes = await this.accounting.record(batch);
        this.complaints.end('failed');
        for (const [index, request] of batch.entries()) this.answer(request, outcomes[index] ?? 'recorded');
      } catch (error) {
        for (const { key } of batch) this.answers.drop(key);
        this.drop('failed', batch.length, error);
        if (!this.stopping) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private answer(
    { key, packet, client, sender }: Omit<Waiting, keyof RealmEvent>,
    result: Recorded | 'ignored',
  ) {
    metrics.add('countfree_radius_requests_total', 1, { result });
    if (result === 'unknown_sim' || result === 'refused' || result === 'conflict')
      this.complaints.tell(result);
    const response = responseTo(packet, client.secret);
    this.answers.answered(key, response);
    this.send(response, sender);
  }

  private drop(result: Dropped, count = 1, error?: unknown): void {
    metrics.add('countfree_radius_requests_total', count, { result });
    this.complaints.tell(result, count, error);
  }

  private send(response: Buffer, { port, address }: RemoteInfo): void {
    // A lost answer is asked for again.
    this.socket.send(response, port, address, () => undefined);
  }
}
