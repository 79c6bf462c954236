/**
 * 6. What identification does a second on one core: by processor time, so that other work on the machine does not show,
 * the collector included.
 */
import { HELLO_HEADER_BYTES, readHellos } from '../../src/capture/index.js';
import type { CatalogueSnapshot, ServiceVersion } from '../../src/catalogue/index.js';
import { Identifier } from '../../src/identify/index.js';
import { HelloReader } from '../../src/identify/hello/hello-reader.js';
import { parseTlsStream } from '../../src/identify/hello/tls.js';
import { resolveOptions } from '../../src/identify/options.js';
import { ServiceIndex } from '../../src/identify/service-index.js';
import { aggregate } from '../../src/meter/aggregate.js';
import type { Session } from '../../src/sims/index.js';
import { packFlows, packHello, packKey, type RecordFields } from '../support/capture-flows.js';
import { addressRecord, dnsAnswer, quicHello, tlsHello } from '../support/hellos.js';
import type { Row } from './support/table.js';

const SIMS = 100_000;
/** As many as the live source takes out of the kernel at once. */
const RECORDS_PER_BATCH = 10_922;
const RECORDS_PER_RUN = 2_000_000;
const HOUR_START = 1_700_000_000_000_000 - (1_700_000_000_000_000 % 3_600_000_000);

/** Processor time of this process in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** `count` things a second in each run, in thousands. */
function rates(runs: number, count: number, run: (round: number) => void): number[] {
  return Array.from({ length: runs }, (_, round) => {
    globalThis.gc?.();
    const start = cpuMs();
    run(round);
    return count / (cpuMs() - start);
  });
}

function ipv4(value: number): Uint8Array {
  const bytes = Buffer.from('00000000000000000000ffff00000000', 'hex');
  bytes.writeUInt32BE(value >>> 0, 12);
  return bytes;
}

const subscriberOf = (sim: number): number => 0x0a800000 + (sim % SIMS) + 1;

function sessions(): Session[] {
  return Array.from({ length: SIMS }, (_, sim) => {
    const address = subscriberOf(sim);
    return {
      id: sim + 1,
      simKey: sim + 1,
      realmIndex: 1,
      prefix: `${address >>> 24}.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}/32`,
      startTime: HOUR_START / 1000 - 1000,
      endTime: null,
      dnsServers: ['100.127.0.53'],
      mcc: null,
      nameConsent: true,
    };
  });
}

function version(id: number, serviceCode: string, rules: Partial<ServiceVersion['rules']>): ServiceVersion {
  return {
    id,
    serviceCode,
    version: 1,
    effectiveFrom: 0,
    policy: 'agree',
    rules: { domainNames: [], excludeDomainNames: [], prefixes: [], ...rules },
  };
}

function catalogue(names: number, prefixes: number): CatalogueSnapshot {
  const list = Array.from({ length: names }, (_, i) => `host${i}.example${i % 1000}.com`);
  const blocks = Array.from({ length: prefixes }, (_, i) => ({
    prefix: `${20 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) * 16}.0/${20 + (i % 5)}`,
  }));
  const services = ['line', 'other', 'big'].map((code, index) => ({
    code,
    name: code,
    parentCode: null,
    ratingGroup: index + 1,
    serviceIdentifier: index + 1,
  }));
  const line = version(1, 'line', { domainNames: ['line.me'], prefixes: [{ prefix: '147.92.128.0/17' }] });
  const big = version(3, 'big', { domainNames: list, prefixes: blocks });
  return {
    revision: 1,
    services,
    versions: [line, version(2, 'other', { domainNames: ['example.org'] }), big],
  };
}

function flowKey(flow: number): Buffer {
  return packKey({
    subscriber: ipv4(subscriberOf(flow)),
    peer: ipv4(0x935c8000 + (flow % 32_768)),
    subscriberPort: 1024 + (Math.floor(flow / SIMS) % 60_000),
    peerPort: 443,
    protocol: 6,
  });
}

function records(count: number, epoch: number, first = 0): Buffer {
  const flows: RecordFields[] = [];
  for (let i = 0; i < count; i += 1)
    flows.push({
      key: flowKey(first + i),
      octetsUp: 1200,
      octetsDown: 45_000,
      packetsUp: 10,
      packetsDown: 35,
      firstTime: HOUR_START + epoch * 10_000_000,
      lastTime: HOUR_START + epoch * 10_000_000 + 9_000_000,
    });
  return packFlows(flows);
}

function hellos(count: number, first: number, payload: (i: number) => Buffer, kind: 'tls' | 'quic'): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      packHello({
        kind,
        uplink: true,
        time: HOUR_START,
        key: flowKey(first + i),
        sequence: 1,
        payload: payload(i),
      }),
    ),
  );
}

function identifier(): Identifier {
  const made = new Identifier();
  made.updateCatalogue(catalogue(10_000, 5_000));
  made.updateSessions({
    revision: 1,
    realms: [{ index: 1, name: 'bench', resolvers: [] }],
    upserted: sessions(),
    deletedIds: [],
  });
  return made;
}

