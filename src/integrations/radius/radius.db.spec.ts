import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { A, B, NOW, ask, request, type Say, useRadius } from '../../../test/support/radius.js';
import { accountingRequest, attribute, imsiAttribute, SECRET } from '../../../test/support/radius-packets.js';

const { accounting, database, nas, serve, services, sessions } = useRadius();

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
    const { realms } = services();
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
    const { items } = await services().sessions.list({ limit: 10 });
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
    expect((await accounting().unresolved({ limit: 10 })).items).toEqual([]);
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
    const { items } = await services().sessions.list({ limit: 10 });
    const found = items.map(({ startTime, endTime, mcc }) => [
      (Date.parse(startTime) - NOW) / 1000,
      (Date.parse(endTime ?? '') - NOW) / 1000,
      mcc,
    ]);
    expect(found.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [-100, -50, '440'],
      [-50, -10, '310'],
    ]);
    expect((await accounting().unresolved({ limit: 10 })).items).toEqual([]);
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
