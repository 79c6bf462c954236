/** The whole service learns sessions from SORACOM and from RADIUS, and every octet goes to the SIM that held its address. */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Customer, Lab, monthOf, Site, until } from '../../scripts/demo/index.mjs';
import { deliver, Simulation, type FleetSim, type Prediction } from '../../src/simulate/index.js';
import { SoracomServer } from '../support/soracom-server.js';

const SECRET = 'between-gateway-and-countfree';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = Date.now() - 120_000;
const held = start - HOUR;

interface UsagePage {
  items: { simId: string; octetsUp: string; octetsDown: string }[];
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

async function radclient(port: number, lines: readonly string[]): Promise<string> {
  const child = execFile('radclient', ['-x', '-r', '3', '-t', '5', `127.0.0.1:${port}`, 'acct', SECRET]);
  let output = '';
  child.stdout?.on('data', (chunk: string) => (output += chunk));
  child.stderr?.on('data', (chunk: string) => (output += chunk));
  child.stdin?.end(lines.join('\n'));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`radclient ended with ${code}: ${output}`);
  return output;
}

function accountingStart({ imsi, prefixes }: FleetSim): string[] {
  return [
    'Acct-Status-Type = Start',
    `Acct-Session-Id = "session-${imsi}"`,
    'NAS-Identifier = "pgw-1"',
    `3GPP-IMSI = "${imsi}"`,
    `Event-Timestamp = ${Math.floor(held / 1000)}`,
    ...prefixes.map((prefix) =>
      prefix.includes(':')
        ? `Framed-IPv6-Prefix = ${prefix}`
        : `Framed-IP-Address = ${prefix.replace('/32', '')}`,
    ),
  ];
}

