/**
 * Prints what identification does a second on one core:
 * `node --expose-gc --import ./test/support/typescript.mjs test/bench/identify.bench.ts`
 * Each figure is the median of five runs in one process, by processor time (so that other work on the machine does not
 * show), collector included. An argument runs only the parts whose name holds it.
 */
import { HELLO_HEADER_BYTES, readHellos } from '../../src/capture/index.js';
import type { CatalogueSnapshot, ServiceVersion } from '../../src/catalogue/index.js';
import { Identifier } from '../../src/identify/index.js';
import { HelloReader } from '../../src/identify/hello/hello-reader.js';
import { parseTlsStream } from '../../src/identify/hello/tls.js';
import { resolveOptions } from '../../src/identify/options.js';
import { ServiceIndex } from '../../src/identify/service-index.js';
import type { Session } from '../../src/sims/index.js';
import { packFlows, packHello, packKey, type RecordFields } from '../support/capture-flows.js';
import { addressRecord, dnsAnswer, quicHello, tlsHello } from '../support/hellos.js';

const RUNS = 5;
const SIMS = 100_000;
const HOUR_START = 1_700_000_000_000_000 - (1_700_000_000_000_000 % 3_600_000_000);

/** Processor time of this process in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function measure(label: string, unit: string, count: number, run: (round: number) => void): void {
  const rates: number[] = [];
  for (let round = 0; round < RUNS; round += 1) {
    globalThis.gc?.();
    const start = cpuMs();
    run(round);
    rates.push(count / ((cpuMs() - start) / 1000));
  }
  rates.sort((a, b) => a - b);
  console.log(`${label.padEnd(58)} ${Math.round(rates[RUNS >> 1]!).toLocaleString('en')} ${unit}/s`);
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

/** What is held after a collection: the resident size would show the bench's own litter too. */
function memory(label: string): void {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`${label.padEnd(58)} ${Math.round((heapUsed + external) / 1e6)} MB held`);
}

function part(name: string, run: () => void): void {
  if (name.includes(process.argv[2] ?? '')) run();
}

console.log(`node ${process.version}, ${SIMS.toLocaleString('en')} SIMs`);
part('warm', () => {
  for (const flows of [100_000, 1_000_000]) {
    const made = identifier();
    const batches = [0, 1, 2, 3, 4, 5, 6, 7].map((epoch) => records(flows, epoch));
    made.identify({ flows: batches[0]! });
    measure(`records, warm, ${flows.toLocaleString('en')} flows`, 'records', flows, (round) => {
      made.identify({ flows: batches[1 + round]! });
    });
  }
});
part('hello', () => {
  const made = identifier();
  const hello = tlsHello('obs.line.me');
  const count = 100_000;
  const rounds = Array.from({ length: RUNS }, (_, round) => ({
    hellos: hellos(count, round * count, () => hello, 'tls'),
    flows: records(count, round, round * count),
  }));
  measure('new flows with a ClientHello each', 'flows', count, (round) => {
    made.observe(rounds[round]!.hellos);
    made.identify({ flows: rounds[round]!.flows });
  });
});
part('parse', () => {
  const hello = tlsHello('obs.line.me');
  measure('ClientHello parses', 'hellos', 1_000_000, () => {
    for (let i = 0; i < 1_000_000; i += 1) parseTlsStream(hello);
  });
  const count = 5_000;
  const packed = hellos(count, 0, (i) => quicHello('www.youtube.com', Buffer.from(`id-${i}-----`)), 'quic');
  measure(
    `QUIC Initials (${packed.length / count - HELLO_HEADER_BYTES} octets) decrypted and parsed`,
    'hellos',
    count,
    () => {
      const reader = new HelloReader(resolveOptions({}).hellos);
      for (const each of readHellos(packed)) reader.claims(each, 1);
    },
  );
});
part('catalogue', () => {
  const index = new ServiceIndex();
  const snapshot = catalogue(500_000, 20_000);
  const start = cpuMs();
  index.update(snapshot);
  console.log(
    `${'catalogue of 500,000 names and 20,000 prefixes loaded in'.padEnd(58)} ${Math.round(cpuMs() - start)} ms`,
  );
  const steps = cpuMs();
  index.update({
    ...snapshot,
    revision: 2,
    versions: [...snapshot.versions.slice(0, 2), { ...snapshot.versions[2]! }],
  });
  console.log(`${'the same again, unchanged'.padEnd(58)} ${Math.round(cpuMs() - steps)} ms`);
  const names = Array.from({ length: 1000 }, (_, i) => `a.b.host${i * 499}.example${(i * 499) % 1000}.com`);
  measure('names looked up among 500,000', 'names', 1_000_000, () => {
    for (let i = 0; i < 1_000_000; i += 1) index.findName(names[i % 1000]!, HOUR_START);
  });
  const peers = Array.from({ length: 1000 }, (_, i) => Buffer.from(ipv4(0x14000000 + i * 4099)));
  measure('addresses looked up among 20,000 prefixes', 'addresses', 1_000_000, () => {
    for (let i = 0; i < 1_000_000; i += 1) index.findPrefixes(peers[i % 1000]!, 0, false, 6, 443, HOUR_START);
  });
});
part('memory', () => {
  memory('memory before');
  const made = identifier();
  memory('100,000 SIMs');
  made.identify({ flows: records(1_000_000, 0) });
  memory('and 1,000,000 flows');
  for (let part = 0; part < 10; part += 1) {
    const answers: Buffer[] = [];
    for (let i = 0; i < 100_000; i += 1) {
      const n = part * 100_000 + i;
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
      answers.push(packHello({ kind: 'dns', uplink: false, time: HOUR_START + 1, key, payload }));
    }
    const packed = Buffer.concat(answers);
    const start = cpuMs();
    made.observe(packed);
    if (part === 9)
      console.log(
        `${'DNS answers learnt'.padEnd(58)} ${Math.round(1e8 / (cpuMs() - start)).toLocaleString('en')} answers/s`,
      );
  }
  memory('and 1,000,000 DNS entries');
  console.log(JSON.stringify(made.stats()));
});
