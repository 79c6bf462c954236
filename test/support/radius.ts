/** A RADIUS server over an empty database with two SIMs, and what network access servers say to it. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect } from 'vitest';
import { AccountingService } from '../../src/integrations/radius/accounting.service.js';
import { parseRadiusClients } from '../../src/integrations/radius/clients.js';
import { LeasesRepository } from '../../src/integrations/radius/leases.repository.js';
import { RadiusServer } from '../../src/integrations/radius/server.js';
import { createLogger, parseOrRefuse } from '../../src/shared/index.js';
import {
  createSimsServices,
  realmInputSchema,
  simInputSchema,
  type SimsServices,
} from '../../src/sims/index.js';
import { useTestDatabase } from './database.js';
import { accountingRequest, attribute, imsiAttribute, isResponseTo, SECRET } from './radius-packets.js';

export const NOW = Date.UTC(2026, 3, 1, 12);
/** IMSIs of `sim-a` and `sim-b`. */
export const A = '440100000000001';
export const B = '440100000000002';

let identifier = 0;
export interface Say {
  id: string;
  imsi?: string;
  address?: string;
  /** Seconds after NOW. */
  at?: number;
  age?: number;
  extra?: Buffer[];
}
/** 1 Start, 2 Stop, 3 Interim-Update, 7 Accounting-On, 8 Accounting-Off. */
export function request(status: number, { id, imsi, address, at = 0, age, extra = [] }: Say): Buffer {
  identifier = (identifier + 1) % 256;
  const parts = [
    attribute(40, status),
    attribute(44, id),
    attribute(32, 'pgw'),
    attribute(55, NOW / 1000 + at),
  ];
  if (imsi !== undefined) parts.push(imsiAttribute(imsi));
  if (address !== undefined) parts.push(attribute(8, Buffer.from(address.split('.').map(Number))));
  if (age !== undefined) parts.push(attribute(46, age));
  return accountingRequest([...parts, ...extra], { identifier });
}

export async function ask(socket: Socket, port: number, request: Buffer): Promise<Buffer> {
  const answer = once(socket, 'message');
  socket.send(request, port, '127.0.0.1');
  const [bytes] = (await answer) as [Buffer];
  expect(isResponseTo(bytes, request)).toBe(true);
  return bytes;
}

export function useRadius() {
  const database = useTestDatabase({ poolSize: 4 });
  const clock = { time: NOW, now: () => clock.time };
  const quiet = createLogger('silent');
  let services: SimsServices;
  let accounting: AccountingService;
  const started: RadiusServer[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    clock.time = NOW;
    await database().clear();
    services = createSimsServices(database().dataSource, clock);
    const { sims, sessions, realms } = services;
    accounting = new AccountingService(database().dataSource, new LeasesRepository(), sims, sessions, clock);
    await realms.create(
      parseOrRefuse(realmInputSchema, {
        name: 'vpg-1',
        subscriberPrefixes: ['10.128.0.0/9', '2001:db8::/32'],
      }),
    );
    for (const [id, imsi] of [
      ['sim-a', A],
      ['sim-b', B],
    ]) {
      await sims.create(parseOrRefuse(simInputSchema, { id, imsis: [imsi] }));
    }
  });
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function serve(queueLimit?: number): Promise<number> {
    const clients = parseRadiusClients(
      JSON.stringify({ clients: [{ address: '127.0.0.1', secret: SECRET, realm: 'vpg-1' }] }),
      'clients.json',
    );
    const settings = { host: '127.0.0.1', port: 0, clients, ...(queueLimit !== undefined && { queueLimit }) };
    const server = new RadiusServer(settings, accounting, clock, quiet);
    started.push(server);
    return server.start();
  }

  async function nas(): Promise<Socket> {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  }

  /** Sessions as `SIM prefix from..to`, in seconds after NOW, by start. */
  async function sessions(): Promise<string[]> {
    const { items } = await services.sessions.list({ limit: 1000 });
    const seconds = (time: string | null) => (time === null ? '' : String((Date.parse(time) - NOW) / 1000));
    return items
      .toSorted((a, b) => a.startTime.localeCompare(b.startTime))
      .map(
        ({ simId, prefix, startTime, endTime }) =>
          `${simId} ${prefix} ${seconds(startTime)}..${seconds(endTime)}`,
      );
  }

  return {
    database,
    services: () => services,
    accounting: () => accounting,
    serve,
    nas,
    sessions,
  };
}
