import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../../test/support/database.js';
import {
  accountingRequest,
  attribute,
  imsiAttribute,
  isResponseTo,
  SECRET,
} from '../../../test/support/radius-packets.js';
import { createLogger, parseOrRefuse } from '../../shared/index.js';
import { createSimsServices, realmInputSchema, simInputSchema, type SimsServices } from '../../sims/index.js';
import { AccountingService } from './accounting.service.js';
import { parseRadiusClients } from './clients.js';
import { LeasesRepository } from './leases.repository.js';
import { RadiusServer } from './server.js';

const database = useTestDatabase({ poolSize: 4 });
const NOW = Date.UTC(2026, 3, 1, 12);
const clock = { time: NOW, now: () => clock.time };
const quiet = createLogger('silent');
const A = '440100000000001';
const B = '440100000000002';
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
    parseOrRefuse(realmInputSchema, { name: 'vpg-1', subscriberPrefixes: ['10.128.0.0/9', '2001:db8::/32'] }),
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

async function ask(socket: Socket, port: number, request: Buffer): Promise<Buffer> {
  const answer = once(socket, 'message');
  socket.send(request, port, '127.0.0.1');
  const [bytes] = (await answer) as [Buffer];
  expect(isResponseTo(bytes, request)).toBe(true);
  return bytes;
}

