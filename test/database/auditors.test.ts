import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { StatementRater } from '../../src/billing/statement-rater.js';
import { fileGeneration, readFileBatches, UserEngine } from '../../src/capture/index.js';
import { Identifier } from '../../src/identify/index.js';
import { LedgerRepository, Meter, ReasonsRepository, UsageReader } from '../../src/meter/index.js';
import { CatalogueReader, periodAt, SegmentsReader, type PlanTermsInput } from '../../src/plans/index.js';
import { pcap, type TestPacket } from '../bpf/capture-files.js';
import { ethernet, ETHERTYPE, ipv4, PROTOCOL, tcp, udp } from '../bpf/support/frames.js';
import { BillingFleet, LINE_FREE } from '../support/billing-fleet.js';
import { useTestDatabase } from '../support/database.js';
import { quicHello, tlsHello } from '../support/hellos.js';
import { catalogue, FOREIGN, http, LINE_ADDRESS } from '../support/identify.js';

const database = useTestDatabase();
const TOKYO = { timeZone: 'Asia/Tokyo', anchorDay: 1, currency: 'JPY/0' };
/** UNIX milliseconds. */
const START = Date.parse('2026-10-10T12:00:00+09:00');
const SIM = '10.0.0.1';
/** One unit of the plan. */
const BASE = 2_000;
const MOST_IN_PACKET = 1_400;

/** Every unit begun costs one yen, so that the charge is the number of units that were not free. */
const PER_UNIT: PlanTermsInput = {
  ...LINE_FREE,
  tax: { treatment: 'exclusive', rates: [{ percent: '0' }] },
  baseFee: { amount: '0', proration: 'full' },
  quota: null,
  overage: {
    kind: 'per_unit',
    unit: { value: String(BASE), unit: 'octet' },
    unitRounding: 'up',
    tiers: [{ upTo: null, price: '1' }],
  },
};

const PROTOCOLS = [
  { name: 'TLS', udp: false, port: 443, hello: (host: string) => tlsHello(host) },
  {
    name: 'QUIC',
    udp: true,
    port: 443,
    hello: (host: string, n: number) => quicHello(host, Buffer.alloc(8, n + 1)),
  },
  { name: 'HTTP', udp: false, port: 80, hello: (host: string) => http(host) },
];
const MANNERS = [
  { name: 'genuine', host: 'obs.line.me', peer: LINE_ADDRESS, free: true },
  { name: 'right name, wrong address', host: 'obs.line.me', peer: FOREIGN, free: false },
  { name: 'right address, wrong name', host: 'www.example.com', peer: LINE_ADDRESS, free: false },
];
/** The n-th flow has BASE × 2^n octets: the bill itself tells which of them were charged. */
const FLOWS = PROTOCOLS.flatMap((protocol) => MANNERS.map((manner) => ({ protocol, manner })));

/** The packets of a flow: its hello, then as many from the peer as make up the octets. */
function packetsOf(n: number): Buffer[] {
  const { protocol, manner } = FLOWS[n]!;
  const port = 40_000 + n;
  const layer = protocol.udp ? udp : tcp;
  const packet = (up: boolean, payload: Buffer): Buffer => {
    const inside = up ? layer(port, protocol.port, payload) : layer(protocol.port, port, payload);
    const [from, to] = up ? [SIM, manner.peer] : [manner.peer, SIM];
    return ipv4(from, to, protocol.udp ? PROTOCOL.udp : PROTOCOL.tcp, inside);
  };
  const hello = packet(true, protocol.hello(manner.host, n));
  const headers = packet(false, Buffer.alloc(0)).length;
  const rest = BASE * 2 ** n - hello.length;
  const count = Math.ceil(rest / MOST_IN_PACKET);
  const filled = Array.from({ length: count }, (_, i) => {
    const octets = Math.floor(((i + 1) * rest) / count) - Math.floor((i * rest) / count);
    return packet(false, Buffer.alloc(octets - headers, 7));
  });
  return [hello, ...filled];
}