describe('a service that is told of sessions by networks', () => {
  const lab = new Lab();
  const soracom = new SoracomServer();
  const simulation = new Simulation({
    seed: 11,
    sims: 8,
    octets: 4e6,
    mtu: 65_535,
    postQuantum: false,
    start,
    span: 60_000,
  });
  const { realm, sims } = simulation.fleet;
  const [ofSoracom, ofRadius] = [sims.slice(0, 4), sims.slice(4)];
  let site: Site;
  let customer: Customer;
  let prediction: Prediction;
  let radiusPort: number;

  function joinSoracom({ simId, imsi, prefixes }: FleetSim): void {
    const [ueIpAddress = ''] = (prefixes[0] ?? '').split('/');
    const place = { ueIpAddress, vpgId: 'vpg-a' };
    soracom.sims.push({
      simId,
      status: 'active',
      profiles: { [simId]: { iccid: simId, primaryImsi: imsi, subscribers: { [imsi]: { imsi } } } },
      sessionStatus: { online: true, imsi, ...place, lastUpdatedAt: held },
    });
    soracom.events.set(simId, [{ event: 'Created', time: held, imsi, ...place }]);
  }
  const seen = async () => Number((await customer.conservation()).seen.octets);
  const waiting = async () => Number((await customer.conservation()).suspenseOctets);
  const octetsOf = (simId: string) =>
    prediction.usage
      .filter((usage) => usage.simId === simId)
      .reduce((sum, { octetsUp, octetsDown }) => sum + octetsUp + octetsDown, 0);

  beforeAll(async () => {
    lab.makeFolder();
    const baseUrl = await soracom.start();
    radiusPort = await freeUdpPort();
    const soracomFile = join(lab.folder, 'soracom.json');
    const radiusFile = join(lab.folder, 'radius.json');
    const account = { baseUrl, authKeyId: 'keyId-test', authKey: 'secret-test', requestsPerSecond: 100 };
    const vpgs = { 'vpg-a': realm.name };
    // Longer than the test: what comes later comes by events.
    const settings = { syncSeconds: 3600, accounts: [{ ...account, vpgs }] };
    writeFileSync(soracomFile, JSON.stringify(settings), { mode: 0o600 });
    const client = { address: '127.0.0.1', secret: SECRET, realm: realm.name };
    writeFileSync(radiusFile, JSON.stringify({ clients: [client] }), { mode: 0o600 });
    site = new Site(
      lab,
      { kind: 'user' },
      {
        COUNTFREE_SORACOM_FILE: soracomFile,
        COUNTFREE_RADIUS_LISTEN: `127.0.0.1:${radiusPort}`,
        COUNTFREE_RADIUS_CLIENTS_FILE: radiusFile,
      },
    );
    await site.start();
    customer = new Customer(site.api, monthOf(start));
    await customer.makeRealm(realm);
    for (const { simId, imsi, nameConsent } of ofRadius) {
      await site.api.post('/v1/sims', { id: simId, imsis: [imsi], nameConsent });
    }
    for (const sim of ofSoracom.slice(0, 2)) joinSoracom(sim);
    for (const sim of ofRadius.slice(0, 2)) await radclient(radiusPort, accountingStart(sim));
    const file = join(lab.folder, 'traffic.pcap');
    await deliver(simulation.frames(), { kind: 'file', path: file });
    prediction = simulation.prediction();
    await site.restartWithFiles([file]);
    await until('not every octet was seen', async () => (await seen()) >= prediction.sent.octets);
  }, 180_000);

  afterAll(async () => {
    await site.stop();
    await soracom.stop();
    await lab.remove();
  }, 60_000);

  it('lets octets of those that it was not told of wait, and nobody else’s', async () => {
    const told = [...ofSoracom.slice(0, 2), ...ofRadius.slice(0, 2)];
    const unknown = sims.filter((sim) => !told.includes(sim));
    const expected = unknown.reduce((sum, { simId }) => sum + octetsOf(simId), 0);
    await until(
      () => `not what ${unknown.length} SIMs sent waits, which is ${expected}`,
      async () => (await waiting()) === expected,
    );
  });

  it('puts every octet on its SIM once it is told, by an event of SORACOM or by accounting', async () => {
    for (const sim of ofSoracom.slice(2)) {
      joinSoracom(sim);
      await site.api.post('/v1/integrations/soracom/events', { simId: sim.simId });
    }
    for (const sim of ofRadius.slice(2)) {
      expect(await radclient(radiusPort, accountingStart(sim))).toContain('Accounting-Response');
    }
    await until('octets still wait', async () => (await waiting()) === 0);
    const page = (await site.api.get(
      `/v1/usage?from=${new Date(held).toISOString()}&to=${new Date(Date.now() + HOUR).toISOString()}&limit=1000`,
    )) as UsagePage;
    const found = new Map<string, number>();
    for (const { simId, octetsUp, octetsDown } of page.items) {
      found.set(simId, (found.get(simId) ?? 0) + Number(octetsUp) + Number(octetsDown));
    }
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(sims.map(({ simId }) => [simId, octetsOf(simId)])),
    );
    expect((await customer.conservation()).difference).toBe('0');
  });

  it('compares a day with SORACOM’s statistics on order, and says what the mirror missed', async () => {
    const simId = ofSoracom[0]?.simId ?? '';
    // Settled whatever the hour; nothing was mirrored then.
    const day = (Math.floor(Date.now() / DAY) - 2) * DAY;
    const date = new Date(day).toISOString().slice(0, 10);
    const counted = {
      uploadByteSizeTotal: 1_000_000,
      downloadByteSizeTotal: 4_000_000,
      uploadPacketSizeTotal: 1,
      downloadPacketSizeTotal: 1,
    };
    soracom.stats.set(simId, [
      {
        unixtime: day / 1000,
        date: date.replaceAll('-', ''),
        dataTrafficStatsMap: { 's1.standard': counted },
      },
    ]);
    await site.api.post('/v1/reconciliations', { simId });
    const found = await until('the day is not compared', async () => {
      const page = (await site.api.get(`/v1/reconciliations?simId=${simId}`)) as { items: unknown[] };
      return page.items.length > 0 ? page.items : undefined;
    });
    expect(found).toEqual([
      expect.objectContaining({
        account: 'japan',
        simId,
        day: date,
        mirrorOctets: '0',
        soracomOctets: '5000000',
        ratio: '0.0000',
        outside: true,
      }),
    ]);
  });

  it('asks SORACOM for a token once, not for each event', () => {
    // One of each of the two lives of the service.
    expect(soracom.logins).toBe(2);
  });
});