let identifier = 0;
interface Say {
  id: string;
  imsi?: string;
  address?: string;
  /** Seconds after NOW. */
  at?: number;
  age?: number;
  extra?: Buffer[];
}
/** 1 Start, 2 Stop, 3 Interim-Update, 7 Accounting-On, 8 Accounting-Off. */
function request(status: number, { id, imsi, address, at = 0, age, extra = [] }: Say): Buffer {
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

async function radclient(port: number, text: string, secret = SECRET) {
  const child = execFile('radclient', ['-x', '-r', '1', '-t', '2', `127.0.0.1:${port}`, 'acct', secret]);
  let output = '';
  child.stdout?.on('data', (chunk: string) => (output += chunk));
  child.stderr?.on('data', (chunk: string) => (output += chunk));
  child.stdin?.end(text);
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

describe("FreeRADIUS's radclient", () => {
  const start = [
    'Acct-Status-Type = Start',
    'Acct-Session-Id = "0A0B0C"',
    'NAS-IP-Address = 192.0.2.1',
    'Framed-IP-Address = 10.128.0.7',
    'Framed-IPv6-Prefix = 2001:db8:1:2::/64',
    'Delegated-IPv6-Prefix = 2001:db8:7::/56',
    `3GPP-IMSI = "${A}"`,
    `Event-Timestamp = ${NOW / 1000 - 60}`,
    'Proxy-State = 0x0102',
  ];

  it('names networks behind the SIM, and the network that serves it', async () => {
    const { realms } = services;
    await realms.update('vpg-1', { subscriberPrefixes: ['10.128.0.0/9', '192.168.0.0/16', '2001:db8::/32'] });
    const port = await serve();
    const lines = [
      ...start.filter((line) => !line.includes('IPv6')),
      'Framed-Route = "192.168.7.0/24 10.128.0.7 1"',
      'Framed-IPv6-Route = "2001:db8:70::/48 :: 1"',
      '3GPP-SGSN-MCC-MNC = "44010"',
    ];
    const began = await radclient(port, lines.join('\n'));
    expect(began, began.output).toMatchObject({ code: 0 });
    const { items } = await services.sessions.list({ limit: 10 });
    expect(items.map(({ simId, prefix, mcc }) => [simId, prefix, mcc])).toEqual([
      ['sim-a', '10.128.0.7/32', '440'],
      ['sim-a', '192.168.7.0/24', '440'],
      ['sim-a', '2001:db8:70::/48', '440'],
    ]);
  });

  it('gets its answers, and the sessions are there before', async () => {
    const port = await serve();
    const began = await radclient(port, start.join('\n'));
    expect(began, began.output).toMatchObject({ code: 0 });
    expect(began.output).toContain('Received Accounting-Response');
    expect(await sessions()).toEqual([
      'sim-a 10.128.0.7/32 -60..',
      'sim-a 2001:db8:1:2::/64 -60..',
      'sim-a 2001:db8:7::/56 -60..',
    ]);
    const stop = [
      'Acct-Status-Type = Stop',
      'Acct-Session-Id = "0A0B0C"',
      'NAS-IP-Address = 192.0.2.1',
      `Event-Timestamp = ${NOW / 1000 - 10}`,
      'Message-Authenticator = 0x00',
    ];
    expect(await radclient(port, stop.join('\n'))).toMatchObject({ code: 0 });
    expect(await sessions()).toEqual([
      'sim-a 10.128.0.7/32 -60..-10',
      'sim-a 2001:db8:1:2::/64 -60..-10',
      'sim-a 2001:db8:7::/56 -60..-10',
    ]);
  });

  it('with another secret gets none, and nothing is recorded', async () => {
    const port = await serve();
    const { code, output } = await radclient(port, start.join('\n'), 'another-secret-here');
    expect(code).not.toBe(0);
    expect(output).toContain('No reply');
    expect(await sessions()).toEqual([]);
  });
});

describe('sessions of a NAS', () => {
  it('move an address from SIM to SIM to the second, also if the stop is lost or comes late', async () => {
    const [port, socket] = [await serve(), await nas()];
    await ask(socket, port, request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 }));
    await ask(socket, port, request(1, { id: '2', imsi: B, address: '10.128.0.1', at: -40 }));
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..-40', 'sim-b 10.128.0.1/32 -40..']);
    // The NAS noticed later than the address was given on.
    await ask(socket, port, request(2, { id: '1', imsi: A, address: '10.128.0.1', at: -30 }));
    await ask(socket, port, request(3, { id: '1', imsi: A, address: '10.128.0.1', at: -20, age: 80 }));
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..-40', 'sim-b 10.128.0.1/32 -40..']);
    expect((await accounting.unresolved({ limit: 10 })).items).toEqual([]);
  });

  it('that seem to overlap by rounded timestamps follow each other', async () => {
    const [port, socket] = [await serve(), await nas()];
    await ask(socket, port, request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 }));
    await ask(socket, port, request(2, { id: '1', imsi: A, address: '10.128.0.1', at: -50 }));
    await ask(socket, port, request(3, { id: '2', imsi: B, address: '10.128.0.1', at: -10, age: 41 }));
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..-50', 'sim-b 10.128.0.1/32 -50..']);
    // Begun, stopped and begun by another within one second.
    await ask(socket, port, request(1, { id: '3', imsi: A, address: '10.128.0.2', at: -9 }));
    await ask(socket, port, request(2, { id: '3', imsi: A, address: '10.128.0.2', at: -9 }));
    await ask(socket, port, request(1, { id: '4', imsi: B, address: '10.128.0.2', at: -9 }));
    expect((await sessions()).slice(2)).toEqual([
      'sim-a 10.128.0.2/32 -9..-8.999',
      'sim-b 10.128.0.2/32 -8.999..',
    ]);
  });

  it('begin anew where the SIM changes network, and late news of the old one changes nothing', async () => {
    const [port, socket] = [await serve(), await nas()];
    const inside = (mccMnc: string) => [
      attribute(26, Buffer.concat([Buffer.from([0, 0, 0x28, 0xaf]), attribute(18, mccMnc)])),
    ];
    const say = { id: '1', imsi: A, address: '10.128.0.1' };
    await ask(socket, port, request(1, { ...say, at: -100 }));
    await ask(socket, port, request(3, { ...say, at: -90, extra: inside('44010') }));
    await ask(socket, port, request(3, { ...say, at: -50, extra: inside('310410') }));
    await ask(socket, port, request(3, { ...say, at: -60, extra: inside('44010') }));
    await ask(socket, port, request(3, { ...say, at: -40, extra: inside('310410') }));
    await ask(socket, port, request(1, { ...say, at: -100 }));
    await ask(socket, port, request(2, { ...say, at: -10, extra: inside('44010') }));
    const { items } = await services.sessions.list({ limit: 10 });
    const found = items.map(({ startTime, endTime, mcc }) => [
      (Date.parse(startTime) - NOW) / 1000,
      (Date.parse(endTime ?? '') - NOW) / 1000,
      mcc,
    ]);
    expect(found.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [-100, -50, '440'],
      [-50, -10, '310'],
    ]);
    expect((await accounting.unresolved({ limit: 10 })).items).toEqual([]);
  });

  it('are right in whatever order start, update and stop arrive', async () => {
    const [port, socket] = [await serve(), await nas()];
    const say = { imsi: A, address: '10.128.0.1' };
    const start = { ...say, at: -100 };
    const stop = { ...say, at: -20, age: 79 };
    const orders: [string, [number, Say][]][] = [
      [
        '1',
        [
          [2, { id: '1', ...stop }],
          [1, { id: '1', ...start }],
        ],
      ],
      [
        '2',
        [
          [3, { id: '2', ...say, at: -60, age: 39 }],
          [1, { id: '2', ...start }],
          [2, { id: '2', ...stop }],
        ],
      ],
      [
        '3',
        [
          [2, { id: '3', ...say, at: -20 }],
          [1, { id: '3', ...start }],
        ],
      ],
      [
        '4',
        [
          [1, { id: '4', ...start }],
          [2, { id: '4', ...stop }],
          [3, { id: '4', ...say, at: -60 }],
          [1, { id: '4', ...start }],
        ],
      ],
    ];
    for (const [, requests] of orders) {
      await database().dataSource.query('TRUNCATE session, radius_lease CASCADE');
      for (const [status, what] of requests) await ask(socket, port, request(status, what));
      expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..-20']);
    }
  });

  it('that were under way before the first packet are known from their age; prefixes come later', async () => {
    const [port, socket] = [await serve(), await nas()];
    const prefix = attribute(123, Buffer.from([0, 56, 0x20, 1, 0x0d, 0xb8, 0, 3, 0]));
    await ask(socket, port, request(3, { id: '1', imsi: A, address: '10.128.0.1', at: -20, age: 3600 }));
    await ask(
      socket,
      port,
      request(3, { id: '1', imsi: A, address: '10.128.0.1', at: -10, age: 3610, extra: [prefix] }),
    );
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -3620..', 'sim-a 2001:db8:3::/56 -10..']);
  });

  it('end when it begins or ends, but not those of another', async () => {
    const [port, socket] = [await serve(), await nas()];
    await ask(socket, port, request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 }));
    await ask(
      socket,
      port,
      accountingRequest([
        attribute(40, 1),
        attribute(44, '1'),
        attribute(32, 'other'),
        attribute(55, NOW / 1000 - 90),
        imsiAttribute(B),
        attribute(8, Buffer.from([10, 128, 0, 2])),
      ]),
    );
    await ask(socket, port, request(7, { id: 'boot', at: -50 }));
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..-50', 'sim-b 10.128.0.2/32 -90..']);
    // It counts its session ids from the start again.
    await ask(socket, port, request(1, { id: '1', imsi: B, address: '10.128.0.1', at: -40 }));
    await ask(socket, port, request(8, { id: 'boot', at: -5 }));
    expect((await sessions()).at(-1)).toBe('sim-b 10.128.0.1/32 -40..-5');
  });
});