type Measured = Omit<Row, 'part' | 'unit'>;

function batchesOf(flows: Buffer): Buffer[] {
  const octets = RECORDS_PER_BATCH * 96;
  return Array.from({ length: Math.ceil(flows.length / octets) }, (_, i) =>
    flows.subarray(i * octets, (i + 1) * octets),
  );
}

/** Records of known flows: identified, and summed per SIM, hour and reason as the ledger takes them. */
function warm(runs: number, flows: number): Measured[] {
  const made = identifier();
  const epochs = Array.from({ length: 4 }, (_, epoch) => batchesOf(records(flows, epoch)));
  const walk = (epoch: number, use: (entries: ReturnType<Identifier['identify']>) => void): void => {
    for (const batch of epochs[epoch]!) use(made.identify({ flows: batch }));
  };
  walk(0, () => undefined);
  const times = RECORDS_PER_RUN / flows;
  const often = (round: number, use: Parameters<typeof walk>[1]): void => {
    for (let i = 0; i < times; i += 1) walk(1 + ((round + i) % 3), use);
  };
  const label = `records of ${flows.toLocaleString('en')} known flows`;
  return [
    {
      name: `${label}, identified`,
      values: rates(runs, RECORDS_PER_RUN, (round) => often(round, () => undefined)),
    },
    {
      name: `${label}, identified and metered`,
      values: rates(runs, RECORDS_PER_RUN, (round) =>
        often(round, (entries) => void aggregate(entries, () => 1)),
      ),
      aim: '≥ 1,000',
    },
  ];
}

function fresh(runs: number): Measured {
  const count = 100_000;
  const made = identifier();
  const hello = tlsHello('obs.line.me');
  const rounds = Array.from({ length: runs }, (_, round) => ({
    hellos: hellos(count, round * count, () => hello, 'tls'),
    flows: records(count, round, round * count),
  }));
  const values = rates(runs, count, (round) => {
    made.observe(rounds[round]!.hellos);
    made.identify({ flows: rounds[round]!.flows });
  });
  return { name: 'new flows with a ClientHello each', values, aim: '≥ 150' };
}

function parses(runs: number): Measured[] {
  const hello = tlsHello('obs.line.me');
  const count = 5_000;
  const packed = hellos(count, 0, (i) => quicHello('www.youtube.com', Buffer.from(`id-${i}-----`)), 'quic');
  const octets = Math.round(packed.length / count - HELLO_HEADER_BYTES);
  return [
    {
      name: 'ClientHellos parsed',
      values: rates(runs, 1_000_000, () => {
        for (let i = 0; i < 1_000_000; i += 1) parseTlsStream(hello);
      }),
    },
    {
      name: `QUIC Initials of ${octets} octets decrypted and parsed`,
      values: rates(runs, count, () => {
        const reader = new HelloReader(resolveOptions({}).hellos);
        for (const each of readHellos(packed)) reader.claims(each, 1);
      }),
    },
    { name: 'DNS answers learnt', values: answers(runs) },
  ];
}

function answers(runs: number): number[] {
  const count = 100_000;
  const made = identifier();
  const packed = Array.from({ length: count }, (_, n) => {
    const key = packKey({
      subscriber: ipv4(subscriberOf(n)),
      peer: ipv4(0x647f0035),
      subscriberPort: 4000,
      peerPort: 53,
      protocol: 17,
    });
    const name = `host${n % 5000}.example.com`;
    const payload = dnsAnswer(name, [
      addressRecord(name, `93.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`),
    ]);
    return packHello({ kind: 'dns', uplink: false, time: HOUR_START + 1, key, payload });
  });
  const all = Buffer.concat(packed);
  return rates(runs, count, () => made.observe(all));
}

function lookups(runs: number): Measured[] {
  const index = new ServiceIndex();
  index.update(catalogue(500_000, 20_000));
  const names = Array.from({ length: 1000 }, (_, i) => `a.b.host${i * 499}.example${(i * 499) % 1000}.com`);
  const peers = Array.from({ length: 1000 }, (_, i) => Buffer.from(ipv4(0x14000000 + i * 4099)));
  const count = 1_000_000;
  return [
    {
      name: 'names looked up among 500,000',
      values: rates(runs, count, () => {
        for (let i = 0; i < count; i += 1) index.findName(names[i % 1000]!, HOUR_START);
      }),
    },
    {
      name: 'addresses looked up among 20,000 prefixes',
      values: rates(runs, count, () => {
        for (let i = 0; i < count; i += 1) index.findPrefixes(peers[i % 1000]!, 0, false, 6, 443, HOUR_START);
      }),
    },
  ];
}

export function identify(runs: number): Promise<Row[]> {
  const part = 'Identification on one core, 100,000 SIMs';
  const measured = [
    ...warm(runs, 100_000),
    ...warm(runs, 1_000_000),
    fresh(runs),
    ...parses(runs),
    ...lookups(runs),
  ];
  return Promise.resolve(measured.map((row) => ({ part, unit: 'thousand/s', ...row })));
}