/** The capture file through the user engine, identification and meter into the ledger, as a capture node does it. */
async function replay(packets: readonly TestPacket[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countfree-auditors-'));
  const engine = new UserEngine();
  try {
    const path = join(folder, 'audit.pcap');
    await writeFile(path, pcap(packets));
    engine.configure([
      { index: 1, name: 'vpg', mirror: { type: 'none' }, subscriberPrefixes: ['10.0.0.0/8'] },
    ]);
    const { dataSource } = database();
    const clock = { now: () => START };
    const meter = new Meter(
      dataSource,
      new LedgerRepository(dataSource),
      new ReasonsRepository(dataSource),
      await identifier(),
      clock,
    );
    const options = { path, source: 'test:audit', generation: await fileGeneration(path) };
    for await (const batch of readFileBatches(engine, options)) await meter.consume(batch);
  } finally {
    engine.close();
    await rm(folder, { recursive: true });
  }
}

async function identifier(): Promise<Identifier> {
  const [version] = await database().dataSource.query<{ id: number }[]>('SELECT id FROM service_version');
  const made = new Identifier({ maxFlows: 1000, maxDnsEntries: 1000 });
  const line = catalogue([{ code: 'line', names: ['line.me'], prefixes: [{ prefix: '147.92.128.0/17' }] }]);
  made.updateCatalogue({ ...line, versions: line.versions.map((one) => ({ ...one, id: version!.id })) });
  made.updateSessions({
    revision: 1,
    realms: [{ index: 1, name: 'vpg', resolvers: [] }],
    upserted: [
      {
        id: 1,
        simKey: 1,
        realmIndex: 1,
        prefix: `${SIM}/32`,
        startTime: START - 1000,
        endTime: null,
        dnsServers: [],
        mcc: null,
        nameConsent: true,
      },
    ],
    deletedIds: [],
  });
  return made;
}

describe('the auditors’ test: genuine, right name with wrong address, right address with wrong name', () => {
  beforeEach(async () => {
    await database().clear();
    const { dataSource } = database();
    await dataSource.query(`
      INSERT INTO realm VALUES (1, 'vpg', 'none', NULL, NULL, NULL, '{10.0.0.0/8}', '{}', false, 0, 1, now(), now())`);
    const fleet = new BillingFleet(dataSource);
    await fleet.create(1);
    await fleet.plan('per-unit', PER_UNIT);
    await fleet.subscribe('per-unit', [1], '2026-10-01T00:00:00+09:00');
  });

  it('over TLS, QUIC and HTTP: the statement equals the prediction, to the octet and to the yen', async () => {
    const packets = FLOWS.flatMap((_, n) => packetsOf(n)).map((data, i): TestPacket => ({
      time: BigInt(START) * 1_000_000n + BigInt(i) * 1_000_000n,
      data: ethernet(ETHERTYPE.ipv4, data),
    }));
    await replay(packets);

    const { dataSource } = database();
    const rater = new StatementRater(
      new SegmentsReader(),
      new CatalogueReader(),
      new UsageReader(dataSource),
    );
    const [one] = await rater.rate(
      dataSource.manager,
      TOKYO,
      periodAt(TOKYO, START),
      [1],
      new Map<number, bigint>(),
    );
    const units = (is: (manner: (typeof MANNERS)[number]) => boolean): number =>
      FLOWS.reduce((sum, { manner }, n) => sum + (is(manner) ? 2 ** n : 0), 0);
    const charged = units(({ free }) => !free);
    const { totals } = one!.rated;
    expect([totals.freeOctets, totals.billedOctets, totals.nameNotVerifiedOctets]).toEqual([
      BigInt(BASE * units(({ free }) => free)),
      BigInt(BASE * charged),
      BigInt(BASE * units(({ peer }) => peer === FOREIGN)),
    ]);
    expect(totals.amount).toBe(String(charged));
  });
});