describe('answers', () => {
  it('come again for a request that is sent again, which is recorded once', async () => {
    const [port, socket] = [await serve(), await nas()];
    const start = request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 });
    const first = await ask(socket, port, start);
    const [session] = (await services.sessions.list({ limit: 1 })).items;
    await services.sessions.remove(session!.id);
    expect(await ask(socket, port, start)).toEqual(first);
    expect(await sessions()).toEqual([]);
  });

  it('wait until Postgres has it: none while it is locked, none twice for one asked twice', async () => {
    const [port, socket] = [await serve(), await nas()];
    const answers: Buffer[] = [];
    socket.on('message', (bytes: Buffer) => answers.push(bytes));
    const runner = database().dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE session IN ACCESS EXCLUSIVE MODE');
    const start = request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 });
    socket.send(start, port, '127.0.0.1');
    socket.send(start, port, '127.0.0.1');
    // The statement that must wait is there, so the request is on its way; and still there is no answer.
    await expect
      .poll(() =>
        runner.query(
          `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        ),
      )
      .toEqual([{ n: 1 }]);
    expect(answers).toEqual([]);
    await runner.commitTransaction();
    await runner.release();
    await expect.poll(() => answers.length).toBe(1);
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..']);
  });

  it('are not given when Postgres refuses; the same request is recorded once it is back', async () => {
    const [port, socket] = [await serve(), await nas()];
    await database().dataSource.query('ALTER TABLE radius_lease RENAME TO away');
    const start = request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 });
    let answered = false;
    socket.on('message', () => (answered = true));
    for (let time = 0; time < 5; time += 1) {
      socket.send(start, port, '127.0.0.1');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(answered).toBe(false);
    await database().dataSource.query('ALTER TABLE away RENAME TO radius_lease');
    // As a NAS does: until it is answered.
    await expect
      .poll(
        () => {
          socket.send(start, port, '127.0.0.1');
          return answered;
        },
        { timeout: 5000, interval: 100 },
      )
      .toBe(true);
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..']);
  });

  it('are given for a SIM that is not known; its session is there once the SIM is', async () => {
    const [port, socket] = [await serve(), await nas()];
    const imsi = '440109999999999';
    await ask(socket, port, request(1, { id: '1', imsi, address: '10.128.0.1', at: -100 }));
    await ask(socket, port, request(2, { id: '1', imsi, address: '10.128.0.1', at: -50 }));
    expect(await sessions()).toEqual([]);
    expect((await accounting.unresolved({ limit: 10 })).items).toMatchObject([
      { imsi, problem: 'unknown_sim' },
    ]);
    expect(await accounting.retryUnresolved()).toBe(0);
    await services.sims.create(parseOrRefuse(simInputSchema, { id: 'sim-new', imsis: [imsi] }));
    expect(await accounting.retryUnresolved()).toBe(1);
    expect(await sessions()).toEqual(['sim-new 10.128.0.1/32 -100..-50']);
    expect((await accounting.unresolved({ limit: 10 })).items).toEqual([]);
  });

  it('are given for an address outside of the realm, which is listed until the realm has it', async () => {
    const [port, socket] = [await serve(), await nas()];
    await ask(socket, port, request(1, { id: '1', imsi: A, address: '192.0.2.1', at: -100 }));
    expect((await accounting.unresolved({ limit: 10 })).items).toMatchObject([
      { problem: 'refused', simId: 'sim-a' },
    ]);
    await services.realms.update('vpg-1', { subscriberPrefixes: ['10.128.0.0/9', '192.0.2.0/24'] });
    expect(await accounting.retryUnresolved()).toBe(1);
    expect(await sessions()).toEqual(['sim-a 192.0.2.1/32 -100..']);
  });
});

describe('SIMs without an IMSI', () => {
  it('are found by MSISDN or ICCID; a SIM with IMSIs only by those', async () => {
    const { sims } = services;
    await sims.create(parseOrRefuse(simInputSchema, { id: 'by-msisdn', msisdn: '818011112222' }));
    await sims.create(parseOrRefuse(simInputSchema, { id: 'by-iccid', iccid: '8981100000000000001' }));
    await sims.update('sim-a', { msisdn: '818033334444' });
    const [port, socket] = [await serve(), await nas()];
    const call = (id: string, address: string, calling: string, imsi?: string) =>
      ask(
        socket,
        port,
        request(1, { id, address, at: -9, extra: [attribute(31, calling)], ...(imsi && { imsi }) }),
      );
    await call('1', '10.128.0.1', '+818011112222', '440107777777777');
    await call('2', '10.128.0.2', '8981100000000000001');
    await call('3', '10.128.0.3', '818033334444', '440107777777778');
    expect((await sessions()).sort()).toEqual([
      'by-iccid 10.128.0.2/32 -9..',
      'by-msisdn 10.128.0.1/32 -9..',
    ]);
    expect((await accounting.unresolved({ limit: 10 })).items).toMatchObject([{ prefix: '10.128.0.3/32' }]);
  });
});

describe('a flood', () => {
  it('is bounded, and every request is answered in the end', async () => {
    const port = await serve(100);
    const socket = await nas();
    const rows = Array.from({ length: 2000 }, (_unused, index) => ({
      id: `flood-${index}`,
      imsis: [`4402${String(index).padStart(11, '0')}`],
    }));
    await services.sims.bulkUpsert(rows);
    const waiting = new Map<number, Buffer>();
    const answered = new Set<number>();
    const send = () => {
      for (const [index, bytes] of waiting)
        if (index < answered.size + 240) socket.send(bytes, port, '127.0.0.1');
    };
    for (let index = 0; index < 2000; index += 1) {
      const bytes = request(1, {
        id: `f${index}`,
        imsi: `4402${String(index).padStart(11, '0')}`,
        address: `10.129.${index >> 8}.${index & 255}`,
        at: -100,
      });
      waiting.set(index, bytes);
    }
    socket.on('message', (answer: Buffer) => {
      for (const [index, bytes] of waiting) {
        if (bytes[1] !== answer[1] || !isResponseTo(answer, bytes)) continue;
        waiting.delete(index);
        answered.add(index);
        return;
      }
    });
    await expect.poll(() => (send(), answered.size), { timeout: 25_000, interval: 200 }).toBe(2000);
    const [{ n }] = await database().dataSource.query('SELECT count(*)::int AS n FROM session');
    expect(n).toBe(2000);
  });
});
